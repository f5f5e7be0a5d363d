//! Converts a given value to an argument's type, with the messages of ansible-core 2.19.

use crate::python;
use crate::spec::{Arg, Kind};
use crate::value::{Map, Value};

/// Words for true; compared without case and surrounding blanks.
pub const TRUE: &[&str] = &["y", "yes", "on", "1", "true", "t"];

/// Words for false.
pub const FALSE: &[&str] = &["n", "no", "off", "0", "false", "f"];

/// What a type is called in messages.
#[must_use]
pub fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Str => "str",
        Kind::Bool => "bool",
        Kind::Int => "int",
        Kind::Float => "float",
        Kind::List => "list",
        Kind::Dict => "dict",
        Kind::Path => "path",
        Kind::Raw => "raw",
        Kind::JsonArg => "jsonarg",
        Kind::Bytes => "bytes",
    }
}

/// The value as `kind`.
///
/// # Errors
/// The latter half of Ansible's message: why it cannot be converted.
pub fn to(kind: Kind, value: &Value) -> Result<Value, String> {
    match kind {
        Kind::Raw => Ok(value.clone()),
        Kind::Str | Kind::Path => Ok(match value {
            Value::Null => Value::Str(String::new()),
            other => Value::Str(python::str(other)),
        }),
        Kind::Bool => bool(value),
        Kind::Int => int(value),
        Kind::Float => float(value),
        Kind::List => match value {
            Value::List(_) => Ok(value.clone()),
            Value::Str(s) => Ok(s.split(',').collect::<Vec<_>>().into()),
            Value::Int(_) | Value::Float(_) | Value::Bool(_) => Ok(vec![python::str(value)].into()),
            other => Err(format!("{} cannot be converted to a list", class(other))),
        },
        Kind::Dict => dict(value),
        Kind::JsonArg => match value {
            Value::Str(s) => Ok(s.trim().into()),
            Value::List(_) | Value::Map(_) => Ok(python::json(value).into()),
            other => Err(format!("{} cannot be converted to a json string", class(other))),
        },
        Kind::Bytes => {
            bytes(value).ok_or_else(|| format!("{} cannot be converted to a Byte value", class(value)))
        }
    }
}

/// The value of an argument that is not given, if it has a default. The empty text of a list is an empty list, though
/// given by the user it is a list of one.
#[must_use]
pub fn default(arg: &Arg) -> Option<Value> {
    match arg.default? {
        "" if arg.kind == Kind::List => Some(Value::List(Vec::new())),
        text => to(arg.kind, &text.into()).ok(),
    }
}

fn class(value: &Value) -> String {
    format!("<class '{}'>", python::type_name(value))
}

fn bool(value: &Value) -> Result<Value, String> {
    let word = match value {
        Value::Bool(b) => return Ok((*b).into()),
        Value::Str(s) => s.trim().to_lowercase(),
        Value::Int(i) => i.to_string(),
        Value::Float(f) if *f == 0.0 => "0".to_owned(),
        Value::Float(f) if *f == 1.0 => "1".to_owned(),
        Value::Float(_) => String::new(),
        other => return Err(format!("{} cannot be converted to a bool", class(other))),
    };
    if TRUE.contains(&word.as_str()) {
        return Ok(true.into());
    }
    if FALSE.contains(&word.as_str()) {
        return Ok(false.into());
    }
    // Python prints this set in an order that differs from run to run; here it is always the same.
    let words: Vec<String> = TRUE.iter().chain(FALSE).map(|w| format!("'{w}'")).collect();
    Err(format!(
        "The value '{}' is not a valid boolean. Valid booleans include: {}, 1, 0",
        python::str(value),
        words.join(", ")
    ))
}

/// As Python's `Decimal` reads numbers: `1_000`, ` 7 `, `1e3`, but nothing with a fraction.
fn int(value: &Value) -> Result<Value, String> {
    let whole = match value {
        Value::Int(i) => Some(*i),
        // A bool is an int to Python, and stays one.
        Value::Bool(_) => return Ok(value.clone()),
        Value::Float(f) if f.fract() == 0.0 => Some(*f as i128),
        Value::Str(s) => whole_number(s),
        _ => None,
    };
    whole.map(Value::Int).ok_or_else(|| format!("\"{}\" cannot be converted to an int", python::repr(value)))
}

fn whole_number(text: &str) -> Option<i128> {
    let text = text.trim().replace('_', "");
    if let Ok(i) = text.parse() {
        return Some(i);
    }
    if text.contains(|c: char| c.is_ascii_alphabetic() && c != 'e' && c != 'E') {
        return None;
    }
    let f: f64 = text.parse().ok()?;
    (f.is_finite() && f.fract() == 0.0).then_some(f as i128)
}

fn float(value: &Value) -> Result<Value, String> {
    let number = match value {
        Value::Float(f) => Some(*f),
        Value::Int(i) => Some(*i as f64),
        Value::Bool(b) => Some(f64::from(u8::from(*b))),
        Value::Str(s) => s.trim().replace('_', "").parse().ok(),
        _ => None,
    };
    number.map(Value::Float).ok_or_else(|| format!("{} cannot be converted to a float", class(value)))
}

