//! The modules that run on a target, one file each.

mod blockinfile;
mod command;
mod edit;
mod lineinfile;
mod ping;
mod replace;
mod setup;
mod wait_for;

use crate::module::Module;

/// All of them.
static ALL: &[&dyn Module] = &[
    &blockinfile::Blockinfile,
    &command::CommandModule,
    &command::Shell,
    &lineinfile::Lineinfile,
    &ping::Ping,
    &replace::Replace,
    &setup::Setup,
    &wait_for::WaitFor,
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
