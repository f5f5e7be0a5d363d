//! Modules of the agent, as actions call them.

use super::Context;
use crate::connect::{Blob, CallError};
use warp_agent::outcome::Outcome;
use warp_agent::spec::Spec;
use warp_agent::value::{Map, Value};
use warp_agent::wire::{Call, Mode};
use warp_agent::{convert, modules, utf8, validate};

/// Calls a module on the task's target, in the task's mode and environment, its arguments checked and completed.
pub(super) async fn call(
    context: &Context<'_>,
    module: &str,
    args: Map,
    blob: Option<Blob>,
) -> Result<Outcome, CallError> {
    call_in(context, context.mode.clone(), module, args, blob).await
}

/// Calls a module that prepares or cleans up: it runs in check mode too.
pub(super) async fn helper(
    context: &Context<'_>,
    module: &str,
    args: Map,
    blob: Option<Blob>,
) -> Result<Outcome, CallError> {
    call_in(context, Mode::default(), module, args, blob).await
}

async fn call_in(
    context: &Context<'_>,
    mode: Mode,
    module: &str,
    args: Map,
    blob: Option<Blob>,
) -> Result<Outcome, CallError> {
    let Some(known) = modules::find_any(module) else {
        return Ok(Outcome::failed(format!("the agent has no module {module}")));
    };
    let args = match validate::check(known.spec(), &args) {
        Ok(checked) => checked.args,
        Err(msg) => return Ok(Outcome::failed(msg)),
    };
    if let Some(msg) = not_text(&args) {
        return Ok(Outcome::failed(msg));
    }
    let environment = context.environment.to_vec();
    let call = Call { module: module.to_owned(), args, mode, environment };
    context.sessions.call(context.target, call, blob).await
}

/// What Ansible says where an argument has bytes that are no text, which its modules do not take.
pub fn not_text(args: &Map) -> Option<String> {
    fn fault(value: &Value) -> Option<String> {
        match value {
            Value::Str(text) => utf8::fault(text),
            Value::List(list) => list.iter().find_map(fault),
            Value::Map(map) => map.values().find_map(fault),
            _ => None,
        }
    }
    args.values().find_map(fault).map(|said| format!("Task failed: Module failed: {said}"))
}

/// The arguments of a table that are given, as the module there takes them. What only has its default is left out:
/// given explicitly it could exclude others.
pub(super) fn given(spec: &Spec, args: &crate::value::Map) -> Map {
    let mut given = Map::new();
    for arg in spec.arguments() {
        let Some(value) = args.get(arg.name).filter(|v| !v.is_null()).map(Value::from) else { continue };
        if convert::default(arg).as_ref() != Some(&value) {
            given.insert(arg.name.to_owned(), value);
        }
    }
    given
}
