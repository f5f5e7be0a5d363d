//! Modules that run on the controller, or partly there.

mod add_host;
mod argument_spec;
mod assemble;
mod assert;
mod copy;
mod debug;
mod evaluate;
mod fail;
mod fetch;
mod group_by;
mod include_vars;
mod module;
mod overlay;
pub mod own;
mod pause;
mod place;
mod raw;
mod reboot;
mod script;
mod search;
mod set_fact;
mod set_stats;
mod shell;
mod stage;
mod template;
mod unarchive;
mod uri;
mod wait_for_connection;
mod walk;

pub use module::not_text;
pub use overlay::Overlay;

use crate::config::Settings;
use crate::connect::{CallError, Sessions, Target};
use crate::error::Result;
use crate::event::{Event, Events};
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
    /// The configuration.
    pub config: &'a Settings,
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
    /// The task's name as it is shown.
    pub name: &'a str,
    /// What is told while the action runs.
    pub events: &'a Events,
    /// Whether `no_log` hides what the action says.
    pub no_log: bool,
}

impl Context<'_> {
    /// Says something to the user at once.
    pub(crate) fn say(&self, text: impl Into<String>) {
        self.events.emit(&Event::Said { text: text.into(), no_log: self.no_log });
    }

    /// Tells those who ask for more: from this many `-v` on.
    fn remark(&self, level: u8, text: String) {
        self.events.emit(&Event::Verbose { level, text });
    }
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
    /// Not run, and why: the result holds nothing else.
    pub skip: Option<String>,
    /// Nothing of it may be shown: it was read from what is encrypted.
    pub hidden: bool,
    /// Where the failure lies, when that has a place of its own.
    pub error: Option<crate::error::Error>,
    /// Whether that failure came before there was a result: it fails the task, not the action.
    pub raised: bool,
    /// Whether the result is for the user to see, however little they want to be told.
    pub shown: bool,
}

/// Which layer facts go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
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

impl Effect {
    /// A failure with this message.
    #[must_use]
    pub fn failed(msg: impl Into<String>) -> Self {
        Effect { outcome: Outcome::failed(msg), ..Effect::default() }
    }

    /// Not run, for this reason.
    #[must_use]
    pub fn skip(why: impl Into<String>) -> Self {
        Effect { skip: Some(why.into()), ..Effect::default() }
    }

    /// The action cannot begin, for its arguments.
    #[must_use]
    pub fn refused(error: crate::error::Error) -> Self {
        Effect { raised: true, ..Effect::error(error) }
    }

    /// The action broke off.
    #[must_use]
    pub fn raised(error: crate::error::Error) -> Self {
        let outcome = Outcome::failed(format!("Task failed: {}", error.message()));
        Effect { outcome, error: Some(error), raised: true, ..Effect::default() }
    }

    /// A failure of the controller's: its message, and its place.
    #[must_use]
    pub fn error(error: crate::error::Error) -> Self {
        Effect { outcome: Outcome::failed(error.message()), error: Some(error), ..Effect::default() }
    }
}

/// A module's outcome; the facts it returns go to the host.
impl From<Outcome> for Effect {
    fn from(outcome: Outcome) -> Self {
        let facts = outcome.values.get("ansible_facts").cloned().map(Value::from);
        let facts = match facts {
            Some(Value::Map(facts)) if !facts.is_empty() => Some(((*facts).clone(), FactKind::Gathered)),
            _ => None,
        };
        Effect { outcome, facts, ..Effect::default() }
    }
}

/// The value of an argument, `Null` when absent.
#[must_use]
pub fn arg<'a>(args: &'a Map, name: &str) -> &'a Value {
    args.get(name).unwrap_or(&Value::Null)
}

/// The text of an argument, if it is one.
#[must_use]
pub fn text<'a>(args: &'a Map, name: &str) -> Option<&'a str> {
    arg(args, name).as_str()
}

/// Whether a boolean argument is true.
#[must_use]
pub fn flag(args: &Map, name: &str) -> bool {
    arg(args, name).as_bool().unwrap_or(false)
}

/// The texts of a list argument.
pub fn texts<'a>(args: &'a Map, name: &str) -> impl Iterator<Item = &'a str> {
    arg(args, name).as_list().unwrap_or_default().iter().filter_map(Value::as_str)
}

/// The actions of this room.
#[must_use]
pub fn builtin() -> Actions {
    let mut actions = Actions::default();
    actions.register(Box::new(add_host::AddHostAction));
    actions.register(Box::new(assemble::Assemble));
    actions.register(Box::new(argument_spec::ValidateArgumentSpec));
    actions.register(Box::new(assert::Assert));
    actions.register(Box::new(copy::Copy));
    actions.register(Box::new(debug::Debug));
    actions.register(Box::new(evaluate::Evaluate));
    actions.register(Box::new(fail::Fail));
    actions.register(Box::new(fetch::Fetch));
    actions.register(Box::new(group_by::GroupBy));
    actions.register(Box::new(include_vars::IncludeVars));
    actions.register(Box::new(pause::Pause));
    actions.register(Box::new(raw::Raw));
    actions.register(Box::new(reboot::Reboot));
    actions.register(Box::new(script::Script));
    actions.register(Box::new(set_fact::SetFact));
    actions.register(Box::new(set_stats::SetStats));
    actions.register(Box::new(template::Template));
    actions.register(Box::new(unarchive::Unarchive));
    actions.register(Box::new(uri::Uri));
    actions.register(Box::new(wait_for_connection::WaitForConnection));
    actions
}
