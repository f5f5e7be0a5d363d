//! One attempt: the action or module is called, and its outcome judged.

use super::end::{Effects, End, Execution};
use super::gather;
use super::host_task::{HostTask, all_hold};
use super::result;
use super::vars::HostScope;
use crate::action::{Context, Effect, not_text, own};
use crate::connect::{CallError, Target, Transport};
use crate::error::Error;
use crate::event::{By, Event};
use crate::play::{Doer, ModuleFile};
use crate::template::Scope;
use crate::value::{Key, Map, Value, Vars};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use warp_agent::outcome::Outcome;
use warp_agent::spec::{CheckSupport, Kind, Spec};
use warp_agent::wire::{Call, Mode};
use warp_agent::{invocation, validate};

/// What attempts of one execution share.
pub(super) struct Prepared {
    pub target: Target,
    pub mode: Mode,
    pub environment: Vec<(String, String)>,
    pub no_log: bool,
    pub timeout: Option<Duration>,
    pub detached: Option<Detached>,
    /// Where targets keep the results of steps that nobody waits for.
    pub async_dir: String,
}

/// A failure with the system's own words beneath it, which are shown and not registered.
fn caused(outcome: &Outcome) -> Option<Error> {
    let cause = outcome.cause.as_ref().filter(|_| outcome.failed)?;
    let msg = outcome.values.get("msg").and_then(|m| m.as_str()).unwrap_or("the module failed");
    Some(Error::other(format!("{}: {cause}", msg.trim_end_matches('.'))))
}

/// A step that survives the link.
pub(super) struct Detached {
    /// By which the agent knows it.
    pub key: String,
    /// By which the play knows it: `ansible_job_id`.
    pub jid: Arc<str>,
    pub limit: Duration,
    /// Between looks at it; zero when nobody waits for it.
    pub poll: Duration,
    /// Where its results go.
    pub dir: String,
}

/// One execution's attempts.
pub(super) struct Attempt<'a> {
    pub task: &'a HostTask,
    pub prepared: &'a Prepared,
    pub scope: &'a Arc<HostScope>,
}

