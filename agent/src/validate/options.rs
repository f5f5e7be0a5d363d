//! The arguments inside arguments: maps, and lists of maps, that have a table of their own.

use super::{choose, convert_one};
use crate::spec::{Arg, Spec};
use crate::value::{Map, Value};

/// Checks and completes every map that has a table; the message about unknown names in one, which Ansible tells last.
pub(super) fn check(spec: &Spec, args: &mut Map) -> Result<Option<String>, String> {
    let mut unsupported = None;
    for arg in spec.arguments().filter(|a| !a.options.is_empty()) {
        let maps: Vec<&mut Map> = match args.get_mut(arg.name) {
            Some(Value::Map(map)) => vec![map],
            Some(Value::List(items)) => items.iter_mut().filter_map(as_map_mut).collect(),
            _ => continue,
        };
        for map in maps {
            unsupported = unsupported.or(one(spec, arg, map)?);
        }
    }
    Ok(unsupported)
}

fn as_map_mut(value: &mut Value) -> Option<&mut Map> {
    match value {
        Value::Map(map) => Some(map),
        _ => None,
    }
}

fn one(spec: &Spec, parent: &Arg, map: &mut Map) -> Result<Option<String>, String> {
    let known = |name: &str| parent.options.iter().any(|a| a.name == name || a.aliases.contains(&name));
    let mut strange: Vec<String> =
        map.keys().filter(|k| !known(k)).map(|k| format!("{}.{k}", parent.name)).collect();
    strange.sort_unstable();
    let mut missing = Vec::new();
    for arg in parent.options {
        for alias in arg.aliases {
            if let Some(value) = map.shift_remove(*alias) {
                map.insert(arg.name.to_owned(), value);
            }
        }
        match (arg.default, map.contains_key(arg.name)) {
            (Some(text), false) => {
                map.insert(arg.name.to_owned(), text.into());
            }
            (None, false) if arg.required => missing.push(arg.name),
            _ => {}
        }
    }
    if !missing.is_empty() {
        missing.sort_unstable();
        return Err(format!("missing required arguments: {} found in {}", missing.join(", "), parent.name));
    }
    for arg in parent.options {
        convert_one(arg, map)?;
        choose(arg, map).map_err(|msg| format!("{msg} found in {}", parent.name))?;
    }
    let mut names: Vec<&str> = parent.options.iter().map(|a| a.name).collect();
    names.sort_unstable();
    Ok((!strange.is_empty()).then(|| {
        format!(
            "Unsupported parameters for ({}) module: {}. Supported parameters include: {}.",
            spec.name,
            strange.join(", "),
            names.join(", ")
        )
    }))
}
