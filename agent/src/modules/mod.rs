//! The modules that run on a target, one file each.

mod apt;
mod apt_key;
mod apt_repository;
pub mod assemble;
mod async_status;
mod authorized_key;
mod blockinfile;
mod command;
mod copy;
mod cron;
mod deb822_repository;
mod debconf;
mod dpkg_selections;
mod edit;
mod expect;
mod file;
mod find;
mod get_url;
mod getent;
mod git;
mod group;
mod hostname;
mod iptables;
mod known_hosts;
mod lineinfile;
mod mount_facts;
mod package;
mod package_facts;
mod ping;
mod pip;
mod replace;
mod service;
mod service_facts;
mod setup;
mod slurp;
mod stat;
mod subversion;
mod sysvinit;
mod tempfile;
pub mod unarchive;
pub mod uri;
mod user;
mod wait_for;

use crate::module::Module;
use crate::own;

/// All of them.
static ALL: &[&dyn Module] = &[
    &apt::AptModule,
    &apt_key::AptKey,
    &apt_repository::AptRepository,
    &assemble::Assemble,
    &async_status::AsyncStatus,
    &authorized_key::AuthorizedKey,
    &blockinfile::Blockinfile,
    &command::CommandModule,
    &command::Shell,
    &copy::Copy,
    &cron::Cron,
    &deb822_repository::Deb822Repository,
    &debconf::Debconf,
    &dpkg_selections::DpkgSelections,
    &expect::Expect,
    &file::FileModule,
    &find::Find,
    &get_url::GetUrl,
    &getent::Getent,
    &git::GitModule,
    &group::Group,
    &hostname::Hostname,
    &iptables::Iptables,
    &known_hosts::KnownHosts,
    &lineinfile::Lineinfile,
    &mount_facts::MountFacts,
    &package::Package,
    &package_facts::PackageFacts,
    &ping::Ping,
    &pip::PipModule,
    &replace::Replace,
    &service::Service,
    &service::Systemd,
    &service::SystemdService,
    &service_facts::ServiceFacts,
    &setup::Setup,
    &slurp::Slurp,
    &stat::Stat,
    &subversion::SubversionModule,
    &sysvinit::Sysvinit,
    &tempfile::Tempfile,
    &unarchive::Unarchive,
    &uri::Uri,
    &user::User,
    &wait_for::WaitFor,
];

/// What the engine calls, and no play can.
static INTERNAL: &[&dyn Module] = &[&own::Keep, &own::Run];

/// All that plays can call.
#[must_use]
pub fn all() -> &'static [&'static dyn Module] {
    ALL
}

/// The module of this short name that plays can call.
#[must_use]
pub fn find(name: &str) -> Option<&'static dyn Module> {
    ALL.iter().find(|m| m.spec().name == name).copied()
}

/// The module of this name, whoever may call it.
#[must_use]
pub fn find_any(name: &str) -> Option<&'static dyn Module> {
    find(name).or_else(|| INTERNAL.iter().find(|m| m.spec().name == name).copied())
}
