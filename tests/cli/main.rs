//! `warp play` on the command line: what it prints, lists, refuses and returns.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test ends by panicking"
)]

#[path = "../support/mod.rs"]
mod support;

mod adhoc;
mod archives;
mod asked;
mod bench;
mod compat;
mod config;
mod detached;
mod doc;
mod facts;
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
mod vault;
