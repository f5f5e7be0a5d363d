//! Results as they stand behind `=>`, and differences.

use super::Told;
use super::look::Look;
use crate::config::{ResultFormat, Screen};
use crate::event::By;
use crate::report::colour::coloured;
use crate::template::dump;
use crate::value::{Key, Map, Value};
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

    /// A result with all that is in it, on one line.
    pub(super) fn dump_whole(&self, told: &Told<'_>) -> String {
        self.written(told, false, None)
    }

    /// A result spread over lines with this indent; all of it, what `debug` would not show too, unless `cleaned`.
    pub(super) fn dump_indented(&self, told: &Told<'_>, indent: usize, cleaned: bool) -> String {
        self.written(told, cleaned, Some(indent))
    }

    /// A result, without its items' where those were told.
    pub(super) fn dump_sum(&self, told: &Told<'_>, of_items: bool) -> String {
        let mut result = told.result.as_map().cloned().unwrap_or_default();
        if of_items {
            result.shift_remove("results");
        }
        self.written(&Told { result: &Value::map(result), ..*told }, true, None)
    }

    fn written(&self, told: &Told<'_>, cleaned: bool, wanted: Option<usize>) -> String {
        let mut map = told.result.as_map().cloned().unwrap_or_default();
        for key in ["failed", "skipped", "exception", "warnings", "deprecations"] {
            map.shift_remove(key);
        }
        map.retain(|key, _| key.as_str().is_none_or(|k| !k.starts_with("_ansible_")));
        if cleaned && &*told.step.module == "debug" {
            clean_debug(&mut map);
        }
        if self.verbosity < 3 {
            map.shift_remove("invocation");
            map.shift_remove("diff");
        }
        let pretty = self.settings.pretty_results;
        let yaml = self.settings.result_format == ResultFormat::Yaml;
        let spread = always(told) || (pretty.is_none() && yaml) || pretty == Some(true) || self.verbosity > 2;
        let spread = if spread { wanted.filter(|n| *n > 0).or(Some(INDENT)) } else { wanted };
        let indent = spread.filter(|_| pretty != Some(false));
        if yaml {
            return self.yaml(map, indent);
        }
        let value = Value::map(map);
        dump::json(&value, indent).unwrap_or_else(|| serde_json::Value::from(&value).to_string())
    }

    fn yaml(&self, mut map: Map, indent: Option<usize>) -> String {
        let lossy = self.settings.pretty_results != Some(false);
        if lossy {
            for (text, lines) in [("stdout", "stdout_lines"), ("stderr", "stderr_lines")] {
                if map.contains_key(text) && map.contains_key(lines) {
                    map.insert(Key::from(lines), Value::data("<omitted>"));
                }
            }
        }
        let text = dump::yaml(&Value::map(map), indent, lossy).unwrap_or_default();
        format!("\n{}", indented(&text, indent.unwrap_or(INDENT)))
    }
}

/// How far results are indented.
const INDENT: usize = 4;

/// Every line that is not blank, moved to the right.
fn indented(text: &str, by: usize) -> String {
    let line = |line: &str| {
        if line.trim().is_empty() { line.to_owned() } else { format!("{}{line}", " ".repeat(by)) }
    };
    text.split_inclusive('\n').map(line).collect()
}

/// Whether a result is shown, and over several lines, whatever the verbosity.
fn always(told: &Told<'_>) -> bool {
    told.by == By::Display && told.result.get("censored").is_none()
}

/// Whether only a message is left of a result: `debug`'s shows nothing else, not even its items.
pub(super) fn debug_message(told: &Told<'_>) -> bool {
    &*told.step.module == "debug" && told.result.get("msg").is_some()
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
        out.push_str(&unified(diff, &side(before, settings), &side(after, settings), settings, look));
    }
    if let Some(prepared) = diff.get("prepared").and_then(Value::as_str) {
        out.push_str(prepared);
    }
    out
}

fn side(value: &Value, settings: &Screen) -> String {
    match value {
        Value::Text(t) => t.as_str().to_owned(),
        Value::Null => String::new(),
        other if settings.result_format == ResultFormat::Yaml => {
            let lossy = settings.pretty_results != Some(false);
            let text = dump::yaml(other, Some(INDENT), lossy).unwrap_or_default();
            indented(&text, INDENT) + "\n"
        }
        other => dump::json(other, Some(INDENT)).unwrap_or_default() + "\n",
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
        // With its end, behind which the colour begins once more: so Ansible does it.
        out.push_str(&match (look, line.chars().next()) {
            (Some(look), Some('+')) => coloured(line, &look.diff_add),
            (Some(look), Some('-')) => coloured(line, &look.diff_remove),
            (Some(look), Some('@')) => coloured(line, &look.diff_lines),
            _ => line.to_owned(),
        });
    }
    out.push('\n');
    out
}
