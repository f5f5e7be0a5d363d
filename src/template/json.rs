//! JSON as Python's `json` writes and reads it.

use super::depth::Nested;
use super::fail::{Fail, R};
use super::python;
use super::val::Val;
use crate::value::Key;
use warp_agent::python::write_json_string;

/// How `json.dumps` is asked to write.
pub(crate) struct Style {
    pub(crate) indent: Option<String>,
    pub(crate) sort_keys: bool,
    /// Keys are texts before they are sorted, not only when they are written.
    pub(crate) text_keys: bool,
    pub(crate) ensure_ascii: bool,
    pub(crate) item: String,
    pub(crate) pair: String,
}

impl Default for Style {
    fn default() -> Self {
        Style {
            indent: None,
            sort_keys: false,
            text_keys: false,
            ensure_ascii: true,
            item: ", ".into(),
            pair: ": ".into(),
        }
    }
}

/// `json.dumps`.
pub(crate) fn dumps(v: &Val, style: &Style) -> R<String> {
    let mut out = String::new();
    write(v, style, 0, &mut out)?;
    Ok(out)
}

fn write(v: &Val, style: &Style, depth: usize, out: &mut String) -> R<()> {
    let _nested = Nested::enter()?;
    match v {
        Val::Marker(f) => return Err(f.clone()),
        Val::None => out.push_str("null"),
        Val::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Val::Int(i) => out.push_str(&i.to_string()),
        Val::Float(f) => out.push_str(&number(*f)),
        Val::Str(s) => write_json_string(s, style.ensure_ascii, out),
        Val::List(_) | Val::Tuple(_) => {
            let items: Vec<Val> = kept(v.as_seq().unwrap_or_default());
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push_str(&style.item);
                }
                newline(style, depth + 1, out);
                write(item, style, depth + 1, out)?;
            }
            if !items.is_empty() {
                newline(style, depth, out);
            }
            out.push(']');
        }
        other => match other.entries() {
            Some(entries) => object(entries, style, depth, out)?,
            None => match other {
                Val::Object(o) if let Some(moment) = o.moment() => {
                    write_json_string(&moment.iso(), style.ensure_ascii, out);
                }
                _ => {
                    return Err(Fail::new(format!(
                        "Object of type {} is not JSON serializable",
                        other.type_name()
                    )));
                }
            },
        },
    }
    Ok(())
}

fn kept(items: Vec<Val>) -> Vec<Val> {
    items.into_iter().filter(|v| !matches!(v, Val::Omit)).collect()
}

fn object(mut entries: Vec<(Key, Val)>, style: &Style, depth: usize, out: &mut String) -> R<()> {
    entries.retain(|(_, v)| !matches!(v, Val::Omit));
    if style.sort_keys && style.text_keys {
        entries.sort_by_cached_key(|(key, _)| shown(key));
    } else if style.sort_keys {
        let keyed = entries.into_iter().map(|(k, v)| {
            let key = Val::from(k);
            (key.clone(), Val::tuple(vec![key, v]))
        });
        entries = python::lists::sorted_by(keyed.collect(), false)?
            .into_iter()
            .filter_map(|pair| {
                let [k, v]: [Val; 2] = pair.iter().ok()?.try_into().ok()?;
                Some((k.key().ok()?, v))
            })
            .collect();
    }
    out.push('{');
    for (i, (key, value)) in entries.iter().enumerate() {
        if i > 0 {
            out.push_str(&style.item);
        }
        newline(style, depth + 1, out);
        write_json_string(&shown(key), style.ensure_ascii, out);
        out.push_str(&style.pair);
        write(value, style, depth + 1, out)?;
    }
    if !entries.is_empty() {
        newline(style, depth, out);
    }
    out.push('}');
    Ok(())
}

fn shown(key: &Key) -> String {
    match key {
        Key::Float(bits) => number(f64::from_bits(*bits)),
        other => other.to_string(),
    }
}

fn newline(style: &Style, depth: usize, out: &mut String) {
    if let Some(indent) = &style.indent {
        out.push('\n');
        for _ in 0..depth {
            out.push_str(indent);
        }
    }
}

fn number(f: f64) -> String {
    if f.is_nan() {
        "NaN".into()
    } else if f.is_infinite() {
        if f > 0.0 { "Infinity".into() } else { "-Infinity".into() }
    } else {
        python::float(f)
    }
}

/// `json.loads`.
pub(crate) fn parse(text: &str) -> R<serde_json::Value> {
    serde_json::from_str(text).map_err(|e| {
        let (what, at) = refused(text, &e);
        let before: Vec<char> = text.chars().take(at).collect();
        let line = before.iter().filter(|c| **c == '\n').count() + 1;
        let column = before.iter().rev().take_while(|c| **c != '\n').count() + 1;
        Fail::new(format!("{what}: line {line} column {column} (char {at})"))
    })
}

/// Python's words for what serde_json refuses, and at which character.
fn refused(text: &str, e: &serde_json::Error) -> (&'static str, usize) {
    const NAME: &str = "Expecting property name enclosed in double quotes";
    let said = e.to_string();
    let said = |words: &str| said.starts_with(words);
    let (string, behind) = last_string(text);
    if said("EOF while parsing a string") {
        return ("Unterminated string starting at", string);
    }
    if e.is_eof() && !text.ends_with(char::is_alphabetic) {
        let what = match text.trim_end().chars().last() {
            Some('{') => NAME,
            Some(',') if said("EOF while parsing an object") => NAME,
            Some('"') if behind != ':' && said("EOF while parsing an object") => "Expecting ':' delimiter",
            _ if said("EOF while parsing an object") || said("EOF while parsing a list") => {
                "Expecting ',' delimiter"
            }
            _ => "Expecting value",
        };
        return (what, text.chars().count());
    }
    let lines = text.split_inclusive('\n').take(e.line().saturating_sub(1));
    let at = lines.map(|l| l.chars().count()).sum::<usize>() + e.column().saturating_sub(1);
    // serde_json points behind the letters it read; Python at the first of them.
    let at = if e.is_eof() { at + 1 } else { at };
    let read = text.chars().take(at).collect::<Vec<_>>();
    let sign = |c: &char| c.is_alphabetic() || (*c == '-' && said("invalid number"));
    let at = at - read.iter().rev().take_while(|c| sign(c)).count();
    let what =
        if said("key must be a string") || (said("trailing comma") && text.chars().nth(at) == Some('}')) {
            NAME
        } else if said("expected `:`") {
            "Expecting ':' delimiter"
        } else if said("expected `,`") {
            "Expecting ',' delimiter"
        } else if said("trailing characters") {
            "Extra data"
        } else {
            "Expecting value"
        };
    (what, at)
}

/// Where the last string begins, and what stands before it.
fn last_string(text: &str) -> (usize, char) {
    let (mut start, mut before, mut open, mut escaped, mut solid) = (0, ' ', false, false, ' ');
    for (i, c) in text.chars().enumerate() {
        if c == '"' && !escaped {
            if !open {
                (start, before) = (i, solid);
            }
            open = !open;
        }
        escaped = open && c == '\\' && !escaped;
        if !open && !c.is_whitespace() {
            solid = c;
        }
    }
    (start, before)
}
