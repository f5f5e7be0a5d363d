//! `pause`: waits a while, or for the user.

use super::{Action, BoxFuture, Context, Effect, arg, flag, text};
use crate::connect::CallError;
use crate::console::{Answer, Keys, Press, Question, interactive};
use crate::error::Error;
use crate::event::Event;
use crate::value::{Key, Map, Value};
use std::io;
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
            Arg::new("minutes", Kind::Raw).help("How many minutes to wait."),
            Arg::new("seconds", Kind::Raw).help("How many seconds to wait."),
            Arg::new("prompt", Kind::Str).help("What to say to the user."),
        ],
    )
};

/// What is said of the keys that cut a timed wait short.
const CONTROLS: &str = "(ctrl+C then 'C' = continue early, ctrl+C then 'A' = abort)";

/// The action.
pub(super) struct Pause;

impl Action for Pause {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn once_for_all(&self) -> bool {
        true
    }

    fn run<'a>(&'a self, context: Context<'a>, args: Map) -> BoxFuture<'a, Result<Effect, CallError>> {
        Box::pin(async move { Ok(pause(&context, &args).await) })
    }
}

/// How a wait ended.
enum Waited {
    /// It is over, and this was typed.
    Over(String),
    /// The user interrupted it.
    Interrupted,
}

async fn pause(context: &Context<'_>, args: &Map) -> Effect {
    let (unit, seconds) = match (whole(args, "minutes"), whole(args, "seconds")) {
        (Err(why), _) | (_, Err(why)) => return Effect::refused(Error::other(why)),
        (Ok(Some(minutes)), _) => ("minutes", Some(minutes.saturating_mul(60))),
        (_, Ok(Some(seconds))) => ("seconds", Some(seconds)),
        (Ok(None), Ok(None)) => ("minutes", None),
    };
    let echo = flag(args, "echo");
    let (began, started) = (SystemTime::now(), Instant::now());
    let mut effect = Effect::default();
    let waited = match seconds {
        Some(seconds) => {
            let seconds = u64::try_from(seconds).unwrap_or(0).max(1);
            wait(context, args, echo, Duration::from_secs(seconds)).await
        }
        None if !interactive() => {
            let warning = "Not waiting for response to prompt as stdin is not interactive";
            effect.outcome.warnings.push(warning.to_owned());
            Ok(Waited::Over(String::new()))
        }
        None => ask(context, args, echo).await,
    };
    let input = match waited {
        Ok(Waited::Over(input)) => Ok(input),
        Ok(Waited::Interrupted) => decide(context).await,
        Err(e) => Err(format!("the terminal cannot be read: {e}")),
    };
    let input = match input {
        Ok(input) => input,
        Err(why) => return Effect::refused(Error::other(why)),
    };
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

/// A number, made whole as Python's `int` makes it: a fraction is cut off.
fn whole(args: &Map, name: &str) -> Result<Option<i128>, String> {
    let value = arg(args, name);
    let wrong = |why: String| {
        let kind = value.type_name();
        format!("argument '{name}' is of type {kind} and we were unable to convert to int: {why}")
    };
    match value {
        Value::Null => Ok(None),
        Value::Int(number) => Ok(Some(*number)),
        Value::Float(number) => Ok(Some(*number as i128)),
        Value::Bool(yes) => Ok(Some((*yes).into())),
        Value::Text(text) => text.as_str().trim().parse().map(Some).map_err(|_| {
            let shown = warp_agent::python::repr(&value.into());
            wrong(format!("invalid literal for int() with base 10: {shown}"))
        }),
        other => Err(wrong(format!(
            "int() argument must be a string, a bytes-like object or a real number, not '{}'",
            other.type_name()
        ))),
    }
}

/// Waits a while. Of what is typed only Ctrl-C counts.
async fn wait(context: &Context<'_>, args: &Map, echo: bool, time: Duration) -> io::Result<Waited> {
    context.say(format!("Pausing for {} seconds{}", time.as_secs(), hidden(echo)));
    let prompted = text(args, "prompt").is_some_and(|p| !p.is_empty());
    if prompted {
        context.say(CONTROLS);
    }
    if !interactive() {
        tokio::time::sleep(time).await;
        return Ok(Waited::Over(String::new()));
    }
    context.events.emit(&Event::Asking);
    context.say(if prompted { prompt(context, args, echo) } else { CONTROLS.to_owned() });
    Ok(match (Keys { keys: &[], limit: Some(time) }).pressed().await? {
        Press::Interrupted => Waited::Interrupted,
        Press::Over | Press::Key(_) => Waited::Over(String::new()),
    })
}

/// Waits for a line.
async fn ask(context: &Context<'_>, args: &Map, echo: bool) -> io::Result<Waited> {
    context.events.emit(&Event::Asking);
    context.say(prompt(context, args, echo));
    Ok(match (Question { prompt: String::new(), hidden: !echo }).asked().await? {
        Answer::Line(line) => Waited::Over(line),
        Answer::End => Waited::Over(String::new()),
        Answer::Interrupted => Waited::Interrupted,
    })
}

/// What is to become of an interrupted run: it goes on, or else why it ends.
async fn decide(context: &Context<'_>) -> Result<String, String> {
    context.say("Press 'C' to continue the play or 'A' to abort ");
    match (Keys { keys: b"ca", limit: None }).pressed().await {
        Ok(Press::Key(b'c')) => Ok(String::new()),
        Ok(_) => Err("user requested abort!".to_owned()),
        Err(e) => Err(format!("the terminal cannot be read: {e}")),
    }
}

fn prompt(context: &Context<'_>, args: &Map, echo: bool) -> String {
    let prompt = text(args, "prompt").filter(|p| !p.is_empty());
    let prompt = prompt.unwrap_or("Press enter to continue, Ctrl+C to interrupt");
    format!("[{}]\n{prompt}{}:", context.name, hidden(echo))
}

fn hidden(echo: bool) -> &'static str {
    if echo { "" } else { " (output is hidden)" }
}
