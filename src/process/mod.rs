//! Programs that templates start on this machine: they run in process groups of their own, and end when the run is
//! interrupted. And locks that end with their process.

pub mod lock;

use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::runtime::{Handle, RuntimeFlavor};

/// The groups that run, and whether others may begin.
struct Running {
    groups: Vec<Pid>,
    closed: bool,
}

static RUNNING: Mutex<Running> = Mutex::new(Running { groups: Vec::new(), closed: false });

fn running() -> MutexGuard<'static, Running> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a program to its end and takes what it prints; its standard error is ours.
///
/// # Errors
/// It cannot be started, or the run was interrupted.
pub fn output(command: &mut Command) -> io::Result<Output> {
    let mut child = {
        // Started and noted at once: an interrupt in between would miss it.
        let mut running = running();
        if running.closed {
            return Err(io::Error::new(io::ErrorKind::Interrupted, "the run was interrupted"));
        }
        let child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).process_group(0).spawn()?;
        running.groups.push(group(child.id()));
        child
    };
    let group = group(child.id());
    let mut printed = Vec::new();
    let ended = waiting(|| {
        let read = child.stdout.take().map_or(Ok(0), |mut out| out.read_to_end(&mut printed));
        // Ended, but not gone yet: its number still is its group's.
        waitid(Id::Pid(group), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT)?;
        read
    });
    let mut running = running();
    running.groups.retain(|other| *other != group);
    let status = child.wait()?;
    ended?;
    Ok(Output { status, stdout: printed, stderr: Vec::new() })
}

/// Sends a signal to all that runs, and lets nothing begin any more.
pub fn end_all(signal: Signal) {
    let mut running = running();
    running.closed = true;
    for group in &running.groups {
        // It may have ended by itself.
        let _ = killpg(*group, signal);
    }
}

fn group(id: u32) -> Pid {
    Pid::from_raw(id.cast_signed())
}

/// Waits in `work` without keeping other hosts' steps from going on.
fn waiting<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current() {
        Ok(handle) if handle.runtime_flavor() == RuntimeFlavor::MultiThread => {
            tokio::task::block_in_place(work)
        }
        _ => work(),
    }
}
