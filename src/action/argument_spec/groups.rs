//! Rules between options: `mutually_exclusive`, `required_together`, `required_one_of`, `required_if`, `required_by`.

use super::check::part;
use warp_agent::python;
use warp_agent::value::{Map, Value};

/// A violation of `mutually_exclusive`.
pub(super) fn exclusive(owner: &Value, given: &Map) -> Option<String> {
    let broken: Vec<String> = groups(owner, "mutually_exclusive")
        .filter(|group| count(group, given) > 1)
        .map(|group| group.join("|"))
        .collect();
    (!broken.is_empty()).then(|| format!("parameters are mutually exclusive: {}", broken.join(", ")))
}

/// Violations of the other rules: of each the first.
pub(super) fn dependent(owner: &Value, given: &Map) -> Vec<String> {
    let together = groups(owner, "required_together").find(|group| {
        let given = count(group, given);
        given > 0 && given < group.len()
    });
    let one_of = groups(owner, "required_one_of").find(|group| count(group, given) == 0);
    [
        together.map(|group| format!("parameters are required together: {}", group.join(", "))),
        one_of.map(|group| format!("one of the following is required: {}", group.join(", "))),
        rules(owner).find_map(|rule| required_if(rule, given)),
        required_by(owner, given),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The lists of names of a rule.
fn groups<'a>(owner: &'a Value, rule: &str) -> impl Iterator<Item = Vec<&'a str>> {
    let lists = match part(owner, rule) {
        Some(Value::List(lists)) => lists.as_slice(),
        _ => &[],
    };
    lists.iter().map(|list| names(list))
}

fn names(list: &Value) -> Vec<&str> {
    match list {
        Value::List(names) => names.iter().filter_map(Value::as_str).collect(),
        Value::Str(name) => vec![name],
        _ => Vec::new(),
    }
}

fn count(group: &[&str], given: &Map) -> usize {
    group.iter().filter(|name| given.contains_key(**name)).count()
}

fn rules(owner: &Value) -> impl Iterator<Item = &[Value]> {
    let rules = match part(owner, "required_if") {
        Some(Value::List(rules)) => rules.as_slice(),
        _ => &[],
    };
    rules.iter().filter_map(|rule| match rule {
        Value::List(parts) => Some(parts.as_slice()),
        _ => None,
    })
}

fn required_if(rule: &[Value], given: &Map) -> Option<String> {
    let [Value::Str(name), value, needed, rest @ ..] = rule else { return None };
    let any = matches!(rest.first(), Some(Value::Bool(true)));
    if given.get(name) != Some(value) {
        return None;
    }
    let needed = names(needed);
    let missing: Vec<&str> = needed.iter().filter(|n| !given.contains_key(**n)).copied().collect();
    if missing.is_empty() || (any && missing.len() < needed.len()) {
        return None;
    }
    let requires = if any { "any" } else { "all" };
    Some(format!(
        "{name} is {} but {requires} of the following are missing: {}",
        python::str(value),
        missing.join(", ")
    ))
}

fn required_by(owner: &Value, given: &Map) -> Option<String> {
    let Some(Value::Map(rules)) = part(owner, "required_by") else { return None };
    let is_given = |name: &str| given.get(name).is_some_and(|v| !v.is_null());
    rules.iter().filter(|(name, _)| is_given(name)).find_map(|(name, needed)| {
        let missing: Vec<&str> = names(needed).into_iter().filter(|n| !is_given(n)).collect();
        (!missing.is_empty())
            .then(|| format!("missing parameter(s) required by '{name}': {}", missing.join(", ")))
    })
}
