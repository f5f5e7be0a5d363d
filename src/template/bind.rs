//! Arguments of filters, tests, lookups and methods under their names, as Python binds them.

use super::fail::{Fail, R};
use super::python;
use super::val::{Args, Val};
use std::sync::Arc;

/// The parameters of a callable: plain names, then optionally `*rest` and names for keywords alone, then optionally
/// `**extra`.
pub(crate) type Params = &'static [&'static str];

/// Arguments under their parameters.
pub(crate) struct Bound {
    params: Params,
    values: Vec<Option<Val>>,
    /// What `*rest` takes.
    pub(crate) rest: Vec<Val>,
    /// What `**extra` takes.
    pub(crate) extra: Vec<(Arc<str>, Val)>,
}

impl Bound {
    /// Binds; `name` is what is called, for messages.
    pub(crate) fn new(name: &str, params: Params, args: Args) -> R<Bound> {
        let plain = params.iter().filter(|p| !p.starts_with('*')).count();
        let positional = params.iter().take_while(|p| !p.starts_with('*')).count();
        let takes_rest = params.iter().any(|p| p.starts_with('*') && !p.starts_with("**"));
        let takes_extra = params.iter().any(|p| p.starts_with("**"));
        let mut bound = Bound { params, values: vec![None; plain], rest: Vec::new(), extra: Vec::new() };
        let given = args.pos.len();
        for (i, value) in args.pos.into_iter().enumerate() {
            match bound.values.get_mut(i).filter(|_| i < positional) {
                Some(place) => *place = Some(value),
                None if takes_rest => bound.rest.push(value),
                None => {
                    return Err(Fail::new(format!(
                        "{name}() takes at most {plain} arguments ({given} given)"
                    )));
                }
            }
        }
        for (key, value) in args.kw {
            let place = params.iter().filter(|p| !p.starts_with('*')).position(|p| *p == &*key);
            match place.and_then(|i| bound.values.get_mut(i)) {
                Some(Some(_)) => {
                    return Err(Fail::new(format!("{name}() got multiple values for argument '{key}'")));
                }
                Some(place) => *place = Some(value),
                None if takes_extra => bound.extra.push((key, value)),
                None => {
                    return Err(Fail::new(format!("{name}() got an unexpected keyword argument '{key}'")));
                }
            }
        }
        Ok(bound)
    }

    /// The argument of this name, if given.
    pub(crate) fn get(&self, name: &str) -> Option<&Val> {
        let i = self.params.iter().filter(|p| !p.starts_with('*')).position(|p| *p == name)?;
        self.values.get(i)?.as_ref()
    }

    /// The argument, which must be given.
    pub(crate) fn need(&self, name: &str) -> R {
        self.get(name)
            .cloned()
            .ok_or_else(|| Fail::new(format!("missing 1 required positional argument: '{name}'")))
    }

    /// The argument, `None` when neither given nor other than Python's `None`.
    pub(crate) fn some(&self, name: &str) -> Option<&Val> {
        self.get(name).filter(|v| !v.is_none())
    }

    /// The argument as text.
    pub(crate) fn text(&self, name: &str, default: &str) -> R<String> {
        match self.get(name) {
            None => Ok(default.to_owned()),
            Some(v) => python::to_str(v),
        }
    }

    /// The argument as text, which must be given.
    pub(crate) fn need_text(&self, name: &str) -> R<String> {
        python::to_str(&self.need(name)?)
    }

    /// The argument's truth.
    pub(crate) fn flag(&self, name: &str, default: bool) -> R<bool> {
        self.get(name).map_or(Ok(default), Val::truthy)
    }

    /// The argument as an integer.
    pub(crate) fn int(&self, name: &str, default: i128) -> R<i128> {
        match self.get(name) {
            None => Ok(default),
            Some(Val::Int(i)) => Ok(*i),
            Some(Val::Bool(b)) => Ok(i128::from(*b)),
            Some(Val::Marker(f)) => Err(f.clone()),
            Some(other) => {
                Err(Fail::new(format!("'{}' object cannot be interpreted as an integer", other.type_name())))
            }
        }
    }

    /// The argument as an integer, where it is given and not `None`.
    pub(crate) fn maybe_int(&self, name: &str) -> R<Option<i128>> {
        if self.some(name).is_none() { Ok(None) } else { self.int(name, 0).map(Some) }
    }

    /// The first failure among the arguments.
    pub(crate) fn first_marker(&self) -> Option<Fail> {
        let values = self.values.iter().flatten().chain(&self.rest).chain(self.extra.iter().map(|(_, v)| v));
        values.into_iter().find_map(|v| match v {
            Val::Marker(f) => Some(f.clone()),
            _ => None,
        })
    }
}
