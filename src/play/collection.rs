//! Installed collections: where they are, and what their `meta/runtime.yml` says.

use super::loader::{Load, Place};
use crate::value::{Text, Value, read_vars};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where a collection sends the users of one of its plugins.
pub(super) enum Route {
    /// Elsewhere.
    Redirect(String),
    /// Nowhere: it is gone, and perhaps why.
    Removed(Option<String>),
}

/// The folder of a collection below one of these roots.
pub(super) fn find(roots: &[PathBuf], name: &str) -> Option<PathBuf> {
    let (namespace, short) = name.split_once('.')?;
    roots.iter().map(|root| in_root(root).join(namespace).join(short)).find(|path| path.is_dir())
}

/// The folder `ansible_collections` of a place where collections are.
fn in_root(root: &Path) -> PathBuf {
    match root.file_name() {
        Some(last) if last == "ansible_collections" => root.to_owned(),
        _ => root.join("ansible_collections"),
    }
}

/// A part of a collection's `meta/runtime.yml`.
pub(super) fn runtime(path: &Path, part: &str) -> Option<Value> {
    read_vars(&path.join("meta/runtime.yml")).ok()?.get(part).cloned()
}

/// What a collection's routing says of a plugin, in the first of these kinds that says anything.
pub(super) fn route(path: &Path, kinds: &[&str], name: &str) -> Option<Route> {
    let routing = runtime(path, "plugin_routing")?;
    kinds.iter().find_map(|kind| {
        let entry = routing.get(kind)?.get(name)?;
        if let Some(gone) = entry.get("tombstone") {
            return Some(Route::Removed(gone.get("warning_text").and_then(Value::as_str).map(str::to_owned)));
        }
        Some(Route::Redirect(entry.get("redirect")?.as_str()?.to_owned()))
    })
}

/// The collections to look in for a playbook: one of a collection looks there first.
pub(super) fn with_default(own: Option<Arc<Vec<Text>>>, playbook: &Path) -> Option<Arc<Vec<Text>>> {
    let Some(name) = of_playbook(playbook) else { return own };
    let mut all = vec![Text::data(name)];
    all.extend(own.into_iter().flat_map(|own| own.to_vec()));
    if !all.iter().any(|c| matches!(c.as_str(), "ansible.builtin" | "ansible.legacy")) {
        all.push(Text::data("ansible.legacy"));
    }
    Some(Arc::new(all))
}

/// The collection that a playbook's path lies in.
fn of_playbook(path: &Path) -> Option<String> {
    let parts: Vec<&str> = path.iter().map(|p| p.to_str().unwrap_or_default()).collect();
    let at = parts.iter().rposition(|part| *part == "ansible_collections")?;
    match parts.get(at + 1..at + 4)? {
        [namespace, collection, "playbooks"] => Some(format!("{namespace}.{collection}")),
        _ => None,
    }
}

impl Load<'_> {
    /// The folder of an installed collection: beside the playbook and the one that imports it, beside the collection that
    /// the playbook is from, else in the configured places.
    pub fn collection(&self, name: &str) -> Option<PathBuf> {
        find(&self.beside(), name).or_else(|| find(&self.loader.search.collections, name))
    }

    /// The folders `ansible_collections`, in the order in which they are searched.
    pub fn collection_roots(&self) -> Vec<PathBuf> {
        self.beside().iter().chain(&self.loader.search.collections).map(|root| in_root(root)).collect()
    }

    /// Where collections are before the configured places.
    fn beside(&self) -> Vec<PathBuf> {
        let main = self.importing.first().and_then(|path| path.parent()).map(|dir| dir.join("collections"));
        let mut beside = vec![self.basedir.join("collections")];
        beside.extend(main);
        beside.extend(
            self.basedir.ancestors().find(|dir| dir.ends_with("ansible_collections")).map(Path::to_owned),
        );
        beside
    }

    /// The folders of this name that hold plugins: beside the playbook, in the roles that were loaded, and as configured.
    pub fn folders(&self, place: &Place, name: &str, configured: &[PathBuf]) -> Vec<PathBuf> {
        let here = place.role.iter().flat_map(|r| r.link.chain()).map(|link| link.path.clone());
        let roles = self.role_folders.iter().cloned().chain(here);
        let own = std::iter::once(self.basedir.clone()).chain(roles).map(|folder| folder.join(name));
        own.chain(configured.iter().cloned()).collect()
    }
}
