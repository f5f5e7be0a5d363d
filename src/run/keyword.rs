//! Keywords whose values are templates, rendered to the type they must have.

use crate::error::{Error, Result};
use crate::play::Task;
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
        boolean(&value).map(Some).ok_or_else(|| wrong(name, &value, "bool", keyword))
    }

    /// A text; numbers become text.
    pub(super) fn text(&self, name: &str, keyword: Option<&Value>) -> Result<Option<String>> {
        let Some(value) = self.value(name, keyword)? else { return Ok(None) };
        match &value {
            Value::Null => Ok(None),
            Value::Text(t) => Ok(Some(t.as_str().to_owned())),
            Value::Int(i) => Ok(Some(i.to_string())),
            Value::Bool(b) => Ok(Some(if *b { "True" } else { "False" }.to_owned())),
            _ => Err(wrong(name, &value, "str", keyword)),
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
        number.map(Some).ok_or_else(|| wrong(name, &value, "percent", keyword))
    }

    /// A number that may have a fraction.
    pub(super) fn number(&self, name: &str, keyword: Option<&Value>) -> Result<Option<f64>> {
        self.kind(name, keyword, "float")
    }

    /// A number; `wanted` is what Python calls its type.
    fn kind(&self, name: &str, keyword: Option<&Value>, wanted: &str) -> Result<Option<f64>> {
        let Some(value) = self.value(name, keyword)? else { return Ok(None) };
        let number = match &value {
            Value::Null => return Ok(None),
            Value::Int(i) => Some(*i as f64),
            Value::Float(f) => Some(*f),
            Value::Text(t) => t.as_str().trim().parse().ok(),
            _ => None,
        };
        number.map(Some).ok_or_else(|| wrong(name, &value, wanted, keyword))
    }
}

fn wrong(name: &str, value: &Value, wanted: &str, keyword: Option<&Value>) -> Error {
    let shown = crate::value::python_str(value);
    let span = keyword.and_then(Value::span).cloned();
    Error::input(format!("The value '{shown}' could not be converted to '{wanted}'."))
        .at(span.clone())
        .within(format!("Error processing keyword '{name}'"), span)
}

/// Checks the types of a task's keywords, whether or not anybody asks for them.
///
/// # Errors
/// The first that is not of its type, in the words of Ansible.
pub(super) fn check(task: &Task, r: Rendered<'_>) -> Result<()> {
    let k = &task.keywords;
    let flags = [
        ("any_errors_fatal", &k.any_errors_fatal),
        ("become", &k.become_),
        ("check_mode", &k.check_mode),
        ("delegate_facts", &k.delegate_facts),
        ("diff", &k.diff),
        ("ignore_errors", &k.ignore_errors),
        ("ignore_unreachable", &k.ignore_unreachable),
        ("no_log", &k.no_log),
        ("run_once", &k.run_once),
    ];
    for (name, value) in flags {
        r.flag(name, value.as_ref())?;
    }
    let whole = [
        ("async_val", &task.async_limit),
        ("poll", &task.poll),
        ("port", &k.port),
        ("retries", &task.retries),
        ("timeout", &k.timeout),
    ];
    for (name, value) in whole {
        r.kind(name, value.as_ref(), "int")?;
    }
    r.kind("delay", task.delay.as_ref(), "float").map(|_| ())
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
