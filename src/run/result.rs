//! The shapes of results, as registered variables have them.

use crate::event::By;
use crate::value::{Key, Map, Value, from_wire_map};
use warp_agent::outcome::{Diff, Outcome};

/// What stands for Python's traceback in failed results: plays test for the key.
pub(super) const NO_TRACEBACK: &str = "(traceback unavailable)";

/// Sets an entry.
pub(super) fn put(result: &mut Map, key: &str, value: impl Into<Value>) {
    result.insert(Key::from(key), value.into());
}

/// Says that nothing is known of why a task failed, where it does not say it itself.
pub(super) fn explain(result: &mut Map, by: By) {
    if !result.contains_key("msg") {
        let who = if by == By::Module { "Module" } else { "Action" };
        put(result, "msg", Value::data(format!("Task failed: {who} failed: Unknown error.")));
    }
}

/// Whether an entry is there and true.
pub(super) fn is(result: &Map, key: &str) -> bool {
    result.get(key).is_some_and(Value::truthy)
}

/// Whether it is a failure: what `failed_when` said counts above all else.
pub(super) fn has_failed(result: &Map) -> bool {
    match result.get("failed_when_result") {
        Some(judged) => judged.truthy(),
        None => is(result, "failed"),
    }
}

/// Sets an entry that is not there.
fn put_missing(result: &mut Map, key: &str, value: bool) {
    if !result.contains_key(key) {
        put(result, key, value);
    }
}

/// A module's outcome; `values` replace its own where there are any. The order of the entries is Ansible's as far as an
/// outcome tells it: plays write results into files.
pub(super) fn of_outcome(outcome: Outcome, values: Map) -> Map {
    let mut result = Map::new();
    let own = values.is_empty();
    // A module that fails before it does anything says nothing of changes.
    let began = !outcome.failed || outcome.values.contains_key("rc");
    if own && began {
        put(&mut result, "changed", outcome.changed);
    }
    if !own && outcome.failed {
        put(&mut result, "failed", true);
    }
    let entries = if own { from_wire_map(outcome.values) } else { values };
    for (key, value) in entries {
        if key.as_str() == Some("msg") && outcome.failed {
            put_missing(&mut result, "failed", true);
        }
        result.insert(key, value);
    }
    if outcome.skipped {
        put(&mut result, "skipped", true);
    }
    if own {
        add_lines(&mut result);
    }
    if !outcome.diff.is_empty() {
        put(&mut result, "diff", diffs(outcome.diff));
    }
    put_missing(&mut result, "failed", outcome.failed);
    put_missing(&mut result, "changed", outcome.changed);
    if !outcome.warnings.is_empty() {
        let warnings = outcome.warnings.into_iter().map(Value::data).collect();
        put(&mut result, "warnings", Value::list(warnings));
    }
    result
}

/// `stdout_lines` and `stderr_lines`, which every module's output has.
fn add_lines(result: &mut Map) {
    for stream in ["stdout", "stderr"] {
        let lines = format!("{stream}_lines");
        if let Some(text) = result.get(stream).and_then(Value::as_str)
            && !result.contains_key(lines.as_str())
        {
            let split = text.lines().map(Value::data).collect();
            put(result, &lines, Value::list(split));
        }
    }
}

/// Differences as results have them: those of content in a list, that of attributes as a map.
fn diffs(diffs: Vec<Diff>) -> Value {
    if let [only] = diffs.as_slice()
        && let Some(attributes) = attributes(only)
    {
        return attributes;
    }
    Value::list(diffs.into_iter().map(content).collect())
}

fn content(diff: Diff) -> Value {
    let mut map = Map::new();
    for (key, header) in [("before_header", diff.before_header), ("after_header", diff.after_header)] {
        if !header.is_empty() {
            put(&mut map, key, Value::data(header));
        }
    }
    let missing = |side: &str| diff.skipped.iter().any(|why| why.starts_with(side));
    for (key, side, text) in [("before", DESTINATION, diff.before), ("after", SOURCE, diff.after)] {
        if !missing(side) {
            put(&mut map, key, Value::data(text));
        }
    }
    for why in &diff.skipped {
        let side = if why.starts_with(DESTINATION) { "dst" } else { "src" };
        match why.rsplit(' ').next().and_then(|size| size.parse().ok()) {
            Some(size) => put(&mut map, &format!("{side}_larger"), Value::Int(size)),
            None => put(&mut map, &format!("{side}_binary"), Value::Int(1)),
        }
    }
    Value::map(map)
}

