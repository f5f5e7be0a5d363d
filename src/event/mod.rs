//! The one stream of events that every report reads.

use crate::error::{Error, Span};
use crate::value::Value;
use std::sync::Arc;

/// How a step ended on a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Done, nothing changed.
    Ok,
    /// Done, something changed.
    Changed,
    /// Not run, for its condition or its module's own reason.
    Skipped,
    /// Failed.
    Failed,
    /// Failed inside a block that has a rescue section.
    Rescued,
    /// Failed, and told to go on.
    Ignored,
    /// The host could not be reached.
    Unreachable,
    /// Cut off: whether it ran to its end is not known.
    Lost,
}

impl Status {
    /// As a word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Status::Ok => "ok",
            Status::Changed => "changed",
            Status::Skipped => "skipped",
            Status::Failed => "failed",
            Status::Rescued => "rescued",
            Status::Ignored => "ignored",
            Status::Unreachable => "unreachable",
            Status::Lost => "lost",
        }
    }
}

/// A step as every event of it tells it.
#[derive(Clone, Debug)]
pub struct StepInfo {
    /// Its identity in the plan.
    pub id: Arc<str>,
    /// Its name as rendered, its role's before it; without one, its module as written.
    pub name: Arc<str>,
    /// Its module as written.
    pub written: Arc<str>,
    /// Its module, as its canonical short name.
    pub module: Arc<str>,
    /// Its arguments as written: `a=b, c=d`.
    pub args: Arc<str>,
    /// Where it is written.
    pub span: Option<Span>,
    /// Whether it is a handler.
    pub handler: bool,
    /// Whether `no_log` hides its arguments and results.
    pub no_log: bool,
    /// Whether it only predicts.
    pub check: bool,
    /// Whether it shows what changes in files.
    pub diff: bool,
    /// Whether it has a loop.
    pub looped: bool,
}

/// Whose result it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The engine's, as the module did not run.
    #[default]
    Task,
    /// That of the module's part on the controller.
    Action,
    /// That of an action which shows something: seen however little the user wants to be told.
    Display,
    /// That of the module on the target.
    Module,
}

