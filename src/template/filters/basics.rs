//! Defaults and conversions between simple types.

use super::Filter;
use crate::error::Error;
use crate::template::bind::Bound;
use crate::template::env::Env;
use crate::template::fail::{Fail, Kind, R};
use crate::template::notice::Notice;
use crate::template::python;
use crate::template::val::Val;

pub(super) const TABLE: &[Filter] = &[
    Filter::new("default", &["default_value", "boolean"], default).takes_markers(),
    Filter::new("d", &["default_value", "boolean"], default).takes_markers(),
    Filter::new("mandatory", &["msg"], mandatory).takes_markers(),
    Filter::new("ternary", &["true_val", "false_val", "none_val"], ternary).takes_markers(),
    Filter::new("bool", &[], to_bool),
    Filter::new("int", &["default", "base"], to_int),
    Filter::new("float", &["default"], to_float),
    Filter::new("string", &[], |_, v, _| match v {
        Val::Str(_) => Ok(v),
        _ => python::to_str(&v).map(Val::str),
    }),
    Filter::new("list", &[], |_, v, _| v.iter().map(Val::list)),
    Filter::new("type_debug", &[], |_, v, _| Ok(v.type_name().into())).takes_markers(),
    Filter::new("abs", &[], abs),
    Filter::new("round", &["precision", "method"], round),
];

fn default(_: &Env, v: Val, b: Bound) -> R {
    let missing = match &v {
        Val::Marker(f) if f.kind() == Kind::Undefined => true,
        Val::Marker(_) => false,
        v => b.flag("boolean", false)? && !v.truthy()?,
    };
    if missing { Ok(b.get("default_value").cloned().unwrap_or_else(|| "".into())) } else { Ok(v) }
}

fn mandatory(_: &Env, v: Val, b: Bound) -> R {
    match v {
        Val::Marker(f) if f.kind() == Kind::Undefined => {
            let said = f.message();
            let of = |words| {
                said.rsplit_once(words).map(|(_, name): (_, &str)| format!("'{}'", name.trim_matches('\'')))
            };
            let name = said.strip_suffix(" is undefined").map(str::to_owned);
            let name = name.or_else(|| of(" has no attribute ")).or_else(|| of(" has no element "));
            Err(match b.some("msg") {
                Some(msg) => Fail::new(python::to_str(msg)?),
                None => match name {
                    Some(name) => Fail::new(format!("Mandatory variable {name} not defined.")),
                    None => Fail::new("Mandatory variable not defined."),
                },
            })
        }
        other => other.ok(),
    }
}

fn ternary(_: &Env, v: Val, b: Bound) -> R {
    match (&v, b.some("none_val")) {
        (Val::None, Some(none)) => Ok(none.clone()),
        _ if b.get("false_val").is_none() => b.need("true_val").and_then(|_| b.need("false_val")),
        _ if v.truthy()? => b.need("true_val"),
        _ => b.need("false_val"),
    }
}

fn to_bool(env: &Env, v: Val, _: Bound) -> R {
    let (truth, known) = match &v {
        Val::Bool(b) => (*b, true),
        Val::Int(i) => (*i == 1, (0..=1).contains(i)),
        Val::Float(f) => (*f == 1.0, false),
        Val::Str(s) => match s.to_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => (true, true),
            "false" | "no" | "off" | "0" => (false, true),
            _ => (false, false),
        },
        _ => (false, false),
    };
    if !known {
        let (shown, kind, came_to) = (python::repr(&v)?, v.type_name(), python::repr(&Val::Bool(truth))?);
        let what = format!("The `bool` filter coerced invalid value {shown} ({kind}) to {came_to}.");
        env.tell(Notice::deprecated(Error::other(what), "2.23"));
    }
    Ok(Val::Bool(truth))
}

