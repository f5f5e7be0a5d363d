//! One execution of a task: its condition, its keywords, its attempts.

use super::attempt::{Attempt, Detached, Prepared};
use super::end::{End, Execution, Include};
use super::host_task::HostTask;
use super::keyword::Rendered;
use super::vars::HostScope;
use super::{args, keyword, result, target};
use crate::connect::Target;
use crate::error::{Error, Result};
use crate::event::{By, Event};
use crate::play::{Doer, Task};
use crate::template::{DELEGATED, Scope, is_omit};
use crate::value::{Map, Text, Value, Vars};
use std::sync::Arc;
use std::time::Duration;
use warp_agent::wire::Mode;

/// Attempts made where `until` is given without `retries`.
const DEFAULT_RETRIES: u32 = 3;

/// Seconds between attempts where `delay` is not given.
const DEFAULT_DELAY: f64 = 5.0;

/// A host that a task is delegated to, and its variables.
struct Delegate {
    host: Arc<str>,
    scope: Arc<dyn Scope>,
}

/// How far an execution came.
#[derive(Default)]
struct Progress {
    delegate: Option<Delegate>,
    /// Whether it is known where to run.
    placed: bool,
    /// Whether keywords have been rendered; before, they count as they are written.
    rendered: bool,
}

impl HostTask {
    /// Runs the task once, with `locals` above all variables; what it registers or sets is added to them, for the
    /// items that follow. `loop_error` is raised unless the condition does not hold.
    pub(super) async fn execute(
        &self,
        scope: &Arc<HostScope>,
        locals: &mut Vars,
        loop_error: Option<Error>,
        index: usize,
    ) -> Execution {
        let scope = &scope.collecting();
        let mut progress = Progress::default();
        let attempted = self.staged(scope, locals, loop_error, index, &mut progress).await;
        let ran = attempted.is_ok();
        let mut execution = attempted.unwrap_or_else(|e| self.failed(e));
        execution.delegated_to = self.delegate_label(&progress, ran);
        result::mark_failed(&mut execution.result);
        let here = scope.with(locals);
        let dynamic: Arc<dyn Scope> = Arc::<HostScope>::clone(&here);
        let r = Rendered { engine: &self.play.run.engine, scope: &dynamic };
        let keywords = &self.task.keywords;
        execution.no_log |= self.no_log(&here);
        let ignores = keywords.ignore_errors.as_ref();
        execution.ignore_errors = match progress.rendered {
            true => r.flag("ignore_errors", ignores).ok().flatten().unwrap_or(false),
            false => ignores.is_some_and(Value::truthy),
        };
        execution.ignore_unreachable = r
            .flag("ignore_unreachable", keywords.ignore_unreachable.as_ref())
            .ok()
            .flatten()
            .unwrap_or(false);
        self.told(scope.collected(), &mut execution.result);
        if let Some(name) = &self.task.register {
            locals.insert(name.shared(), Value::map(execution.result.clone()));
        }
        execution
    }

    /// Finds out where to run, decides whether, and runs.
    async fn staged(
        &self,
        scope: &Arc<HostScope>,
        locals: &mut Vars,
        loop_error: Option<Error>,
        index: usize,
        progress: &mut Progress,
    ) -> Result<Execution> {
        progress.delegate = self.delegate(&scope.with(locals))?;
        progress.placed = true;
        if let Some(delegate) = &progress.delegate {
            locals.insert(Arc::from(DELEGATED), Value::data(Arc::clone(&delegate.host)));
        }
        match self.decide(&scope.with(locals), loop_error)? {
            Some(condition) => Ok(self.blank(End::Skipped, result::skipped(&condition))),
            None => self.perform(scope, locals, index, progress).await,
        }
    }

    /// The host delegated to, as it is shown: with its address once the task ran there, and as written where its name
    /// could not be rendered.
    fn delegate_label(&self, progress: &Progress, ran: bool) -> Option<Arc<str>> {
        if !progress.placed {
            return self.delegate_as_written();
        }
        let delegate = progress.delegate.as_ref().filter(|delegate| delegate.host != self.host)?;
        let address =
            delegate.scope.get("ansible_host").filter(|_| ran).map(|a| crate::value::python_str(&a));
        Some(match address.filter(|address| **address != *delegate.host) {
            Some(address) => format!("{}({address})", delegate.host).into(),
            None => Arc::clone(&delegate.host),
        })
    }

    /// The host delegated to, unrendered.
    pub(super) fn delegate_as_written(&self) -> Option<Arc<str>> {
        let written = self.task.keywords.delegate_to.as_ref().filter(|name| name.truthy())?;
        let written = crate::value::python_str(written);
        (*written != *self.host).then(|| written.into())
    }

    /// The condition that does not hold, if there is one.
    fn decide(&self, scope: &Arc<HostScope>, loop_error: Option<Error>) -> Result<Option<Value>> {
        let scope: Arc<dyn Scope> = Arc::<HostScope>::clone(scope);
        for condition in &self.task.keywords.when {
            match self.play.run.engine.test(condition, &scope) {
                Ok(true) => {}
                Ok(false) => return Ok(Some(condition.clone())),
                Err(e) => return Err(loop_error.unwrap_or(e)),
            }
        }
        loop_error.map_or(Ok(None), Err)
    }

