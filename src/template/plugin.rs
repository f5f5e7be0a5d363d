//! What filters, tests and lookups have in common: a row of a table, found by name.

use super::bind::Params;

/// A filter, test or lookup that `run` does.
pub(super) struct Plugin<F> {
    pub(super) name: &'static str,
    pub(super) collection: &'static str,
    pub(super) params: Params,
    /// Whether it looks at failures itself, as `default` and `defined` do.
    pub(super) markers: bool,
    pub(super) run: F,
}

impl<F: Copy> Plugin<F> {
    pub(super) const fn new(name: &'static str, params: Params, run: F) -> Self {
        Plugin { name, collection: "ansible.builtin", params, markers: false, run }
    }

    /// Belongs to another collection.
    pub(super) const fn of(mut self, collection: &'static str) -> Self {
        self.collection = collection;
        self
    }

    /// Takes failures as values.
    pub(super) const fn takes_markers(mut self) -> Self {
        self.markers = true;
        self
    }
}