impl Attempt<'_> {
    /// Makes attempt `number`; gives its execution, and the locals with what it registered and set.
    pub(super) async fn run(
        &self,
        args: Map,
        number: u32,
        retrying: bool,
        locals: &Vars,
    ) -> (Execution, Vars) {
        let mut after = locals.clone();
        let mut effect = match self.call_in_time(args).await {
            Ok(effect) => effect,
            Err(e) => return (self.gone(e), after),
        };
        if let Some(why) = effect.skip {
            let mut result = Map::new();
            result::put(&mut result, "changed", false);
            result::put(&mut result, "skipped", true);
            result::put(&mut result, "msg", Value::data(why));
            return (self.task.blank(End::Skipped, result), after);
        }
        if effect.raised {
            return (self.raised(effect), after);
        }
        if let Some(wrong) = &effect.outcome.not_utf8
            && self.task.play.run.settings.config.strict_utf8
        {
            let mut execution = self.not_utf8(wrong);
            execution.effects.raw = raw(effect.outcome.raw);
            return (execution, after);
        }
        let printed = raw(std::mem::take(&mut effect.outcome.raw));
        let caused = caused(&effect.outcome);
        // What a condition makes of a module's success is the action's saying.
        let module_failed = self.is_on_target() && effect.outcome.failed;
        let mut result = result::of_outcome(effect.outcome, effect.values);
        if retrying {
            result::put(&mut result, "attempts", Value::Int(number.into()));
        }
        if let Some((facts, kind)) = &effect.facts {
            super::effects::facts_seen(self.scope, facts, *kind, &mut after);
        }
        if let Some(vars) = &effect.included_vars {
            after.extend(vars.clone());
        }
        let error = effect.error.or(caused).map(|e| Arc::new(e.at(self.task.task.span.clone())));
        if !result::is(&result, "skipped") {
            self.judge(&mut result, &mut after);
        }
        if let Some(name) = &self.task.task.register {
            after.insert(name.shared(), Value::map(result.clone()));
        }
        let forgiven = result.contains_key("failed_when_suppressed_exception");
        let end = if result::has_failed(&result) {
            End::Failed
        } else if result::is(&result, "skipped") {
            End::Skipped
        } else {
            End::Ok
        };
        let by = match effect.shown {
            true => By::Display,
            false if module_failed && !forgiven => By::Module,
            false => By::Action,
        };
        if end == End::Failed {
            result::explain(&mut result, by);
        }
        let mut execution = self.task.blank(end, result);
        execution.error = error;
        execution.by = by;
        execution.no_log = effect.hidden;
        execution.effects = Effects {
            facts: effect.facts,
            included_vars: effect.included_vars,
            add_host: effect.add_host,
            add_group: effect.add_group,
            raw: printed,
            ..Effects::default()
        };
        (execution, after)
    }

    /// `changed_when` and `failed_when`; an error in either fails the task and is kept where Ansible keeps it.
    fn judge(&self, result: &mut Map, locals: &mut Vars) {
        let task = &self.task.task;
        let conditions = [("changed", &task.changed_when), ("failed", &task.failed_when)];
        for (what, conditions) in conditions {
            if conditions.is_empty() {
                continue;
            }
            if let Some(name) = &task.register {
                locals.insert(name.shared(), Value::map(result.clone()));
            }
            let scope: Arc<dyn Scope> = self.scope.with(locals);
            match all_hold(&self.task.play.run.engine, conditions, &scope) {
                Ok(holds) => {
                    let failed = result::is(result, "failed");
                    result::put(result, what, holds);
                    if what == "failed" {
                        result::put(result, "failed_when_result", holds);
                        // Only a module's failure has a traceback; actions of the controller's just say so.
                        if failed && !holds && result.contains_key("invocation") {
                            let why = Value::data(result::NO_TRACEBACK);
                            result::put(result, "failed_when_suppressed_exception", why);
                        }
                    }
                }
                Err(e) => {
                    result::put(result, "failed", true);
                    result::put(result, &format!("{what}_when_result"), Value::data(e.message()));
                    return;
                }
            }
        }
    }

    /// A failure that no condition judges and no attempt follows.
    fn raised(&self, effect: Effect) -> Execution {
        let span = Some(self.task.task.span.clone());
        let mut execution = self.task.blank(End::Failed, result::of_outcome(effect.outcome, effect.values));
        execution.error = effect.error.map(|e| Arc::new(e.within("Task failed", span)));
        execution
    }

    fn gone(&self, error: CallError) -> Execution {
        let (end, error) = match error {
            CallError::Denied(e) => return self.task.failed(e),
            CallError::Unreachable(e) => (End::Unreachable, self.not_reached(e)),
            CallError::Lost(e) => (End::Lost, e),
        };
        let error =
            error.at(self.task.task.span.clone()).within("Task failed", Some(self.task.task.span.clone()));
        let notes = error.note_lines().iter().map(String::as_str);
        let msg: Vec<&str> = std::iter::once(error.message()).chain(notes).collect();
        let mut execution = self.task.blank(end, result::unreachable(&msg.join("; ")));
        execution.error = Some(Arc::new(error));
        execution
    }

    /// A result that would not be what the module said: bytes of it are no text.
    fn not_utf8(&self, wrong: &str) -> Execution {
        let error = Error::other(format!("Refusing to deserialize an invalid UTF8 string value: {wrong}"))
            .help("This check can be disabled with the `MODULE_STRICT_UTF8_RESPONSE` setting.")
            .within("Task failed", Some(self.task.task.span.clone()));
        let mut execution = self.task.blank(End::Failed, result::failure(error.message()));
        execution.error = Some(Arc::new(error));
        execution
    }

    /// Begins with Ansible's words, where it has any.
    fn not_reached(&self, error: Error) -> Error {
        match self.prepared.target.transport {
            Transport::Ssh(_) => error.context("Failed to connect to the host via ssh"),
            Transport::Local(_) => error,
        }
    }

    async fn call_in_time(&self, args: Map) -> Result<Effect, CallError> {
        // A detached step has its own limit; what is waited for here is its end.
        let Some(limit) = self.prepared.timeout.filter(|_| self.prepared.detached.is_none()) else {
            return self.call(args).await;
        };
        match tokio::time::timeout(limit, self.call(args)).await {
            Ok(effect) => effect,
            Err(_) => {
                let period = limit.as_secs();
                let frame = "Configure `DISPLAY_TRACEBACK` to see a traceback on timeout errors.";
                let mut timed_out = warp_agent::value::Map::new();
                timed_out.insert("frame".to_owned(), frame.into());
                timed_out.insert("period".to_owned(), period.into());
                let msg = format!("Task failed: Timed out after {period} second(s).");
                Ok(Effect { outcome: Outcome::failed(msg).with("timedout", timed_out), ..Effect::default() })
            }
        }
    }

    /// Whether it is done by the target alone.
    fn is_on_target(&self) -> bool {
        let module = &*self.task.task.action.module;
        module != gather::SPEC.name && self.task.play.run.actions.find(module).is_none()
    }

    /// Checks the arguments against the table and calls the action, else the module on the target.
    pub(super) async fn call(&self, args: Map) -> Result<Effect, CallError> {
        let run = &self.task.play.run;
        let module = &*self.task.task.action.module;
        match &self.task.task.action.doer {
            Doer::Nobody(why) => return Ok(failed(why.to_string())),
            Doer::File(file) => return self.call_file(file, &args).await,
            Doer::Warp | Doer::Template => {}
        }
        let Some(spec) = run.modules().find(module) else {
            return Ok(failed(format!("the module '{module}' is not known")));
        };
        let raw: warp_agent::value::Map =
            args.iter().map(|(k, v)| (k.to_string(), warp_agent::value::Value::from(v))).collect();
        let checked = match validate::check(spec, &raw) {
            Ok(checked) => checked,
            Err(msg) => {
                // An action of the controller's refuses before there is a module.
                if run.actions.find(module).is_some() {
                    return Ok(Effect::refused(Error::other(msg)));
                }
                return Ok(Outcome::failed(msg).with("invocation", invocation::of_given(spec, &raw)).into());
            }
        };
        for secret in secrets(spec, &checked.args) {
            run.events.emit(&Event::Secret(secret.into()));
        }
        for warning in checked.warnings {
            run.warn(warning);
        }
        if self.prepared.detached.is_some() && !self.is_on_target() {
            return Ok(failed(format!("This action ({module}) does not support async.")));
        }
        if module == gather::SPEC.name {
            return self.gather(with_originals(spec, checked.args, &args)).await;
        }
        if let Some(action) = run.actions.find(module) {
            if self.prepared.mode.check && matches!(spec.check, CheckSupport::None) {
                return Ok(Effect::skip("Check mode is not supported for this task."));
            }
            let args = with_originals(spec, checked.args, &args);
            let dynamic: Arc<dyn Scope> = Arc::<HostScope>::clone(self.scope);
            let search_path = dynamic.search_path();
            let context = self.context(&dynamic, &search_path);
            return action.run(context, args).await;
        }
        let mut args = checked.args;
        if module == "async_status" {
            args.insert("_async_dir".to_owned(), self.prepared.async_dir.as_str().into());
        }
        let via = self.prepared.target.become_.as_ref().map_or_else(String::new, |b| b.shown() + " ");
        run.events
            .emit(&Event::Verbose { level: 3, text: format!("<{}> EXEC {via}{module}", self.task.host) });
        let call = Call {
            module: module.to_owned(),
            args,
            mode: self.prepared.mode.clone(),
            environment: self.prepared.environment.clone(),
        };
        Ok(self.send(call).await?.into())
    }

    /// Has the target do it: while we wait, or by itself.
    async fn send(&self, call: Call) -> Result<Outcome, CallError> {
        if let Some(msg) = not_text(&call.args) {
            return Ok(Outcome::failed(msg));
        }
        match &self.prepared.detached {
            None => self.task.play.run.sessions.call(self.prepared.target(), call, None).await,
            Some(detached) if detached.poll.is_zero() => super::detached::leave(self, detached, call).await,
            Some(detached) => super::detached::run(self, detached, call).await,
        }
    }

    /// Runs a module that the play brought along.
    async fn call_file(&self, file: &ModuleFile, args: &Map) -> Result<Effect, CallError> {
        let action = &self.task.task.action;
        let name = action.written.as_str();
        let scope: Arc<dyn Scope> = Arc::<HostScope>::clone(self.scope);
        let search_path = scope.search_path();
        match own::call(&self.context(&scope, &search_path), name, file, args).await? {
            Ok(call) => Ok(self.send(call).await?.into()),
            Err(msg) => Ok(failed(msg)),
        }
    }

    /// What an action may use.
    fn context<'b>(&'b self, scope: &'b Arc<dyn Scope>, search_path: &'b [PathBuf]) -> Context<'b> {
        let run = &self.task.play.run;
        Context {
            host: &self.task.host,
            target: self.prepared.target(),
            sessions: &run.sessions,
            engine: &run.engine,
            config: &run.settings.config,
            scope,
            mode: self.prepared.mode.clone(),
            environment: &self.prepared.environment,
            search_path,
            span: &self.task.task.span,
            verbosity: run.settings.verbosity,
            name: self.task.step.name.trim(),
            events: &run.events,
            no_log: self.prepared.no_log,
        }
    }
}

