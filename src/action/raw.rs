//! `raw`: a command by the target's shell, without the agent.

use super::{Action, BoxFuture, Context, Effect, shell, text};
use crate::connect::CallError;
use crate::event::Event;
use crate::value::Map;
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
            if !context.environment.is_empty() {
                context.events.emit(&Event::warning("raw module does not support the environment keyword"));
            }
            let command = text(&args, "_raw_params").unwrap_or_default();
            let line = match text(&args, "executable") {
                Some(shell) => format!("{shell} -c {}", shell::quoted(command)),
                None => command.to_owned(),
            };
            Ok(shell::run(&context, &line).await?.into())
        })
    }
}