/// What Ansible's modules take for a boolean.
pub(crate) fn to_boolean(v: &Val) -> Option<bool> {
    match v {
        Val::Bool(b) => Some(*b),
        Val::Int(i) if (0..=1).contains(i) => Some(*i == 1),
        Val::Float(f) if *f == 0.0 || *f == 1.0 => Some(*f == 1.0),
        Val::Str(s) => match s.to_lowercase().as_str() {
            "y" | "yes" | "on" | "1" | "true" | "t" | "1.0" => Some(true),
            "n" | "no" | "off" | "0" | "false" | "f" | "0.0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn to_int(_: &Env, v: Val, b: Bound) -> R {
    let default = || Ok(b.get("default").cloned().unwrap_or(Val::Int(0)));
    let base = u32::try_from(b.int("base", 10)?).unwrap_or(10);
    match &v {
        Val::Int(_) => Ok(v),
        Val::Bool(x) => Ok(Val::Int(i128::from(*x))),
        Val::Float(f) if f.is_finite() => Ok(Val::Int(*f as i128)),
        Val::Str(s) => match int_of(s, base) {
            Some(i) => Ok(Val::Int(i)),
            None => match s.trim().parse::<f64>() {
                Ok(f) if f.is_finite() && base == 10 => Ok(Val::Int(f as i128)),
                _ => default(),
            },
        },
        _ => default(),
    }
}

/// `int(s, base)`: a sign, underscores between digits, and the base's own prefix.
pub(crate) fn int_of(s: &str, base: u32) -> Option<i128> {
    let s = s.trim();
    let (negative, digits) = match s.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, s.strip_prefix('+').unwrap_or(s)),
    };
    let lower = digits.to_lowercase();
    let prefixed = |p: &str, of: u32| {
        lower.strip_prefix(p).filter(|_| base == of || base == 0).map(|d| (d.to_owned(), of))
    };
    let (digits, base) = prefixed("0x", 16)
        .or_else(|| prefixed("0o", 8))
        .or_else(|| prefixed("0b", 2))
        .unwrap_or((lower.clone(), if base == 0 { 10 } else { base }));
    if digits.is_empty()
        || digits.starts_with('_')
        || digits.ends_with('_')
        || digits.contains("__")
        || !(2..=36).contains(&base)
    {
        return None;
    }
    let value = i128::from_str_radix(&digits.replace('_', ""), base).ok()?;
    if digits.starts_with(['+', '-']) {
        return None;
    }
    Some(if negative { -value } else { value })
}

fn to_float(_: &Env, v: Val, b: Bound) -> R {
    let parsed = match &v {
        Val::Int(i) => Some(*i as f64),
        Val::Bool(x) => Some(f64::from(u8::from(*x))),
        Val::Float(f) => Some(*f),
        Val::Str(s) => s.trim().replace('_', "").parse().ok(),
        _ => None,
    };
    Ok(parsed.map(Val::Float).unwrap_or_else(|| b.get("default").cloned().unwrap_or(Val::Float(0.0))))
}

fn abs(_: &Env, v: Val, _: Bound) -> R {
    match &v {
        Val::Float(f) => Ok(Val::Float(f.abs())),
        Val::Int(i) => i.checked_abs().map(Val::Int).ok_or_else(|| Fail::new("integer beyond 128 bits")),
        Val::Bool(b) => Ok(Val::Int(i128::from(*b))),
        _ => Err(Fail::new(format!("bad operand type for abs(): '{}'", v.type_name()))),
    }
}

/// A number as a float.
pub(super) fn real(v: &Val) -> R<f64> {
    match v {
        Val::Int(i) => Ok(*i as f64),
        Val::Bool(b) => Ok(f64::from(u8::from(*b))),
        Val::Float(f) => Ok(*f),
        _ => Err(Fail::new(format!("must be real number, not {}", v.type_name()))),
    }
}

fn round(_: &Env, v: Val, b: Bound) -> R {
    let precision = i32::try_from(b.int("precision", 0)?).unwrap_or(0).clamp(-300, 300);
    let scale = 10f64.powi(precision);
    Ok(match b.text("method", "common")?.as_str() {
        "common" if !matches!(v, Val::Int(_) | Val::Bool(_) | Val::Float(_)) => {
            return Err(Fail::new(format!("type {} doesn't define __round__ method", v.type_name())));
        }
        "common" => {
            let f = real(&v)?;
            let rounded = if precision >= 0 {
                // Correct rounding of the exact binary value, half to even, is what Python's `round` does.
                format!("{f:.*}", precision as usize).parse().unwrap_or(f)
            } else {
                (f * scale).round_ties_even() / scale
            };
            // `round` of an integer is an integer.
            if matches!(v, Val::Int(_) | Val::Bool(_)) {
                Val::Int(rounded as i128)
            } else {
                Val::Float(rounded)
            }
        }
        "ceil" => Val::Float((real(&v)? * scale).ceil() / scale),
        "floor" => Val::Float((real(&v)? * scale).floor() / scale),
        _ => return Err(Fail::new("method must be common, ceil or floor")),
    })
}
