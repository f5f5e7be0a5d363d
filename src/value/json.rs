//! JSON as Ansible writes variables in it: marks say what is unsafe and what is encrypted.

use super::{Key, Map, Text, Value};
use serde_json::Value as Json;

/// Which of the strings are trusted as the whole text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trusting {
    /// All of them.
    All,
    /// Those of an inventory's variables: beneath `_meta.hostvars.HOST` and `GROUP.vars`.
    Variables,
}

/// A value of JSON in which `{"__ansible_unsafe": TEXT}` and `{"__ansible_vault": VAULT}` are marks. Of its strings is
/// known what is known of `whole`, the text that it was read from.
///
/// # Errors
/// A mark on what is not text, in Ansible's words.
pub fn marked(json: Json, whole: &Text, trusting: Trusting) -> Result<Value, String> {
    let data = if whole.is_source() { whole.with(|tags| tags.trusted = false) } else { whole.clone() };
    Reader { whole, data, trusting }.value(json, &mut Vec::new())
}

struct Reader<'a> {
    whole: &'a Text,
    /// The whole, untrusted.
    data: Text,
    trusting: Trusting,
}

impl Reader<'_> {
    fn value(&self, json: Json, path: &mut Vec<String>) -> Result<Value, String> {
        Ok(match json {
            Json::String(text) => Value::Text(self.known(path).with_chars(text)),
            Json::Array(items) => {
                let items = items.into_iter().map(|item| self.value(item, path));
                Value::list(items.collect::<Result<_, _>>()?)
            }
            Json::Object(mut map) => {
                if let Some(text) = mark(&mut map, "__ansible_unsafe")? {
                    return Ok(Value::Text(self.data.with_chars(text)));
                }
                if let Some(vault) = mark(&mut map, "__ansible_vault")? {
                    return Ok(Value::Text(Text::vault(vault, self.whole.span().cloned())));
                }
                let mut made = Map::new();
                for (key, json) in map {
                    path.push(key.clone());
                    made.insert(Key::from(key), self.value(json, path)?);
                    path.pop();
                }
                Value::map(made)
            }
            other => Value::from(other),
        })
    }

    /// What is known of the strings here.
    fn known(&self, path: &[String]) -> &Text {
        let variable = match path {
            [meta, hostvars, _, _, ..] if meta == "_meta" && hostvars == "hostvars" => true,
            [_, vars, _, ..] => vars == "vars",
            _ => false,
        };
        if variable || self.trusting == Trusting::All { self.whole } else { &self.data }
    }
}

/// The text under a mark.
fn mark(map: &mut serde_json::Map<String, Json>, name: &str) -> Result<Option<String>, String> {
    match map.shift_remove(name) {
        None => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        Some(other) => Err(format!("{name} is <class '{}'> not <class 'str'>", kind(&other))),
    }
}

/// The name of a type as Python has it.
#[must_use]
pub fn kind(json: &Json) -> &'static str {
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
