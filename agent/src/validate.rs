//! Checks arguments against a module's table, with the messages of ansible-core 2.19.

mod options;

use crate::convert;
use crate::python;
use crate::spec::{Arg, Kind, Spec};
use crate::value::{Map, Value};

/// Arguments that passed.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// Every argument of the table under its canonical name, converted; `Null` where neither given nor defaulted.
    /// Paths are text still: `Args::new` expands them where the module runs.
    pub args: Map,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// Converts, completes and checks a module's raw arguments.
///
/// # Errors
/// The message that Ansible fails with: the first violation in its order of checks.
pub fn check(spec: &Spec, raw: &Map) -> Result<Checked, String> {
    let mut args = raw.clone();
    let warnings = resolve_aliases(spec, &mut args);
    let unsupported = unsupported(spec, &args);
    if let (true, Some(msg)) = (spec.options, &unsupported) {
        return Err(msg.clone());
    }
    exclusive(spec, &args)?;
    for arg in spec.arguments() {
        if let (Some(value), false) = (convert::default(arg), args.contains_key(arg.name)) {
            args.insert(arg.name.to_owned(), value);
        }
    }
    required(spec, &args)?;
    for arg in spec.arguments() {
        convert_one(arg, &mut args)?;
    }
    for arg in spec.arguments() {
        choose(arg, &mut args)?;
    }
    dependent(spec, &args)?;
    let unsupported_inside = options::check(spec, &mut args)?;
    if let Some(msg) = unsupported.or(unsupported_inside) {
        return Err(msg);
    }
    for arg in spec.arguments() {
        args.entry(arg.name.to_owned()).or_insert(Value::Null);
        for alias in arg.aliases {
            args.shift_remove(*alias);
        }
    }
    Ok(Checked { args, warnings })
}

/// Copies values given under an alias to the canonical name; the alias wins, as in Ansible.
fn resolve_aliases(spec: &Spec, args: &mut Map) -> Vec<String> {
    let mut warnings = Vec::new();
    for arg in spec.arguments() {
        for alias in arg.aliases {
            let Some(value) = args.get(*alias).cloned() else { continue };
            if args.insert(arg.name.to_owned(), value).is_some() {
                warnings.push(format!("Both option {} and its alias {alias} are set.", arg.name));
            }
        }
    }
    warnings
}

fn unsupported(spec: &Spec, args: &Map) -> Option<String> {
    if spec.open {
        return None;
    }
    let mut names: Vec<&str> =
        args.keys().map(String::as_str).filter(|name| spec.arg(name).is_none()).collect();
    if names.is_empty() {
        return None;
    }
    names.sort_unstable();
    if spec.options {
        return Some(format!("Invalid options for {}: {}", spec.name, names.join(",")));
    }
    let mut known: Vec<&str> = spec.arguments().map(|a| a.name).collect();
    let mut aliases: Vec<&str> = spec.arguments().flat_map(|a| a.aliases).copied().collect();
    known.sort_unstable();
    aliases.sort_unstable();
    let also = if aliases.is_empty() { String::new() } else { format!(" ({})", aliases.join(", ")) };
    Some(format!(
        "Unsupported parameters for ({}) module: {}. Supported parameters include: {}{also}.",
        spec.name,
        names.join(", "),
        known.join(", "),
    ))
}

fn exclusive(spec: &Spec, args: &Map) -> Result<(), String> {
    let broken: Vec<String> = spec
        .mutually_exclusive
        .iter()
        .filter(|group| group.iter().filter(|name| args.contains_key(**name)).count() > 1)
        .map(|group| group.join("|"))
        .collect();
    if broken.is_empty() {
        return Ok(());
    }
    Err(format!("parameters are mutually exclusive: {}", broken.join(", ")))
}

fn required(spec: &Spec, args: &Map) -> Result<(), String> {
    let mut missing: Vec<&str> =
        spec.arguments().filter(|a| a.required && !args.contains_key(a.name)).map(|a| a.name).collect();
    if missing.is_empty() {
        return Ok(());
    }
    missing.sort_unstable();
    Err(format!("missing required arguments: {}", missing.join(", ")))
}

