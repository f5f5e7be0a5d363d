//! Where a value was written.

use super::yaml::{self, Node};
use super::{Value, read_source};
use crate::error::Span;
use std::path::Path;

/// Where the value of a variable was written, as `FILE:LINE:COLUMN`: where its own texts say it, else where `file` has a
/// key of that name with that value. The file alone where the line cannot be told.
#[must_use]
pub fn place_of(value: &Value, name: &str, file: Option<&Path>) -> Option<String> {
    if let Some(span) = first_span(value) {
        return Some(span);
    }
    let file = file?;
    let source = read_source(file).ok()?;
    let found = place_in(value, name, file);
    found.or_else(|| only_line(source.text(), name, file)).or_else(|| Some(file.display().to_string()))
}

/// Where a YAML file has a key of that name with that value.
#[must_use]
pub fn place_in(value: &Value, name: &str, file: &Path) -> Option<String> {
    let document = yaml::parse(&read_source(file).ok()?).ok()?;
    key(document.root.as_ref()?, name, value)
}

/// Where the play, block or task that begins at a place, or the nearest around it, has among its `vars` a key of that
/// name with that value.
#[must_use]
pub fn place_near(value: &Value, name: &str, at: &Span) -> Option<String> {
    let document = yaml::parse(&at.source).ok()?;
    around(document.root.as_ref()?, name, value, at.start)
}

fn around(node: &Node, name: &str, value: &Value, at: usize) -> Option<String> {
    if !(node.span.start..node.span.end).contains(&at) {
        return None;
    }
    let entries = node.as_map().unwrap_or_default();
    let mut inner = entries.iter().map(|(_, entry)| entry).chain(node.as_list().unwrap_or_default());
    inner.find_map(|node| around(node, name, value, at)).or_else(|| {
        let (_, vars) = entries.iter().find(|(key, _)| key.as_str() == Some("vars"))?;
        let named = |(key, entry): &&(Node, Node)| key.as_str() == Some(name) && entry.to_value() == *value;
        vars.as_map()?.iter().find(named).map(|(_, entry)| entry.span.to_string())
    })
}

fn first_span(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => text.span().map(ToString::to_string),
        Value::List(items) => items.iter().find_map(first_span),
        Value::Map(map) => map.values().find_map(first_span),
        _ => None,
    }
}

fn key(node: &Node, name: &str, value: &Value) -> Option<String> {
    if let Some(entries) = node.as_map() {
        for (key_node, entry) in entries {
            if key_node.as_str() == Some(name) && entry.to_value() == *value {
                return Some(entry.span.to_string());
            }
            if let Some(found) = key(entry, name, value) {
                return Some(found);
            }
        }
    }
    node.as_list().unwrap_or_default().iter().find_map(|item| key(item, name, value))
}

/// The line of an INI file that assigns the variable, if only one does.
fn only_line(text: &str, name: &str, file: &Path) -> Option<String> {
    let assigned = format!("{name}=");
    let assigns = |line: &str| {
        line.split_whitespace().any(|word| word.starts_with(&assigned))
            || line.split_once('=').is_some_and(|(left, _)| left.trim() == name)
    };
    let mut lines = text.lines().enumerate().filter(|(_, line)| assigns(line));
    let (at, line) = lines.next()?;
    let column = line.find(name)? + 1;
    lines.next().is_none().then(|| format!("{}:{}:{column}", file.display(), at + 1))
}
