//! `fail`: fails with a message.

use super::{Action, BoxFuture, Context, Effect, text};
use crate::connect::CallError;
use crate::value::Map;
use warp_agent::spec::{Arg, Kind, Spec};

static SPEC: Spec = Spec {
    options: true,
    ..Spec::new(
        "fail",
        "Fails with a message.",
        &[Arg::new("msg", Kind::Str).default("Failed as requested from task").help("Why.")],
    )
};

/// The action.
pub(super) struct Fail;

impl Action for Fail {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run<'a>(&'a self, _context: Context<'a>, args: Map) -> BoxFuture<'a, Result<Effect, CallError>> {
        Box::pin(async move { Ok(Effect::failed(text(&args, "msg").unwrap_or_default())) })
    }
}
