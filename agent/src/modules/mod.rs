//! The modules that run on a target, one file each.

mod apt;
pub mod assemble;
mod async_status;
mod authorized_key;
mod blockinfile;
mod command;
mod copy;
mod edit;
mod file;
mod find;
mod getent;
mod group;
mod known_hosts;
mod lineinfile;
mod package;
mod ping;
mod replace;
mod service;
mod setup;
mod slurp;
mod stat;
mod tempfile;
mod user;
mod wait_for;

use crate::module::Module;

/// All of them.
static ALL: &[&dyn Module] = &[
    &apt::AptModule,
    &assemble::Assemble,
    &async_status::AsyncStatus,
    &authorized_key::AuthorizedKey,
    &blockinfile::Blockinfile,
    &command::CommandModule,
    &command::Shell,
    &copy::Copy,
    &file::FileModule,
    &find::Find,
    &getent::Getent,
    &group::Group,
    &known_hosts::KnownHosts,
    &lineinfile::Lineinfile,
    &package::Package,
    &ping::Ping,
    &replace::Replace,
    &service::Service,
    &service::Systemd,
    &service::SystemdService,
    &setup::Setup,
    &slurp::Slurp,
    &stat::Stat,
    &tempfile::Tempfile,
    &user::User,
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
