//! The task debugger: when a task ended as its `debugger` waits for, the user looks, changes and runs it again.

mod command;
mod names;
mod pretty;
mod session;

use super::end::{End, HostEnd};
use super::keyword::Rendered;
use super::play::PlayRun;
use super::strategy::Strategy;
use crate::console::{Answer, Question};
use crate::error::{Error, Exit, Result};
use crate::event::{Event, StepInfo};
use crate::play::Task;
use crate::template::Scope;
use command::Command;
use session::Session;
use std::sync::Arc;

/// How a command ends the session.
enum Next {
    /// It does not.
    Stay,
    /// The run goes on.
    Continue,
    /// The task is run again.
    Redo,
}

impl PlayRun {
    /// Lets the user look at a task's end, if its `debugger` or the configuration asks for that. `task` is what ran, which
    /// may be changed from what was `written`. Gives the task to run again, as the user changed it.
    ///
    /// # Errors
    /// The user ends the run.
    pub(super) async fn debug(
        self: &Arc<Self>,
        written: &Arc<Task>,
        task: &Arc<Task>,
        step: &StepInfo,
        end: &HostEnd,
    ) -> Result<Option<Arc<Task>>> {
        let scope: Arc<dyn Scope> = self.scope(&end.host, Some(task))?;
        let r = Rendered { engine: &self.run.engine, scope: &scope };
        if !self.asks_for_debugger(task, end, r)? {
            return Ok(None);
        }
        self.run.events.emit(&Event::Asking);
        let mut session = Session::new(&self.run, written, task, step, end, scope);
        let mut last = String::new();
        loop {
            let prompt = format!("[{}] TASK: {} (debug)> ", end.host, step.name);
            let line = match (Question { prompt, hidden: false }).asked().await? {
                Answer::Line(line) => line.trim().to_owned(),
                Answer::End | Answer::Interrupted => "quit".to_owned(),
            };
            // An empty line is the last command again.
            if !line.is_empty() {
                last.clone_from(&line);
            }
            let next = match Command::parse(&last) {
                None => Next::Stay,
                Some(Command::Quit) => {
                    return Err(Error::new(Exit::Interrupted, "User interrupted execution"));
                }
                Some(command) => session.run(&command),
            };
            match next {
                Next::Stay => {}
                Next::Continue => return Ok(None),
                Next::Redo => {
                    self.run.take_back(end);
                    return Ok(Some(session.task()));
                }
            }
        }
    }

    fn asks_for_debugger(&self, task: &Task, end: &HostEnd, r: Rendered<'_>) -> Result<bool> {
        let config = &self.run.settings.config.command;
        let failed = end.end == End::Failed && !(config.task_debugger_ignore_errors && end.ignore_errors);
        let unreachable = matches!(end.end, End::Unreachable | End::Lost);
        let everywhere = config.enable_task_debugger || self.strategy == Strategy::Debug;
        Ok(match r.text("debugger", task.keywords.debugger.as_ref())?.as_deref() {
            Some("always") => true,
            Some("never") => false,
            Some("on_failed") if failed => true,
            Some("on_unreachable") if unreachable => true,
            Some("on_skipped") if end.end == End::Skipped => true,
            _ => everywhere && (failed || unreachable),
        })
    }
}
