//! What of an inventory is shown.

use crate::config::VarsStage;
use crate::error::Result;
use crate::inventory::Inventory;
use crate::run::{Cache, injectable, is_reserved};
use crate::value::{Key, Map, Value, Vars, extend, normal};
use indexmap::IndexSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An inventory, and what is to be seen of it.
pub(super) struct Shown {
    pub inventory: Inventory,
    pub cache: Cache,
    /// The hosts that are shown.
    pub hosts: IndexSet<Arc<str>>,
    pub extra: Arc<Vars>,
    pub inject_facts: bool,
    /// Variables are shown where they are set.
    pub export: bool,
    pub playbook_dir: Option<PathBuf>,
}

impl Shown {
    /// A host's variables: for export its own, else all that it has.
    pub(super) fn host_vars(&self, host: &str) -> Result<Map> {
        if self.export {
            return Ok(public(self.inventory.host_vars(host, self.playbook_dir.as_deref())?));
        }
        let folder = normal(self.playbook_dir.as_deref().unwrap_or(Path::new(".")));
        let mut vars = self.inventory.vars_of(host, &[folder], VarsStage::All)?;
        for (name, value) in self.cache.get(host).unwrap_or_default() {
            let name = name.to_string();
            if name == "ansible_local" || (self.inject_facts && injectable(&name)) {
                vars.insert(Arc::from(name), value);
            }
        }
        extend(&mut vars, &self.extra);
        Ok(public(vars))
    }

    /// A group's own variables.
    pub(super) fn group_vars(&self, group: &str) -> Result<Map> {
        let mut vars = self.inventory.group_vars(group, self.playbook_dir.as_deref())?;
        let priority = self.inventory.groups.get(group).map_or(1, |g| g.priority);
        if priority != 1 {
            vars.insert(Arc::from("ansible_group_priority"), Value::from(priority));
        }
        Ok(public(vars))
    }

    /// The hosts directly in a group that are shown.
    pub(super) fn hosts_of(&self, group: &str) -> Vec<Arc<str>> {
        let hosts = self.inventory.groups.get(group).map(|g| &g.hosts);
        hosts.into_iter().flatten().filter(|h| self.hosts.contains(*h)).cloned().collect()
    }

    /// The groups directly beneath a group.
    pub(super) fn children(&self, group: &str) -> Vec<Arc<str>> {
        let children = self.inventory.groups.get(group).map(|g| &g.children);
        children.into_iter().flatten().cloned().collect()
    }
}

fn public(vars: Vars) -> Map {
    let own = vars.into_iter().filter(|(name, _)| !is_reserved(name));
    own.map(|(name, value)| (Key::from(name), value)).collect()
}
