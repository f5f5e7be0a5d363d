//! Python's ways: printing, operators, attributes, methods, formatting.

pub(crate) mod access;
pub(crate) mod dicts;
pub(crate) mod format;
pub(crate) mod lists;
pub(crate) mod methods;
pub(crate) mod ops;
pub(crate) mod regex;
mod repr;
pub(crate) mod strings;

pub(crate) use repr::{float, repr, repr_str};

use super::fail::R;
use super::val::Val;

/// `str(v)`.
pub(crate) fn to_str(v: &Val) -> R<String> {
    match v {
        Val::Str(s) => Ok(s.to_string()),
        other => repr(other),
    }
}

/// A value among several that a template emitted: `omit` drops out of containers.
pub(crate) fn joined(v: &Val) -> R<String> {
    match v {
        Val::Str(s) => Ok(s.to_string()),
        Val::List(l) if l.items().iter().any(|v| matches!(v, Val::Omit)) => {
            repr(&Val::list(l.items().into_iter().filter(|v| !matches!(v, Val::Omit)).collect()))
        }
        // Tuples become lists when a template's result is made final.
        Val::Tuple(t) => repr(&Val::list(t.to_vec())),
        other => repr(other),
    }
}
