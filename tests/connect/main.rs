//! Connections against private sshds: what a user's configuration promises, by effects on the far side.
//!
//! Driven through the library; once `warp run` is there these belong to the binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of a test may fail as the test does"
)]

mod accounts;
mod agents;
mod algorithms;
mod canaries;
mod certificates;
mod cuts;
mod far;
mod figures;
mod forwarding;
mod hostile;
mod keys;
mod links;
#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "../support/proxy.rs"]
mod proxy;
mod routes;
#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "../support/sshd.rs"]
mod sshd;

use std::path::PathBuf;
use warp::connect::{AgentImage, CallError, LocalAgent, Sessions};
use warp_agent::value::Value;
use warp_agent::wire::{Call, Mode};

/// Sessions whose agent for this machine is the one that targets get.
pub fn sessions() -> Sessions {
    Sessions::new(AgentImage::embedded(), LocalAgent { program: agent_program(), args: Vec::new() })
}

/// The embedded agent as a program on this machine.
fn agent_program() -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    use std::sync::OnceLock;
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    let made = PROGRAM.get_or_init(|| {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("agent-{}", std::process::id()));
        std::fs::write(&path, AgentImage::embedded().bytes().unwrap()).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    });
    made.clone()
}

/// A call of a module with string arguments.
pub fn call(module: &str, args: &[(&str, &str)]) -> Call {
    Call {
        module: module.into(),
        args: args.iter().map(|(k, v)| ((*k).to_owned(), Value::from(*v))).collect(),
        mode: Mode::default(),
        environment: Vec::new(),
    }
}

/// The text of an error that says the host was not reached.
#[track_caller]
pub fn unreachable<T: std::fmt::Debug>(result: Result<T, CallError>) -> String {
    match result {
        Err(CallError::Unreachable(error)) => error.to_string(),
        other => panic!("expected unreachable, got {other:?}"),
    }
}

/// The text of an error that says the account was not become.
#[track_caller]
pub fn denied<T: std::fmt::Debug>(result: Result<T, CallError>) -> String {
    match result {
        Err(CallError::Denied(error)) => error.to_string(),
        other => panic!("expected denied, got {other:?}"),
    }
}

/// Asserts that a text holds all of these.
#[track_caller]
pub fn holds(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no `{part}` in:\n{text}");
    }
}
