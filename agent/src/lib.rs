//! The agent's library: wire types, modules and the loop that serves them.
//!
//! It runs on targets inside the static `warp-agent` binary, and on the controller for `connection: local`.
//! No async runtime, no network, no libvirt.

pub mod accounts;
pub mod args;
pub mod clock;
pub mod command;
pub mod convert;
pub mod effects;
pub mod expand;
pub mod module;
pub mod modules;
pub mod outcome;
pub mod program;
pub mod pyregex;
pub mod python;
pub mod resolve;
pub mod shlex;
pub mod spec;
pub mod validate;
pub mod value;
pub mod wire;
