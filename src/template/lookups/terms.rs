//! Options of lookups: given as keywords, or written into the term as `key=value`.

use crate::template::bind::{Bound, Params};
use crate::template::fail::{Fail, R};
use crate::template::filters::to_boolean;
use crate::template::python;
use crate::template::val::Val;
use crate::value::split::{Pairs, parse_pairs};

/// The options that count for one term: those written into it, above the keywords.
pub(super) struct Options<'a> {
    lookup: &'static str,
    bound: &'a Bound,
    written: Vec<(String, String)>,
}

impl<'a> Options<'a> {
    /// The keywords alone.
    pub(super) fn of(lookup: &'static str, bound: &'a Bound) -> Self {
        Options { lookup, bound, written: Vec::new() }
    }

    /// Takes options that were written into a term.
    pub(super) fn write(&mut self, known: Params, pairs: Vec<(String, String)>) -> R<()> {
        if let Some((name, _)) = pairs.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            return Err(Fail::new(format!("'{name}' is not a valid option")));
        }
        self.written.extend(pairs);
        Ok(())
    }

    /// An option's value.
    pub(super) fn get(&self, name: &str) -> Option<Val> {
        let written = self.written.iter().rev().find(|(n, _)| n == name).map(|(_, v)| Val::str(v.as_str()));
        written.or_else(|| self.bound.some(name).cloned())
    }

    /// An option as text.
    pub(super) fn text(&self, name: &str, default: &str) -> R<String> {
        self.get(name).map_or_else(|| Ok(default.to_owned()), |v| python::to_str(&v))
    }

    /// An option as text, if given.
    pub(super) fn some_text(&self, name: &str) -> R<Option<String>> {
        self.get(name).map(|v| python::to_str(&v)).transpose()
    }

    /// An option's truth.
    pub(super) fn flag(&self, name: &str, default: bool) -> R<bool> {
        let Some(given) = self.get(name) else { return Ok(default) };
        to_boolean(&given)
            .ok_or_else(|| Fail::new(format!("Invalid value provided for '{name}': not a boolean.")))
    }

    /// An option as a whole number.
    pub(super) fn int(&self, name: &str, default: i128) -> R<i128> {
        match self.get(name) {
            None => Ok(default),
            Some(Val::Int(i)) => Ok(i),
            Some(other) => {
                let text = python::to_str(&other)?;
                text.trim().parse().map_err(|_| {
                    Fail::new(format!(
                        "Config '{name}' for '{}' lookup plugin from 'Direct' has an invalid value: Invalid value provided for 'integer': '{text}'",
                        self.lookup
                    ))
                })
            }
        }
    }
}

/// A term taken apart.
pub(super) fn pairs(term: &str) -> R<Pairs> {
    parse_pairs(term, false).ok_or_else(|| {
        Fail::new("failed at splitting arguments, either an unbalanced jinja2 block or quotes")
    })
}
