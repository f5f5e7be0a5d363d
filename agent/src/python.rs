//! Values as Python prints them, because messages quote them so.

use crate::utf8;
use crate::value::Value;
use std::fmt::Write;

/// The name of the value's type.
#[must_use]
pub fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int",
        Value::Float(_) => "float",
        Value::Str(_) => "str",
        Value::List(_) => "list",
        Value::Map(_) => "dict",
    }
}

/// `str(value)`.
#[must_use]
pub fn str(value: &Value) -> String {
    match value {
        Value::Str(s) => s.clone(),
        other => repr(other),
    }
}

/// `repr(value)`.
#[must_use]
pub fn repr(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Int(i) => i.to_string(),
        Value::Float(f) => float(*f),
        Value::Str(s) => quoted(s),
        Value::List(l) => format!("[{}]", l.iter().map(repr).collect::<Vec<_>>().join(", ")),
        Value::Map(m) => {
            let entries: Vec<_> = m.iter().map(|(k, v)| format!("{}: {}", quoted(k), repr(v))).collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

/// A float: the shortest digits that read back the same; an exponent below 1e-4 and from 1e16 on.
#[must_use]
pub fn float(f: f64) -> String {
    if f.is_nan() {
        return "nan".to_owned();
    }
    if f.is_infinite() {
        return if f > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let size = f.abs();
    if size != 0.0 && !(1e-4..1e16).contains(&size) {
        let text = format!("{f:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, number) = exponent.strip_prefix('-').map_or(('+', exponent), |n| ('-', n));
        return format!("{digits}e{sign}{number:0>2}");
    }
    let text = f.to_string();
    if text.contains('.') { text } else { format!("{text}.0") }
}

/// A string literal: single quotes unless only those occur in it.
#[must_use]
pub fn quoted(s: &str) -> String {
    let quote = if s.contains('\'') && !s.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(s.len() + 2);
    out.push(quote);
    for c in s.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if printable(c) => out.push(c),
            c => {
                // Bytes that are no text are Python's lone surrogates.
                let code = utf8::escaped(c).map_or(c as u32, |byte| 0xdc00 + u32::from(byte));
                // Writing to a string cannot fail.
                let _ = match code {
                    0..=0xff => write!(out, "\\x{code:02x}"),
                    0x100..=0xffff => write!(out, "\\u{code:04x}"),
                    _ => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out.push(quote);
    out
}

/// A literal of bytes, of which those beyond ASCII are escaped.
#[must_use]
pub fn quoted_bytes(bytes: &[u8]) -> String {
    let latin: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    let escaped = |c: char| if c.is_ascii() { c.to_string() } else { format!("\\x{:02x}", u32::from(c)) };
    std::iter::once("b".to_owned()).chain(quoted(&latin).chars().map(escaped)).collect()
}

/// Python's idea of printable: no control, format, private or separator characters but the space.
fn printable(c: char) -> bool {
    !(c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(c, '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{e000}'..='\u{f8ff}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}'
            | '\u{f0000}'..='\u{10ffff}'))
}

/// `json.dumps(value)`: a blank after each separator, everything beyond ASCII escaped.
#[must_use]
pub fn json(value: &Value) -> String {
    let mut out = String::new();
    write_json(value, &mut out);
    out
}

fn write_json(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Float(f) if f.is_nan() => out.push_str("NaN"),
        Value::Float(f) if f.is_infinite() => out.push_str(if *f > 0.0 { "Infinity" } else { "-Infinity" }),
        Value::Int(_) | Value::Float(_) => out.push_str(&repr(value)),
        Value::Str(s) => write_json_string(s, true, out),
        Value::List(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i == 0 { "" } else { ", " });
                write_json(item, out);
            }
            out.push(']');
        }
        Value::Map(map) => {
            out.push('{');
            for (i, (key, item)) in map.iter().enumerate() {
                out.push_str(if i == 0 { "" } else { ", " });
                write_json_string(key, true, out);
                out.push_str(": ");
                write_json(item, out);
            }
            out.push('}');
        }
    }
}

/// `json.dumps(value, indent=4, sort_keys=True)`.
#[must_use]
pub fn json_pretty(value: &Value) -> String {
    let mut out = String::new();
    write_pretty(value, "\n", &mut out);
    out
}

/// `line` is a line end with the blanks that the lines of this value begin with.
fn write_pretty(value: &Value, line: &str, out: &mut String) {
    let inner = format!("{line}    ");
    match value {
        Value::List(items) if !items.is_empty() => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i == 0 { "" } else { "," });
                out.push_str(&inner);
                write_pretty(item, &inner, out);
            }
            out.push_str(line);
            out.push(']');
        }
        Value::Map(map) if !map.is_empty() => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (i, (key, item)) in entries.into_iter().enumerate() {
                out.push_str(if i == 0 { "" } else { "," });
                out.push_str(&inner);
                write_json_string(key, true, out);
                out.push_str(": ");
                write_pretty(item, &inner, out);
            }
            out.push_str(line);
            out.push('}');
        }
        other => write_json(other, out),
    }
}

