//! Data written as Python's `json.dumps` writes it, for reports.

use super::json;
use super::val::{Dict, List, Slot, Val};
use crate::value::Value;
use std::cell::RefCell;
use std::rc::Rc;

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

/// Data as a template's value; nothing in it is rendered.
fn plain(value: &Value) -> Val {
    match value {
        Value::Null => Val::None,
        Value::Bool(b) => Val::Bool(*b),
        Value::Int(i) => Val::Int(*i),
        Value::Float(f) => Val::Float(*f),
        Value::Text(t) => Val::Str(t.shared()),
        Value::List(l) => {
            Val::List(Rc::new(List(RefCell::new(l.iter().map(|v| Slot::Ready(plain(v))).collect()))))
        }
        Value::Map(m) => Val::Dict(Rc::new(Dict(RefCell::new(
            m.iter().map(|(k, v)| (k.clone(), Slot::Ready(plain(v)))).collect(),
        )))),
    }
}
