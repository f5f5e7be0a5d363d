//! `invocation`: what a module was called with, as its result tells it.

use crate::convert;
use crate::spec::{Arg, Spec};
use crate::value::{Map, Value};

/// What stands in the place of a secret.
const SECRET: &str = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER";

/// What is between the controller and the agent.
const OURS: [&str; 3] = ["_checksum", "_source", "_max_diff"];

/// The invocation of a module with checked arguments.
#[must_use]
pub fn of(spec: &Spec, args: &Map) -> Value {
    let mut told = Map::new();
    for arg in spec.arguments().filter(|a| !OURS.contains(&a.name)) {
        told.insert(arg.name.to_owned(), shown(arg, args.get(arg.name)));
    }
    whole(told)
}

/// The invocation of a module with unchecked arguments: as they were given, and the defaults.
#[must_use]
pub fn of_given(spec: &Spec, given: &Map) -> Value {
    let mut told = Map::new();
    for (name, value) in given {
        let value = spec.arg(name).map_or_else(|| value.clone(), |arg| shown(arg, Some(value)));
        told.insert(name.clone(), value);
    }
    for arg in spec.arguments() {
        let default = convert::default(arg);
        told.entry(arg.name.to_owned()).or_insert(default.unwrap_or_default());
    }
    whole(told)
}

fn whole(args: Map) -> Value {
    Map::from_iter([("module_args".to_owned(), Value::Map(args))]).into()
}

/// A value without its secrets.
fn shown(arg: &Arg, value: Option<&Value>) -> Value {
    match value {
        None | Some(Value::Null) => Value::Null,
        Some(_) if arg.no_log => SECRET.into(),
        Some(Value::Map(map)) => inside(arg, map).into(),
        Some(Value::List(items)) => {
            let item = |item: &Value| item.as_map().map_or_else(|| item.clone(), |m| inside(arg, m).into());
            Value::List(items.iter().map(item).collect())
        }
        Some(other) => other.clone(),
    }
}

/// A map that may have a table of its own.
fn inside(parent: &Arg, map: &Map) -> Map {
    let known = |name: &str| parent.options.iter().find(|a| a.name == name);
    let one = |(name, value): (&String, &Value)| {
        (name.clone(), known(name).map_or_else(|| value.clone(), |arg| shown(arg, Some(value))))
    };
    map.iter().map(one).collect()
}
