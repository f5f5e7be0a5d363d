//! To and from the wire's values and JSON.

use super::{Key, Map, Value};
use std::sync::Arc;
use warp_agent::value as wire;

/// What came back from a target: every string in it is data.
impl From<wire::Value> for Value {
    fn from(v: wire::Value) -> Self {
        match v {
            wire::Value::Null => Value::Null,
            wire::Value::Bool(b) => Value::Bool(b),
            wire::Value::Int(i) => Value::Int(i),
            wire::Value::Float(f) => Value::Float(f),
            wire::Value::Str(s) => Value::data(s),
            wire::Value::List(l) => Value::list(l.into_iter().map(Value::from).collect()),
            wire::Value::Map(m) => Value::map(from_wire_map(m)),
        }
    }
}

/// A wire map as a map of data.
#[must_use]
pub fn from_wire_map(m: wire::Map) -> Map {
    m.into_iter().map(|(k, v)| (Key::from(k), Value::from(v))).collect()
}

/// What goes to a target: keys become strings as JSON would have them.
impl From<&Value> for wire::Value {
    fn from(v: &Value) -> Self {
        match v {
            Value::Null => wire::Value::Null,
            Value::Bool(b) => wire::Value::Bool(*b),
            Value::Int(i) => wire::Value::Int(*i),
            Value::Float(f) => wire::Value::Float(*f),
            Value::Moment(m) => wire::Value::Str(m.iso()),
            Value::Text(t) => wire::Value::Str(t.as_str().to_owned()),
            Value::List(l) => wire::Value::List(l.iter().map(wire::Value::from).collect()),
            Value::Map(m) => wire::Value::Map(m.iter().map(|(k, v)| (k.to_string(), v.into())).collect()),
        }
    }
}

/// JSON, every string in it data.
impl From<serde_json::Value> for Value {
    fn from(v: serde_json::Value) -> Self {
        match v {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(b) => Value::Bool(b),
            serde_json::Value::Number(n) => number(&n),
            serde_json::Value::String(s) => Value::data(s),
            serde_json::Value::Array(l) => Value::list(l.into_iter().map(Value::from).collect()),
            serde_json::Value::Object(m) => {
                Value::map(m.into_iter().map(|(k, v)| (Key::from(k), Value::from(v))).collect())
            }
        }
    }
}

fn number(n: &serde_json::Number) -> Value {
    let text = n.to_string();
    if let Ok(i) = text.parse::<i128>() {
        Value::Int(i)
    } else {
        Value::Float(text.parse().unwrap_or(f64::NAN))
    }
}

/// As JSON; NaN and infinities, which JSON cannot say, become null.
impl From<&Value> for serde_json::Value {
    fn from(v: &Value) -> Self {
        match v {
            Value::Null => serde_json::Value::Null,
            Value::Bool(b) => (*b).into(),
            Value::Int(i) => serde_json::Number::from_i128(*i).map_or(serde_json::Value::Null, Into::into),
            Value::Float(f) => serde_json::Number::from_f64(*f).map_or(serde_json::Value::Null, Into::into),
            Value::Moment(m) => m.iso().into(),
            Value::Text(t) => t.as_str().into(),
            Value::List(l) => l.iter().map(serde_json::Value::from).collect(),
            Value::Map(m) => serde_json::Value::Object(
                m.iter().map(|(k, v)| (k.to_string(), serde_json::Value::from(v))).collect(),
            ),
        }
    }
}

impl From<Key> for Value {
    fn from(k: Key) -> Self {
        match k {
            Key::Null => Value::Null,
            Key::Bool(b) => Value::Bool(b),
            Key::Int(i) => Value::Int(i),
            Key::Float(bits) => Value::Float(f64::from_bits(bits)),
            Key::Str(s) => Value::data(Arc::clone(&s)),
        }
    }
}

/// As Python's `repr` shows it.
#[must_use]
pub fn python_repr(v: &Value) -> String {
    let joined = |items: Vec<String>| items.join(", ");
    match v {
        Value::List(items) => format!("[{}]", joined(items.iter().map(python_repr).collect())),
        Value::Map(map) => {
            let entry = |(k, v): (&Key, &Value)| {
                format!("{}: {}", python_repr(&Value::from(k.clone())), python_repr(v))
            };
            format!("{{{}}}", joined(map.iter().map(entry).collect()))
        }
        Value::Moment(moment) => moment.repr(),
        scalar => warp_agent::python::repr(&scalar.into()),
    }
}

/// As Python's `str` shows it.
#[must_use]
pub fn python_str(v: &Value) -> String {
    match v {
        Value::Text(text) => text.as_str().to_owned(),
        Value::Moment(moment) => moment.to_string(),
        other => python_repr(other),
    }
}
