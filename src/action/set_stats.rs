//! `set_stats`: sums of the run's own.

use super::{Action, BoxFuture, Context, Effect, arg};
use crate::connect::CallError;
use crate::value::{Key, Map, Value, is_variable_name};
use warp_agent::spec::{Arg, Kind, Spec};

static SPEC: Spec = Spec {
    options: true,
    ..Spec::new(
        "set_stats",
        "Sets or adds to sums that are shown at the end of the run.",
        &[
            Arg::new("data", Kind::Raw).help("Names and values."),
            Arg::new("per_host", Kind::Raw).help("Keep them for each host, not for the run."),
            Arg::new("aggregate", Kind::Raw).help("Add to values that are there, not replace them."),
        ],
    )
};

/// The action.
pub(super) struct SetStats;

impl Action for SetStats {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run<'a>(&'a self, _context: Context<'a>, args: Map) -> BoxFuture<'a, Result<Effect, CallError>> {
        Box::pin(async move { Ok(set_stats(&args)) })
    }
}

fn set_stats(args: &Map) -> Effect {
    let data = match arg(args, "data") {
        Value::Null => Map::new(),
        Value::Map(data) => Map::clone(data),
        _ => return Effect::failed("The 'data' option needs to be a dictionary/hash"),
    };
    if let Some(bad) = data.keys().find(|k| !k.as_str().is_some_and(is_variable_name)) {
        return Effect::raised(super::set_fact::invalid_name(&bad.to_string(), ""));
    }
    let stats = Map::from_iter([
        (Key::from("data"), Value::map(data)),
        (Key::from("per_host"), Value::Bool(flag(args, "per_host", false))),
        (Key::from("aggregate"), Value::Bool(flag(args, "aggregate", true))),
    ]);
    let values = Map::from_iter([
        (Key::from("changed"), Value::Bool(false)),
        (Key::from("ansible_stats"), Value::map(stats)),
    ]);
    Effect { values, ..Effect::default() }
}

/// A boolean as Ansible takes it here: what it does not know is false.
fn flag(args: &Map, name: &str, default: bool) -> bool {
    match arg(args, name) {
        Value::Null => default,
        Value::Bool(b) => *b,
        Value::Int(i) => *i == 1,
        other => {
            let text = crate::value::python_str(other).to_lowercase();
            matches!(text.as_str(), "y" | "yes" | "on" | "1" | "true" | "t" | "1.0")
        }
    }
}