/// What the reason for a missing side begins with.
const DESTINATION: &str = "destination";
const SOURCE: &str = "source";

/// A difference without headers is one of attributes: two JSON objects.
fn attributes(diff: &Diff) -> Option<Value> {
    if !diff.before_header.is_empty() || !diff.after_header.is_empty() {
        return None;
    }
    let side = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok().filter(|v| v.is_object());
    let mut map = Map::new();
    put(&mut map, "before", Value::from(side(&diff.before)?));
    put(&mut map, "after", Value::from(side(&diff.after)?));
    Some(Value::map(map))
}

/// A failure of the controller's, with this message.
pub(super) fn failure(msg: &str) -> Map {
    let mut result = Map::new();
    put(&mut result, "failed", true);
    mark_failed(&mut result);
    put(&mut result, "msg", Value::data(msg));
    put(&mut result, "changed", false);
    result
}

/// Marks a failed result as Ansible does.
pub(super) fn mark_failed(result: &mut Map) {
    if is(result, "failed") && !result.contains_key("exception") {
        put(result, "exception", Value::data(NO_TRACEBACK));
    }
}

/// A condition that did not hold.
pub(super) fn skipped(condition: &Value) -> Map {
    let mut result = Map::new();
    put(&mut result, "changed", false);
    put(&mut result, "skipped", true);
    put(&mut result, "skip_reason", Value::data("Conditional result was False"));
    put(&mut result, "false_condition", final_value(condition));
    result
}

/// A host that could not be reached.
pub(super) fn unreachable(msg: &str) -> Map {
    let mut result = Map::new();
    put(&mut result, "changed", false);
    put(&mut result, "unreachable", true);
    put(&mut result, "msg", Value::data(msg));
    put(&mut result, "exception", Value::data(NO_TRACEBACK));
    result
}

/// A loop over nothing.
pub(super) fn no_items() -> Map {
    let mut result = Map::new();
    put(&mut result, "changed", false);
    put(&mut result, "skipped", true);
    put(&mut result, "skipped_reason", Value::data("No items in the list"));
    put(&mut result, "results", Value::list(Vec::new()));
    result
}

/// The sum of a loop's items.
pub(super) fn of_loop(mut items: Vec<Map>) -> Map {
    let any = |items: &[Map], key: &str| items.iter().any(|i| is(i, key));
    let changed = any(&items, "changed");
    let failed = any(&items, "failed");
    let unreachable = any(&items, "unreachable");
    let skipped = items.iter().all(|i| is(i, "skipped"));
    // What was told of an item is told of the whole.
    let told = ["warnings", "deprecations"].map(|key| {
        let own = items.iter_mut().filter_map(|item| item.shift_remove(key));
        (key, own.flat_map(|own| own.as_list().unwrap_or_default().to_vec()).collect::<Vec<_>>())
    });
    let mut result = Map::new();
    put(&mut result, "results", Value::list(items.into_iter().map(Value::map).collect()));
    put(&mut result, "skipped", skipped);
    if changed {
        put(&mut result, "changed", true);
    }
    if unreachable {
        put(&mut result, "unreachable", true);
    }
    if failed {
        put(&mut result, "failed", true);
    }
    for (key, all) in told {
        if !all.is_empty() {
            put(&mut result, key, Value::list(all));
        }
    }
    let msg = match (failed, skipped) {
        (true, _) => "One or more items failed",
        (false, true) => "All items skipped",
        (false, false) => "All items completed",
    };
    put(&mut result, "msg", Value::data(msg));
    put_missing(&mut result, "changed", false);
    result
}

/// A value as data: what a result holds is never rendered again.
pub(super) fn final_value(value: &Value) -> Value {
    warp_agent::value::Value::from(value).into()
}
