//! One task on a set of hosts, up to the barrier.

use super::end::{End, HostEnd};
use super::host_task::{HostTask, status};
use super::keyword::Rendered;
use super::play::PlayRun;
use super::resume::Visit;
use super::steps::{Around, Hosts, Ran};
use crate::error::{Error, Exit, Result};
use crate::event::{Event, Status, StepInfo};
use crate::play::{Errors, Task};
use crate::template::Scope;
use crate::value::Value;
use std::sync::Arc;
use tokio::task::JoinSet;
use warp_agent::python;

/// How a task goes over its hosts.
#[derive(Clone, Copy)]
struct Manner {
    /// `run_once`: one host's end is that of all.
    run_once: bool,
    /// The module acts for all hosts at once.
    once_for_all: bool,
    /// A failure is to fail every host.
    fatal_errors: bool,
    /// Hosts at once, under `throttle`.
    throttle: usize,
}

impl PlayRun {
    /// Runs a task on these hosts, at most `forks` at once, and waits for all of them.
    pub(super) async fn task(
        self: &Arc<Self>,
        task: &Arc<Task>,
        hosts: Hosts,
        around: Around,
    ) -> Result<Ran, Errors> {
        self.run.stop.check()?;
        let passes = |host: &Arc<str>| !around.handler && self.role_done(task, host);
        let (passing, hosts): (Hosts, Hosts) = hosts.into_iter().partition(passes);
        let Some(first) = hosts.first().cloned() else { return Ok(Ran::all(passing)) };
        let scope = self.scope(&first, Some(task))?;
        self.run.warn_of_reserved_in(&scope);
        if &*task.action.module == "set_fact" {
            self.run.warn_of_reserved(&task.action.args);
        }
        let scope: Arc<dyn Scope> = scope;
        let r = Rendered { engine: &self.run.engine, scope: &scope };
        // Handlers run whatever their tags.
        if !around.handler && !self.run.selected(task, r)? {
            return Ok(Ran::all(self.in_order(hosts.into_iter().chain(passing).collect())));
        }
        if &*task.action.module == "meta" {
            let mut ran = self.meta(task, hosts, around).await?;
            ran.live = self.in_order(ran.live.into_iter().chain(passing).collect());
            return Ok(ran);
        }
        let manner = self.manner(task, r)?;
        if manner.run_once {
            self.clear_due(task);
        }
        let step = self.step_info(task, around, r)?;
        let once = manner.run_once || manner.once_for_all;
        // What was done once for all, by whomever, stays done.
        let one = || self.run.been_through(task, &hosts).unwrap_or(&first).clone();
        let on: Hosts = if once { vec![one()] } else { hosts.clone() };
        let on: Vec<(Arc<str>, Visit)> = on
            .into_iter()
            .map(|host| (Arc::clone(&host), self.run.visit(task, &host, around.rescued)))
            .collect();
        if !on.iter().all(|(_, visit)| visit.known) {
            if !self.takes(&step, (!self.strategy.in_step()).then_some(&first)).await? {
                return Ok(Ran::all(self.in_order(hosts.into_iter().chain(passing).collect())));
            }
            self.run.events.emit(&Event::StepStarted { step: Arc::clone(&step) });
        }
        let left = self.left();
        let ended = self.on_hosts(task, &step, on, manner, around).await?;
        let mut ran = self.divide(&hosts, &ended, manner.run_once, around);
        ran.live = self.in_order(ran.live.into_iter().chain(passing).collect());
        let included = self.load_includes(task, &ended, &step, &mut ran, around)?;
        let failed_now: Hosts =
            ended.iter().filter(|e| e.failed()).map(|e| &e.host).chain(&included.failed).cloned().collect();
        let gone = ended.iter().any(|e| matches!(e.end, End::Unreachable | End::Lost));
        let fatal = manner.fatal_errors && (gone || !failed_now.is_empty());
        if fatal {
            self.fail_all(&mut ran, &left, &failed_now);
        }
        if self.too_many_failed(&left, &failed_now) {
            self.fail_all(&mut ran, &left, &failed_now);
            if fatal {
                // Failed for two reasons, the others leave out the next section too.
                ran.twice = ran.failed.iter().filter(|h| !failed_now.contains(h)).cloned().collect();
            }
        }
        if !around.rescued {
            self.run.note_out(&ran.failed);
        }
        self.run_includes(included, ran, around).await
    }

