//! One task on a set of hosts, up to the barrier.

use super::end::{End, HostEnd};
use super::host_task::{HostTask, status};
use super::keyword::Rendered;
use super::play::{PlayRun, rendered_text};
use super::steps::{Around, Hosts, Ran};
use super::vars::write;
use crate::error::Result;
use crate::event::{Event, Status, StepInfo};
use crate::play::{Errors, Task};
use crate::template::Scope;
use crate::value::{Map, Value};
use std::sync::Arc;
use tokio::task::JoinSet;

impl PlayRun {
    /// Runs a task on these hosts, at most `forks` at once, and waits for all of them.
    pub(super) async fn task(
        self: &Arc<Self>,
        task: &Arc<Task>,
        hosts: Hosts,
        around: Around,
    ) -> Result<Ran, Errors> {
        let role_done = |host: &Arc<str>| !around.handler && self.role_done(task, host);
        let (role_done, hosts): (Hosts, Hosts) = hosts.into_iter().partition(role_done);
        let Some(first) = hosts.first().cloned() else { return Ok(Ran::all(role_done)) };
        let scope: Arc<dyn Scope> = self.scope(&first, Some(task))?;
        let r = Rendered { engine: &self.run.engine, scope: &scope };
        if !self.selected(task, r)? {
            return Ok(Ran::all(self.in_order(hosts.into_iter().chain(role_done).collect())));
        }
        if &*task.action.module == "meta" {
            return self.meta(task, hosts, around).await;
        }
        let keywords = &task.keywords;
        let run_once = r.flag("run_once", keywords.run_once.as_ref())?.unwrap_or(false);
        let once_for_all = self.run.actions.find(&task.action.module).is_some_and(|a| a.once_for_all());
        let ignores = r.flag("ignore_errors", keywords.ignore_errors.as_ref()).ok().flatten() == Some(true);
        let fatal_errors = (run_once
            || once_for_all
            || r.flag("any_errors_fatal", keywords.any_errors_fatal.as_ref())?
                .unwrap_or(self.run.settings.config.any_errors_fatal))
            && !ignores;
        let throttle = r.number("throttle", keywords.throttle.as_ref())?.unwrap_or(0.0) as usize;
        let step = self.step_info(task, around, r)?;
        self.run.events.emit(&Event::StepStarted { step: Arc::clone(&step) });
        let on: Hosts = if run_once || once_for_all { vec![first] } else { hosts.clone() };
        let at_once = [self.run.settings.forks, throttle].into_iter().filter(|n| *n > 0).min().unwrap_or(1);
        let mut ended = Vec::with_capacity(on.len());
        let mut waiting = on.iter();
        let mut running = JoinSet::new();
        loop {
            while running.len() < at_once
                && let Some(host) = waiting.next()
            {
                let (play, task, host) = (Arc::clone(self), Arc::clone(task), Arc::clone(host));
                let step = Arc::clone(&step);
                self.run
                    .events
                    .emit(&Event::HostStarted { step: Arc::clone(&step), host: Arc::clone(&host) });
                running.spawn(async move { HostTask { play, task, step, host }.run().await });
            }
            let Some(joined) = running.join_next().await else { break };
            let mut end = joined.map_err(|e| crate::error::Error::other(format!("a step broke off: {e}")))?;
            self.settle(task, &step, &mut end, run_once, &hosts, around)?;
            ended.push(end);
        }
        let mut ran = self.divide(&hosts, &ended, run_once);
        if fatal_errors && ended.iter().any(|e| !matches!(e.end, End::Ok | End::Skipped)) {
            ran.failed.append(&mut ran.live);
            ran.fatal = true;
        }
        if ended.iter().any(|e| e.effects.iter().any(|f| f.include.is_some())) {
            let after =
                self.include(task, &ended, ran.live, run_once.then_some(&hosts), around, &step).await?;
            ran.failed.extend(after.failed);
            ran.live = after.live;
            ran.fatal |= after.fatal;
        }
        self.remove(&ran.failed, around);
        ran.live = self.in_order(ran.live.into_iter().chain(role_done).collect());
        Ok(ran)
    }

    /// Tells a host's end, counts it and applies its effects.
    fn settle(
        &self,
        task: &Arc<Task>,
        step: &Arc<StepInfo>,
        end: &mut HostEnd,
        run_once: bool,
        hosts: &[Arc<str>],
        around: Around,
    ) -> Result<()> {
        let ignored = match end.end {
            End::Failed => end.ignore_errors,
            End::Unreachable | End::Lost => end.ignore_unreachable,
            End::Ok | End::Skipped => false,
        };
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
            self.run.events.emit(&Event::StepDone {
                step: Arc::clone(step),
                host: Arc::clone(&end.host),
                delegated_to: end.delegated_to.clone(),
                status,
                result: Value::map(end.result.clone()),
                no_log: end.no_log,
                error: end.error.clone(),
                seconds: end.seconds,
            });
        }
        if end.end == End::Ok && &*task.action.module == "setup" {
            self.run.variables.change_host(&end.host, |state| state.gathered = true);
        }
        if !matches!(end.end, End::Skipped) {
            self.role_ran(task, &end.host);
        }
        let own = [Arc::clone(&end.host)];
        self.apply(end, task.register.as_ref().map(|r| r.as_str()), if run_once { hosts } else { &own })
    }

    /// Who goes on and who failed; unreachable hosts do neither.
    fn divide(&self, hosts: &[Arc<str>], ended: &[HostEnd], run_once: bool) -> Ran {
        let mut ran = Ran::default();
        let failed = |e: &HostEnd| e.end == End::Failed && !e.ignore_errors;
        let gone = |e: &HostEnd| matches!(e.end, End::Unreachable | End::Lost) && !e.ignore_unreachable;
        let all_fail = run_once && ended.iter().any(failed);
        for host in hosts {
            match ended.iter().find(|e| e.host == *host) {
                Some(e) if gone(e) => self.lose(host),
                Some(e) if failed(e) => ran.failed.push(Arc::clone(host)),
                _ if all_fail => ran.failed.push(Arc::clone(host)),
                _ => ran.live.push(Arc::clone(host)),
            }
        }
        ran
    }

    /// Takes failed hosts out of the magic lists of hosts, unless they are about to be rescued.
    fn remove(&self, failed: &[Arc<str>], around: Around) {
        if !around.rescued {
            write(&self.vars.removed).extend(failed.iter().cloned());
        }
    }

    /// `ansible_failed_task` and `ansible_failed_result`, for the rescue section.
    fn remember_failure(&self, task: &Arc<Task>, end: &HostEnd) -> Result<()> {
        let scope: Arc<dyn Scope> = self.scope(&end.host, Some(task))?;
        let r = Rendered { engine: &self.run.engine, scope: &scope };
        let name = task.name.as_ref().map(|name| rendered_text(name, r)).unwrap_or_default();
        let mut failed = Map::new();
        super::result::put(&mut failed, "name", Value::data(name));
        super::result::put(&mut failed, "action", Value::data(task.action.written.shared()));
        self.run.variables.change_host(&end.host, |state| {
            state.set("ansible_failed_task", Value::map(failed));
            state.set("ansible_failed_result", Value::map(end.result.clone()));
        });
        Ok(())
    }
}
