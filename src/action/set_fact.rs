//! `set_fact`: sets variables of a host.

use super::{Action, BoxFuture, Context, Effect, FactKind, flag};
use crate::connect::CallError;
use crate::error::Error;
use crate::value::{Key, Map, Value, is_variable_name, python_str};
use warp_agent::spec::{Arg, Kind, Spec};

static SPEC: Spec = Spec {
    open: true,
    ..Spec::new(
        "set_fact",
        "Sets variables of a host for the rest of the run.",
        &[Arg::new("cacheable", Kind::Bool).default("false").help("Make them facts too.")],
    )
};

/// The action.
pub(super) struct SetFact;

impl Action for SetFact {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run<'a>(&'a self, _context: Context<'a>, mut args: Map) -> BoxFuture<'a, Result<Effect, CallError>> {
        Box::pin(async move {
            let kind = if flag(&args, "cacheable") { FactKind::Both } else { FactKind::Set };
            args.shift_remove("cacheable");
            if args.is_empty() {
                return Ok(Effect::refused(Error::input(
                    "No key/value pairs provided, at least one is required for this action to succeed",
                )));
            }
            if let Some(bad) = args.keys().find(|k| !k.as_str().is_some_and(is_variable_name)) {
                let shown = python_str(&Value::from(bad.clone()));
                let kind = match Value::from(bad.clone()) {
                    Value::Text(_) => String::new(),
                    other => format!(" of type '{}'", other.type_name()),
                };
                return Ok(Effect::raised(invalid_name(&shown, &kind)));
            }
            let mut values = Map::new();
            values.insert(Key::from("ansible_facts"), Value::map(args.clone()));
            Ok(Effect { values, facts: Some((args, kind)), ..Effect::default() })
        })
    }
}

/// A name that no variable may have; `kind` says of what type it is where it is no text.
pub(super) fn invalid_name(name: &str, kind: &str) -> Error {
    Error::input(format!("Invalid variable name '{name}'{kind}.")).help(
        "Variable names must be strings starting with a letter or underscore character, and contain only letters, \
         numbers and underscores.",
    )
}
