//! Values as Python's pprint shows them: on one line where they fit, else an entry a line; maps sorted.

use crate::value::{Key, Value, python_repr};

/// The width of a line.
const WIDTH: usize = 80;

/// The text of a value.
pub(super) fn pretty(value: &Value) -> String {
    let mut out = String::new();
    put(&mut out, value, 0, 0);
    out
}

/// Adds a value that begins in a column and is followed by `after` characters on its last line.
fn put(out: &mut String, value: &Value, column: usize, after: usize) {
    let whole = flat(value);
    if column + whole.chars().count() + after <= WIDTH {
        return out.push_str(&whole);
    }
    let entries: Vec<(String, &Value)> = match value {
        Value::List(items) => items.iter().map(|item| (String::new(), item)).collect(),
        Value::Map(map) => sorted(map.iter()).map(|(k, v)| (format!("{}: ", key(k)), v)).collect(),
        _ => return out.push_str(&whole),
    };
    let (open, close) = if matches!(value, Value::List(_)) { ('[', ']') } else { ('{', '}') };
    out.push(open);
    let last = entries.len().saturating_sub(1);
    for (index, (label, entry)) in entries.iter().enumerate() {
        if index > 0 {
            out.push_str(",\n");
            out.push_str(&" ".repeat(column + 1));
        }
        out.push_str(label);
        let after = if index == last { after + 1 } else { 1 };
        put(out, entry, column + 1 + label.chars().count(), after);
    }
    out.push(close);
}

/// On one line, maps sorted.
fn flat(value: &Value) -> String {
    let joined = |parts: Vec<String>| parts.join(", ");
    match value {
        Value::List(items) => format!("[{}]", joined(items.iter().map(flat).collect())),
        Value::Map(map) => {
            let entries = sorted(map.iter()).map(|(k, v)| format!("{}: {}", key(k), flat(v))).collect();
            format!("{{{}}}", joined(entries))
        }
        other => python_repr(other),
    }
}

fn key(key: &Key) -> String {
    python_repr(&Value::from(key.clone()))
}

fn sorted<'a>(
    entries: impl Iterator<Item = (&'a Key, &'a Value)>,
) -> impl Iterator<Item = (&'a Key, &'a Value)> {
    let mut entries: Vec<_> = entries.collect();
    entries.sort_by_key(|(key, _)| key.to_string());
    entries.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_goes_over_lines() {
        let x = |n: usize| Value::data("x".repeat(n));
        let map = |entries: Vec<(&str, Value)>| {
            Value::map(entries.into_iter().map(|(k, v)| (Key::from(k), v)).collect())
        };
        assert_eq!(pretty(&map(vec![("b", Value::Int(1)), ("a", Value::Null)])), "{'a': None, 'b': 1}");
        let wide = map(vec![("b", Value::list(vec![x(40), x(40)])), ("a", x(3))]);
        let (long, indent) = ("x".repeat(40), " ".repeat(7));
        assert_eq!(pretty(&wide), format!("{{'a': 'xxx',\n 'b': ['{long}',\n{indent}'{long}']}}"));
    }
}
