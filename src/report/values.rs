//! Values as reports print them.

use super::terminal::visible;
use crate::value::{Map, Value, python_str};

/// A value on one line: texts plain, all else as JSON.
pub(super) fn inline(value: &Value) -> String {
    match value {
        Value::List(_) | Value::Map(_) => serde_json::Value::from(value).to_string(),
        other => python_str(other),
    }
}

/// A value as Python's `str` shows it.
pub(super) fn inline_python(value: &Value) -> String {
    python_str(value)
}

/// A result as indented JSON, its keys sorted, without what only plays need.
pub(super) fn pretty(result: &Value) -> String {
    let cleaned = match result {
        Value::Map(map) => Value::map(sorted(map)),
        other => other.clone(),
    };
    let json = serde_json::Value::from(&cleaned);
    visible(&serde_json::to_string_pretty(&json).unwrap_or_else(|_| json.to_string()))
}

fn sorted(map: &Map) -> Map {
    let mut map = map.clone();
    for key in ["exception", "invocation", "diff", "stdout_lines", "stderr_lines"] {
        map.shift_remove(key);
    }
    map.sort_keys();
    map
}