    /// Runs a task on each of these hosts.
    async fn on_hosts(
        self: &Arc<Self>,
        task: &Arc<Task>,
        step: &Arc<StepInfo>,
        on: Vec<(Arc<str>, Visit)>,
        manner: Manner,
        around: Around,
    ) -> Result<Vec<HostEnd>> {
        let at_once = [self.run.settings.forks, manner.throttle].into_iter().filter(|n| *n > 0).min();
        let places = self.places(task, manner.throttle);
        let mut ended = Vec::with_capacity(on.len());
        let mut waiting = on.into_iter();
        let mut running = JoinSet::new();
        loop {
            while !self.run.stop.is_asked()
                && running.len() < at_once.unwrap_or(1)
                && let Some((host, visit)) = waiting.next()
            {
                let (play, task) = (Arc::clone(self), Arc::clone(task));
                let step = Arc::clone(step);
                let places = places.clone();
                running.spawn(async move {
                    // Places are never closed.
                    let _places = places.take().await;
                    if !visit.known {
                        play.run
                            .events
                            .emit(&Event::HostStarted { step: Arc::clone(&step), host: Arc::clone(&host) });
                    }
                    HostTask { play, task, step, host, visit }.run().await
                });
            }
            let Some(joined) = running.join_next().await else { break };
            let mut end = joined.map_err(|e| Error::other(format!("a step broke off: {e}")))?;
            self.settle(task, step, &mut end, manner.run_once, around)?;
            let mut redone = if end.replayed { None } else { self.debug(task, task, step, &end).await? };
            while let Some(changed) = redone {
                let (play, step, host) = (Arc::clone(self), Arc::clone(step), Arc::clone(&end.host));
                let visit = self.run.visit(&changed, &host, around.rescued);
                let again =
                    HostTask { play, task: Arc::clone(&changed), step: Arc::clone(&step), host, visit };
                end = again.run().await;
                self.settle(&changed, &step, &mut end, manner.run_once, around)?;
                redone = self.debug(task, &changed, &step, &end).await?;
            }
            ended.push(end);
        }
        if waiting.next().is_some() {
            self.run.stop.check()?;
        }
        Ok(ended)
    }

    /// How the task goes over its hosts, as the first of them sees it.
    fn manner(&self, task: &Task, r: Rendered<'_>) -> Result<Manner> {
        let keywords = &task.keywords;
        // What has the wrong type fails the task when it is run.
        let told = |name: &str, keyword: Option<&Value>| r.flag(name, keyword).ok().flatten();
        let run_once = told("run_once", keywords.run_once.as_ref()).unwrap_or(false);
        let once_for_all = self.run.actions.find(&task.action.module).is_some_and(|a| a.once_for_all());
        let fatal = told("any_errors_fatal", keywords.any_errors_fatal.as_ref())
            .unwrap_or(self.run.settings.config.any_errors_fatal);
        let throttle = throttle(keywords.throttle.as_ref(), r)?;
        if self.strategy.in_step() {
            let ignores = told("ignore_errors", keywords.ignore_errors.as_ref()) == Some(true);
            let fatal_errors = (run_once || once_for_all || fatal) && !ignores;
            return Ok(Manner { run_once, once_for_all, fatal_errors, throttle });
        }
        if once_for_all {
            return Err(Error::input(format!(
                "The '{}' module bypasses the host loop, which is currently not supported in the free strategy and \
                 would instead execute for every host in the inventory list.",
                task.action.written
            ))
            .at(task.span.clone())
            .with_exit(Exit::Error));
        }
        if run_once {
            self.run.warn_once(
                "Using run_once with the free strategy is not currently supported. This task will still be executed \
                 for every host in the inventory list.",
            );
        }
        if fatal {
            self.run.warn_once(
                "Using any_errors_fatal with the free strategy is not supported, as tasks are executed independently \
                 on each host",
            );
        }
        Ok(Manner { run_once: false, once_for_all, fatal_errors: false, throttle })
    }

    /// Tells a host's end, counts it and applies its effects.
    fn settle(
        &self,
        task: &Arc<Task>,
        step: &Arc<StepInfo>,
        end: &mut HostEnd,
        run_once: bool,
        around: Around,
    ) -> Result<()> {
        let ignored = match end.end {
            End::Failed => end.ignore_errors,
            End::Unreachable | End::Lost => end.ignore_unreachable,
            End::Ok | End::Skipped => false,
        };
        // What is done once counts for all of them, also for those that an include leaves out.
        let meant = if run_once { self.left() } else { vec![Arc::clone(&end.host)] };
        // A notification that nobody hears ends the run before the task's end is told.
        self.apply_notifications(end)?;
        self.change_inventory(task, step, end, &meant)?;
        let included = end.effects.iter().any(|e| e.include.is_some());
        let mut status = status(end.end, ignored, &end.result);
        if ignored {
            status = Status::Ignored;
        }
        if status == Status::Failed && around.rescued {
            status = Status::Rescued;
            self.remember_failure(task, end)?;
        }
        if !included {
            self.run.tally(&end.host, status, end.changed);
        }
        if !included && !end.replayed {
            self.run.events.emit(&Event::StepDone {
                step: Arc::clone(step),
                host: Arc::clone(&end.host),
                delegated_to: end.delegated_to.clone(),
                status,
                result: Value::map(end.result.clone()),
                no_log: end.no_log,
                error: end.error.clone(),
                by: end.by,
                seconds: end.seconds,
            });
        }
        if end.end == End::Ok && &*task.action.module == "gather_facts" {
            self.run.warn_of(self.run.variables.set_gathered(&end.host));
        }
        // A handler is no use of its role.
        if matches!(end.end, End::Ok | End::Failed) && !around.handler {
            self.role_ran(task, &end.host);
        }
        self.apply(end, task.register.as_ref().map(|r| r.as_str()), &meant);
        Ok(())
    }