fn dict(value: &Value) -> Result<Value, String> {
    match value {
        Value::Map(_) => Ok(value.clone()),
        Value::Str(s) if s.starts_with('{') => serde_json::from_str(s)
            .ok()
            .map(python::from_json)
            .filter(|v| v.as_map().is_some())
            .ok_or_else(|| "unable to evaluate string as dictionary".to_owned()),
        Value::Str(s) if s.contains('=') => pairs(s).map(Value::Map),
        Value::Str(_) => Err("dictionary requested, could not parse JSON or key=value".to_owned()),
        other => Err(format!("{} cannot be converted to a dict", class(other))),
    }
}

/// `k1=v1, k2="v 2"`: fields split at commas and blanks outside quotes, a backslash taking any meaning away.
fn pairs(text: &str) -> Result<Map, String> {
    let mut fields = vec![String::new()];
    let mut quote = None;
    let mut chars = text.trim().chars();
    while let Some(c) = chars.next() {
        let taken = match c {
            '\\' => chars.next(),
            '\'' | '"' if quote.is_none() => {
                quote = Some(c);
                None
            }
            c if quote == Some(c) => {
                quote = None;
                None
            }
            ',' | ' ' if quote.is_none() => {
                fields.push(String::new());
                None
            }
            c => Some(c),
        };
        if let (Some(c), Some(field)) = (taken, fields.last_mut()) {
            field.push(c);
        }
    }
    fields
        .iter()
        .filter(|f| !f.is_empty())
        .map(|f| f.split_once('=').map(|(k, v)| (k.to_owned(), v.into())))
        .collect::<Option<Map>>()
        .ok_or_else(|| "unable to evaluate string in the \"key=value\" format as dictionary".to_owned())
}

/// `10`, `1.5k`, `10M`, `1GB`: powers of 1024.
fn bytes(value: &Value) -> Option<Value> {
    let text = python::str(value);
    let text = text.trim_end();
    let unit_at = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(unit_at)?;
    if number.ends_with('.') {
        return None;
    }
    let number: f64 = number.parse().ok()?;
    let unit = unit.trim_start();
    let power = match unit.chars().next() {
        None => 0,
        Some(c) => ["B", "K", "M", "G", "T", "P", "E", "Z", "Y"]
            .iter()
            .position(|p| p.eq_ignore_ascii_case(&c.to_string()))?,
    };
    let long = [
        "byte",
        "kilobyte",
        "megabyte",
        "gigabyte",
        "terabyte",
        "petabyte",
        "exabyte",
        "zetabyte",
        "yottabyte",
    ];
    let known = unit.len() <= 1
        || long.get(power).is_some_and(|l| l.eq_ignore_ascii_case(unit))
        || (power > 0 && unit.ends_with('B') && unit.len() == 2 && unit.starts_with(char::is_uppercase));
    let power = i32::try_from(power).ok()?;
    known.then(|| Value::Int((number * 1024f64.powi(power)).round_ties_even() as i128))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn as_str(kind: Kind, value: impl Into<Value>) -> String {
        to(kind, &value.into()).map_or_else(|e| format!("! {e}"), |v| python::repr(&v))
    }

    #[test]
    fn conversions_follow_ansible() {
        assert_eq!(as_str(Kind::Bool, " Yes"), "True");
        assert_eq!(as_str(Kind::Bool, 0.0), "False");
        assert_eq!(as_str(Kind::Int, "1_000"), "1000");
        assert_eq!(as_str(Kind::Int, "1e3"), "1000");
        assert_eq!(as_str(Kind::Int, 2.0), "2");
        assert_eq!(as_str(Kind::Int, "2.5"), "! \"'2.5'\" cannot be converted to an int");
        assert_eq!(as_str(Kind::Int, "inf"), "! \"'inf'\" cannot be converted to an int");
        assert_eq!(as_str(Kind::Float, "x"), "! <class 'str'> cannot be converted to a float");
        assert_eq!(as_str(Kind::List, "a, b"), "['a', ' b']");
        assert_eq!(as_str(Kind::List, 1), "['1']");
        assert_eq!(as_str(Kind::Dict, "a=1, b='2 3',c=\\,"), "{'a': '1', 'b': '2 3', 'c': ','}");
        assert_eq!(as_str(Kind::Dict, "{\"a\": [1, 1.5]}"), "{'a': [1, 1.5]}");
        assert_eq!(as_str(Kind::JsonArg, vec!["a", "é"]), "'[\"a\", \"\\\\u00e9\"]'");
        assert_eq!(as_str(Kind::Bytes, "1.5K"), "1536");
        assert_eq!(as_str(Kind::Bytes, "2 MB"), "2097152");
        assert_eq!(as_str(Kind::Bytes, "2 Mb"), "! <class 'str'> cannot be converted to a Byte value");
    }
}
