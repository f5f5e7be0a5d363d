//! `gather_facts`: `setup` under another name.

use super::{Action, BoxFuture, Context, Effect, module};
use crate::connect::CallError;
use crate::value::Map;
use warp_agent::spec::Spec;
use warp_agent::value::Value;

static SPEC: Spec =
    Spec { open: true, ..Spec::new("gather_facts", "Gathers facts, by the module `setup`.", &[]) };

/// The action.
pub(super) struct GatherFacts;

impl Action for GatherFacts {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run<'a>(&'a self, context: Context<'a>, args: Map) -> BoxFuture<'a, Result<Effect, CallError>> {
        Box::pin(async move {
            let args = args.iter().map(|(k, v)| (k.to_string(), Value::from(v))).collect();
            Ok(module::call(&context, "setup", args, None).await?.into())
        })
    }
}
