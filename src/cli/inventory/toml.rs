//! TOML as Python's tomli-w writes it, which is what ansible-inventory uses.

use crate::value::{Key, Map, Value};

/// A map as a TOML document.
pub(super) fn dump(value: &Value) -> String {
    let mut out = String::new();
    if let Some(map) = value.as_map() {
        table(map, "", &mut out);
    }
    out
}

/// Writes a table: first what is written in lines, then the tables in it. Whether anything was written.
fn table(map: &Map, name: &str, out: &mut String) {
    let (tables, literals): (Vec<_>, Vec<_>) = map.iter().partition(|(_, v)| v.as_map().is_some());
    let mut written = false;
    if !name.is_empty() && (!literals.is_empty() || tables.is_empty()) {
        out.push_str(&format!("[{name}]\n"));
        written = true;
    }
    for (key, value) in literals {
        out.push_str(&format!("{} = {}\n", self::key(key), literal(value, 0)));
        written = true;
    }
    for (key, value) in tables {
        if written {
            out.push('\n');
        }
        written = true;
        let part = self::key(key);
        let name = if name.is_empty() { part } else { format!("{name}.{part}") };
        table(value.as_map().unwrap_or(&Map::new()), &name, out);
    }
}

fn literal(value: &Value, depth: usize) -> String {
    match value {
        // TOML has no null; Python's writer would fail.
        Value::Null => string("None"),
        Value::Bool(b) => b.to_string(),
        Value::Int(i) => i.to_string(),
        Value::Float(f) if f.is_nan() => "nan".to_owned(),
        Value::Float(f) if f.is_infinite() => if *f > 0.0 { "inf" } else { "-inf" }.to_owned(),
        Value::Float(_) => crate::value::python_str(value),
        Value::Moment(moment) => moment.iso(),
        Value::Text(text) => string(text.as_str()),
        Value::List(items) if items.is_empty() => "[]".to_owned(),
        Value::List(items) => {
            let indent = "    ".repeat(depth + 1);
            let lines = items.iter().map(|item| format!("{indent}{},\n", literal(item, depth + 1)));
            format!("[\n{}{}]", lines.collect::<String>(), "    ".repeat(depth))
        }
        Value::Map(map) if map.is_empty() => "{}".to_owned(),
        Value::Map(map) => {
            let entries = map.iter().map(|(k, v)| format!("{} = {}", key(k), literal(v, depth)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

fn key(key: &Key) -> String {
    let text = key.to_string();
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !text.is_empty() && text.chars().all(bare) { text } else { string(&text) }
}

fn string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '\u{8}' => out.push_str("\\b"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if (c < ' ' && c != '\t') || c == '\u{7f}' => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
