//! `fail`: fails with a message.

use super::{Action, BoxFuture, Context, Effect, arg};
use crate::connect::CallError;
use crate::value::{Key, Map, python_str};
use warp_agent::spec::{Arg, Kind, Spec};

static SPEC: Spec = Spec {
    options: true,
    ..Spec::new(
        "fail",
        "Fails with a message.",
        &[Arg::new("msg", Kind::Raw).default("Failed as requested from task").help("Why.")],
    )
};

/// The action.
pub(super) struct Fail;

impl Action for Fail {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run<'a>(&'a self, _context: Context<'a>, args: Map) -> BoxFuture<'a, Result<Effect, CallError>> {
        Box::pin(async move {
            let msg = arg(&args, "msg").clone();
            // Of whatever type it is.
            let values = Map::from_iter([(Key::from("msg"), msg.clone())]);
            Ok(Effect { values, ..Effect::failed(python_str(&msg)) })
        })
    }
}
