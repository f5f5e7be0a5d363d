//! `gather_facts`: `setup` under another name.

use super::{Action, BoxFuture, Context, Effect, module};
use crate::connect::CallError;
use warp_agent::outcome::Outcome;
use warp_agent::spec::Spec;
use warp_agent::value::{Map, Value};

static SPEC: Spec =
    Spec { open: true, ..Spec::new("gather_facts", "Gathers facts, by the module `setup`.", &[]) };

/// What Ansible calls the module that gathers.
const SETUP: &str = "ansible.legacy.setup";

/// The action.
pub(super) struct GatherFacts;

impl Action for GatherFacts {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run<'a>(
        &'a self,
        context: Context<'a>,
        args: crate::value::Map,
    ) -> BoxFuture<'a, Result<Effect, CallError>> {
        Box::pin(async move {
            let args = args.iter().map(|(k, v)| (k.to_string(), Value::from(v))).collect();
            let mut outcome = module::call(&context, "setup", args, None).await?;
            outcome.values.shift_remove("invocation");
            Ok(if outcome.failed { failed(outcome) } else { outcome }.into())
        })
    }
}

/// What it comes to where `setup` failed.
fn failed(setup: Outcome) -> Outcome {
    let mut values = setup.values;
    values.insert("failed".to_owned(), Value::Bool(true));
    let modules = Map::from_iter([(SETUP.to_owned(), Value::from(values))]);
    Outcome::failed(format!("The following modules failed to execute: {SETUP}."))
        .with("ansible_facts", Map::new())
        .with("failed_modules", modules)
}
