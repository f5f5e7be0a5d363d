//! `ping`: answers.

use crate::args::Args;
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::spec::{Arg, Kind, Spec};

/// The module.
pub struct Ping;

static SPEC: Spec = Spec::new("ping", "Answers, when all is well", ARGS);

const ARGS: &[Arg] =
    &[Arg::new("data", Kind::Str).default("pong").help("What to answer; `crash` fails the module.")];

impl Module for Ping {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, _cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        match args.text("data") {
            "crash" => Err(Failed::new("Task failed: Module failed: boom")),
            data => Ok(Outcome::ok().with("ping", data)),
        }
    }
}
