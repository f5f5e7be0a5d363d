//! The agent's library: wire types, modules and the loop that serves them.
//!
//! It runs on targets inside the static `warp-agent` binary, and on the controller for `connection: local`.
//! No async runtime, no network, no libvirt.

pub mod accounts;
pub mod acting;
pub mod args;
pub mod backlog;
pub mod bounded;
pub mod clock;
pub mod command;
pub mod configparser;
pub mod convert;
mod detach;
pub mod digest;
pub mod effects;
pub mod encoding;
pub mod errno;
pub mod escapes;
pub mod expand;
pub mod fragments;
pub mod fs_flags;
pub mod glob;
mod guard;
pub mod http;
pub mod invocation;
pub mod module;
pub mod modules;
pub mod outcome;
pub mod own;
mod path_info;
pub mod paths;
pub mod private;
pub mod program;
pub mod pyregex;
pub mod python;
pub mod resolve;
mod runner;
mod selinux;
pub mod serve;
pub mod shlex;
pub mod spec;
pub mod stream;
pub mod undumped;
pub mod utf8;
pub mod validate;
pub mod value;
pub mod wire;

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The agent as a program: without arguments it serves its standard streams, with `supervise DIR` it runs one detached
/// call, with `digest` it prints the SHA-256 of its own file, for targets on which nothing else does. A program that is the agent among other things (`warp agent`) hands on the arguments after its own word for
/// it; detached calls start that program again with the same arguments and those two more.
///
/// To be called before any other thread is started.
#[must_use]
pub fn main_with_args(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    undumped::never_dump_core();
    let mut args = args.into_iter();
    let word = args.next();
    let end = match (word.as_deref().and_then(|w| w.to_str()), args.next(), args.next()) {
        (None, None, None) if word.is_none() => {
            leave_terminal();
            // Where no process can be started beside it, none can be for a step.
            let _ = guard::start();
            let end = serve::serve(io::stdin(), io::stdout());
            guard::stop();
            end
        }
        (Some("supervise"), Some(dir), None) => detach::supervise(PathBuf::from(dir)),
        (Some("digest"), None, None) => print_digest(),
        _ => Err("it takes no arguments, `supervise DIR` or `digest`".to_owned()),
    };
    match end {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("warp-agent: {why}");
            ExitCode::FAILURE
        }
    }
}

fn print_digest() -> Result<(), String> {
    let digest = digest::named("sha256", Path::new("/proc/self/exe"));
    println!("{}", digest.map_err(|e| format!("cannot read its own file: {e}"))?);
    Ok(())
}

/// Leaves the terminal that warp may have been started from: programs of steps have none, as under Ansible, and an
/// interrupt is warp's to handle.
fn leave_terminal() {
    // SAFETY: these calls take plain numbers and a descriptor that is open; where they fail nothing changes.
    unsafe {
        // Who leads a process group cannot begin a session, but can give up the terminal. Who leads a session, as the
        // command of a remote login does, has none.
        if libc::setsid() < 0
            && libc::getsid(0) != libc::getpid()
            && let Ok(terminal) = File::open("/dev/tty")
        {
            libc::ioctl(terminal.as_raw_fd(), libc::TIOCNOTTY);
        }
    }
}
