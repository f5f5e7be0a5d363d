//! The agent's binary, driven over its pipes as a controller drives it.

mod command;
mod copy;
mod detach;
mod file;
mod harness;
mod link;
mod parity;
mod stat;
