//! The modules that run on a target, one file each.

mod command;
mod copy;
mod file;
mod ping;
mod slurp;
mod stat;
mod tempfile;

use crate::module::Module;

/// All of them.
static ALL: &[&dyn Module] = &[
    &command::CommandModule,
    &command::Shell,
    &copy::Copy,
    &file::FileModule,
    &ping::Ping,
    &slurp::Slurp,
    &stat::Stat,
    &tempfile::Tempfile,
];

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
