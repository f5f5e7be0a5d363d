//! `pause`: waits a while.

use super::{Action, BoxFuture, Context, Effect, arg};
use crate::connect::CallError;
use crate::value::{Key, Map, Value};
use std::time::{Duration, Instant};
use warp_agent::spec::{Arg, CheckSupport, Kind, Spec};
use warp_agent::value::Value as WireValue;

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
            let shown = if unit == "minutes" { waited / 60.0 } else { waited };
            // As Python rounds it: `1.0`, `1.01`.
            let shown = warp_agent::python::str(&WireValue::Float((shown * 100.0).round() / 100.0));
            let mut values = Map::new();
            let mut put = |key: &str, value: Value| values.insert(Key::from(key), value);
            put("changed", Value::Bool(false));
            put("delta", Value::Int(waited as i128));
            put("stdout", Value::data(format!("Paused for {shown} {unit}")));
            put("stderr", Value::data(""));
            put("rc", Value::Int(0));
            put("echo", Value::Bool(true));
            put("user_input", Value::data(""));
            Ok(Effect { values, ..Effect::default() })
        })
    }
}
