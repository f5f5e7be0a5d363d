//! Differences as unified diffs.

use crate::value::Value;
use similar::TextDiff;

/// The lines of a result's differences; empty without any.
pub(super) fn lines(result: &Value) -> Vec<String> {
    let diffs = match result.get("diff") {
        Some(Value::List(diffs)) => diffs.to_vec(),
        Some(one @ Value::Map(_)) => vec![one.clone()],
        _ => Vec::new(),
    };
    diffs.iter().flat_map(one).collect()
}

fn one(diff: &Value) -> Vec<String> {
    let side = |key: &str| match diff.get(key) {
        Some(Value::Text(t)) => t.as_str().to_owned(),
        Some(Value::Null) | None => String::new(),
        Some(other) => {
            let json = serde_json::Value::from(other);
            serde_json::to_string_pretty(&json).unwrap_or_default() + "\n"
        }
    };
    if let Some(prepared) = diff.get("prepared").and_then(Value::as_str) {
        return prepared.lines().map(str::to_owned).collect();
    }
    let (before, after) = (side("before"), side("after"));
    let header = |key: &str, word: &str| match side(key) {
        name if name.is_empty() => word.to_owned(),
        name => format!("{word}: {name}"),
    };
    TextDiff::from_lines(&before, &after)
        .unified_diff()
        .context_radius(3)
        .header(&header("before_header", "before"), &header("after_header", "after"))
        .to_string()
        .lines()
        .map(str::to_owned)
        .collect()
}
