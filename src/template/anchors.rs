//! Lists and maps that are found in several places of what is written as YAML, named as PyYAML names them.

use super::val::Val;
use super::yaml::{Style, ordered};
use std::collections::HashMap;
use std::rc::Rc;

/// A list or map that has a name.
pub(super) enum Written {
    /// It is to be written now.
    Here(String),
    /// It was written before.
    Before(String),
}

/// Those found so far, by their addresses, which hold as long as the value does.
#[derive(Default)]
pub(super) struct Anchors {
    known: HashMap<usize, Known>,
    named: usize,
}

#[derive(Default)]
struct Known {
    /// Its number, once it was found a second time.
    number: Option<usize>,
    written: bool,
}

impl Anchors {
    /// Looks for them in a value.
    pub(super) fn of(v: &Val, style: &Style) -> Self {
        let mut anchors = Anchors::default();
        anchors.look(v, style);
        anchors
    }

    fn look(&mut self, v: &Val, style: &Style) {
        let Some(address) = address(v) else { return };
        match self.known.get_mut(&address) {
            Some(Known { number: Some(_), .. }) => return,
            Some(known) => {
                self.named += 1;
                known.number = Some(self.named);
                return;
            }
            None => drop(self.known.insert(address, Known::default())),
        }
        if let Some(entries) = v.entries() {
            ordered(entries, style.sort_keys).iter().for_each(|(_, value)| self.look(value, style));
        } else {
            v.as_seq().unwrap_or_default().iter().for_each(|item| self.look(item, style));
        }
    }

    /// The name of a list or map, where it has one.
    pub(super) fn at(&mut self, v: &Val) -> Option<Written> {
        let known = self.known.get_mut(&address(v)?)?;
        let name = format!("id{:03}", known.number?);
        Some(if std::mem::replace(&mut known.written, true) {
            Written::Before(name)
        } else {
            Written::Here(name)
        })
    }
}

fn address(v: &Val) -> Option<usize> {
    match v {
        Val::List(list) => Some(Rc::as_ptr(list).addr()),
        Val::Dict(dict) => Some(Rc::as_ptr(dict).addr()),
        _ => None,
    }
}
