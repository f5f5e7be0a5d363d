//! The names that a template sets for itself: nested, and kept alive by the macros that close over them.

use super::val::Val;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// One level of names.
#[derive(Clone, Default)]
pub(crate) struct Locals(Rc<Level>);

#[derive(Default)]
struct Level {
    names: RefCell<HashMap<Arc<str>, Val>>,
    outer: Option<Locals>,
}

impl Locals {
    /// A level inside this one.
    pub(crate) fn nested(&self) -> Locals {
        Locals(Rc::new(Level { names: RefCell::default(), outer: Some(self.clone()) }))
    }

    pub(crate) fn set(&self, name: &Arc<str>, value: Val) {
        self.0.names.borrow_mut().insert(Arc::clone(name), value);
    }

    pub(crate) fn get(&self, name: &str) -> Option<Val> {
        let mut level = self;
        loop {
            if let Some(v) = level.0.names.borrow().get(name) {
                return Some(v.clone());
            }
            level = level.0.outer.as_ref()?;
        }
    }

    /// The names of this level alone: what an imported template offers.
    pub(crate) fn own(&self) -> Vec<(Arc<str>, Val)> {
        self.0.names.borrow().iter().map(|(k, v)| (Arc::clone(k), v.clone())).collect()
    }
}