/// What a run tells, as it happens. Values are final and may hold secrets: reports redact.
#[derive(Clone, Debug)]
pub enum Event {
    /// The run of a playbook begins.
    PlaybookStarted {
        /// Its path as given.
        path: Arc<str>,
    },
    /// A play begins on these hosts; told again for every batch of `serial`.
    PlayStarted {
        /// Its name, or its host pattern.
        name: Arc<str>,
        /// The hosts it runs on; empty when the pattern matched none.
        hosts: Vec<Arc<str>>,
        /// Whether it only predicts.
        check: bool,
        /// Whether every host ends a step before the next step begins.
        lockstep: bool,
    },
    /// A step begins.
    StepStarted {
        /// The step.
        step: Arc<StepInfo>,
    },
    /// A step begins on a host.
    HostStarted {
        /// The step.
        step: Arc<StepInfo>,
        /// The host.
        host: Arc<str>,
    },
    /// No host of the play is left to go on.
    NoHostsLeft,
    /// An item of a loop ended on a host.
    ItemDone {
        /// The step.
        step: Arc<StepInfo>,
        /// The host.
        host: Arc<str>,
        /// The host that it is delegated to, as it is shown.
        delegated_to: Option<Arc<str>>,
        /// How it ended.
        status: Status,
        /// The item's label.
        label: Value,
        /// The item's result.
        result: Value,
        /// What failed it, where that has a place of its own.
        error: Option<Arc<Error>>,
        /// Whose result it is.
        by: By,
        /// Whether `no_log` hides item and result.
        no_log: bool,
    },
    /// An attempt failed and another follows.
    Retry {
        /// The step.
        step: Arc<StepInfo>,
        /// The host.
        host: Arc<str>,
        /// Attempts made.
        attempt: u32,
        /// Attempts allowed.
        of: u32,
        /// The attempt's result.
        result: Value,
        /// Who made it.
        by: By,
        /// Whether `no_log` hides the result.
        no_log: bool,
    },
    /// A detached step was looked at, or ended.
    Detached {
        /// The host.
        host: Arc<str>,
        /// The job.
        jid: Arc<str>,
        /// Whether it failed; absent while it runs.
        failed: Option<bool>,
    },
    /// A line that a detached step printed, as it came.
    Output {
        /// The host.
        host: Arc<str>,
        /// The line, without its end.
        line: String,
        /// Whether `no_log` hides it.
        no_log: bool,
    },
    /// A step ended on a host.
    StepDone {
        /// The step.
        step: Arc<StepInfo>,
        /// The host.
        host: Arc<str>,
        /// The host that it is delegated to, as it is shown.
        delegated_to: Option<Arc<str>>,
        /// How it ended.
        status: Status,
        /// Its result, as a registered variable has it.
        result: Value,
        /// Whether `no_log` hides the result.
        no_log: bool,
        /// What failed it, where that has a place of its own.
        error: Option<Arc<Error>>,
        /// Whose result it is.
        by: By,
        /// Seconds it took.
        seconds: f64,
    },
    /// A text that no report may show from now on: the value of a secret argument.
    Secret(Arc<str>),
    /// A host's notification made a handler due.
    Notified {
        /// The handler's name, its role's before it.
        handler: Arc<str>,
        /// The host.
        host: Arc<str>,
    },
    /// A file was included on these hosts.
    Included {
        /// The step that includes it.
        step: Arc<StepInfo>,
        /// Its path, or the role's name.
        file: Arc<str>,
        /// The hosts.
        hosts: Vec<Arc<str>>,
        /// The label of the loop's item that brought it in.
        label: Option<Value>,
    },
    /// A stage of a deployment begins.
    StageStarted {
        /// Its name.
        name: Arc<str>,
    },
    /// A stage of a deployment ended, or was found done.
    StageDone {
        /// Its name.
        name: Arc<str>,
        /// Whether there was nothing to do.
        skipped: bool,
        /// Why, or what it made.
        note: String,
        /// Seconds it took.
        seconds: f64,
    },
    /// What a step says to the user while it runs.
    Said {
        /// The text.
        text: String,
        /// Whether `no_log` hides it.
        no_log: bool,
    },
    /// The user is asked for something: what is drawn live must stand back.
    Asking,
    /// Something the user should know.
    Warning(Arc<Error>),
    /// What went wrong beside a step, before the steps that it fails end.
    Error(Arc<Error>),
    /// Something that Ansible will no longer do.
    Deprecated {
        /// What, and where.
        what: Arc<Error>,
        /// The version of ansible-core that will not, where it is said.
        version: Option<Arc<str>>,
    },
    /// What is told to those who ask for more: from this many `-v` on.
    Verbose {
        /// How many.
        level: u8,
        /// The text.
        text: String,
    },
    /// The run is over.
    Finished {
        /// Per host in order of the inventory.
        recap: Vec<(Arc<str>, Recap)>,
        /// Whether an error of the run itself ended it before its end.
        broken: bool,
        /// Sums of `set_stats`, by host; those of the run under `_run`.
        stats: Value,
    },
}

impl Event {
    /// A warning without a place.
    #[must_use]
    pub fn warning(text: impl Into<String>) -> Self {
        Event::Warning(Arc::new(Error::other(text)))
    }
}

/// A host's sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Recap {
    pub ok: u32,
    pub changed: u32,
    pub unreachable: u32,
    pub failed: u32,
    pub skipped: u32,
    pub rescued: u32,
    pub ignored: u32,
    /// How many of `unreachable` ran when the link went, with an end that nobody knows.
    pub lost: u32,
}

/// One reader of the stream. Called in order, from one thread at a time.
pub trait Report: Send {
    /// Takes an event in.
    fn event(&mut self, event: &Event);
}

/// Where events are put. Cloned freely; every report sees every event in the same order.
#[derive(Clone, Default)]
pub struct Events(Arc<std::sync::Mutex<Vec<Box<dyn Report>>>>);

impl Events {
    /// A stream read by these reports.
    #[must_use]
    pub fn new(reports: Vec<Box<dyn Report>>) -> Self {
        Events(Arc::new(std::sync::Mutex::new(reports)))
    }

    /// One more reader, of what is told from now on.
    pub fn add(&self, report: Box<dyn Report>) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(report);
    }

    /// Nothing is told any more: what an interrupted run still comes to is no news.
    pub fn close(&self) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
    }

    /// Tells every report.
    pub fn emit(&self, event: &Event) {
        let mut reports = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for report in reports.iter_mut() {
            report.event(event);
        }
    }
}
