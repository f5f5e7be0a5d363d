//! Methods of Python's types.

use super::{dicts, lists, strings};
use crate::template::env::Env;
use crate::template::fail::{Fail, R};
use crate::template::val::{Args, Object, Val};
use std::sync::Arc;

/// Calls a method; `None` where the type has none of this name.
pub(crate) fn call(of: &Val, name: &str, args: &Args) -> Option<R> {
    match of {
        Val::Str(s) => strings::call(s, name, args),
        Val::List(l) => lists::call(l, name, args),
        Val::Tuple(t) => lists::call_tuple(t, name, args),
        Val::Dict(d) => dicts::call(d, name, args),
        Val::Object(o) => {
            if let Some(result) = o.method(name, args) {
                return Some(result);
            }
            o.keys()?;
            dicts::call_mapping(of, name, args)
        }
        Val::Int(i) => match name {
            "bit_length" => Some(Ok(Val::Int(i128::from(128 - i.unsigned_abs().leading_zeros())))),
            _ => None,
        },
        Val::Float(f) => match name {
            "is_integer" => Some(Ok(Val::Bool(f.fract() == 0.0))),
            _ => None,
        },
        _ => None,
    }
}

/// A method as a value, for `x.items` without a call: Python's attributes come before a dict's keys.
pub(crate) fn bound(of: &Val, name: &str) -> Option<Val> {
    let known = match of {
        Val::Str(_) => strings::NAMES.contains(&name),
        Val::List(_) => lists::NAMES.contains(&name),
        Val::Tuple(_) => matches!(name, "count" | "index"),
        Val::Dict(_) => dicts::NAMES.contains(&name),
        Val::Object(o) => o.keys().is_some() && dicts::NAMES.contains(&name),
        _ => false,
    };
    known.then(|| Val::object(Method { of: of.clone(), name: name.into() }))
}

struct Method {
    of: Val,
    name: Arc<str>,
}

impl Object for Method {
    fn type_name(&self) -> &'static str {
        "builtin_function_or_method"
    }

    fn callable(&self) -> bool {
        true
    }

    fn call(&self, _env: &Env, args: Args) -> Option<R> {
        call(&self.of, &self.name, &args)
    }
}

/// A positional argument.
pub(super) fn arg<'a>(args: &'a Args, index: usize, name: &str) -> Option<&'a Val> {
    args.pos.get(index).or_else(|| args.kw.iter().find(|(k, _)| &**k == name).map(|(_, v)| v))
}

/// A positional argument that must be there.
pub(super) fn need<'a>(args: &'a Args, index: usize, name: &str) -> R<&'a Val> {
    arg(args, index, name).ok_or_else(|| Fail::new(format!("missing argument '{name}' (pos {})", index + 1)))
}

/// An argument that must be a string.
pub(super) fn need_str<'a>(args: &'a Args, index: usize, name: &str) -> R<&'a str> {
    let v = need(args, index, name)?;
    v.as_str().ok_or_else(|| Fail::new(format!("must be str, not {}", v.type_name())))
}

/// An integer argument, or the default.
pub(super) fn int(args: &Args, index: usize, name: &str, default: i128) -> R<i128> {
    match arg(args, index, name) {
        None | Some(Val::None) => Ok(default),
        Some(Val::Int(i)) => Ok(*i),
        Some(Val::Bool(b)) => Ok(i128::from(*b)),
        Some(v) => Err(Fail::new(format!("'{}' object cannot be interpreted as an integer", v.type_name()))),
    }
}
