//! VirtualBMC: the daemon that a deployment of nodes has started, by which they are switched on and off as by IPMI.
//!
//! The play that makes the nodes starts it; it watches the folder of its settings, and is ended here, with the nodes.

use crate::error::{Error, Result};
use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Pid, getpgid};
use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long it may take to end.
const STOP_LIMIT: Duration = Duration::from_secs(5);

/// Ends the daemon of the lab whose own directory this is, and forgets its nodes; says whether there was one.
///
/// # Errors
/// It does not end, or its files cannot be removed.
pub fn end(directory: &Path) -> Result<bool> {
    let home = directory.join("virtualbmc");
    if !home.exists() {
        return Ok(false);
    }
    if let Some(pid) = process(&home) {
        stop(pid)?;
    }
    fs::remove_dir_all(&home).map_err(|e| Error::other(format!("cannot remove {}: {e}", home.display())))?;
    Ok(true)
}

/// Its process, by the file that it writes; another that got its number has not been told of these settings.
fn process(home: &Path) -> Option<Pid> {
    let pid: i32 = fs::read_to_string(home.join("master.pid")).ok()?.trim().parse().ok()?;
    let environment = fs::read(format!("/proc/{pid}/environ")).ok()?;
    let told = format!("VIRTUALBMC_CONFIG={}", home.join("virtualbmc.conf").display());
    environment.split(|byte| *byte == 0).any(|entry| entry == told.as_bytes()).then(|| Pid::from_raw(pid))
}

/// The daemon and its children, one for each node, are a group of their own.
fn stop(pid: Pid) -> Result<()> {
    let failed =
        |e: Errno| Error::other(format!("cannot end VirtualBMC, process {pid}: {}", io::Error::from(e)));
    let group = match getpgid(Some(pid)) {
        Ok(group) => group,
        Err(Errno::ESRCH) => return Ok(()),
        Err(e) => return Err(failed(e)),
    };
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        let deadline = Instant::now() + STOP_LIMIT;
        loop {
            match killpg(group, signal) {
                Err(Errno::ESRCH) => return Ok(()),
                Err(e) => return Err(failed(e)),
                Ok(()) if Instant::now() > deadline => break,
                Ok(()) => std::thread::sleep(Duration::from_millis(50)),
            }
        }
    }
    Err(failed(Errno::ETIMEDOUT))
}
