//! Detached steps: they survive the link and warp; a rerun attaches to what still runs.

use super::attempt::{Attempt, Detached};
use crate::connect::CallError;
use crate::event::Event;
use crate::failpoint;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};
use warp_agent::outcome::Outcome;
use warp_agent::value::{Map, Value};
use warp_agent::wire::{Call, Detach, ResultsFile};

/// How soon a detached step is looked at first, so that a short one is not waited for long.
const FIRST_LOOK: Duration = Duration::from_millis(200);

/// Starts a detached call, or attaches to it, and follows it to its end; its lines are told as they come.
pub(super) async fn run(
    attempt: &Attempt<'_>,
    detached: &Detached,
    call: Call,
) -> Result<Outcome, CallError> {
    let run = &attempt.task.play.run;
    let target = attempt.prepared.target();
    if let Some(outcome) = attempt.task.collected() {
        // It may be that only this was left to do.
        run.sessions.forget(target, &detached.key).await?;
        detached.tell(attempt, Some(outcome.failed));
        return Ok(outcome);
    }
    let begun = run.sessions.detach(target, detached.start(call.clone())).await?;
    let file = begun.values.get("results_file").cloned().unwrap_or_default();
    let started = Instant::now();
    // What an earlier warp began and is found lost begins anew, once.
    let mut anew = attempt.task.was_begun();
    let mut told = detached.poll;
    let mut lines = Lines { attempt, rest: Vec::new() };
    let mut offset = 0;
    let mut wait = FIRST_LOOK;
    loop {
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(detached.poll.max(FIRST_LOOK));
        failpoint::reach("mid-install");
        let polled = run.sessions.poll(target, &detached.key, offset).await;
        if let Err(CallError::Lost(why)) = &polled
            && std::mem::take(&mut anew)
        {
            run.warn(format!("{}: it is run again", why.message()));
            run.sessions.detach(target, detached.start(call.clone())).await?;
            continue;
        }
        let (bytes, next, outcome) = polled?;
        anew = false;
        offset = next;
        lines.take(&bytes);
        if let Some(outcome) = outcome {
            lines.end();
            let in_time = started.elapsed() < detached.limit || outcome.values.contains_key("rc");
            let failed = outcome.failed;
            let outcome = if in_time || !failed {
                outcome
                    .with("started", true)
                    .with("finished", true)
                    .with("ansible_job_id", &*detached.jid)
                    .with("results_file", file)
            } else {
                too_late(detached)
            };
            // Killed after it is forgotten there and before its end is noted, warp would begin it anew.
            attempt.task.note_collected(&outcome);
            run.sessions.forget(target, &detached.key).await?;
            failpoint::reach("step-forgotten");
            detached.tell(attempt, Some(failed));
            return Ok(outcome);
        }
        if started.elapsed() >= told {
            told += detached.poll;
            detached.tell(attempt, None);
        }
    }
}

/// Starts a call that nobody waits for.
pub(super) async fn leave(
    attempt: &Attempt<'_>,
    detached: &Detached,
    call: Call,
) -> Result<Outcome, CallError> {
    let sessions = &attempt.task.play.run.sessions;
    let begun = sessions.detach(attempt.prepared.target(), detached.start(call)).await?;
    let file = begun.values.get("results_file").cloned().unwrap_or_default();
    Ok(Outcome::changed(true)
        .with("started", true)
        .with("finished", false)
        .with("ansible_job_id", &*detached.jid)
        .with("results_file", file))
}

impl Detached {
    /// A step that is waited for: known by its place in the playbook, so that a rerun finds it again.
    pub(super) fn waited(key: String, limit: Duration, poll: Duration, dir: String) -> Self {
        let hash = blake3::hash(key.as_bytes());
        let (number, _) = hash.as_bytes().split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
        let number = u64::from_le_bytes(*number);
        let jid = format!("j{}.{}", number % 1_000_000_000_000, std::process::id()).into();
        Detached { key, jid, limit, poll, dir }
    }

    /// A step that nobody waits for: a new job each time.
    pub(super) fn left(limit: Duration, dir: String) -> Self {
        let number = RandomState::new().hash_one(Instant::now()) % 1_000_000_000_000;
        let jid: Arc<str> = format!("j{number}.{}", std::process::id()).into();
        Detached { key: jid.to_string(), jid, limit, poll: Duration::ZERO, dir }
    }

    fn start(&self, call: Call) -> Detach {
        Detach {
            key: self.key.clone(),
            call,
            limit_secs: self.limit.as_secs(),
            results: ResultsFile { dir: self.dir.clone(), jid: self.jid.to_string() },
            waited: !self.poll.is_zero(),
        }
    }

    fn tell(&self, attempt: &Attempt<'_>, failed: Option<bool>) {
        let host = Arc::clone(&attempt.task.host);
        let jid = Arc::clone(&self.jid);
        attempt.task.play.run.events.emit(&Event::Detached { host, jid, failed });
    }
}

/// The result of a step that its time limit ended.
fn too_late(detached: &Detached) -> Outcome {
    let limit = detached.limit.as_secs();
    let mut last = Map::new();
    last.insert("ansible_job_id".to_owned(), (&*detached.jid).into());
    last.insert("started".to_owned(), true.into());
    last.insert("finished".to_owned(), false.into());
    for stream in ["stdout", "stderr"] {
        last.insert(stream.to_owned(), "".into());
        last.insert(format!("{stream}_lines"), Value::List(Vec::new()));
    }
    Outcome::failed(format!("async task did not complete within the requested time - {limit}s"))
        .with("async_result", last)
}

/// Bytes cut into lines.
struct Lines<'a> {
    attempt: &'a Attempt<'a>,
    rest: Vec<u8>,
}

impl Lines<'_> {
    fn take(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|b| *b == b'\n') {
            self.rest.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                self.rest.pop();
                self.tell();
            }
        }
    }

    fn end(&mut self) {
        if !self.rest.is_empty() {
            self.tell();
        }
    }

    fn tell(&mut self) {
        let line = String::from_utf8_lossy(&std::mem::take(&mut self.rest)).into_owned();
        self.attempt.task.play.run.events.emit(&Event::Output {
            host: Arc::clone(&self.attempt.task.host),
            line,
            no_log: self.attempt.prepared.no_log,
        });
    }
}
