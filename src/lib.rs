//! warp: a native Ansible replacement and TripleO orchestrator.
//!
//! Rooms, from the top down; a room imports only rooms below it (`tests/architecture` checks):
//! `cli`, `deploy`, `lab`, `image`, `report`, `run`, `action`, `connect`, `inventory`, `play`, `template`,
//! `config`, `journal`, `event`, `console`, `value`, `process`, `error`; and below them all `failpoint`, which tests use.

pub mod action;
pub mod cli;
pub mod config;
pub mod connect;
pub mod console;
pub mod deploy;
pub mod error;
pub mod event;
pub mod failpoint;
pub mod image;
pub mod inventory;
pub mod journal;
pub mod lab;
pub mod play;
pub mod process;
pub mod report;
pub mod run;
pub mod template;
pub mod value;
