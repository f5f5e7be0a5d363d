//! Detached steps: they survive the link and warp; a rerun attaches to what still runs.

use super::attempt::{Attempt, Detached};
use crate::connect::CallError;
use crate::event::Event;
use crate::failpoint;
use std::sync::Arc;
use std::time::{Duration, Instant};
use warp_agent::outcome::Outcome;
use warp_agent::value::{Map, Value};
use warp_agent::wire::{Call, Detach};

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
    let start = Detach { key: detached.key.clone(), call, limit_secs: detached.limit.as_secs() };
    run.sessions.detach(target, start).await?;
    let started = Instant::now();
    let mut lines = Lines { attempt, rest: Vec::new() };
    let mut offset = 0;
    let mut wait = FIRST_LOOK;
    loop {
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(attempt.prepared.poll.max(FIRST_LOOK));
        failpoint::reach("mid-install");
        let (bytes, next, outcome) = run.sessions.poll(target, &detached.key, offset).await?;
        offset = next;
        lines.take(&bytes);
        if let Some(outcome) = outcome {
            lines.end();
            run.sessions.forget(target, &detached.key).await?;
            let in_time = started.elapsed() < detached.limit || outcome.values.contains_key("rc");
            return Ok(if in_time || !outcome.failed {
                outcome
                    .with("started", true)
                    .with("finished", true)
                    .with("ansible_job_id", detached.key.as_str())
            } else {
                too_late(detached)
            });
        }
    }
}

/// The result of a step that its time limit ended.
fn too_late(detached: &Detached) -> Outcome {
    let limit = detached.limit.as_secs();
    let mut last = Map::new();
    last.insert("ansible_job_id".to_owned(), detached.key.as_str().into());
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
