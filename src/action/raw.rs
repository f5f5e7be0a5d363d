//! `raw`: a command by the target's shell, without the agent.

use super::{Action, BoxFuture, Context, Effect, text};
use crate::connect::CallError;
use crate::value::Map;
use warp_agent::outcome::Outcome;
use warp_agent::spec::{Arg, CheckSupport, Kind, Spec};

static SPEC: Spec = Spec {
    free_form: Some("_raw_params"),
    check: CheckSupport::None,
    ..Spec::new(
        "raw",
        "Runs a command by the target's own shell; nothing is placed on the target.",
        &[
            Arg::new("_raw_params", Kind::Str).help("The command."),
            Arg::new("executable", Kind::Str).help("The shell, where not the account's own."),
        ],
    )
};

/// The action.
pub(super) struct Raw;

impl Action for Raw {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run<'a>(&'a self, context: Context<'a>, args: Map) -> BoxFuture<'a, Result<Effect, CallError>> {
        Box::pin(async move {
            let command = text(&args, "_raw_params").unwrap_or_default();
            let mut line = String::new();
            for (name, value) in context.environment {
                line.push_str(&format!("{name}={} ", quoted(value)));
            }
            match text(&args, "executable") {
                Some(shell) => line.push_str(&format!("{shell} -c {}", quoted(command))),
                None if line.is_empty() => line.push_str(command),
                None => line.push_str(&format!("sh -c {}", quoted(command))),
            }
            let output = context.sessions.raw(context.target, &line).await?;
            let mut outcome = Outcome::changed(true)
                .with("rc", output.rc)
                .with("stdout", String::from_utf8_lossy(&output.stdout).into_owned())
                .with("stderr", String::from_utf8_lossy(&output.stderr).into_owned());
            if output.rc != 0 {
                outcome.failed = true;
                outcome = outcome.with("msg", "non-zero return code");
            }
            Ok(outcome.into())
        })
    }
}

fn quoted(text: &str) -> String {
    shlex::try_quote(text).map_or_else(|_| text.replace('\0', ""), std::borrow::Cow::into_owned)
}
