//! `pause`: waits a while, or for the user.

use super::{Action, BoxFuture, Context, Effect, arg, flag, text};
use crate::connect::CallError;
use crate::console::{Answer, Question, interactive};
use crate::value::{Key, Map, Value};
use std::time::{Duration, Instant, SystemTime};
use warp_agent::clock;
use warp_agent::spec::{Arg, CheckSupport, Kind, Spec};
use warp_agent::value::Value as WireValue;

static SPEC: Spec = Spec {
    mutually_exclusive: &[&["minutes", "seconds"]],
    check: CheckSupport::Full,
    ..Spec::new(
        "pause",
        "Waits a while or for the user, once for all hosts.",
        &[
            Arg::new("echo", Kind::Bool).default("true").help("Show what is typed."),
            Arg::new("minutes", Kind::Int).help("How many minutes to wait."),
            Arg::new("seconds", Kind::Int).help("How many seconds to wait."),
            Arg::new("prompt", Kind::Str).help("What to say to the user."),
        ],
    )
};

/// The action. A wait is not cut short by keys: Ctrl-C ends the run.
pub(super) struct Pause;

impl Action for Pause {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn once_for_all(&self) -> bool {
        true
    }

    fn run<'a>(&'a self, _context: Context<'a>, args: Map) -> BoxFuture<'a, Result<Effect, CallError>> {
        Box::pin(async move { Ok(pause(&args).await) })
    }
}

async fn pause(args: &Map) -> Effect {
    let number = |name| arg(args, name).as_int();
    let (unit, seconds) = match (number("minutes"), number("seconds")) {
        (Some(minutes), _) => ("minutes", Some(minutes * 60)),
        (None, Some(seconds)) => ("seconds", Some(seconds)),
        (None, None) => ("minutes", None),
    };
    let echo = flag(args, "echo");
    let (began, started) = (SystemTime::now(), Instant::now());
    let mut effect = Effect::default();
    let mut input = String::new();
    match seconds {
        Some(seconds) => {
            let seconds = u64::try_from(seconds).unwrap_or(0).max(1);
            tokio::time::sleep(Duration::from_secs(seconds)).await;
        }
        None if !interactive() => {
            let warning = "Not waiting for response to prompt as stdin is not interactive";
            effect.outcome.warnings.push(warning.to_owned());
        }
        None => match question(args, echo).asked().await {
            Ok(Answer::Line(line)) => input = line,
            Ok(Answer::End) => {}
            Ok(Answer::Interrupted) => return Effect::failed("user requested abort!"),
            Err(e) => return Effect::failed(format!("the terminal cannot be read: {e}")),
        },
    }
    let waited = started.elapsed().as_secs_f64();
    let shown = if unit == "minutes" { waited / 60.0 } else { waited };
    // As Python rounds it: `1.0`, `1.01`.
    let shown = warp_agent::python::str(&WireValue::Float((shown * 100.0).round() / 100.0));
    let mut put = |key: &str, value: Value| effect.values.insert(Key::from(key), value);
    put("changed", Value::Bool(false));
    put("rc", Value::Int(0));
    put("stderr", Value::data(""));
    put("stdout", Value::data(format!("Paused for {shown} {unit}")));
    put("start", Value::data(clock::datetime(began)));
    put("stop", Value::data(clock::datetime(SystemTime::now())));
    put("delta", Value::Int(waited as i128));
    put("echo", Value::Bool(echo));
    put("user_input", Value::data(input));
    effect
}

fn question(args: &Map, echo: bool) -> Question {
    let prompt = text(args, "prompt").filter(|p| !p.is_empty());
    let prompt = prompt.unwrap_or("Press enter to continue, Ctrl+C to interrupt");
    let hidden = if echo { "" } else { " (output is hidden)" };
    Question { prompt: format!("[pause]\n{prompt}{hidden}:"), hidden: !echo }
}
