//! `set_fact`: sets variables of a host.

use super::{Action, BoxFuture, Context, Effect, FactKind, flag};
use crate::connect::CallError;
use crate::value::{Key, Map, Value};
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
                return Ok(Effect::failed(
                    "No key/value pairs provided, at least one is required for this action to succeed",
                ));
            }
            if let Some(bad) = args.keys().find(|k| !is_variable(k)) {
                return Ok(Effect::failed(format!(
                    "The variable name '{bad}' is not valid. Variables must start with a letter or underscore \
                     character, and contain only letters, numbers and underscores."
                )));
            }
            let mut values = Map::new();
            values.insert(Key::from("ansible_facts"), Value::map(args.clone()));
            Ok(Effect { values, facts: Some((args, kind)), ..Effect::default() })
        })
    }
}

/// Whether a key is a name that a variable may have.
pub(super) fn is_variable(key: &Key) -> bool {
    let Some(name) = key.as_str() else { return false };
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c == '_' || c.is_ascii_alphabetic())
        && chars.all(|c| c == '_' || c.is_ascii_alphanumeric())
}
