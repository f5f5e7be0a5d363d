//! `meta`: what is about the run itself.

use super::keyword::Rendered;
use super::play::PlayRun;
use super::result;
use super::steps::{Around, Hosts, Ran};
use crate::error::{Error, Exit, Result};
use crate::event::{By, Event, Status, StepInfo};
use crate::journal::Record;
use crate::play::{Errors, Task};
use crate::template::Scope;
use crate::value::{Map, Value};
use std::sync::Arc;
use warp_agent::spec::{Arg, Kind, Spec};

/// The table of `meta`, with the actions that are built.
pub(super) static SPEC: Spec = Spec {
    free_form: Some("free_form"),
    ..Spec::new(
        "meta",
        "Acts on the run itself.",
        &[Arg::new("free_form", Kind::Str)
            .choices(&[
                "clear_facts",
                "clear_host_errors",
                "end_batch",
                "end_host",
                "end_play",
                "end_role",
                "flush_handlers",
                "noop",
                "refresh_inventory",
                "reset_connection",
            ])
            .help("What to do.")],
    )
};

/// Actions that hosts do each for itself; of all others the first host that gets there decides for the play.
const PER_HOST: [&str; 5] = ["noop", "reset_connection", "end_host", "flush_handlers", "end_role"];

/// Actions whose condition does not count.
const UNCONDITIONAL: [&str; 3] = ["noop", "refresh_inventory", "reset_connection"];

impl PlayRun {
    /// Runs a `meta` task on these hosts.
    pub(super) async fn meta(
        self: &Arc<Self>,
        task: &Arc<Task>,
        hosts: Hosts,
        around: Around,
    ) -> Result<Ran, Errors> {
        let action = task.action.args.values().find_map(Value::as_str).unwrap_or_default();
        let known = SPEC.arg("free_form").is_some_and(|a| a.choices.contains(&action));
        if !known {
            return Err(Error::input(format!("invalid meta action requested: {action}"))
                .at(task.span.clone())
                .into());
        }
        if action == "flush_handlers" && around.handler {
            let error = Error::input("flush_handlers cannot be used as a handler");
            return Err(error.at(task.span.clone()).into());
        }
        if UNCONDITIONAL.contains(&action) && !task.keywords.when.is_empty() {
            self.run.warn_once(&format!("{action} task does not support when conditional"));
        }
        let asked =
            if PER_HOST.contains(&action) { hosts.as_slice() } else { hosts.get(..1).unwrap_or_default() };
        let mut meant = Hosts::new();
        for host in asked {
            let scope: Arc<dyn Scope> = self.scope(host, Some(task))?;
            let step = self.step_info(task, around, Rendered { engine: &self.run.engine, scope: &scope })?;
            self.run.events.emit(&Event::StepStarted { step: Arc::clone(&step) });
            if UNCONDITIONAL.contains(&action) || self.holds(task, host)? {
                self.act(action, task, host).await;
                meant.push(Arc::clone(host));
            } else {
                self.tell_skipped(action, task, &step, host);
            }
        }
        if action.starts_with("end_") && action != "end_role" && around.broken && !around.rescuing {
            let over: Hosts = hosts.iter().filter(|h| self.is_over(h)).cloned().collect();
            self.ended_failed(&over);
        }
        if action == "flush_handlers" {
            let rest: Hosts = hosts.iter().filter(|h| !meant.contains(h)).cloned().collect();
            let mut ran = self.flush_handlers(meant, around).await?;
            if ran.fatal {
                ran.failed.extend(rest);
            } else {
                ran.live = self.in_order(ran.live.into_iter().chain(rest).collect());
            }
            return Ok(ran);
        }
        Ok(Ran::all(self.still_in(hosts)))
    }

    /// Does for one host what the action asks, but the flush of handlers, which hosts do together.
    async fn act(&self, action: &str, task: &Task, host: &Arc<str>) {
        let done = match action {
            "flush_handlers" => {
                self.heed(host);
                format!("triggered running handlers for {host}")
            }
            "end_host" => {
                self.end(std::slice::from_ref(host));
                format!("ending play for {host}")
            }
            "end_batch" => {
                self.end(&self.vars.batch);
                "ending batch".to_owned()
            }
            "end_play" => {
                self.end(&self.vars.batch);
                self.end_play();
                "ending play".to_owned()
            }
            "end_role" => {
                self.leave_role(task, host);
                let role = task.role.as_ref().map(|r| Arc::clone(&r.name)).unwrap_or_default();
                format!("ending role {role} for {host}")
            }
            "clear_facts" => {
                for host in &self.vars.batch {
                    self.run.variables.clear_facts(host);
                }
                "facts cleared".to_owned()
            }
            "clear_host_errors" => {
                self.run.forgive(&self.vars.batch);
                let hosts = self.vars.batch.iter().map(ToString::to_string).collect();
                self.run.note(|| Record::Forgiven(hosts), false);
                "cleared host errors".to_owned()
            }
            "refresh_inventory" => {
                self.run.warn_of(self.refresh_inventory());
                "inventory successfully refreshed".to_owned()
            }
            "reset_connection" => {
                self.run.sessions.reset(host).await;
                "reset connection".to_owned()
            }
            other => other.to_owned(),
        };
        self.tell(format!("META: {done}"));
    }

    fn holds(&self, task: &Arc<Task>, host: &Arc<str>) -> Result<bool> {
        let scope: Arc<dyn Scope> = self.scope(host, Some(task))?;
        for condition in &task.keywords.when {
            // What fails here is no mistake of the playbook's form.
            let held = self.run.engine.test(condition, &scope).map_err(|e| e.with_exit(Exit::Error))?;
            if !held {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn tell(&self, text: String) {
        self.run.events.emit(&Event::Verbose { level: 2, text });
    }

    /// A condition that does not hold is told, and not counted.
    fn tell_skipped(&self, action: &str, task: &Task, step: &Arc<StepInfo>, host: &Arc<str>) {
        let role = task.role.as_ref().map(|r| Arc::clone(&r.name)).unwrap_or_default();
        let goes_on = match action {
            "flush_handlers" => format!(", not running handlers for {host}"),
            "end_host" => format!(", continuing execution for {host}"),
            "end_batch" => ", continuing current batch".to_owned(),
            "end_play" => ", continuing play".to_owned(),
            "end_role" => format!("continuing role {role} for {host}"),
            "clear_facts" => format!(", not clearing facts and fact cache for {host}"),
            "clear_host_errors" => format!(", not clearing host error state for {host}"),
            _ => String::new(),
        };
        let reason = format!("{action} conditional evaluated to False{goes_on}");
        let msg = match action {
            "end_host" => {
                format!("end_host conditional evaluated to false, continuing execution for {host}")
            }
            other => other.to_owned(),
        };
        self.tell(format!("META: {reason}"));
        let mut result = Map::new();
        result::put(&mut result, "msg", Value::data(msg));
        result::put(&mut result, "skip_reason", Value::data(reason));
        result::put(&mut result, "skipped", true);
        self.run.events.emit(&Event::StepDone {
            step: Arc::clone(step),
            host: Arc::clone(host),
            delegated_to: None,
            status: Status::Skipped,
            result: Value::map(result),
            no_log: false,
            error: None,
            by: By::Task,
            seconds: 0.0,
        });
    }
}
