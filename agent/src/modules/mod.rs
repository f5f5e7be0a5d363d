//! The modules that run on a target, one file each.

mod ping;

use crate::module::Module;

/// All of them.
static ALL: &[&dyn Module] = &[&ping::Ping];

/// All of them.
#[must_use]
pub fn all() -> &'static [&'static dyn Module] {
    ALL
}

/// The module of this short name.
#[must_use]
pub fn find(name: &str) -> Option<&'static dyn Module> {
    ALL.iter().find(|m| m.spec().name == name).copied()
}
