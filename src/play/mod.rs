//! Playbooks, roles and task files, loaded into a `Plan`.

mod action;
mod adhoc;
mod block;
mod check;
mod collection;
mod defaults;
mod id;
mod import;
mod import_playbook;
mod include;
mod keywords;
mod library;
mod loader;
mod plan;
mod playbook;
mod prompt;
mod resolve;
mod role;
mod role_find;
mod role_spec;
mod routing;
mod task;

pub use adhoc::AdHoc;
pub use id::unnumbered;
pub use import_playbook::playbook_of_collection;
pub use include::{IncludedRole, IncludedTasks, RoleRequest};
pub use library::ModuleFile;
pub use loader::{Errors, Loaded, Loader, Search};
pub use plan::{
    Action, Block, Inherited, Keywords, Link, Loop, ModuleDefaults, Plan, Play, Role, Step, Task,
};
pub use resolve::Doer;
pub use role::RoleFiles;

use crate::error::Result;
use crate::value::{Text, Value, Vars};
use warp_agent::spec::Spec;

/// What the loader must ask of the rooms above it.
pub trait Catalogue: Sync {
    /// The table of a module by any of its names (`copy`, `ansible.builtin.copy`, `community.libvirt.virt`).
    fn spec(&self, module: &str) -> Option<&'static Spec>;
    /// The short names of all modules, for did-you-mean.
    fn names(&self) -> Vec<&'static str>;
    /// Whether there is a lookup of this name, for `with_<name>`.
    fn has_lookup(&self, _name: &str) -> bool {
        true
    }
}

/// Renders what must be known while loading: names of imported files and roles.
pub trait Render: Sync {
    /// The text rendered with these variables; the extra vars, which the implementor has, win over them.
    ///
    /// # Errors
    /// When it is not a template, or names what is not known while loading.
    fn render(&self, text: &Text, vars: &Vars) -> Result<Value>;
    /// Checks that a text parses as a template, without rendering it.
    ///
    /// # Errors
    /// A template syntax error, at its place.
    fn check_template(&self, text: &Text) -> Result<()>;
    /// Checks that a text parses as an expression, without evaluating it.
    ///
    /// # Errors
    /// A template syntax error, at its place.
    fn check_expression(&self, text: &Text) -> Result<()>;
}
