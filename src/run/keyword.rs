//! Keywords whose values are templates, rendered to the type they must have.

use crate::error::{Error, Result};
use crate::template::{Engine, Scope, is_omit};
use crate::value::Value;
use std::sync::Arc;

/// Renders the values of keywords for one host and task.
#[derive(Clone, Copy)]
pub(super) struct Rendered<'a> {
    pub engine: &'a Engine,
    pub scope: &'a Arc<dyn Scope>,
}

impl Rendered<'_> {
    /// The value, rendered; `None` when the keyword was not given.
    pub(super) fn value(&self, name: &str, keyword: Option<&Value>) -> Result<Option<Value>> {
        let Some(value) = keyword else { return Ok(None) };
        let rendered = self.engine.render(value, self.scope).map_err(|e| {
            e.at(value.span().cloned())
                .within(format!("Error processing keyword '{name}'"), value.span().cloned())
        })?;
        Ok(if is_omit(&rendered) { None } else { Some(rendered) })
    }

    /// A boolean.
    pub(super) fn flag(&self, name: &str, keyword: Option<&Value>) -> Result<Option<bool>> {
        let Some(value) = self.value(name, keyword)? else { return Ok(None) };
        boolean(&value).map(Some).ok_or_else(|| wrong(name, &value, "a boolean", keyword))
    }

    /// A text; numbers become text.
    pub(super) fn text(&self, name: &str, keyword: Option<&Value>) -> Result<Option<String>> {
        let Some(value) = self.value(name, keyword)? else { return Ok(None) };
        match &value {
            Value::Null => Ok(None),
            Value::Text(t) => Ok(Some(t.as_str().to_owned())),
            Value::Int(i) => Ok(Some(i.to_string())),
            Value::Bool(b) => Ok(Some(if *b { "True" } else { "False" }.to_owned())),
            _ => Err(wrong(name, &value, "a text", keyword)),
        }
    }

    /// A percentage, with its sign or without.
    pub(super) fn percent(&self, name: &str, keyword: Option<&Value>) -> Result<Option<f64>> {
        let Some(value) = self.value(name, keyword)? else { return Ok(None) };
        let number = match &value {
            Value::Null => return Ok(None),
            Value::Int(i) => Some(*i as f64),
            Value::Float(f) => Some(*f),
            Value::Text(t) => t.as_str().trim().trim_end_matches('%').trim().parse().ok(),
            _ => None,
        };
        number.map(Some).ok_or_else(|| wrong(name, &value, "a percentage", keyword))
    }

    /// A number that may have a fraction.
    pub(super) fn number(&self, name: &str, keyword: Option<&Value>) -> Result<Option<f64>> {
        let Some(value) = self.value(name, keyword)? else { return Ok(None) };
        let number = match &value {
            Value::Null => return Ok(None),
            Value::Int(i) => Some(*i as f64),
            Value::Float(f) => Some(*f),
            Value::Text(t) => t.as_str().trim().parse().ok(),
            _ => None,
        };
        number.map(Some).ok_or_else(|| wrong(name, &value, "a number", keyword))
    }
}

fn wrong(name: &str, value: &Value, wanted: &str, keyword: Option<&Value>) -> Error {
    let shown = serde_json::Value::from(value);
    Error::input(format!("the value {shown} of keyword '{name}' is not {wanted}"))
        .at(keyword.and_then(Value::span).cloned())
}

/// What Ansible takes for a boolean: the words of YAML 1.1 and a few more.
#[must_use]
pub(super) fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(b) => Some(*b),
        Value::Null | Value::Int(0) => Some(false),
        Value::Int(1) => Some(true),
        Value::Text(t) => match t.as_str().trim().to_ascii_lowercase().as_str() {
            "y" | "yes" | "on" | "1" | "true" | "t" | "1.0" => Some(true),
            "n" | "no" | "off" | "0" | "false" | "f" | "0.0" => Some(false),
            _ => None,
        },
        Value::Float(f) if *f == 1.0 => Some(true),
        Value::Float(f) if *f == 0.0 => Some(false),
        _ => None,
    }
}