/// Writes a text as JSON, in ASCII alone when `ascii`: as Python's `json` does with `ensure_ascii`.
pub fn write_json_string(s: &str, ascii: bool, out: &mut String) {
    out.push('"');
    for c in s.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='\u{7e}' => out.push(c),
            c if c >= ' ' && !ascii => out.push(c),
            c => {
                let mut units = [0; 2];
                // Bytes that are no text are Python's lone surrogates.
                let lone = utf8::escaped(c).map(|byte| [0xdc00 + u16::from(byte)]);
                let units: &[u16] = match &lone {
                    Some(lone) => lone,
                    None => c.encode_utf16(&mut units),
                };
                for unit in units {
                    // Writing to a string cannot fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

/// `text.splitlines()`: at every line end that Python knows.
#[must_use]
pub fn splitlines(text: &str) -> Vec<&str> {
    lines(text).into_iter().map(|(line, _)| line).collect()
}

/// `text.splitlines(keepends=True)`.
#[must_use]
pub fn splitlines_keeping_ends(text: &str) -> Vec<&str> {
    lines(text).into_iter().map(|(_, whole)| whole).collect()
}

/// Lines, each without and with its end.
fn lines(text: &str) -> Vec<(&str, &str)> {
    let ends = |c: char| {
        matches!(c, '\n' | '\r' | '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}')
    };
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let line = rest.find(ends).unwrap_or(rest.len());
        let mut after = rest.get(line..).unwrap_or_default().chars();
        if after.next() == Some('\r') && after.as_str().starts_with('\n') {
            after.next();
        }
        let whole = rest.len() - after.as_str().len();
        lines.push((rest.get(..line).unwrap_or(rest), rest.get(..whole).unwrap_or(rest)));
        rest = after.as_str();
    }
    lines
}

/// A value that was JSON.
#[must_use]
pub fn from_json(json: serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(b) => Value::Bool(b),
        serde_json::Value::Number(n) => {
            let text = n.to_string();
            text.parse().map(Value::Int).unwrap_or_else(|_| Value::Float(text.parse().unwrap_or(f64::NAN)))
        }
        serde_json::Value::String(s) => Value::Str(s),
        serde_json::Value::Array(l) => Value::List(l.into_iter().map(from_json).collect()),
        serde_json::Value::Object(m) => Value::Map(m.into_iter().map(|(k, v)| (k, from_json(v))).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_split_as_in_python() {
        assert_eq!(splitlines("a\r\n\nb\u{2028}c\x0c"), ["a", "", "b", "c"]);
        assert!(splitlines("").is_empty());
        assert_eq!(splitlines_keeping_ends("a\r\nb\n\nc"), ["a\r\n", "b\n", "\n", "c"]);
    }

    #[test]
    fn values_print_as_python_prints_them() {
        let cases: [(Value, &str); 13] = [
            (Value::Null, "None"),
            (true.into(), "True"),
            (1.0.into(), "1.0"),
            (1e16.into(), "1e+16"),
            (1.5e-7.into(), "1.5e-07"),
            (123456.789.into(), "123456.789"),
            (0.0001.into(), "0.0001"),
            ((-0.0).into(), "-0.0"),
            (5e-324.into(), "5e-324"),
            ("a\u{7f}\u{a0}\u{2028}é".into(), "'a\\x7f\\xa0\\u2028é'"),
            ("it's".into(), "\"it's\""),
            ("a'\"\n\u{7f}é".into(), "'a\\'\"\\n\\x7fé'"),
            (vec!["a", "b"].into(), "['a', 'b']"),
        ];
        for (value, expected) in cases {
            assert_eq!(repr(&value), expected);
        }
    }
}
