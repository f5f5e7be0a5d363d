//! `meta`: what is about the run itself.

use super::keyword::Rendered;
use super::play::PlayRun;
use super::steps::{Around, Hosts, Ran};
use super::vars::write;
use crate::error::{Error, Result};
use crate::event::Event;
use crate::play::{Errors, Task};
use crate::template::Scope;
use crate::value::Value;
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
                "end_host",
                "end_play",
                "flush_handlers",
                "noop",
                "reset_connection",
            ])
            .help("What to do.")],
    )
};

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
            return Err(Error::input(format!("`meta: {action}` is not supported"))
                .at(task.span.clone())
                .into());
        }
        if action == "flush_handlers" && around.handler {
            let error = Error::input("flush_handlers cannot be used as a handler");
            return Err(error.at(task.span.clone()).into());
        }
        let Some(first) = hosts.first() else { return Ok(Ran::default()) };
        let scope: Arc<dyn Scope> = self.scope(first, Some(task))?;
        let step = self.step_info(task, around, Rendered { engine: &self.run.engine, scope: &scope })?;
        self.run.events.emit(&Event::StepStarted { step });
        let mut meant = Hosts::new();
        for host in &hosts {
            if self.holds(task, host)? {
                meant.push(Arc::clone(host));
            }
        }
        let others = |meant: &Hosts| hosts.iter().filter(|h| !meant.contains(h)).cloned().collect::<Hosts>();
        match action {
            "flush_handlers" => {
                let rest = others(&meant);
                let mut ran = self.flush_handlers(meant, around).await?;
                ran.live = self.in_order(ran.live.into_iter().chain(rest).collect());
                return Ok(ran);
            }
            "end_host" => {
                write(&self.vars.removed).extend(meant.iter().cloned());
                return Ok(Ran::all(others(&meant)));
            }
            "end_play" if meant.contains(first) => {
                write(&self.vars.removed).extend(self.vars.batch.iter().cloned());
                self.end();
                return Ok(Ran::default());
            }
            "clear_facts" if meant.contains(first) => {
                for host in &self.vars.hosts_all {
                    self.run.variables.change_host(host, super::vars::HostState::clear_facts);
                }
            }
            "clear_host_errors" if meant.contains(first) => self.run.forgive(&self.vars.hosts_all),
            "reset_connection" => {
                for host in &meant {
                    self.run.sessions.reset(host).await;
                }
            }
            _ => {}
        }
        Ok(Ran::all(hosts))
    }

    fn holds(&self, task: &Arc<Task>, host: &Arc<str>) -> Result<bool> {
        let scope: Arc<dyn Scope> = self.scope(host, Some(task))?;
        for condition in &task.keywords.when {
            if !self.run.engine.test(condition, &scope)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