    pub(super) fn failed(&self, error: Error) -> Execution {
        let error = error.at(self.task.span.clone()).within("Task failed", Some(self.task.span.clone()));
        let mut execution = self.blank(End::Failed, result::failure(error.message()));
        execution.error = Some(Arc::new(error));
        execution
    }

    /// Everything after the condition.
    async fn perform(
        &self,
        scope: &Arc<HostScope>,
        locals: &mut Vars,
        index: usize,
        progress: &mut Progress,
    ) -> Result<Execution> {
        let here = scope.with(locals);
        if let Doer::Template = self.task.action.doer {
            let task = Arc::new(self.with_action(&here)?);
            let known = HostTask { task, ..self.clone() };
            return Box::pin(known.perform(scope, locals, index, progress)).await;
        }
        let dynamic: Arc<dyn Scope> = Arc::<HostScope>::clone(&here);
        let r = Rendered { engine: &self.play.run.engine, scope: &dynamic };
        keyword::check(&self.task, r)?;
        progress.rendered = true;
        let args = args::render(&self.play.run, &self.task, r)?;
        if matches!(&*self.task.action.module, "include_tasks" | "include_role") {
            let mut execution = self.blank(End::Ok, Map::new());
            execution.effects.include = Some(Include { args, loop_vars: Vars::new(), label: None });
            return Ok(execution);
        }
        let prepared = self.prepare(&here, r, progress.delegate.as_ref(), index)?;
        self.note_start();
        let mut execution = self.attempts(scope, locals, prepared, args).await?;
        let notify = self.task.notify.iter().map(|n| self.notified(n, r)).collect::<Result<Vec<_>>>()?;
        execution.effects.notify = notify.into_iter().flatten().collect();
        if r.flag("delegate_facts", self.task.keywords.delegate_facts.as_ref())?.unwrap_or(false) {
            execution.effects.facts_host = progress.delegate.as_ref().map(|d| Arc::clone(&d.host));
        }
        Ok(execution)
    }

    /// The task with the action that its template names.
    fn with_action(&self, scope: &Arc<HostScope>) -> Result<Task> {
        let dynamic: Arc<dyn Scope> = Arc::<HostScope>::clone(scope);
        let run = &self.play.run;
        let r = Rendered { engine: &run.engine, scope: &dynamic };
        let written = &self.task.action.written;
        let name = r.text("action", Some(&Value::Text(written.clone())))?.unwrap_or_default();
        let loader = super::load::loader(&run.settings, &run.modules, &run.load_time);
        let action = loader.action(&self.play.vars.play, &self.task, name.trim())?;
        Ok(Task { action, ..Task::clone(&self.task) })
    }

    fn delegate(&self, scope: &Arc<HostScope>) -> Result<Option<Delegate>> {
        let keyword = self.task.keywords.delegate_to.as_ref().filter(|name| name.truthy());
        let dynamic: Arc<dyn Scope> = Arc::<HostScope>::clone(scope);
        let r = Rendered { engine: &self.play.run.engine, scope: &dynamic };
        let Some(keyword) = keyword else { return Ok(None) };
        let value = r.engine.render(keyword, r.scope).map_err(|e| e.at(keyword.span().cloned()))?;
        if is_omit(&value) {
            return Ok(None);
        }
        let name = match value.as_str() {
            Some(name) if !name.is_empty() => Arc::<str>::from(name),
            _ => {
                let written = crate::value::python_str(keyword);
                return Err(Error::input(format!("Empty hostname produced from delegate_to: \"{written}\"")));
            }
        };
        let host = self.play.run.variables.view().known(&name).unwrap_or(name);
        let scope = self.play.scope(&host, Some(&self.task))?;
        let own = scope.with(&self.locals_for_delegate(&dynamic));
        Ok(Some(Delegate { host, scope: own }))
    }

    /// What the delegated host's connection variables may use of the loop.
    fn locals_for_delegate(&self, scope: &Arc<dyn Scope>) -> Vars {
        if self.task.loops.is_none() {
            return Vars::new();
        }
        let name = scope.get("ansible_loop_var").and_then(|n| n.as_str().map(Arc::from));
        name.and_then(|name: Arc<str>| Some((Arc::clone(&name), scope.get(&name)?))).into_iter().collect()
    }

