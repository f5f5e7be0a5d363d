//! Where a task's templates find their variables.

use super::layer::Layer;
use super::magic::Magic;
use crate::template::{Notice, Scope};
use crate::value::{Value, Vars, merged, merges};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// A host's variables as one task sees them.
#[derive(Clone)]
pub struct HostScope {
    magic: Arc<Magic>,
    /// What the running task adds: above everything.
    locals: Vars,
    /// Below the magic variables, the highest first.
    layers: Arc<Vec<Layer>>,
    /// What templates told, where it is collected.
    notices: Option<Arc<Mutex<Vec<Notice>>>>,
}

impl HostScope {
    pub(super) fn new(magic: Arc<Magic>, layers: Vec<Layer>) -> Self {
        HostScope { magic, locals: Vars::new(), layers: Arc::new(layers), notices: None }
    }

    /// The same scope with one more layer, right above those from `at` on.
    pub(super) fn insert(&mut self, at: usize, layer: Layer) {
        let own = Arc::make_mut(&mut self.layers);
        own.insert(at.min(own.len()), layer);
    }

    /// The layers, the highest first.
    #[must_use]
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The value of a magic variable, which goes above all layers.
    #[must_use]
    pub fn magic(&self, name: &str) -> Option<Value> {
        self.magic.get(name)
    }

    /// The same scope with these variables above all others.
    #[must_use]
    pub fn with(&self, locals: &Vars) -> Arc<HostScope> {
        let mut scope = self.clone();
        scope.locals.extend(locals.iter().map(|(k, v)| (Arc::clone(k), v.clone())));
        Arc::new(scope)
    }

    /// The same scope, collecting what templates tell from now on.
    #[must_use]
    pub fn collecting(&self) -> Arc<HostScope> {
        Arc::new(HostScope { notices: Some(Arc::default()), ..self.clone() })
    }

    /// What was collected; it is collected anew from now on.
    #[must_use]
    pub fn collected(&self) -> Vec<Notice> {
        let Some(notices) = &self.notices else { return Vec::new() };
        std::mem::take(&mut notices.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether facts are variables of their own.
    #[must_use]
    pub fn injects_facts(&self) -> bool {
        self.magic.variables.config.inject_facts
    }

    /// Whether a variable of this name is there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

impl Scope for HostScope {
    fn get(&self, name: &str) -> Option<Value> {
        if let Some(value) = self.locals.get(name) {
            return Some(value.clone());
        }
        if let Some(value) = self.magic.get(name) {
            return Some(value);
        }
        let mut found = self.layers.iter().filter_map(|layer| Some((&layer.level, layer.vars.get(name)?)));
        let Some((level, first)) = found.next() else {
            return self.magic.fallback(name).or_else(|| self.magic.of_connection(name));
        };
        let (mut last, mut value) = (level, first.clone());
        if !merges() {
            return Some(value);
        }
        // Maps are merged from the weakest up, as far down as there are maps.
        for (level, below) in found {
            if level.is_one_with(last) {
                continue;
            }
            if !matches!((&value, below), (Value::Map(_), Value::Map(_))) {
                break;
            }
            value = merged(below, &value);
            last = level;
        }
        Some(value)
    }

    fn names(&self) -> Vec<Arc<str>> {
        let mut names = indexmap::IndexSet::new();
        for layer in self.layers.iter().rev() {
            names.extend(layer.vars.keys().cloned());
        }
        names.extend(self.magic.names());
        names.extend(self.locals.keys().cloned());
        names.into_iter().collect()
    }

    fn search_path(&self) -> Vec<PathBuf> {
        self.magic.search_path()
    }

    fn hosts(&self) -> Option<Vec<Arc<str>>> {
        Some(self.magic.view.inventory.hosts.keys().cloned().collect())
    }

    fn matching(&self, patterns: &Value) -> Vec<Arc<str>> {
        self.magic.view.inventory.matching(patterns).unwrap_or_default()
    }

    fn host(&self, name: &str) -> Option<Arc<dyn Scope>> {
        let host = self.magic.view.known(name)?;
        // A variable file that cannot be read was told when the play began.
        let scope: Arc<dyn Scope> = self.magic.variables.host_scope(&host).ok()?;
        Some(scope)
    }

    fn told(&self, notice: &Notice) -> bool {
        let Some(notices) = &self.notices else { return false };
        notices.lock().unwrap_or_else(PoisonError::into_inner).push(notice.clone());
        true
    }
}
