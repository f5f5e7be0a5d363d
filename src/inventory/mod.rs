//! Hosts and groups: inventory files, host lists, group_vars and host_vars, patterns.

mod address;
mod ini;
mod layers;
mod literal;
mod pattern;
mod range;
mod source;
mod words;
mod yaml;

pub use layers::Layer;
pub use pattern::limit;
pub use source::{InventorySource, Sources};

use crate::value::{Value, Vars};
use indexmap::{IndexMap, IndexSet};
use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// The names for this machine that mean a host although no inventory has it.
pub const LOCALHOST: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// A host.
#[derive(Clone, Debug, Default)]
pub struct Host {
    /// Variables from the inventory's files. Those of host_vars are layers of their own: `Inventory::layers`.
    pub vars: Vars,
    /// The groups it is directly in.
    pub groups: IndexSet<Arc<str>>,
}

/// A group.
#[derive(Clone, Debug)]
pub struct Group {
    /// Variables from the inventory's files.
    pub vars: Vars,
    /// The groups directly beneath.
    pub children: IndexSet<Arc<str>>,
    /// The hosts directly in it.
    pub hosts: IndexSet<Arc<str>>,
    /// `ansible_group_priority`: of groups equally deep, the higher wins.
    pub priority: i64,
}

impl Default for Group {
    fn default() -> Self {
        Group { vars: Vars::new(), children: IndexSet::new(), hosts: IndexSet::new(), priority: 1 }
    }
}

/// An inventory. `all` and `ungrouped` are always there.
#[derive(Clone, Debug)]
pub struct Inventory {
    /// Hosts in the order they were first named.
    pub hosts: IndexMap<Arc<str>, Host>,
    /// Groups in the order they were first named.
    pub groups: IndexMap<Arc<str>, Group>,
    /// The folders and files it was read from: the group_vars and host_vars beside them count.
    pub sources: Vec<PathBuf>,
    /// Files of group_vars and host_vars that were read.
    read: Arc<Mutex<HashMap<PathBuf, Arc<Vars>>>>,
}

impl Default for Inventory {
    fn default() -> Self {
        let mut inventory = Inventory {
            hosts: IndexMap::new(),
            groups: IndexMap::new(),
            sources: Vec::new(),
            read: Arc::default(),
        };
        inventory.group("ungrouped");
        inventory.group("all").children.insert(Arc::from("ungrouped"));
        inventory.groups.move_index(1, 0);
        inventory
    }
}

impl Inventory {
    /// The group of this name, made if need be.
    pub fn group(&mut self, name: &str) -> &mut Group {
        self.groups.entry(Arc::from(name)).or_default()
    }

    /// Adds a host to these groups, made if need be, and sets variables of it. As Ansible's `add_host` does.
    pub fn add_host(&mut self, name: &Arc<str>, groups: &[Arc<str>], vars: Vars) {
        self.hosts.entry(Arc::clone(name)).or_default().vars.extend(vars);
        for group in groups {
            self.join(name, group);
        }
        self.reconcile();
    }

    /// Adds a host to a group beneath these parents, all made if need be. As Ansible's `group_by` does.
    pub fn add_to_group(&mut self, host: &Arc<str>, group: &Arc<str>, parents: &[Arc<str>]) {
        self.join(host, group);
        for parent in parents {
            // A circle is refused, as everywhere.
            self.put_beneath(parent, group);
        }
        self.reconcile();
    }

    fn join(&mut self, host: &Arc<str>, group: &Arc<str>) {
        self.group(group).hosts.insert(Arc::clone(host));
        if let Some(host) = self.hosts.get_mut(host) {
            host.groups.insert(Arc::clone(group));
        }
    }

    /// Restores what always holds: every group is beneath `all`, and `ungrouped` has the hosts that no other group has.
    pub fn reconcile(&mut self) {
        let below: IndexSet<Arc<str>> =
            self.groups.values().flat_map(|g| g.children.iter().cloned()).collect();
        let orphans: Vec<Arc<str>> =
            self.groups.keys().filter(|n| &***n != "all" && !below.contains(*n)).cloned().collect();
        self.group("all").children.extend(orphans);
        let ungrouped: Arc<str> = Arc::from("ungrouped");
        for (name, host) in &mut self.hosts {
            let grouped = host.groups.iter().any(|g| !matches!(&**g, "all" | "ungrouped"));
            let members = &mut self.groups.entry(Arc::clone(&ungrouped)).or_default().hosts;
            if grouped {
                members.shift_remove(name);
                host.groups.shift_remove(&ungrouped);
            } else {
                members.insert(Arc::clone(name));
                host.groups.insert(Arc::clone(&ungrouped));
            }
        }
    }

