//! JSON as inventory scripts print it: strings are the author's, but for those marked as unsafe.

use crate::value::{Key, Map, Text, Value};
use std::sync::Arc;

/// A value of a script's output. `Err` says what a marker holds that it must not.
pub(super) fn value(json: serde_json::Value) -> Result<Value, String> {
    use serde_json::Value as Json;
    Ok(match json {
        Json::String(text) => Value::Text(Text::source(text, None)),
        Json::Array(items) => Value::list(items.into_iter().map(value).collect::<Result<_, _>>()?),
        Json::Object(mut map) => {
            if let Some(unsafe_) = map.shift_remove("__ansible_unsafe") {
                return match unsafe_ {
                    Json::String(text) => Ok(Value::data(text)),
                    other => Err(format!("__ansible_unsafe is {}, not text", kind(&other))),
                };
            }
            if let Some(vault) = map.shift_remove("__ansible_vault") {
                return match vault {
                    Json::String(_) => {
                        Err("a vaulted value in an inventory script's output is not supported".into())
                    }
                    other => Err(format!("__ansible_vault is {}, not text", kind(&other))),
                };
            }
            let entries = map.into_iter().map(|(k, v)| Ok((Key::from(k), value(v)?)));
            Value::map(entries.collect::<Result<Map, String>>()?)
        }
        other => Value::from(other),
    })
}

/// The name of a type as Python has it.
pub(super) fn kind(json: &serde_json::Value) -> &'static str {
    use serde_json::Value as Json;
    match json {
        Json::Null => "NoneType",
        Json::Bool(_) => "bool",
        Json::Number(n) if n.is_f64() => "float",
        Json::Number(_) => "int",
        Json::String(_) => "str",
        Json::Array(_) => "list",
        Json::Object(_) => "dict",
    }
}

/// A name out of a script's output.
pub(super) fn name(json: &serde_json::Value) -> Option<Arc<str>> {
    json.as_str().filter(|s| !s.is_empty()).map(Arc::from)
}
