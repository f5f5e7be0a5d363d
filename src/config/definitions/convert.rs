//! The types of settings.

use super::super::file::expand_home;
use crate::value::{Value, normal, python_str};
use std::path::{Path, PathBuf};

/// A value made what its setting's type says; `None` where it cannot be. Relative paths begin at `base`.
pub(super) fn convert(value: &Value, kind: Option<&str>, base: &Path) -> Option<Value> {
    if value.is_null() {
        return Some(Value::Null);
    }
    let text = value.as_str();
    let kind = kind.unwrap_or_default().to_lowercase();
    Some(match kind.as_str() {
        "boolean" | "bool" => Value::Bool(match value {
            Value::Bool(b) => *b,
            Value::Int(i) => *i == 1,
            Value::Float(f) => *f == 1.0,
            Value::Text(t) => {
                matches!(t.trim().to_lowercase().as_str(), "y" | "yes" | "on" | "1" | "true" | "t" | "1.0")
            }
            _ => false,
        }),
        "integer" | "int" => Value::Int(match value {
            Value::Int(i) => *i,
            Value::Bool(b) => i128::from(*b),
            Value::Float(f) => whole(*f)?,
            _ => text?.trim().parse().ok().or_else(|| whole(text?.trim().parse().ok()?))?,
        }),
        "float" => Value::Float(match value {
            Value::Float(f) => *f,
            Value::Int(i) => *i as f64,
            Value::Bool(b) => f64::from(u8::from(*b)),
            _ => text?.trim().parse().ok()?,
        }),
        "list" => match value {
            Value::List(_) => value.clone(),
            _ => Value::list(text?.split(',').map(|part| same(value, unquoted(part.trim()))).collect()),
        },
        "none" => (text? == "None").then_some(Value::Null)?,
        "path" | "temppath" | "tmppath" | "tmp" => same(value, &path(text?, base)),
        "pathspec" => paths(value, ":", base)?,
        "pathlist" => paths(value, ",", base)?,
        "dictionary" | "dict" => matches!(value, Value::Map(_)).then(|| value.clone())?,
        "string" | "str" => match value {
            Value::Text(_) => value.clone(),
            Value::Bool(_) | Value::Int(_) | Value::Float(_) => Value::data(python_str(value)),
            _ => return None,
        },
        _ => value.clone(),
    })
}

/// A float without a fraction.
fn whole(f: f64) -> Option<i128> {
    (f.fract() == 0.0 && f.abs() < 1e18).then_some(f as i128)
}

/// Another text of which the same is known.
fn same(of: &Value, chars: &str) -> Value {
    match of {
        Value::Text(text) => Value::Text(text.with_chars(chars)),
        _ => Value::data(chars),
    }
}

fn paths(value: &Value, separator: &str, base: &Path) -> Option<Value> {
    if let Some(text) = value.as_str() {
        let parts = text.split(separator).map(|part| same(value, &path(part.trim(), base)));
        return Some(Value::list(parts.collect()));
    }
    let items = value.as_list()?.iter().map(|item| Some(same(item, &path(item.as_str()?, base))));
    items.collect::<Option<Vec<_>>>().map(Value::list)
}

fn path(text: &str, base: &Path) -> String {
    let env = |name: &str| std::env::var(name).ok();
    let cwd = std::env::current_dir().unwrap_or_default();
    let text = text.replace("{{CWD}}", &cwd.to_string_lossy());
    let expanded: PathBuf = expand_home(&text, &env);
    normal(&base.join(expanded)).to_string_lossy().into_owned()
}

/// A text without the quotes around it.
pub(super) fn unquoted(text: &str) -> &str {
    let inner = |quote| text.strip_prefix(quote).and_then(|t: &str| t.strip_suffix(quote));
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}
