//! Results as they stand behind `=>`, and differences.

use super::Told;
use super::look::Look;
use crate::config::{ResultFormat, Screen};
use crate::event::By;
use crate::report::colour::coloured;
use crate::template::dump;
use crate::value::{Map, Value};
use similar::TextDiff;

/// What a result of `debug` with a message shows.
const OF_MESSAGE: [&str; 4] = ["msg", "exception", "warnings", "deprecations"];

/// What a result of `debug` with a variable does not show.
const NOT_OF_VARIABLE: [&str; 8] = [
    "changed",
    "failed",
    "skipped",
    "invocation",
    "skip_reason",
    "ansible_loop_var",
    "ansible_index_var",
    "ansible_loop",
];

/// Writes results.
pub(super) struct Results {
    pub settings: Screen,
    pub verbosity: u8,
}

impl Results {
    /// Whether a result is shown: above this verbosity, or always as `debug`'s is.
    pub(super) fn shown(&self, told: &Told<'_>, above: u8) -> bool {
        (self.verbosity > above || always(told)) && !matches!(&*told.step.module, "setup" | "gather_facts")
    }

    /// A result.
    pub(super) fn dump(&self, told: &Told<'_>) -> String {
        self.dump_sum(told, false)
    }

    /// A result, without its items' where those were told.
    pub(super) fn dump_sum(&self, told: &Told<'_>, of_items: bool) -> String {
        let mut map = told.result.as_map().cloned().unwrap_or_default();
        for key in ["failed", "skipped", "exception", "warnings", "deprecations"] {
            map.shift_remove(key);
        }
        if of_items {
            map.shift_remove("results");
        }
        map.retain(|key, _| key.as_str().is_none_or(|k| !k.starts_with("_ansible_")));
        if &*told.step.module == "debug" {
            clean_debug(&mut map);
        }
        if self.verbosity < 3 {
            map.shift_remove("invocation");
            map.shift_remove("diff");
        }
        let pretty = self.settings.pretty_results;
        let yaml = self.settings.result_format == ResultFormat::Yaml;
        let spread = always(told) || (pretty.is_none() && yaml) || pretty == Some(true) || self.verbosity > 2;
        let indent = (spread && pretty != Some(false)).then_some(4);
        let value = Value::map(map);
        dump::json(&value, indent).unwrap_or_else(|| serde_json::Value::from(&value).to_string())
    }
}

/// Whether a result is shown, and over several lines, whatever the verbosity.
fn always(told: &Told<'_>) -> bool {
    told.by != By::Task
        && matches!(&*told.step.module, "debug" | "assert")
        && told.result.get("skipped_reason").is_none()
}

/// `debug` shows what it was asked for and nothing else.
fn clean_debug(map: &mut Map) {
    if map.contains_key("msg") {
        map.retain(|key, _| key.as_str().is_some_and(|k| OF_MESSAGE.contains(&k)));
    } else {
        map.retain(|key, _| key.as_str().is_none_or(|k| !NOT_OF_VARIABLE.contains(&k)));
    }
}

/// The differences of a result as text.
pub(super) fn diff(result: &Value, settings: &Screen, look: Option<&Look>) -> String {
    let diffs = match result.get("diff") {
        Some(Value::List(diffs)) => diffs.to_vec(),
        Some(one @ Value::Map(m)) if !m.is_empty() => vec![one.clone()],
        _ => Vec::new(),
    };
    diffs.iter().map(|d| one_diff(d, settings, look)).collect()
}

fn one_diff(diff: &Value, settings: &Screen, look: Option<&Look>) -> String {
    let mut out = String::new();
    let whole = |key: &str| diff.get(key).and_then(Value::as_int);
    if diff.get("dst_binary").is_some() {
        out.push_str("diff skipped: destination file appears to be binary\n");
    }
    if diff.get("src_binary").is_some() {
        out.push_str("diff skipped: source file appears to be binary\n");
    }
    if let Some(size) = whole("dst_larger") {
        out.push_str(&format!("diff skipped: destination file size is greater than {size}\n"));
    }
    if let Some(size) = whole("src_larger") {
        out.push_str(&format!("diff skipped: source file size is greater than {size}\n"));
    }
    if let (Some(before), Some(after)) = (diff.get("before"), diff.get("after")) {
        out.push_str(&unified(diff, &side(before), &side(after), settings, look));
    }
    if let Some(prepared) = diff.get("prepared").and_then(Value::as_str) {
        out.push_str(prepared);
    }
    out
}

fn side(value: &Value) -> String {
    match value {
        Value::Text(t) => t.as_str().to_owned(),
        Value::Null => String::new(),
        other => dump::json(other, Some(4)).unwrap_or_default() + "\n",
    }
}

fn unified(diff: &Value, before: &str, after: &str, settings: &Screen, look: Option<&Look>) -> String {
    let header = |key: &str, word: &str| match diff.get(key).and_then(Value::as_str) {
        Some(name) => format!("{word}: {name}"),
        None => word.to_owned(),
    };
    let text = TextDiff::from_lines(before, after)
        .unified_diff()
        .context_radius(settings.diff_context)
        .header(&header("before_header", "before"), &header("after_header", "after"))
        .to_string();
    if text.is_empty() {
        return text;
    }
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        let body = line.strip_suffix('\n').unwrap_or(line);
        out.push_str(&match (look, body.chars().next()) {
            (Some(look), Some('+')) => coloured(body, &look.diff_add),
            (Some(look), Some('-')) => coloured(body, &look.diff_remove),
            (Some(look), Some('@')) => coloured(body, &look.diff_lines),
            _ => body.to_owned(),
        });
        out.push('\n');
    }
    out.push('\n');
    out
}
