//! `wait_for_connection`: waits until a host can be reached.

use super::{Action, BoxFuture, Context, Effect, arg};
use crate::connect::{CallError, Target, Transport};
use crate::error::Error;
use crate::value::Map;
use std::time::{Duration, Instant};
use warp_agent::outcome::Outcome;
use warp_agent::spec::{Arg, Kind, Spec};
use warp_agent::wire::{Call, Mode};

static SPEC: Spec = Spec {
    options: true,
    ..Spec::new(
        "wait_for_connection",
        "Waits until the host can be reached and its agent answers.",
        &[
            Arg::new("connect_timeout", Kind::Int).default("5").help("Seconds for one attempt."),
            Arg::new("delay", Kind::Int).default("0").help("Seconds before the first attempt."),
            Arg::new("sleep", Kind::Int).default("1").help("Seconds between attempts."),
            Arg::new("timeout", Kind::Int).default("600").help("Seconds after which it fails."),
        ],
    )
};

/// The action.
pub(super) struct WaitForConnection;

impl Action for WaitForConnection {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run<'a>(&'a self, context: Context<'a>, args: Map) -> BoxFuture<'a, Result<Effect, CallError>> {
        Box::pin(async move {
            let seconds = |name| {
                Duration::from_secs(
                    arg(&args, name).as_int().and_then(|i| u64::try_from(i).ok()).unwrap_or(0),
                )
            };
            let started = Instant::now();
            if context.mode.check {
                let skipped = Outcome { skipped: true, ..Outcome::ok() };
                return Ok(skipped.with("elapsed", 0).into());
            }
            tokio::time::sleep(seconds("delay")).await;
            let target = with_timeout(context.target, seconds("connect_timeout"));
            let limit = seconds("timeout");
            let mut error = "no answer in time".to_owned();
            loop {
                context.sessions.reset(&target.host).await;
                let attempt = context.sessions.call(&target, ping(), None);
                let left = limit.saturating_sub(started.elapsed()).max(Duration::from_millis(1));
                // An attempt that the limit cuts off says less than the one before it.
                match tokio::time::timeout(left, attempt).await {
                    Ok(Ok(_)) => {
                        context.sessions.reset(&target.host).await;
                        return Ok(Outcome::ok().with("elapsed", started.elapsed().as_secs()).into());
                    }
                    Ok(Err(CallError::Unreachable(e) | CallError::Denied(e) | CallError::Lost(e))) => {
                        error = whole(&e)
                    }
                    Err(_) => {}
                }
                if started.elapsed() + seconds("sleep") >= limit {
                    let msg = format!("timed out waiting for ping module test: {error}");
                    let elapsed = started.elapsed().as_secs();
                    return Ok(Outcome::failed(msg).with("elapsed", elapsed).into());
                }
                tokio::time::sleep(seconds("sleep")).await;
            }
        })
    }
}

/// The last error with its reasons: which keys were tried, which host key was expected.
fn whole(error: &Error) -> String {
    let mut text = error.message().to_owned();
    for line in error.note_lines().iter().chain(error.help_lines()) {
        text.push_str("\n  ");
        text.push_str(line);
    }
    text
}

fn ping() -> Call {
    let args = [("data".to_owned(), "pong".into())].into_iter().collect();
    Call { module: "ping".to_owned(), args, mode: Mode::default(), environment: Vec::new() }
}

fn with_timeout(target: &Target, limit: Duration) -> Target {
    let mut target = target.clone();
    if let Transport::Ssh(ssh) = &mut target.transport {
        ssh.timeout = Some(limit.max(Duration::from_secs(1)));
    }
    target
}
