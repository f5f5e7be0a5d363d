//! Data written as Python's `json.dumps` and `yaml.dump` write it, for reports.

use super::python::strings;
use super::val::{Dict, List, Object, Slot, Val};
use super::yaml::BREAKS;
use super::{json, yaml};
use crate::value::Value;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// `json.dumps` with its keys sorted and every character as it is; `indent` spreads it over lines. None where the keys
/// have no order among them.
#[must_use]
pub fn json(value: &Value, indent: Option<usize>) -> Option<String> {
    let style = json::Style {
        indent: indent.map(|n| " ".repeat(n)),
        item: if indent.is_some() { ",".into() } else { ", ".into() },
        sort_keys: true,
        ensure_ascii: false,
        ..json::Style::default()
    };
    json::dumps(&plain(value), &style).ok()
}

/// `yaml.dump` in blocks, as Ansible's callbacks ask for it. `lossy` leaves out of texts of several lines what would keep
/// them from being written as blocks.
#[must_use]
pub fn yaml(value: &Value, indent: Option<usize>, lossy: bool) -> Option<String> {
    let style = yaml::Style {
        indent: i32::try_from(indent.unwrap_or(2)).ok()?,
        flow: yaml::Flow::Never,
        blocks: true,
        ..yaml::Style::default()
    };
    let value = if lossy { plain(&readable(value)) } else { plain(value) };
    yaml::dump(&value, &style).ok()
}

/// Texts of several lines without what a block cannot hold.
fn readable(value: &Value) -> Value {
    match value {
        Value::Text(t) if t.as_str().contains(BREAKS) => Value::data(readable_text(t.as_str())),
        Value::List(l) => Value::list(l.iter().map(readable).collect()),
        Value::Map(m) => Value::map(m.iter().map(|(k, v)| (k.clone(), readable(v))).collect()),
        other => other.clone(),
    }
}

fn readable_text(text: &str) -> String {
    let mut out = strings::expand_tabs(text.trim_end(), 8);
    out.retain(printable);
    let mut kept = String::with_capacity(out.len());
    for c in out.chars() {
        if BREAKS.contains(&c) {
            kept.truncate(kept.trim_end_matches(' ').len());
        }
        kept.push(c);
    }
    kept
}

/// Whether YAML may write a character as it is.
fn printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..='\u{10fffe}')
        && c != '\u{feff}'
}

/// `yaml.dump` in block style, as ansible-inventory asks for it: what several hosts share is written once. None where it nests too deep.
#[must_use]
pub fn yaml_of_variables(value: &Value) -> Option<String> {
    let style = yaml::Style { flow: yaml::Flow::Never, anchors: true, ..yaml::Style::default() };
    yaml::dump(&plain(value), &style).ok()
}

/// The type of what is encrypted, as Ansible names it.
pub(super) const SEALED: &str = "EncryptedString";

/// A value that was written encrypted, and stays so.
struct Sealed(Arc<str>);

impl Object for Sealed {
    fn type_name(&self) -> &'static str {
        SEALED
    }

    fn show(&self) -> String {
        self.0.to_string()
    }
}

/// Data as a template's value; nothing in it is rendered.
fn plain(value: &Value) -> Val {
    shared(value, &mut HashMap::new())
}

/// As [`plain`]; what is one list or map stays one, wherever it is found.
fn shared(value: &Value, known: &mut HashMap<usize, Val>) -> Val {
    let address = match value {
        Value::List(l) => Arc::as_ptr(l).addr(),
        Value::Map(m) => Arc::as_ptr(m).addr(),
        Value::Null => return Val::None,
        Value::Bool(b) => return Val::Bool(*b),
        Value::Int(i) => return Val::Int(*i),
        Value::Float(f) => return Val::Float(*f),
        Value::Moment(m) => return Val::object(*m),
        Value::Text(t) if t.is_vault() => return Val::object(Sealed(t.shared())),
        Value::Text(t) => return Val::Str(t.clone()),
    };
    if let Some(known) = known.get(&address) {
        return known.clone();
    }
    let made = match value {
        Value::Map(m) => {
            let entries = m.iter().map(|(k, v)| (k.clone(), Slot::Ready(shared(v, known)))).collect();
            Val::Dict(Rc::new(Dict(RefCell::new(entries))))
        }
        other => {
            let items = other.as_list().unwrap_or_default();
            let items = items.iter().map(|v| Slot::Ready(shared(v, known))).collect();
            Val::List(Rc::new(List(RefCell::new(items))))
        }
    };
    known.insert(address, made.clone());
    made
}
