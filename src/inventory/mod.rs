//! Hosts and groups: inventory sources, group_vars and host_vars, patterns.

mod address;
mod layers;
mod notices;
mod pattern;
mod plugins;
mod range;
mod sources;

pub use layers::Layer;
pub use notices::Notice;
pub use pattern::{Limit, Order};
pub use sources::{InventorySource, Sources};

use crate::config;
use crate::error::{Error, Result};
use crate::value::{Value, Vars, extend, python_repr};
use indexmap::{IndexMap, IndexSet};
use notices::Notices;
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
    /// How inventories are read.
    pub(crate) settings: Arc<config::Inventory>,
    /// The source that is being read, and its folder: `inventory_file` and `inventory_dir` of its hosts.
    current: Option<(Value, Value)>,
    /// What there is to tell.
    notices: Notices,
    /// Files of group_vars and host_vars that were read.
    read: Arc<Mutex<HashMap<PathBuf, Arc<Vars>>>>,
}

impl Default for Inventory {
    fn default() -> Self {
        Self::new(Arc::default())
    }
}

impl Inventory {
    /// One without hosts.
    #[must_use]
    pub fn new(settings: Arc<config::Inventory>) -> Self {
        let mut inventory = Inventory {
            hosts: IndexMap::new(),
            groups: IndexMap::new(),
            sources: Vec::new(),
            settings,
            current: None,
            notices: Notices::default(),
            read: Arc::default(),
        };
        inventory.group("ungrouped");
        inventory.group("all").children.insert(Arc::from("ungrouped"));
        inventory.groups.move_index(1, 0);
        inventory
    }
}

impl Inventory {
    /// The group of exactly this name, made if need be.
    fn group(&mut self, name: &str) -> &mut Group {
        self.groups.entry(Arc::from(name)).or_default()
    }

    /// Makes a group, where it is not there yet, and gives its name as the settings want it.
    pub fn add_group(&mut self, name: &str) -> Arc<str> {
        if let Some((known, _)) = self.groups.get_key_value(name) {
            return Arc::clone(known);
        }
        let name: Arc<str> = Arc::from(self.safe_group_name(name));
        self.group(&name);
        name
    }

    /// Makes a host, where it is not there yet.
    pub fn new_host(&mut self, name: &Arc<str>, port: Option<u16>) {
        if self.hosts.contains_key(name) {
            return;
        }
        if LOCALHOST.contains(&&**name) {
            match self.hosts.keys().find(|h| LOCALHOST.contains(&&***h)).cloned() {
                None => self.remark(4, format!("Set default localhost to {name}")),
                Some(first) => self.warn(format!(
                    "A duplicate localhost-like entry was found ({name}). First found localhost was {first}"
                )),
            }
        }
        let mut vars = Vars::new();
        vars.extend(port.map(|port| (Arc::from("ansible_port"), Value::from(i64::from(port)))));
        let (file, folder) = self.current.clone().unwrap_or_default();
        vars.insert(Arc::from("inventory_file"), file);
        vars.insert(Arc::from("inventory_dir"), folder);
        self.hosts.insert(Arc::clone(name), Host { vars, groups: IndexSet::new() });
    }

    /// Adds a host to these groups, made if need be, and sets variables of it: `add_host`. Whether that changed anything.
    ///
    /// # Errors
    /// A group above `all`.
    pub fn add_host(&mut self, name: &Arc<str>, groups: &[Arc<str>], vars: &Vars) -> Result<bool> {
        let mut changed = !self.hosts.contains_key(name);
        self.new_host(name, None);
        if changed {
            self.join(name, "all");
        }
        if let Some(host) = self.hosts.get_mut(name) {
            let before = host.vars.clone();
            extend(&mut host.vars, vars);
            changed |= host.vars != before;
        }
        for group in groups {
            let known = self.groups.contains_key(group);
            let group = self.add_group(group);
            changed |= self.join(name, &group) || !known;
        }
        if changed {
            self.reconcile()?;
        }
        Ok(changed)
    }

    /// Adds a host to a group beneath these parents, all made if need be: `group_by`. Whether that changed anything.
    ///
    /// # Errors
    /// A group that would be beneath itself.
    pub fn add_to_group(&mut self, host: &Arc<str>, group: &str, parents: &[Arc<str>]) -> Result<bool> {
        let mut changed = false;
        let group = self.add_group(group);
        for parent in parents {
            changed |= !self.groups.contains_key(parent);
            self.add_group(parent);
        }
        for parent in parents {
            changed |= self.put_beneath(parent, &group)?;
        }
        if !self.group_hosts(&group).contains(host) {
            changed = self.join(host, &group);
        }
        if changed {
            self.reconcile()?;
        }
        Ok(changed)
    }

