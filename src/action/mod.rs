//! Modules that run on the controller, or partly there.

use crate::connect::{CallError, Sessions, Target};
use crate::error::Result;
use crate::template::{Engine, Scope};
use crate::value::{Map, Value, Vars};
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use warp_agent::outcome::Outcome;
use warp_agent::spec::Spec;
use warp_agent::wire::Mode;

/// What an action may use.
pub struct Context<'a> {
    /// The host the task is for.
    pub host: &'a Arc<str>,
    /// Where it runs: the host, or the one it is delegated to.
    pub target: &'a Target,
    /// The sessions.
    pub sessions: &'a Sessions,
    /// The templates.
    pub engine: &'a Engine,
    /// The task's variables.
    pub scope: &'a Arc<dyn Scope>,
    /// Check and diff mode.
    pub mode: Mode,
    /// The task's environment, merged and rendered.
    pub environment: &'a [(String, String)],
    /// The folders in which files are searched, nearest first.
    pub search_path: &'a [PathBuf],
    /// Where the task is written.
    pub span: &'a crate::error::Span,
    /// How much the user wants to be told; 0 is least.
    pub verbosity: u8,
}

/// What an action does to the run, besides its outcome.
#[derive(Debug, Default)]
pub struct Effect {
    /// The outcome.
    pub outcome: Outcome,
    /// Values of the outcome that are not wire values' kind: they replace `outcome.values` where not empty.
    pub values: Map,
    /// Facts to set (`ansible_facts`), and whether they are `set_fact`'s (above play vars) or gathered ones.
    pub facts: Option<(Map, FactKind)>,
    /// Variables that `include_vars` read: they stay `Source`.
    pub included_vars: Option<Vars>,
    /// A host to add.
    pub add_host: Option<AddHost>,
    /// A group to make and put the host in, and the groups above it.
    pub add_group: Option<(Arc<str>, Vec<Arc<str>>)>,
    /// Where the failure lies, when that has a place of its own.
    pub error: Option<crate::error::Error>,
}

/// Which layer facts go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactKind {
    /// From `setup` and other facts modules.
    Gathered,
    /// From `set_fact`.
    Set,
    /// From `set_fact` with `cacheable`: both.
    Both,
}

/// A host that `add_host` makes.
#[derive(Clone, Debug)]
pub struct AddHost {
    /// Its name.
    pub name: Arc<str>,
    /// Its groups.
    pub groups: Vec<Arc<str>>,
    /// Its variables.
    pub vars: Vars,
}

/// A boxed future, so that actions can be kept in a table.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A module that runs on the controller.
pub trait Action: Send + Sync {
    /// Its table.
    fn spec(&self) -> &'static Spec;

    /// Arguments that hold expressions: they are given unrendered, as they were written.
    fn expressions(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether it runs once for all hosts of a play, being about the run and not about a host.
    fn once_for_all(&self) -> bool {
        false
    }

    /// Runs it with arguments that are rendered, checked and under their canonical names.
    ///
    /// # Errors
    /// `CallError` where the target was needed and failed; a module's own failure is an outcome.
    fn run<'a>(&'a self, context: Context<'a>, args: Map) -> BoxFuture<'a, Result<Effect, CallError>>;
}

/// All actions by short name; the rooms above register theirs.
#[derive(Default)]
pub struct Actions {
    table: Vec<Box<dyn Action>>,
}

impl Actions {
    /// Adds one.
    pub fn register(&mut self, action: Box<dyn Action>) {
        self.table.push(action);
    }

    /// The action of this short name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&dyn Action> {
        self.table.iter().find(|a| a.spec().name == name).map(AsRef::as_ref)
    }

    /// All tables.
    pub fn specs(&self) -> impl Iterator<Item = &'static Spec> {
        self.table.iter().map(|a| a.spec())
    }
}

/// Kept out of `Effect`'s way: the value of an argument, `Null` when absent.
#[must_use]
pub fn arg<'a>(args: &'a Map, name: &str) -> &'a Value {
    args.get(name).unwrap_or(&Value::Null)
}