    /// The hosts of the batch that can be reached.
    fn left(&self) -> Hosts {
        self.vars.batch.iter().filter(|h| !self.run.is_lost(h)).cloned().collect()
    }

    /// Who goes on and who failed; unreachable hosts do neither.
    fn divide(&self, hosts: &[Arc<str>], ended: &[HostEnd], run_once: bool, around: Around) -> Ran {
        let mut ran = Ran::default();
        let gone = |e: &HostEnd| matches!(e.end, End::Unreachable | End::Lost) && !e.ignore_unreachable;
        let all_fail = run_once && ended.iter().any(HostEnd::failed);
        for host in hosts {
            match ended.iter().find(|e| e.host == *host) {
                Some(e) if gone(e) => {
                    self.run.lose(host);
                    self.remove(std::slice::from_ref(host));
                }
                Some(e) if e.failed() => {
                    self.fail(host, around);
                    ran.failed.push(Arc::clone(host));
                }
                _ if all_fail => {
                    ran.failed.push(Arc::clone(host));
                    ran.twice.push(Arc::clone(host));
                }
                _ => ran.live.push(Arc::clone(host)),
            }
        }
        ran
    }

    /// Notes a host's own failure.
    pub(super) fn fail(&self, host: &Arc<str>, around: Around) {
        let notified = self.notified.awaits(host);
        let mut tally = self.run.lock_tally();
        tally.blame(host);
        let awaited = around.awaited || (around.flushed && notified);
        if !awaited {
            tally.fail(std::slice::from_ref(host));
        }
        drop(tally);
        // A host that is about to be rescued stays in the magic lists of hosts.
        if !around.rescued {
            self.remove(std::slice::from_ref(host));
        }
    }

    /// Whether more hosts failed than `max_fail_percentage` allows.
    fn too_many_failed(&self, left: &[Arc<str>], failed_now: &[Arc<str>]) -> bool {
        let Some(most) = self.most_failed.filter(|_| self.strategy.in_step()) else { return false };
        let batch = self.vars.batch.len() as f64;
        if self.run.lock_tally().failures() as f64 / batch <= most / 100.0 {
            return false;
        }
        self.break_off();
        self.run.events.emit(&Event::NoHostsLeft);
        let others: Hosts = left.iter().filter(|h| !failed_now.contains(h)).cloned().collect();
        let mut tally = self.run.lock_tally();
        tally.fail(&others);
        if tally.failures() >= left.len() {
            drop(tally);
            self.end(&self.vars.batch);
            self.run.events.emit(&Event::NoHostsLeft);
        }
        true
    }

    /// Fails every host that is left, besides those that failed of themselves.
    fn fail_all(&self, ran: &mut Ran, left: &[Arc<str>], failed_now: &[Arc<str>]) {
        let others: Hosts = left.iter().filter(|h| !failed_now.contains(h)).cloned().collect();
        self.run.lock_tally().fail(&others);
        self.remove(&others);
        ran.failed.append(&mut ran.live);
        ran.fatal = true;
    }
}

/// `throttle` as a number.
fn throttle(keyword: Option<&Value>, r: Rendered<'_>) -> Result<usize> {
    let Some(keyword) = keyword else { return Ok(0) };
    let wrong = |why: String| {
        Error::other(format!("Failed to convert the throttle value to an integer: {why}"))
            .at(keyword.span().cloned())
    };
    let value = r.engine.render(keyword, r.scope).map_err(|e| wrong(e.message().to_owned()))?;
    let number = match &value {
        Value::Int(i) => Some(*i),
        Value::Float(f) => Some(*f as i128),
        Value::Bool(b) => Some(i128::from(*b)),
        other => other.as_str().and_then(|t| t.trim().parse().ok()),
    };
    let shown = || format!("invalid literal for int() with base 10: {}", python::repr(&(&value).into()));
    let number = number.ok_or_else(|| wrong(shown()))?;
    Ok(usize::try_from(number).unwrap_or(0))
}
