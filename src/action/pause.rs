//! `pause`: waits a while.

use super::{Action, BoxFuture, Context, Effect, arg};
use crate::connect::CallError;
use crate::value::Map;
use std::time::{Duration, Instant};
use warp_agent::outcome::Outcome;
use warp_agent::spec::{Arg, CheckSupport, Kind, Spec};

static SPEC: Spec = Spec {
    mutually_exclusive: &[&["minutes", "seconds"]],
    required_one_of: &[&["minutes", "seconds"]],
    check: CheckSupport::Full,
    ..Spec::new(
        "pause",
        "Waits a while, once for all hosts.",
        &[
            Arg::new("minutes", Kind::Int).help("How many minutes."),
            Arg::new("seconds", Kind::Int).help("How many seconds."),
        ],
    )
};

/// The action. Prompts are not built: without a time to wait it is refused by its table.
pub(super) struct Pause;

impl Action for Pause {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn once_for_all(&self) -> bool {
        true
    }

    fn run<'a>(&'a self, _context: Context<'a>, args: Map) -> BoxFuture<'a, Result<Effect, CallError>> {
        Box::pin(async move {
            let number = |name| arg(&args, name).as_int();
            let (unit, seconds) = match number("minutes") {
                Some(minutes) => ("minutes", minutes * 60),
                None => ("seconds", number("seconds").unwrap_or(0)),
            };
            let seconds = u64::try_from(seconds).unwrap_or(0).max(1);
            let started = Instant::now();
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            let waited = started.elapsed().as_secs_f64();
            let waited = if unit == "minutes" { waited / 60.0 } else { waited };
            let outcome = Outcome::ok()
                .with("delta", started.elapsed().as_secs())
                .with("stdout", format!("Paused for {:.2} {unit}", waited))
                .with("stderr", "")
                .with("rc", 0)
                .with("echo", true)
                .with("user_input", "");
            Ok(outcome.into())
        })
    }
}
