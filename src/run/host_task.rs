//! One task on one host: its loop, and what its items come to.

use super::end::{Effects, End, Execution, HostEnd};
use super::keyword::Rendered;
use super::play::PlayRun;
use super::result;
use super::resume::Visit;
use super::vars::HostScope;
use crate::error::{Error, Result};
use crate::event::{By, Status, StepInfo};
use crate::play::Task;
use crate::template::{Engine, Scope};
use crate::value::{Map, Value, Vars};
use std::sync::Arc;
use std::time::Instant;

/// A task on its way over one host.
#[derive(Clone)]
pub(super) struct HostTask {
    pub play: Arc<PlayRun>,
    pub task: Arc<Task>,
    pub step: Arc<StepInfo>,
    pub host: Arc<str>,
    pub visit: Visit,
}

impl HostTask {
    /// Runs it to its end.
    pub(super) async fn run(&self) -> HostEnd {
        if let Some(end) = self.replayed() {
            return end;
        }
        let started = Instant::now();
        let mut end = match self.play.scope(&self.host, Some(&self.task)) {
            Err(e) => self.whole(self.failed_early(e)),
            Ok(scope) => self.run_in(scope).await,
        };
        end.seconds = started.elapsed().as_secs_f64();
        self.note_end(&end);
        end
    }

    async fn run_in(&self, scope: Arc<HostScope>) -> HostEnd {
        let Some(loops) = &self.task.loops else {
            let mut locals = Vars::new();
            return self.whole(self.execute(&scope, &mut locals, None, 0).await);
        };
        match self.items(loops, &scope) {
            // A condition that does not hold makes a broken loop no matter.
            Err(e) => {
                let mut locals = Vars::new();
                self.whole(self.execute(&scope, &mut locals, Some(e), 0).await)
            }
            Ok(Err(refused)) => {
                let mut execution = self.failed_early(refused);
                execution.result.shift_remove("changed");
                self.whole(execution)
            }
            Ok(Ok(items)) if items.is_empty() => {
                let mut execution = self.blank(End::Skipped, result::no_items());
                execution.no_log = self.no_log(&scope);
                self.whole(execution)
            }
            Ok(Ok(items)) => self.over(loops, items, scope).await,
        }
    }

    /// A task without a loop.
    pub(super) fn whole(&self, execution: Execution) -> HostEnd {
        HostEnd {
            host: Arc::clone(&self.host),
            end: execution.end,
            changed: result::is(&execution.result, "changed"),
            result: execution.result,
            effects: vec![execution.effects],
            error: execution.error,
            by: execution.by,
            ignore_errors: execution.ignore_errors,
            ignore_unreachable: execution.ignore_unreachable,
            no_log: execution.no_log,
            delegated_to: execution.delegated_to,
            seconds: 0.0,
            items: None,
            replayed: false,
        }
    }

    /// An execution that came to nothing but its result.
    pub(super) fn blank(&self, end: End, result: Map) -> Execution {
        Execution {
            end,
            result,
            effects: Effects::default(),
            error: None,
            by: By::Task,
            ignore_errors: false,
            ignore_unreachable: false,
            no_log: false,
            delegated_to: None,
        }
    }

    /// A failure before anything could be rendered.
    pub(super) fn failed_early(&self, error: Error) -> Execution {
        let mut execution = self.blank(End::Failed, result::failure(error.message()));
        execution.ignore_errors = self.task.keywords.ignore_errors.as_ref().is_some_and(Value::truthy);
        execution.no_log = literally(self.task.keywords.no_log.as_ref());
        execution.error = Some(Arc::new(error));
        execution
    }

    pub(super) fn no_log(&self, scope: &Arc<HostScope>) -> bool {
        let scope: Arc<dyn Scope> = Arc::<HostScope>::clone(scope);
        let r = Rendered { engine: &self.play.run.engine, scope: &scope };
        // What cannot be decided is kept secret.
        r.flag("no_log", self.task.keywords.no_log.as_ref())
            .map_or(true, |f| f.unwrap_or(self.play.run.settings.config.no_log))
    }
}

/// Whether all of these expressions hold.
pub(super) fn all_hold(engine: &Engine, conditions: &[Value], scope: &Arc<dyn Scope>) -> Result<bool> {
    for condition in conditions {
        if !engine.test(condition, scope)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A keyword that is true without rendering.
fn literally(keyword: Option<&Value>) -> bool {
    keyword.and_then(super::keyword::boolean).unwrap_or(false)
}

/// As events tell it.
pub(super) fn status(end: End, ignored: bool, result: &Map) -> Status {
    match end {
        End::Ok if result::is(result, "changed") => Status::Changed,
        End::Ok => Status::Ok,
        End::Skipped => Status::Skipped,
        End::Failed if ignored => Status::Ignored,
        End::Failed => Status::Failed,
        End::Unreachable => Status::Unreachable,
        End::Lost => Status::Lost,
    }
}
