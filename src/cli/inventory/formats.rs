//! Values as ansible-inventory prints them.

use crate::value::{Key, Map, Text, Value};

/// A value in which what no author wrote is marked as unsafe and what is encrypted as a vault, as inventory scripts do.
pub(super) fn exported(value: &Value) -> Value {
    let marked =
        |mark: &str, text: &Text| Value::map(Map::from_iter([(Key::from(mark), Value::data(text.shared()))]));
    match value {
        Value::Text(text) if text.is_vault() => marked("__ansible_vault", text),
        Value::Text(text) if !text.is_source() => marked("__ansible_unsafe", text),
        Value::List(items) => Value::list(items.iter().map(exported).collect()),
        Value::Map(map) => Value::map(map.iter().map(|(k, v)| (k.clone(), exported(v))).collect()),
        other => other.clone(),
    }
}
