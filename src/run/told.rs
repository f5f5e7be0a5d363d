//! What events tell of plays and steps.

use super::Shared;
use super::keyword::Rendered;
use super::play::PlayRun;
use super::steps::Around;
use super::strategy::Strategy;
use crate::error::Result;
use crate::event::{Event, StepInfo};
use crate::play::{Play, Task};
use crate::value::{Vars, python_str};
use std::sync::Arc;

impl Shared {
    /// The beginning of a play, or of a batch of it.
    pub(super) fn play_started(&self, play: &Play, name: &Arc<str>, hosts: Vec<Arc<str>>) -> Result<Event> {
        let scope = self.flat(play);
        let r = Rendered { engine: &self.engine, scope: &scope };
        Ok(Event::PlayStarted {
            name: Arc::clone(name),
            hosts,
            check: r.flag("check_mode", play.keywords.check_mode.as_ref())?.unwrap_or(self.settings.check),
            lockstep: Strategy::of(play, self, &scope)?.in_step(),
        })
    }
}

impl PlayRun {
    /// A step, as its first host sees it.
    pub(super) fn step_info(&self, task: &Task, around: Around, r: Rendered<'_>) -> Result<Arc<StepInfo>> {
        let settings = &self.run.settings;
        let keywords = &task.keywords;
        let told =
            |name: &str, keyword: &Option<crate::value::Value>| r.flag(name, keyword.as_ref()).ok().flatten();
        Ok(Arc::new(StepInfo {
            id: Arc::clone(&task.id),
            name: self.shown_name(task, r),
            written: task.action.written.shared(),
            module: Arc::clone(&task.action.module),
            args: written(&task.action.args).into(),
            span: Some(task.span.clone()),
            handler: around.handler,
            // What cannot be decided is kept secret.
            no_log: r
                .flag("no_log", keywords.no_log.as_ref())
                .map_or(true, |f| f.unwrap_or(settings.config.no_log)),
            // What has the wrong type fails the task when it is run.
            check: told("check_mode", &keywords.check_mode).unwrap_or(settings.check),
            diff: told("diff", &keywords.diff).unwrap_or(settings.diff),
            looped: task.loops.is_some(),
        }))
    }
}

/// Arguments as they are written.
fn written(args: &Vars) -> String {
    args.iter().map(|(name, value)| format!("{name}={}", python_str(value))).collect::<Vec<_>>().join(", ")
}
