//! A specification as data, against given arguments: every violation, in Ansible's words and order.

use super::groups;
use warp_agent::convert;
use warp_agent::python;
use warp_agent::spec::Kind;
use warp_agent::value::{Map, Value};

/// What was found.
#[derive(Default)]
struct Found {
    errors: Vec<String>,
    /// Options that the specification does not have, with those that it has in their place.
    unsupported: Vec<(String, String)>,
}

/// Every violation of a specification.
pub(super) fn check(spec: &Map, mut given: Map) -> Vec<String> {
    let mut found = Found::default();
    level(spec, &mut given, &Value::Null, &mut Vec::new(), &mut found);
    found.unsupported.sort();
    if let Some((_, supported)) = found.unsupported.last() {
        let names: Vec<&str> = found.unsupported.iter().map(|(name, _)| name.as_str()).collect();
        found.errors.push(format!("{}. Supported parameters include: {supported}.", names.join(", ")));
    }
    found.errors
}

/// One level of options; `owner` is the option that holds them, whose rules on groups they follow.
fn level(spec: &Map, given: &mut Map, owner: &Value, path: &mut Vec<String>, found: &mut Found) {
    let aliases = aliases(spec, given, found);
    unsupported(spec, given, &aliases, path, found);
    found.errors.extend(groups::exclusive(owner, given).map(|e| within(e, path)));
    defaults(spec, given);
    let mut missing: Vec<&str> = spec
        .iter()
        .filter(|(name, option)| truthy(option, "required") && !given.contains_key(*name))
        .map(|(name, _)| name.as_str())
        .collect();
    missing.sort_unstable();
    if !missing.is_empty() {
        found.errors.push(within(format!("missing required arguments: {}", missing.join(", ")), path));
    }
    types(spec, given, path, found);
    choices(spec, given, path, found);
    found.errors.extend(groups::dependent(owner, given).into_iter().map(|e| within(e, path)));
    for name in spec.keys() {
        given.entry(name.clone()).or_insert(Value::Null);
    }
    for (name, option) in spec {
        inner(name, option, given, path, found);
    }
}

/// The options of an option that is a map, or a list of maps.
fn inner(name: &str, option: &Value, given: &mut Map, path: &mut Vec<String>, found: &mut Found) {
    let wanted = text(option, "type").unwrap_or("str");
    if wanted != "dict" && !(wanted == "list" && text(option, "elements") == Some("dict")) {
        return;
    }
    let Some(Value::Map(options)) = part(option, "options") else { return };
    let Some(value) = given.get_mut(name) else { return };
    if value.is_null() {
        if !truthy(option, "apply_defaults") {
            return;
        }
        *value = Value::Map(Map::new());
    }
    path.push(name.to_owned());
    let elements = match value {
        Value::List(elements) => elements.as_mut_slice(),
        one => std::slice::from_mut(one),
    };
    for element in elements {
        match element {
            Value::Map(map) => level(options, map, option, path, found),
            _ => found.errors.push(format!("value of '{name}' must be of type dict or list of dicts")),
        }
    }
    path.pop();
}

/// Copies what is given under aliases to its option; gives the aliases.
fn aliases(spec: &Map, given: &mut Map, found: &mut Found) -> Vec<String> {
    let mut all = Vec::new();
    for (name, option) in spec {
        if truthy(option, "required") && part(option, "default").is_some_and(|d| !d.is_null()) {
            found
                .errors
                .push(format!("internal error: required and default are mutually exclusive for {name}"));
            return all;
        }
        let Some(Value::List(names)) = part(option, "aliases") else { continue };
        for alias in names.iter().filter_map(Value::as_str) {
            all.push(alias.to_owned());
            if let Some(value) = given.get(alias).cloned() {
                given.insert(name.clone(), value);
            }
        }
    }
    all
}

fn unsupported(spec: &Map, given: &Map, aliases: &[String], path: &[String], found: &mut Found) {
    let mut known: Vec<&str> = spec.keys().map(String::as_str).collect();
    known.sort_unstable();
    let mut also: Vec<&str> = aliases.iter().map(String::as_str).collect();
    also.sort_unstable();
    let also = if also.is_empty() { String::new() } else { format!(" ({})", also.join(", ")) };
    let supported = format!("{}{also}", known.join(", "));
    for name in given.keys().filter(|name| !spec.contains_key(*name) && !aliases.contains(name)) {
        let full: Vec<&str> = path.iter().map(String::as_str).chain([name.as_str()]).collect();
        found.unsupported.push((full.join("."), supported.clone()));
    }
}

fn defaults(spec: &Map, given: &mut Map) {
    for (name, option) in spec {
        if let (Some(default), false) =
            (part(option, "default").filter(|d| !d.is_null()), given.contains_key(name))
        {
            given.insert(name.clone(), default.clone());
        }
    }
}

