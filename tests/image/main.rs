//! The image room, on small images made by the tools that everybody has: no root, no loop devices.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // A test ends by panicking.

mod build;
mod cache;
mod deliver;
mod disks;
mod fetch;
mod files;
mod first_boot;
mod fixture;
mod inject;
mod prune;
mod server;