    /// Resolves everything that an attempt needs besides its arguments.
    fn prepare(
        &self,
        here: &Arc<HostScope>,
        r: Rendered<'_>,
        delegate: Option<&Delegate>,
        index: usize,
    ) -> Result<Prepared> {
        let task = &self.task;
        let run = &self.play.run;
        let keywords = &task.keywords;
        let target = match delegate {
            None => target::target(&self.host, keywords, &run.settings, r)?,
            Some(d) => target::target(
                &d.host,
                keywords,
                &run.settings,
                Rendered { engine: &run.engine, scope: &d.scope },
            )?,
        };
        let limit = r.number("async", task.async_limit.as_ref())?.unwrap_or(0.0);
        let poll = r.number("poll", task.poll.as_ref())?.unwrap_or(run.settings.config.poll_interval as f64);
        let async_dir = r.text("ansible_async_dir", r.scope.get("ansible_async_dir").as_ref())?;
        let async_dir = async_dir.unwrap_or_else(|| run.settings.config.async_dir.clone());
        let detach = |limit: f64| {
            let limit = Duration::from_secs_f64(limit);
            if poll <= 0.0 {
                return Ok(Detached::left(limit, async_dir.clone()));
            }
            let key = format!("{}/{}/{}/{index}", run.slot_key()?, task.id, self.host);
            Ok::<_, Error>(Detached::waited(key, limit, Duration::from_secs_f64(poll), async_dir.clone()))
        };
        let detached = (limit > 0.0).then(|| detach(limit)).transpose()?;
        Ok(Prepared {
            target,
            mode: Mode {
                check: r.flag("check_mode", keywords.check_mode.as_ref())?.unwrap_or(run.settings.check),
                diff: r.flag("diff", keywords.diff.as_ref())?.unwrap_or(run.settings.diff),
            },
            environment: args::environment(run, &keywords.environment, r)?,
            no_log: self.no_log(here),
            timeout: timeout(keywords.timeout.as_ref(), run.settings.config.task_timeout, r)?,
            detached,
            async_dir,
        })
    }

    fn notified(&self, name: &Text, r: Rendered<'_>) -> Result<Vec<String>> {
        let value = r.engine.render(&Value::Text(name.clone()), r.scope)?;
        Ok(match &value {
            Value::List(names) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Value::Text(name) => vec![name.as_str().to_owned()],
            _ => Vec::new(),
        })
    }

    /// Attempts until one will do.
    async fn attempts(
        &self,
        scope: &Arc<HostScope>,
        locals: &mut Vars,
        prepared: Prepared,
        args: Map,
    ) -> Result<Execution> {
        let task = &self.task;
        let here = scope.with(locals);
        let dynamic: Arc<dyn Scope> = Arc::<HostScope>::clone(&here);
        let r = Rendered { engine: &self.play.run.engine, scope: &dynamic };
        let retries = match r.number("retries", task.retries.as_ref())? {
            Some(retries) => retries.max(0.0) as u32,
            None if task.until.is_empty() => 0,
            None => DEFAULT_RETRIES,
        };
        let delay = r.number("delay", task.delay.as_ref())?.unwrap_or(DEFAULT_DELAY);
        let delay = Duration::from_secs_f64(if delay < 0.0 { 1.0 } else { delay });
        let attempt = Attempt { task: self, prepared: &prepared, scope: &here };
        for number in 1..=retries + 1 {
            let (mut execution, after) = attempt.run(args.clone(), number, retries > 0, locals).await;
            // What broke off, or was not to run, is not tried again.
            if execution.by == By::Task {
                return Ok(execution);
            }
            let will_do = retries == 0 || {
                let dynamic: Arc<dyn Scope> = scope.with(&after);
                self.until(&dynamic, &execution)?
            };
            if will_do || number > retries {
                if !will_do {
                    result::put(&mut execution.result, "attempts", Value::Int(retries.into()));
                    result::put(&mut execution.result, "failed", true);
                    if result::has_failed(&execution.result) {
                        execution.end = End::Failed;
                        result::explain(&mut execution.result, execution.by);
                    }
                }
                *locals = after;
                return Ok(execution);
            }
            result::put(&mut execution.result, "retries", Value::Int(i128::from(retries) + 1));
            self.play.run.events.emit(&Event::Retry {
                step: Arc::clone(&self.step),
                host: Arc::clone(&self.host),
                attempt: number,
                of: retries,
                by: execution.by,
                no_log: prepared.no_log || execution.no_log,
                result: Value::map(execution.result),
            });
            tokio::time::sleep(delay).await;
        }
        Err(Error::other("no attempt was made"))
    }

    fn until(&self, scope: &Arc<dyn Scope>, execution: &Execution) -> Result<bool> {
        if self.task.until.is_empty() {
            return Ok(execution.end != End::Failed);
        }
        for condition in &self.task.until {
            if !self.play.run.engine.test(condition, scope)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The longest `timeout` that Ansible takes.
const LONGEST: f64 = 100_000_000.0;

/// `timeout`; zero is none.
fn timeout(keyword: Option<&Value>, default: u64, r: Rendered<'_>) -> Result<Option<Duration>> {
    let seconds = r.number("timeout", keyword)?.unwrap_or(default as f64);
    if !(0.0..=LONGEST).contains(&seconds) {
        return Err(Error::input(format!(
            "Timeout {seconds} is invalid, it must be between 0 and {LONGEST}."
        ))
        .at(keyword.and_then(Value::span).cloned()));
    }
    Ok((seconds >= 1.0).then(|| Duration::from_secs(seconds as u64)))
}

impl Prepared {
    /// Where the attempt runs.
    pub(super) fn target(&self) -> &Target {
        &self.target
    }
}
