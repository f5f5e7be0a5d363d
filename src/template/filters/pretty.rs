//! `pprint`: as Python's pprint shows values within 80 columns.

use super::Filter;
use crate::template::fail::R;
use crate::template::python::{repr, repr_str, splitlines_keeping_ends};
use crate::template::val::Val;

const WIDTH: usize = 80;

/// Ansible's lists and dicts are classes of its own to pprint, which it shows on one line.
pub(super) const TABLE: &[Filter] = &[Filter::new("pprint", &["verbose"], |_, v, _| {
    Ok(match &v {
        Val::Str(s) => text(s, 0, 0, true),
        Val::Tuple(items) if length(&repr(&v)?) > WIDTH => tuple(items)?,
        _ => repr(&v)?,
    }
    .into())
})];

fn length(s: &str) -> usize {
    s.chars().count()
}

/// A tuple, an item a line.
fn tuple(items: &[Val]) -> R<String> {
    let mut shown = Vec::with_capacity(items.len());
    let end = if items.len() == 1 { ",)" } else { ")" };
    for (i, item) in items.iter().enumerate() {
        let last = i + 1 == items.len();
        let after = if last { end.len() } else { 1 };
        shown.push(match item {
            Val::Str(s) if length(&repr_str(s)) > WIDTH.saturating_sub(1 + after) => text(s, 1, after, false),
            other => repr(other)?,
        });
    }
    Ok(format!("({}{end}", shown.join(",\n ")))
}

/// A text, broken at blanks into constants one below the other; parenthesised where it stands alone.
fn text(s: &str, indent: usize, after: usize, alone: bool) -> String {
    let whole = repr_str(s);
    if length(&whole) <= WIDTH.saturating_sub(indent + after) || s.is_empty() {
        return whole;
    }
    let (indent, after) = if alone { (indent + 1, after + 1) } else { (indent, after) };
    let room = WIDTH.saturating_sub(indent);
    let lines = splitlines_keeping_ends(s);
    let mut chunks = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        let last_line = i + 1 == lines.len();
        let shown = repr_str(line);
        if length(&shown) <= if last_line { room.saturating_sub(after) } else { room } {
            chunks.push(shown);
            continue;
        }
        let parts = words(line);
        let mut current = String::new();
        for (j, part) in parts.iter().enumerate() {
            let candidate = format!("{current}{part}");
            let last = last_line && j + 1 == parts.len();
            if length(&repr_str(&candidate)) > if last { room.saturating_sub(after) } else { room } {
                if !current.is_empty() {
                    chunks.push(repr_str(&current));
                }
                (*part).clone_into(&mut current);
            } else {
                current = candidate;
            }
        }
        if !current.is_empty() {
            chunks.push(repr_str(&current));
        }
    }
    if chunks.len() == 1 {
        return whole;
    }
    let joined = chunks.join(&format!("\n{}", " ".repeat(indent)));
    if alone { format!("({joined})") } else { joined }
}

/// Words, each with the blanks after it.
fn words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let word = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let blanks = rest.get(word..).and_then(|r| r.find(|c: char| !c.is_whitespace()));
        let (head, tail) = rest.split_at(blanks.map_or(rest.len(), |b| word + b));
        words.push(head);
        rest = tail;
    }
    words
}
