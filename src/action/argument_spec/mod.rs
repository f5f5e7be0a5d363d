//! `validate_argument_spec`: checks variables against a specification that a role, or a task, gives.

mod check;
mod groups;

use super::{Action, BoxFuture, Context, Effect, arg};
use crate::connect::CallError;
use crate::error::Result;
use crate::value::{Map, Value};
use warp_agent::outcome::Outcome;
use warp_agent::spec::{Arg, Kind, Spec};
use warp_agent::value::{Map as WireMap, Value as WireValue};

static SPEC: Spec = Spec {
    open: true,
    ..Spec::new(
        "validate_argument_spec",
        "Checks variables against a specification.",
        &[
            Arg::new("argument_spec", Kind::Raw)
                .help("The options, by name, with type, choices and the like."),
            Arg::new("provided_arguments", Kind::Raw)
                .help("Values that go above the variables of their names."),
            Arg::new("validate_args_context", Kind::Raw)
                .help("Where the specification is from: returned as it is."),
        ],
    )
};

/// The action.
pub(super) struct ValidateArgumentSpec;

impl Action for ValidateArgumentSpec {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run<'a>(&'a self, context: Context<'a>, args: Map) -> BoxFuture<'a, Result<Effect, CallError>> {
        Box::pin(async move { Ok(validate(&context, &args).unwrap_or_else(Effect::raised)) })
    }
}

fn validate(context: &Context<'_>, args: &Map) -> Result<Effect> {
    let Value::Map(spec) = arg(args, "argument_spec") else {
        return Ok(match arg(args, "argument_spec") {
            Value::Null => Effect::failed("\"argument_spec\" arg is required in args"),
            other => wrong_type("argument_spec", other),
        });
    };
    let provided = match arg(args, "provided_arguments") {
        Value::Null => Map::new(),
        Value::Map(provided) => (**provided).clone(),
        other => return Ok(wrong_type("provided_arguments", other)),
    };
    let mut given = WireMap::new();
    for name in spec.keys().filter_map(|k| k.as_str()) {
        if let Some(value) = context.scope.get(name) {
            given.insert(name.to_owned(), WireValue::from(&context.engine.render(&value, context.scope)?));
        }
    }
    given.extend(provided.iter().map(|(k, v)| (k.to_string(), WireValue::from(v))));
    let wire_spec: WireMap = spec.iter().map(|(k, v)| (k.to_string(), WireValue::from(v))).collect();

    let errors = check::check(&wire_spec, given);
    let whence = match arg(args, "validate_args_context") {
        Value::Null => Value::map(Map::new()),
        given => given.clone(),
    };
    let mut outcome = match errors.as_slice() {
        [] => {
            let mut outcome = Outcome::changed(false);
            outcome.values.insert("msg".to_owned(), "The arg spec validation passed".into());
            outcome
        }
        errors => {
            let msg = format!("Validation of arguments failed:\n{}", errors.join("\n"));
            let list = errors.iter().map(|e| WireValue::from(e.as_str())).collect::<Vec<_>>();
            Outcome::failed(msg)
                .with("argument_spec_data", WireValue::Map(wire_spec))
                .with("argument_errors", WireValue::List(list))
        }
    };
    outcome.values.insert("validate_args_context".to_owned(), WireValue::from(&whence));
    Ok(outcome.into())
}

fn wrong_type(name: &str, value: &Value) -> Effect {
    Effect::failed(format!(
        "Incorrect type for {name}, expected dict and got <class '{}'>",
        value.type_name()
    ))
}
