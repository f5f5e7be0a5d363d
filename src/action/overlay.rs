//! A scope with a few variables above it.

use crate::template::Scope;
use crate::value::{Value, Vars};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Variables above those of another scope.
pub struct Overlay {
    below: Arc<dyn Scope>,
    above: Vars,
    folder: Option<PathBuf>,
}

impl Overlay {
    /// Puts `above` over `below`.
    #[must_use]
    pub fn over(below: &Arc<dyn Scope>, above: Vars) -> Arc<dyn Scope> {
        Self::searching(below, above, None)
    }

    /// The same, and searches this folder after the others.
    #[must_use]
    pub fn searching(below: &Arc<dyn Scope>, above: Vars, folder: Option<&Path>) -> Arc<dyn Scope> {
        let folder = folder.map(Path::to_owned);
        Arc::new(Overlay { below: Arc::clone(below), above, folder })
    }
}

impl Scope for Overlay {
    fn get(&self, name: &str) -> Option<Value> {
        self.above.get(name).cloned().or_else(|| self.below.get(name))
    }

    fn names(&self) -> Vec<Arc<str>> {
        let mut names = self.below.names();
        names.extend(self.above.keys().filter(|k| self.below.get(k).is_none()).cloned());
        names
    }

    fn search_path(&self) -> Vec<PathBuf> {
        let mut path = self.below.search_path();
        path.extend(self.folder.clone());
        path
    }

    fn hosts(&self) -> Option<Vec<Arc<str>>> {
        self.below.hosts()
    }

    fn matching(&self, patterns: &Value) -> Vec<Arc<str>> {
        self.below.matching(patterns)
    }

    fn host(&self, name: &str) -> Option<Arc<dyn Scope>> {
        self.below.host(name)
    }
}
