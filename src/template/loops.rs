//! The variable `loop`.

use super::env::Env;
use super::fail::{Fail, R};
use super::python::ops;
use super::val::{Args, Object, Val};
use std::cell::{Cell, RefCell};

/// A loop as its body sees it.
pub(crate) struct LoopVar {
    items: Vec<Val>,
    index: Cell<usize>,
    depth: usize,
    again: RefCell<Option<Val>>,
    changed: RefCell<Option<Vec<Val>>>,
}

impl LoopVar {
    pub(crate) fn new(items: Vec<Val>, depth: usize) -> Self {
        LoopVar { items, index: Cell::new(0), depth, again: RefCell::default(), changed: RefCell::default() }
    }

    pub(crate) fn items(&self) -> &[Val] {
        &self.items
    }

    pub(crate) fn advance(&self, index: usize) {
        self.index.set(index);
    }

    pub(crate) fn recurse_with(&self, again: Val) {
        *self.again.borrow_mut() = Some(again);
    }

    fn changed(&self, args: Vec<Val>) -> R {
        let same = match &*self.changed.borrow() {
            Some(last) => ops::eq(&Val::tuple(last.clone()), &Val::tuple(args.clone()))?,
            None => false,
        };
        *self.changed.borrow_mut() = Some(args);
        Ok(Val::Bool(!same))
    }

    fn cycle(&self, args: &[Val]) -> R {
        let at = self.index.get().checked_rem(args.len());
        at.and_then(|i| args.get(i)).cloned().ok_or_else(|| Fail::new("no items for cycling given"))
    }
}

impl Object for LoopVar {
    fn type_name(&self) -> &'static str {
        "LoopContext"
    }

    fn callable(&self) -> bool {
        self.again.borrow().is_some()
    }

    fn call(&self, env: &Env, args: Args) -> Option<R> {
        match &*self.again.borrow() {
            Some(Val::Object(o)) => o.call(env, args),
            _ => Some(Err(Fail::new("The loop must have the 'recursive' marker to be called recursively."))),
        }
    }

    fn attr(&self, name: &str) -> Option<Val> {
        let (i, n) = (self.index.get(), self.items.len());
        let neighbour = |v: Option<&Val>, which: &str| {
            v.cloned().unwrap_or_else(|| Val::Marker(Fail::undefined(format!("there is no {which} item"))))
        };
        Some(match name {
            "index" => (i + 1).into(),
            "index0" => i.into(),
            "revindex" => (n - i).into(),
            "revindex0" => (n - i - 1).into(),
            "first" => (i == 0).into(),
            "last" => (i + 1 == n).into(),
            "length" => n.into(),
            "depth" => (self.depth + 1).into(),
            "depth0" => self.depth.into(),
            "previtem" => neighbour(i.checked_sub(1).and_then(|p| self.items.get(p)), "previous"),
            "nextitem" => neighbour(self.items.get(i + 1), "next"),
            _ => return None,
        })
    }

    fn method(&self, name: &str, args: &Args) -> Option<R> {
        match name {
            "cycle" => Some(self.cycle(&args.pos)),
            "changed" => Some(self.changed(args.pos.clone())),
            _ => None,
        }
    }
}
