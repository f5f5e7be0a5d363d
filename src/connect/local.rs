//! This machine: processes over pipes.

use super::link::Link;
use crate::error::{Error, Result};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;
use warp_agent::utf8;

/// The program that serves as the agent on this machine, for the account that runs warp.
#[derive(Clone, Debug)]
pub struct LocalAgent {
    /// The executable.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
}

impl Default for LocalAgent {
    /// This very program, asked to serve.
    fn default() -> Self {
        LocalAgent { program: "/proc/self/exe".into(), args: vec!["agent".into()] }
    }
}

/// What becomes of a process that is no longer used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unused {
    /// Its input is closed, which an agent takes as the sign to end its programs and itself.
    Closed,
    /// It is killed.
    Killed,
}

/// Starts the agent of this machine.
pub(super) fn agent(agent: &LocalAgent, folder: &Path, stderr_limit: usize) -> Result<Link> {
    let mut command = Command::new(&agent.program);
    command.args(&agent.args);
    spawn(command, folder, stderr_limit, Unused::Closed)
        .map_err(|e| Error::other(format!("cannot start the agent {}: {e}", agent.program.display())))
}

/// Starts a command by sh.
pub(super) fn shell(script: &str, folder: &Path, stderr_limit: usize, unused: Unused) -> Result<Link> {
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(OsStr::from_bytes(&utf8::bytes(script)));
    spawn(command, folder, stderr_limit, unused)
        .map_err(|e| Error::other(format!("cannot start /bin/sh: {e}")))
}

fn spawn(mut command: Command, folder: &Path, stderr_limit: usize, unused: Unused) -> std::io::Result<Link> {
    // Plays that warp brings along are in no folder of the machine's.
    if folder.is_dir() {
        command.current_dir(folder);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // A group of its own: an interrupt from the terminal is warp's to handle.
    let child = command.process_group(0).kill_on_drop(unused == Unused::Killed).spawn()?;
    Link::child(child, stderr_limit)
}
