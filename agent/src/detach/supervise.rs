//! The supervisor of one detached call: a process in a session of its own.

use super::results;
use super::spool::Job;
use crate::command::Cancel;
use crate::guard;
use crate::outcome::Outcome;
use crate::runner;
use crate::wire::Detach;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How long a call that nobody waits for has to end before it is told as started. Ansible's wrapper of jobs gives it a
/// second, so that its users' playbooks take what ends at once for ended at their next task.
const GRACE: Duration = Duration::from_millis(50);

/// Reads a detached call from standard input, leaves the session, and runs the call in `dir`. Says on standard output,
/// in one line, `started`, `attached` (another supervisor has that directory) or what went wrong.
///
/// To be called by a process that has no other threads.
///
/// # Errors
/// What went wrong before the call began, as it was said.
pub fn supervise(dir: PathBuf) -> Result<(), String> {
    let begun = receive().and_then(|detach| leave_session().map(|left| (detach, left)));
    let (detach, left) = match begun {
        Ok(begun) => begun,
        Err(e) => return say(Err(format!("its supervisor cannot begin: {e}"))),
    };
    if !left {
        return Ok(());
    }
    let job = Job::at(dir);
    let output = match job.claim() {
        Ok(Some(output)) => output,
        Ok(None) => return say(Ok("attached")),
        Err(e) => return say(Err(format!("cannot make {}: {e}", job.dir().display()))),
    };
    let results = match detach.waited {
        true => results::folder(&detach.results).map(|_| None),
        false => results::begin(&detach.results).map(Some),
    };
    let results = match results {
        Ok(results) => results,
        Err(e) => {
            let _ = job.remove();
            return say(Err(format!("cannot make the file of its results: {e}")));
        }
    };
    // What a supervisor that is killed leaves would run beside its own successor.
    let _ = guard::start();
    let grace = match detach.waited {
        true => Duration::ZERO,
        false => GRACE,
    };
    let (ended, said) = say_started_within(grace).map_err(|e| e.to_string())?;
    let mut output = output;
    let outcome = run(&detach, &mut output);
    let told = results.is_some_and(|file| results::finish(&file, &outcome).is_ok());
    drop(ended);
    let _ = said.join();
    if told {
        return job.remove().map_err(|e| e.to_string());
    }
    if job.finish(&outcome).is_err() {
        // A full disk: the outcome matters more than the output does.
        let _ = output.set_len(0);
        job.finish(&outcome).map_err(|e| e.to_string())?;
    }
    Ok(())
}

fn receive() -> io::Result<Detach> {
    let mut request = Vec::new();
    io::stdin().lock().read_to_end(&mut request)?;
    postcard::from_bytes(&request).map_err(io::Error::other)
}

fn say(answer: Result<&str, String>) -> Result<(), String> {
    let line = match &answer {
        Ok(word) => (*word).to_owned(),
        Err(why) => why.replace('\n', " "),
    };
    // Where the agent has gone meanwhile nobody listens, and the call goes on all the same.
    let _ = writeln!(io::stdout(), "{line}");
    answer.map(drop)
}

/// Forks twice with a new session in between, so that neither the agent nor a terminal has a hold on what is left;
/// true in the process that is left.
fn leave_session() -> io::Result<bool> {
    // SAFETY: this process has one thread, so that a forked copy is whole.
    match unsafe { libc::fork() } {
        0 => {}
        -1 => return Err(io::Error::last_os_error()),
        _ => return Ok(false),
    }
    // SAFETY: setsid has no preconditions; a forked process leads no group, so that it cannot fail.
    unsafe { libc::setsid() };
    // SAFETY: as above.
    match unsafe { libc::fork() } {
        0 => Ok(true),
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(false),
    }
}

/// Lets go of the agent's pipes, and has a thread say that the call was started: when the sender that is returned is
/// dropped, and after `grace` at the latest.
fn say_started_within(grace: Duration) -> io::Result<(Sender<()>, JoinHandle<()>)> {
    let mut agent = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    close_standard_streams()?;
    let (ended, waiting) = channel::<()>();
    let said = thread::Builder::new().spawn(move || {
        let _ = waiting.recv_timeout(grace);
        // Where the agent has gone meanwhile nobody listens, and the call goes on all the same.
        let _ = agent.write_all(b"started\n");
    })?;
    Ok((ended, said))
}

/// Points the standard streams at nothing.
fn close_standard_streams() -> io::Result<()> {
    let null = File::options().read(true).write(true).open("/dev/null")?;
    for standard in 0..3 {
        // SAFETY: both are descriptors of this process; whoever uses the standard ones finds nothing there.
        if unsafe { libc::dup2(null.as_raw_fd(), standard) } < 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

/// Runs the call within its time limit.
fn run(detach: &Detach, output: &mut File) -> Outcome {
    let cancel = Arc::new(Cancel::new());
    let (done, waiting) = channel::<()>();
    let limit = Duration::from_secs(detach.limit_secs);
    let timed = Arc::clone(&cancel);
    let timer = thread::Builder::new().spawn(move || {
        let late = waiting.recv_timeout(limit) == Err(RecvTimeoutError::Timeout);
        if late {
            timed.cancel();
        }
        late
    });
    let outcome = runner::run(&detach.call, None, &cancel, Some(output));
    drop(done);
    match timer.map(JoinHandle::join) {
        Ok(Ok(true)) if cancel.is_cancelled() && outcome.failed => {
            if detach.waited {
                let limit = detach.limit_secs;
                Outcome::failed(format!("Job reached maximum time limit of {limit} seconds."))
            } else {
                Outcome::failed("Timeout exceeded")
                    .with("started", true)
                    .with("finished", true)
                    .with("ansible_job_id", detach.results.jid.as_str())
                    .with("child_pid", i64::from(std::process::id()))
            }
        }
        Err(e) => Outcome { warnings: vec![format!("the time limit was not kept: {e}")], ..outcome },
        Ok(_) => outcome,
    }
}
