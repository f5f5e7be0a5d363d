//! Detached calls: each under a supervisor of its own, which outlives the link and the agent. Its output and outcome
//! wait in a spool until the controller has collected them.

mod results;
mod spool;
mod supervise;

pub(crate) use results::{orphaned, path as results_path};
pub use supervise::supervise;

use crate::outcome::Outcome;
use crate::stream;
use crate::wire::Detach;
use spool::{Job, State};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::process::{Command, Stdio};

/// How much output one poll sends at most: what is left comes with the next.
const POLL_MOST: u64 = 8 << 20;

/// Starts a call, or attaches to the one that has this key already, finished or not; `attached` tells which.
#[must_use]
pub fn start(detach: &Detach) -> Outcome {
    match begin(detach) {
        Ok(attached) => {
            let file = results::path(&detach.results.dir, &detach.results.jid);
            Outcome::ok().with("attached", attached).with("results_file", file.to_string_lossy().into_owned())
        }
        Err(why) => Outcome::failed(format!("cannot start the detached call: {why}")),
    }
}

fn begin(detach: &Detach) -> Result<bool, String> {
    let job = Job::of(&detach.key)?;
    if job.exists() {
        return Ok(true);
    }
    let request = postcard::to_stdvec(detach).map_err(|e| e.to_string())?;
    // This very program with the arguments it was given, so that it finds its way here whatever it is called.
    let mut child = Command::new("/proc/self/exe")
        .args(std::env::args_os().skip(1))
        .arg("supervise")
        .arg(job.dir())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| format!("cannot start its supervisor: {e}"))?;
    let handed = child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(&request));
    let mut answer = String::new();
    if let Some(stdout) = child.stdout.take() {
        // The supervisor closes its end once it has said how it began.
        let _ = BufReader::new(stdout).read_line(&mut answer);
    }
    // Only the process that made the supervisor and ended at once.
    let _ = child.wait();
    match (answer.trim_end(), handed) {
        ("started", _) => Ok(false),
        ("attached", _) => Ok(true),
        // It was killed once the call may have begun: whoever asks after the call is told that it is lost.
        ("", _) if job.exists() => Ok(false),
        ("", Err(e)) => Err(format!("its supervisor took no request: {e}")),
        ("", Ok(())) => Err("its supervisor ended before it began".to_owned()),
        (why, _) => Err(why.to_owned()),
    }
}

/// Sends the output from `offset` on and answers with the next `offset` and whether the call has `finished`: then
/// with its outcome, or with `lost` where its supervisor ended without one (killed, or the host went down).
#[must_use]
pub fn poll(key: &str, offset: u64, to: &mut impl Write) -> Outcome {
    let job = match Job::of(key) {
        Ok(job) => job,
        Err(why) => return over(Outcome::failed(why), offset),
    };
    // First its state, then its output: an outcome is written only after the last of the output.
    let state = job.state();
    match send(&job, offset, to) {
        Err(e) if state == State::Unknown && e.kind() == io::ErrorKind::NotFound => over(
            Outcome::failed("the detached call is not known here: it was never started, or is forgotten"),
            offset,
        ),
        Err(e) => Outcome::failed(format!("cannot send the detached call's output: {e}")),
        Ok((next, all)) => match state {
            State::Finished(outcome) if all => over(*outcome, next),
            State::Unknown if all => over(Outcome::ok().with("lost", true), next),
            _ => Outcome::ok().with("finished", 0).with("offset", next),
        },
    }
}

fn over(outcome: Outcome, offset: u64) -> Outcome {
    outcome.with("finished", 1).with("offset", offset)
}

/// Sends a piece of output; gives the offset after it, and whether that is the end of what is there.
fn send(job: &Job, offset: u64, to: &mut impl Write) -> io::Result<(u64, bool)> {
    let mut file = job.open_output()?;
    let size = file.metadata()?.len();
    file.seek(SeekFrom::Start(offset))?;
    let wanted = size.saturating_sub(offset).min(POLL_MOST);
    let sent = stream::copy(&mut file.take(wanted), to)?;
    let next = offset.saturating_add(sent);
    Ok((next, next >= size))
}

/// Removes what is left of a call that is over.
#[must_use]
pub fn forget(key: &str) -> Outcome {
    let job = match Job::of(key) {
        Ok(job) => job,
        Err(why) => return Outcome::failed(why),
    };
    if job.state() == State::Running {
        return Outcome::failed(
            "the detached call still runs: it can be forgotten once it has been collected",
        );
    }
    match job.remove() {
        Ok(()) => Outcome::ok(),
        Err(e) => Outcome::failed(format!("cannot remove {}: {e}", job.dir().display())),
    }
}
