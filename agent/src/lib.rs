//! The agent's library: wire types, modules and the loop that serves them.
//!
//! It runs on targets inside the static `warp-agent` binary, and on the controller for `connection: local`.
//! No async runtime, no network, no libvirt.

pub mod outcome;
pub mod pyregex;
pub mod spec;
pub mod value;
pub mod wire;
