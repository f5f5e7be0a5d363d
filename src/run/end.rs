//! How a task ended on a host, and what it does to the run.

use crate::action::{AddHost, FactKind};
use crate::error::Error;
use crate::event::By;
use crate::value::{Map, Value, Vars};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How a task, or one item of its loop, ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum End {
    /// It ran.
    Ok,
    /// It did not run.
    Skipped,
    /// It failed.
    Failed,
    /// The host could not be reached.
    Unreachable,
    /// The link went while it ran.
    Lost,
}

/// What a task does to the run, told by one execution: of the task, or of one item of its loop.
#[derive(Default)]
pub(super) struct Effects {
    /// Facts, and their layer.
    pub facts: Option<(Map, FactKind)>,
    /// What `include_vars` read.
    pub included_vars: Option<Vars>,
    /// A host to add.
    pub add_host: Option<AddHost>,
    /// A group to put the host in.
    pub add_group: Option<(Arc<str>, Vec<Arc<str>>)>,
    /// The handlers it notifies when the task changed something.
    pub notify: Vec<String>,
    /// Tasks to include.
    pub include: Option<Include>,
    /// The label of a loop's item whose end is told when the inventory was changed, for only that says what changed.
    pub label: Option<Value>,
    /// The host that such an item was delegated to.
    pub delegated_to: Option<Arc<str>>,
    /// The host that facts go to: the one delegated to, under `delegate_facts`.
    pub facts_host: Option<Arc<str>>,
    /// What was printed and is no text, by the name of its return value.
    pub raw: Vec<(String, Vec<u8>)>,
}

/// An `include_tasks` or `include_role` that a host reached. Equal ones of several hosts run together.
#[derive(Clone, PartialEq)]
pub(super) struct Include {
    /// Its arguments, rendered.
    pub args: Map,
    /// The loop's variables, seen by what is included.
    pub loop_vars: Vars,
    /// The label of the loop's item.
    pub label: Option<Value>,
}

/// One execution.
pub(super) struct Execution {
    pub end: End,
    pub result: Map,
    pub effects: Effects,
    /// What failed it.
    pub error: Option<Arc<Error>>,
    pub by: By,
    pub ignore_errors: bool,
    pub ignore_unreachable: bool,
    pub no_log: bool,
    pub delegated_to: Option<Arc<str>>,
}

impl HostEnd {
    /// Whether it failed, and that is not ignored.
    pub(super) fn failed(&self) -> bool {
        self.end == End::Failed && !self.ignore_errors
    }
}

/// A task's end on a host.
pub(super) struct HostEnd {
    pub host: Arc<str>,
    pub end: End,
    pub changed: bool,
    pub result: Map,
    pub effects: Vec<Effects>,
    pub error: Option<Arc<Error>>,
    pub by: By,
    pub ignore_errors: bool,
    pub ignore_unreachable: bool,
    pub no_log: bool,
    pub delegated_to: Option<Arc<str>>,
    pub seconds: f64,
    /// The names of its loop's items, in order.
    pub items: Option<Vec<String>>,
    /// Whether it is known from before, and was told then.
    pub replayed: bool,
}
