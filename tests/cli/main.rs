//! `warp play` on the command line: what it prints, lists, refuses and returns.

#[path = "../support/mod.rs"]
mod support;

mod bench;
mod detached;
mod lists;
mod refusals;
mod secrets;