/// What was printed and is no text.
fn raw<T: AsRef<[u8]>>(printed: Vec<(String, T)>) -> Vec<(String, Vec<u8>)> {
    printed.into_iter().map(|(name, bytes)| (name, bytes.as_ref().to_vec())).collect()
}

fn failed(msg: String) -> Effect {
    Effect { outcome: Outcome::failed(msg), ..Effect::default() }
}

/// The texts of secret arguments.
fn secrets(spec: &Spec, args: &warp_agent::value::Map) -> Vec<String> {
    let secret = spec.arguments().filter(|a| a.no_log);
    secret.filter_map(|a| args.get(a.name)?.as_str()).filter(|s| !s.is_empty()).map(str::to_owned).collect()
}

/// The checked arguments, with the values as written where the table converts nothing: the wire knows neither keys that
/// are not texts nor an author's text.
fn with_originals(spec: &Spec, checked: warp_agent::value::Map, given: &Map) -> Map {
    let mut args: Map = checked.into_iter().map(|(k, v)| (Key::from(k), Value::from(v))).collect();
    for (name, value) in given {
        let Some(name) = name.as_str() else {
            // A name that a template gave, which the wire made a text.
            args.shift_remove(name.to_string().as_str());
            args.insert(name.clone(), value.clone());
            continue;
        };
        match spec.arg(name) {
            Some(arg) if arg.kind == Kind::Raw => {
                args.insert(Key::from(arg.name), value.clone());
            }
            Some(_) => {}
            None => {
                args.insert(Key::from(name), value.clone());
            }
        }
    }
    args
}
