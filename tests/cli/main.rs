//! `warp play` on the command line: what it prints, lists, refuses and returns.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test ends by panicking"
)]

#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "../support/mod.rs"]
mod support;

#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "../support/sshd.rs"]
mod sshd;

mod adhoc;
mod archives;
mod asked;
mod bench;
mod compat;
mod config;
mod detached;
mod doc;
mod facts;
mod fields;
mod interrupted;
mod inventory_yaml;
mod journal;
mod lists;
mod plugins;
mod pty;
mod refresh;
mod refusals;
mod screen;
mod secrets;
mod taken_up;
mod vault;
