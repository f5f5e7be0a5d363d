//! Hosts and groups: INI files, host lists, group_vars and host_vars, patterns.

use crate::error::Result;
use crate::value::{Value, Vars};
use indexmap::{IndexMap, IndexSet};
use std::path::PathBuf;
use std::sync::Arc;

/// A host.
#[derive(Clone, Debug, Default)]
pub struct Host {
    /// Variables from the inventory file, then from host_vars beside the inventory (the playbook's are added by the
    /// variable manager).
    pub vars: Vars,
    /// The groups it is directly in.
    pub groups: IndexSet<Arc<str>>,
}

/// A group.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// Variables from the inventory file.
    pub vars: Vars,
    /// The groups directly beneath.
    pub children: IndexSet<Arc<str>>,
    /// The hosts directly in it.
    pub hosts: IndexSet<Arc<str>>,
    /// `ansible_group_priority`.
    pub priority: i64,
}

/// An inventory. `all` and `ungrouped` are always there.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    /// Hosts in the order they were first named.
    pub hosts: IndexMap<Arc<str>, Host>,
    /// Groups in the order they were first named.
    pub groups: IndexMap<Arc<str>, Group>,
    /// The folders and files it was read from: their group_vars and host_vars count.
    pub sources: Vec<PathBuf>,
}

impl Inventory {
    /// The hosts that a pattern (text, or a list of texts) means, in Ansible's order.
    ///
    /// # Errors
    /// A pattern that cannot be understood.
    pub fn matching(&self, _pattern: &Value) -> Result<Vec<Arc<str>>> {
        Err(crate::error::Error::other("not built"))
    }
}