fn convert_one(arg: &Arg, args: &mut Map) -> Result<(), String> {
    let Some(value) = args.get_mut(arg.name) else { return Ok(()) };
    if value.is_null() && !arg.required && arg.default.is_none() {
        return Ok(());
    }
    let mut converted = convert::to(arg.kind, value).map_err(|why| {
        format!(
            "argument '{}' is of type {} and we were unable to convert to {}: {why}",
            arg.name,
            python::type_name(value),
            convert::name(arg.kind)
        )
    })?;
    if let (Some(kind), Value::List(items)) = (arg.elements, &mut converted) {
        for item in items {
            *item = convert::to(kind, item).map_err(|why| {
                format!(
                    "Elements value for option '{}' is of type {} and we were unable to convert to {}: {why}",
                    arg.name,
                    python::type_name(item),
                    convert::name(kind)
                )
            })?;
        }
    }
    *value = converted;
    Ok(())
}

fn choose(arg: &Arg, args: &mut Map) -> Result<(), String> {
    if arg.choices.is_empty() {
        return Ok(());
    }
    let Some(value) = args.get_mut(arg.name) else { return Ok(()) };
    let allowed = |v: &Value| arg.choices.contains(&python::str(v).as_str());
    match value {
        Value::List(items) => {
            let strange: Vec<String> = items.iter().filter(|v| !allowed(v)).map(python::str).collect();
            if strange.is_empty() {
                return Ok(());
            }
            Err(format!(
                "value of {} must be one or more of: {}. Got no match for: {}",
                arg.name,
                arg.choices.join(", "),
                strange.join(", ")
            ))
        }
        _ => {
            if arg.kind == Kind::Str && !allowed(value) {
                restore_boolean_word(arg, value);
            }
            if allowed(value) {
                return Ok(());
            }
            Err(format!(
                "value of {} must be one of: {}, got: {}",
                arg.name,
                arg.choices.join(", "),
                python::str(value)
            ))
        }
    }
}

/// YAML has read a word such as `no` as a boolean: taken back where exactly one choice can have been meant.
fn restore_boolean_word(arg: &Arg, value: &mut Value) {
    let words = match value.as_str() {
        Some("False") => convert::FALSE,
        Some("True") => convert::TRUE,
        _ => return,
    };
    let mut meant = arg.choices.iter().filter(|c| words.contains(c));
    if let (Some(word), None) = (meant.next(), meant.next()) {
        *value = (*word).into();
    }
}

/// The constraints between arguments.
fn dependent(spec: &Spec, args: &Map) -> Result<(), String> {
    for group in spec.required_together {
        let given = group.iter().filter(|name| args.contains_key(**name)).count();
        if given > 0 && given < group.len() {
            return Err(format!("parameters are required together: {}", group.join(", ")));
        }
    }
    for group in spec.required_one_of {
        if !group.iter().any(|name| args.contains_key(*name)) {
            return Err(format!("one of the following is required: {}", group.join(", ")));
        }
    }
    for (name, value, needed) in spec.required_if {
        if args.get(*name).is_none_or(|v| python::str(v) != *value) {
            continue;
        }
        let missing: Vec<&str> = needed.iter().filter(|n| !args.contains_key(**n)).copied().collect();
        if !missing.is_empty() {
            return Err(format!(
                "{name} is {value} but all of the following are missing: {}",
                missing.join(", ")
            ));
        }
    }
    let given = |name: &str| args.get(name).is_some_and(|v| !v.is_null());
    for (name, needed) in spec.required_by.iter().filter(|(name, _)| given(name)) {
        let missing: Vec<&str> = needed.iter().filter(|n| !given(n)).copied().collect();
        if !missing.is_empty() {
            return Err(format!("missing parameter(s) required by '{name}': {}", missing.join(", ")));
        }
    }
    Ok(())
}
