//! The layers of variables, by their names.

use crate::value::Vars;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a layer is, and whose.
#[derive(Clone, Debug)]
pub enum Level {
    /// `-e`.
    Extra,
    /// What an include passes along.
    IncludeParams,
    /// What a role's entry passes along, beside `vars`.
    RoleParams(Arc<str>),
    /// `set_fact` and `register`.
    Set,
    /// `include_vars`.
    Included,
    /// `vars` of a task, of blocks around it and of the entry of its role.
    TaskVars,
    /// A role's variables, as its own tasks see them.
    RoleVars(Arc<str>),
    /// A role's variables, as the whole play sees them.
    Exports(Arc<str>),
    /// A file of `vars_files`.
    VarsFile(Arc<Path>),
    /// `vars` of the play.
    Play,
    /// Facts.
    Facts,
    /// The inventory, with group_vars and host_vars.
    Inventory,
    /// A role's defaults, as its own tasks see them.
    RoleDefaults(Arc<str>),
    /// A role's defaults, as the whole play sees them.
    PlayDefaults(Arc<str>),
    /// What tasks see of how their host is reached, where nobody said.
    Connection,
}

impl Level {
    /// Whether it is one of several that are a single layer to `hash_behaviour`: nothing is merged among them.
    pub(super) fn is_one_with(&self, other: &Level) -> bool {
        matches!(
            (self, other),
            (Level::TaskVars, Level::TaskVars) | (Level::IncludeParams, Level::IncludeParams)
        )
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Level::Extra => f.write_str("extra vars"),
            Level::IncludeParams => f.write_str("parameters of an include"),
            Level::RoleParams(role) => write!(f, "parameters of the role {role}"),
            Level::Set => f.write_str("set_fact and register"),
            Level::Included => f.write_str("include_vars"),
            Level::TaskVars => f.write_str("vars of the task and its blocks"),
            Level::RoleVars(role) => write!(f, "vars of the role {role}, for its tasks"),
            Level::Exports(role) => write!(f, "vars of the role {role}"),
            Level::VarsFile(_) => f.write_str("vars_files"),
            Level::Play => f.write_str("vars of the play"),
            Level::Facts => f.write_str("facts"),
            Level::Inventory => f.write_str("inventory"),
            Level::RoleDefaults(role) => write!(f, "defaults of the role {role}, for its tasks"),
            Level::Connection => f.write_str("the connection"),
            Level::PlayDefaults(role) => write!(f, "defaults of the role {role}"),
        }
    }
}

/// A layer. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Layer {
    /// What it is.
    pub level: Level,
    /// The variables.
    pub vars: Arc<Vars>,
}

impl Layer {
    pub(super) fn new(level: Level, vars: &Arc<Vars>) -> Self {
        Layer { level, vars: Arc::clone(vars) }
    }

    pub(super) fn of_file(path: PathBuf, vars: Arc<Vars>) -> Self {
        Layer { level: Level::VarsFile(path.into()), vars }
    }
}