    /// Puts a host into a group; whether it was not in it yet.
    fn join(&mut self, host: &Arc<str>, group: &str) -> bool {
        let added = self.group(group).hosts.insert(Arc::clone(host));
        if let Some(host) = self.hosts.get_mut(host) {
            host.groups.insert(Arc::from(group));
        }
        added
    }

    /// Restores what always holds: every group is beneath `all`, and `ungrouped` has the hosts that no other group has.
    ///
    /// # Errors
    /// A group above `all`.
    pub fn reconcile(&mut self) -> Result<()> {
        let below: IndexSet<Arc<str>> =
            self.groups.values().flat_map(|g| g.children.iter().cloned()).collect();
        let orphans: Vec<Arc<str>> =
            self.groups.keys().filter(|n| &***n != "all" && !below.contains(*n)).cloned().collect();
        for orphan in orphans {
            // No source alone is at fault: it is not told as one that cannot be read.
            self.put_beneath("all", &orphan).map_err(|e| Error::other(e.message()))?;
        }
        let ungrouped: Arc<str> = Arc::from("ungrouped");
        // Who is in it is in the groups above it, too.
        let another_above = self.parents(&ungrouped).any(|parent| &**parent != "all");
        for (name, host) in &mut self.hosts {
            let grouped = host.groups.iter().any(|g| !matches!(&**g, "all" | "ungrouped"))
                || (another_above && host.groups.contains(&ungrouped));
            let members = &mut self.groups.entry(Arc::clone(&ungrouped)).or_default().hosts;
            if grouped {
                members.shift_remove(name);
                host.groups.shift_remove(&ungrouped);
            } else {
                members.insert(Arc::clone(name));
                host.groups.insert(Arc::clone(&ungrouped));
            }
        }
        let both: Vec<Arc<str>> =
            self.groups.keys().filter(|n| self.hosts.contains_key(*n)).cloned().collect();
        for name in both {
            self.warn(format!("Found both group and host with same name: {name}"));
        }
        Ok(())
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

    /// Puts a group beneath another; whether it was not there yet.
    fn put_beneath(&mut self, parent: &str, child: &str) -> Result<bool> {
        if parent == child {
            return Err(Error::input("can't add group to itself"));
        }
        if self.reaches(child, parent) {
            return Err(Error::input(format!(
                "Adding group '{child}' as child to '{parent}' creates a recursive dependency loop."
            ))
            .hint(format!("take '{parent}' out of what is beneath '{child}'")));
        }
        self.group(child);
        Ok(self.group(parent).children.insert(Arc::from(child)))
    }

    /// Sets a host's variable.
    fn set_host_var(&mut self, host: &str, name: &str, value: Value) {
        self.check_name(name);
        if let Some(host) = self.hosts.get_mut(host) {
            extend(&mut host.vars, &Vars::from_iter([(Arc::from(name), value)]));
        }
    }

    /// Sets a group's variable, or with `ansible_group_priority` its priority.
    fn set_group_var(&mut self, group: &str, name: &str, value: Value) -> Result<()> {
        self.check_name(name);
        let group = self.group(group);
        if name == "ansible_group_priority" {
            group.priority = priority(&value)?;
        } else {
            extend(&mut group.vars, &Vars::from_iter([(Arc::from(name), value)]));
        }
        Ok(())
    }
}

/// `ansible_group_priority` as Python's `int` takes it.
fn priority(value: &Value) -> Result<i64> {
    let number = match value {
        Value::Bool(flag) => Some(i64::from(*flag)),
        Value::Float(number) => Some(*number as i64),
        Value::Text(text) => text.as_str().trim().replace('_', "").parse().ok(),
        other => other.as_int().and_then(|number| i64::try_from(number).ok()),
    };
    number.ok_or_else(|| {
        let message = match value {
            Value::Text(_) => format!("invalid literal for int() with base 10: {}", python_repr(value)),
            other => format!(
                "int() argument must be a string, a bytes-like object or a real number, not '{}'",
                other.type_name()
            ),
        };
        Error::input(message).at(value.span().cloned()).help("`ansible_group_priority` is a whole number")
    })
}