fn types(spec: &Map, given: &mut Map, path: &[String], found: &mut Found) {
    for (name, option) in spec {
        let Some(value) = given.get_mut(name) else { continue };
        let default = part(option, "default").is_some_and(|d| !d.is_null());
        if value.is_null() && !truthy(option, "required") && !default {
            continue;
        }
        let wanted = text(option, "type").unwrap_or("str");
        match converted(wanted, value) {
            Ok(new) => *value = new,
            Err(why) => {
                let place = if path.is_empty() {
                    String::new()
                } else {
                    format!(" found in '{}'.", path.join(" -> "))
                };
                found.errors.push(format!(
                    "argument '{name}' is of type {}{place} and we were unable to convert to {wanted}: {why}",
                    python::type_name(value)
                ));
                continue;
            }
        }
        if let (Some(wanted), Value::List(items)) = (text(option, "elements"), value) {
            elements(name, wanted, items, path, found);
        }
    }
}

/// Converts the items of a list; those that cannot be are left out.
fn elements(name: &str, wanted: &str, items: &mut Vec<Value>, path: &[String], found: &mut Found) {
    let place = if path.is_empty() { String::new() } else { format!(" found in '{}'", path.join(" -> ")) };
    items.retain_mut(|item| match converted(wanted, item) {
        Ok(new) => {
            *item = new;
            true
        }
        Err(why) => {
            found.errors.push(format!(
                "Elements value for option '{name}'{place} is of type {} and we were unable to convert to {wanted}: \
                 {why}",
                python::type_name(item)
            ));
            false
        }
    });
}

fn converted(wanted: &str, value: &Value) -> Result<Value, String> {
    let kind = match wanted {
        "str" => Kind::Str,
        "bool" => Kind::Bool,
        "int" => Kind::Int,
        "float" => Kind::Float,
        "list" => Kind::List,
        "dict" => Kind::Dict,
        "path" => Kind::Path,
        "raw" => Kind::Raw,
        "json" | "jsonarg" => Kind::JsonArg,
        "bytes" => Kind::Bytes,
        // A type that does not exist: Python's words for calling what is not there.
        _ => return Err("'NoneType' object is not callable".to_owned()),
    };
    convert::to(kind, value)
}

fn choices(spec: &Map, given: &mut Map, path: &[String], found: &mut Found) {
    for (name, option) in spec {
        let choices = match part(option, "choices") {
            None | Some(Value::Null) => continue,
            Some(Value::List(choices)) => choices,
            Some(other) => {
                let msg = format!(
                    "internal error: choices for argument {name} are not iterable: {}",
                    python::str(other)
                );
                found.errors.push(within(msg, path));
                continue;
            }
        };
        let Some(value) = given.get_mut(name) else { continue };
        let shown = |values: &[&Value]| values.iter().map(|v| python::str(v)).collect::<Vec<_>>().join(", ");
        let all: Vec<&Value> = choices.iter().collect();
        if let Value::List(items) = value {
            let strange: Vec<&Value> = items.iter().filter(|item| !choices.contains(item)).collect();
            if !strange.is_empty() {
                let msg = format!(
                    "value of {name} must be one or more of: {}. Got no match for: {}",
                    shown(&all),
                    shown(&strange)
                );
                found.errors.push(within(msg, path));
            }
            continue;
        }
        restore_boolean_word(choices, value);
        if !choices.contains(value) {
            let msg = format!("value of {name} must be one of: {}, got: {}", shown(&all), python::str(value));
            found.errors.push(within(msg, path));
        }
    }
}

/// YAML has read a word such as `no` as a boolean: taken back where exactly one choice can have been meant.
fn restore_boolean_word(choices: &[Value], value: &mut Value) {
    let words = match value.as_str() {
        Some("False") => convert::FALSE,
        Some("True") => convert::TRUE,
        _ => return,
    };
    let mut meant = choices.iter().filter(|c| c.as_str().is_some_and(|c| words.contains(&c)));
    if let (Some(word), None) = (meant.next(), meant.next()) {
        *value = word.clone();
    }
}

/// A message with the way to the level it is about.
fn within(msg: String, path: &[String]) -> String {
    if path.is_empty() { msg } else { format!("{msg} found in {}", path.join(" -> ")) }
}

/// A part of an option's map.
pub(super) fn part<'a>(option: &'a Value, name: &str) -> Option<&'a Value> {
    match option {
        Value::Map(map) => map.get(name),
        _ => None,
    }
}

fn text<'a>(option: &'a Value, name: &str) -> Option<&'a str> {
    part(option, name).and_then(Value::as_str)
}

fn truthy(option: &Value, name: &str) -> bool {
    match part(option, name) {
        Some(Value::Bool(b)) => *b,
        Some(Value::Str(s)) => !s.is_empty(),
        Some(Value::Int(i)) => *i != 0,
        _ => false,
    }
}