    /// The hosts in a group and beneath it, breadth first.
    #[must_use]
    pub fn group_hosts(&self, name: &str) -> Vec<Arc<str>> {
        let mut groups: IndexSet<Arc<str>> = IndexSet::from([Arc::from(name)]);
        let mut hosts: IndexSet<Arc<str>> = IndexSet::new();
        let mut at = 0;
        while let Some(name) = groups.get_index(at).cloned() {
            if let Some(group) = self.groups.get(&name) {
                hosts.extend(group.hosts.iter().cloned());
                groups.extend(group.children.iter().cloned());
            }
            at += 1;
        }
        hosts.into_iter().collect()
    }

    /// The groups that a host is in, directly or through others, without `all`; weakest first: by depth, priority and
    /// name.
    #[must_use]
    pub fn groups_of(&self, host: &str) -> Vec<Arc<str>> {
        let mut found: IndexSet<Arc<str>> =
            self.hosts.get(host).map(|h| h.groups.clone()).unwrap_or_default();
        let mut at = 0;
        while let Some(name) = found.get_index(at).cloned() {
            found.extend(self.parents(&name).cloned());
            at += 1;
        }
        found.shift_remove("all");
        let mut sorted: Vec<Arc<str>> = found.into_iter().collect();
        let depths = self.depths();
        sorted.sort_by_cached_key(|name| {
            (
                depths.get(&**name).copied().unwrap_or(0),
                self.groups.get(name).map_or(1, |g| g.priority),
                Arc::clone(name),
            )
        });
        sorted
    }

    fn parents(&self, name: &str) -> impl Iterator<Item = &Arc<str>> {
        self.groups.iter().filter(move |(_, g)| g.children.contains(name)).map(|(parent, _)| parent)
    }

    /// The longest way down from `all` to each group.
    fn depths(&self) -> HashMap<&str, usize> {
        let mut depths: HashMap<&str, usize> = HashMap::new();
        let mut changed: VecDeque<&str> = self.groups.keys().map(|n| &**n).collect();
        while let Some(name) = changed.pop_front() {
            let below = depths.get(name).map_or(1, |d| d + 1);
            for child in self.groups.get(name).into_iter().flat_map(|g| &g.children) {
                let depth = depths.entry(child).or_default();
                // No way down is longer than there are groups: a circle made by hand ends here too.
                if *depth < below && below <= self.groups.len() {
                    *depth = below;
                    changed.push_back(child);
                }
            }
        }
        depths
    }

    /// Whether `below` is `above` or somewhere beneath it.
    fn reaches(&self, above: &str, below: &str) -> bool {
        let mut seen: IndexSet<&str> = IndexSet::from([above]);
        let mut at = 0;
        while let Some(name) = seen.get_index(at).copied() {
            if name == below {
                return true;
            }
            seen.extend(self.groups.get(name).into_iter().flat_map(|g| &g.children).map(|c| &**c));
            at += 1;
        }
        false
    }

    /// Puts a group beneath another; `false` where that would make a circle.
    fn put_beneath(&mut self, parent: &str, child: &str) -> bool {
        if self.reaches(child, parent) {
            return false;
        }
        self.group(child);
        self.group(parent).children.insert(Arc::from(child));
        true
    }

    /// Sets a group's variable, or with `ansible_group_priority` its priority.
    fn set_group_var(&mut self, group: &str, name: &str, value: Value) {
        let group = self.group(group);
        if name == "ansible_group_priority" {
            let text = value.as_str().and_then(|s| s.parse().ok());
            if let Some(priority) = value.as_int().and_then(|i| i64::try_from(i).ok()).or(text) {
                group.priority = priority;
            }
        } else {
            group.vars.insert(Arc::from(name), value);
        }
    }
}
