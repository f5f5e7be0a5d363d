//! Python's ways: printing, operators, attributes, methods, formatting.

pub(crate) mod access;
mod arity;
pub(crate) mod dicts;
pub(crate) mod format;
pub(crate) mod lists;
pub(crate) mod methods;
pub(crate) mod ops;
pub(crate) mod regex;
mod repr;
pub(crate) mod strings;

pub(crate) use repr::repr;
pub(crate) use warp_agent::python::{float, quoted as repr_str, splitlines, splitlines_keeping_ends};

use super::depth::Nested;
use super::fail::R;
use super::val::Val;

/// `str(v)`.
pub(crate) fn to_str(v: &Val) -> R<String> {
    match v {
        Val::Str(s) => Ok(s.to_string()),
        Val::Object(o) if o.moment().is_some() => Ok(o.show()),
        other => repr(other),
    }
}

/// A value among several that a template emitted, made final: tuples are lists, `omit` drops out.
pub(crate) fn joined(v: &Val) -> R<String> {
    to_str(&plain(v)?)
}

fn plain(v: &Val) -> R {
    let _nested = Nested::enter()?;
    Ok(match v {
        Val::List(_) | Val::Tuple(_) => {
            let items = v.as_seq().unwrap_or_default();
            Val::list(items.iter().filter(|v| !matches!(v, Val::Omit)).map(plain).collect::<R<_>>()?)
        }
        other => match other.entries() {
            Some(entries) => {
                let kept = entries.into_iter().filter(|(_, v)| !matches!(v, Val::Omit));
                Val::dict(kept.map(|(k, v)| Ok((k, plain(&v)?))).collect::<R<Vec<_>>>()?)
            }
            None => other.clone(),
        },
    })
}
