//! The variables of a host, layer by layer.

use super::{Inventory, LOCALHOST};
use crate::config::VarsStage;
use crate::error::Result;
use crate::value::{Text, Value, Vars, extend, find_vars_files, read_vars};
use indexmap::IndexSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

/// One layer of a host's variables.
#[derive(Clone, Debug)]
pub struct Layer {
    /// What it is, for `warp vars explain`: `group_vars of web`.
    pub origin: String,
    /// The file it was read from, where it is one file's.
    pub file: Option<PathBuf>,
    /// The variables.
    pub vars: Arc<Vars>,
}

/// Whose variables are meant: groups or hosts, by the folder that holds theirs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Group,
    Host,
}

impl Kind {
    fn folder(self) -> &'static str {
        match self {
            Kind::Group => "group_vars",
            Kind::Host => "host_vars",
        }
    }
}

impl Inventory {
    /// All variables that the inventory, and the group_vars and host_vars beside it and beside the playbook, give a host.
    ///
    /// # Errors
    /// As `layers`.
    pub fn vars_of(&self, host: &str, playbook_dirs: &[PathBuf], stage: VarsStage) -> Result<Vars> {
        let mut vars = Vars::new();
        for layer in self.layers(host, playbook_dirs, stage)? {
            extend(&mut vars, &layer.vars);
        }
        Ok(vars)
    }

    /// The layers of a host's variables, weakest first: those of groups in the order that the settings give, by default
    /// from the inventory, then from files; of `all` before those of other groups, these by depth, priority and name;
    /// then those of the host, from the inventory, from files beside it, from files beside the playbook.
    ///
    /// # Errors
    /// A file of variables that cannot be read or understood.
    pub fn layers(&self, host: &str, playbook_dirs: &[PathBuf], stage: VarsStage) -> Result<Vec<Layer>> {
        let groups = self.groups_of(host);
        let all = [Arc::from("all")];
        let reads = self.settings.reads_vars(stage);
        let beside: Vec<PathBuf> = if reads { self.beside().into_iter().collect() } else { Vec::new() };
        let playbook = if reads { playbook_dirs } else { &[] };
        let mut layers = Vec::new();
        for entry in &self.settings.precedence {
            match entry.as_str() {
                "all_inventory" => self.inventory_groups(&all, &mut layers),
                "groups_inventory" => self.inventory_groups(&groups, &mut layers),
                "all_plugins_inventory" => self.files(&beside, Kind::Group, &all, &mut layers)?,
                "all_plugins_play" => self.files(playbook, Kind::Group, &all, &mut layers)?,
                "groups_plugins_inventory" => self.files(&beside, Kind::Group, &groups, &mut layers)?,
                "groups_plugins_play" => self.files(playbook, Kind::Group, &groups, &mut layers)?,
                _ => {}
            }
        }
        let vars = match self.hosts.get(host) {
            Some(known) => known.vars.clone(),
            None if LOCALHOST.contains(&host) => implicit_localhost(),
            None => Vars::new(),
        };
        layers.push(Layer { origin: format!("inventory, host {host}"), file: None, vars: Arc::new(vars) });
        let hosts = [Arc::from(host)];
        self.files(&beside, Kind::Host, &hosts, &mut layers)?;
        self.files(playbook, Kind::Host, &hosts, &mut layers)?;
        layers.retain(|layer| !layer.vars.is_empty());
        Ok(layers)
    }

    /// What the groups and the host itself have while sources are still being read, without the playbook's files.
    pub(super) fn vars_so_far(&self, host: &str, files: Option<VarsStage>) -> Result<Vars> {
        let mut groups = self.groups_of(host);
        let below_all = self.hosts.get(host).is_some_and(|h| h.groups.contains("all"))
            || groups.iter().any(|g| self.reaches("all", g));
        if below_all {
            groups.insert(0, Arc::from("all"));
        }
        let mut layers = Vec::new();
        self.inventory_groups(&groups, &mut layers);
        let reads = files.is_some_and(|stage| self.settings.reads_vars(stage));
        let beside: Vec<PathBuf> = if reads { self.beside().into_iter().collect() } else { Vec::new() };
        self.files(&beside, Kind::Group, &groups, &mut layers)?;
        let own = self.hosts.get(host).map(|h| h.vars.clone()).unwrap_or_default();
        layers.push(Layer { origin: String::new(), file: None, vars: Arc::new(own) });
        self.files(&beside, Kind::Host, &[Arc::from(host)], &mut layers)?;
        let mut vars = Vars::new();
        for layer in layers {
            extend(&mut vars, &layer.vars);
        }
        Ok(vars)
    }

    /// The variables of a group alone, from the inventory and from files beside it and beside the playbook.
    ///
    /// # Errors
    /// As `layers`.
    pub fn group_vars(&self, group: &str, playbook_dir: Option<&Path>) -> Result<Vars> {
        self.own_vars(Kind::Group, group, playbook_dir)
    }

    /// The variables of a host alone, without those of its groups.
    ///
    /// # Errors
    /// As `layers`.
    pub fn host_vars(&self, host: &str, playbook_dir: Option<&Path>) -> Result<Vars> {
        self.own_vars(Kind::Host, host, playbook_dir)
    }

    fn own_vars(&self, kind: Kind, name: &str, playbook_dir: Option<&Path>) -> Result<Vars> {
        let mut vars = match kind {
            Kind::Group => self.groups.get(name).map(|g| g.vars.clone()),
            Kind::Host => self.hosts.get(name).map(|h| h.vars.clone()),
        }
        .unwrap_or_default();
        if self.settings.reads_vars(VarsStage::All) {
            let mut bases = self.beside();
            bases.extend(playbook_dir.map(Path::to_owned));
            let mut layers = Vec::new();
            self.files(&bases, kind, &[Arc::from(name)], &mut layers)?;
            for layer in layers {
                extend(&mut vars, &layer.vars);
            }
        }
        Ok(vars)
    }

    /// Takes the variables of files beside the inventory for the inventory's own.
    pub(super) fn absorb_files(&mut self) -> Result<()> {
        let beside = self.beside();
        let groups: Vec<Arc<str>> = self.groups.keys().cloned().collect();
        let hosts: Vec<Arc<str>> = self.hosts.keys().cloned().collect();
        for (kind, names) in [(Kind::Group, groups), (Kind::Host, hosts)] {
            for name in names {
                let mut layers = Vec::new();
                self.files(&beside, kind, &[Arc::clone(&name)], &mut layers)?;
                let own = match kind {
                    Kind::Group => self.groups.get_mut(&name).map(|g| &mut g.vars),
                    Kind::Host => self.hosts.get_mut(&name).map(|h| &mut h.vars),
                };
                let Some(own) = own else { continue };
                for layer in layers {
                    extend(own, &layer.vars);
                }
            }
        }
        Ok(())
    }

    fn inventory_groups(&self, names: &[Arc<str>], layers: &mut Vec<Layer>) {
        for name in names {
            if let Some(group) = self.groups.get(name) {
                layers.push(Layer {
                    origin: format!("inventory, group {name}"),
                    file: None,
                    vars: Arc::new(group.vars.clone()),
                });
            }
        }
    }

    fn files<'a>(
        &self,
        bases: impl IntoIterator<Item = &'a PathBuf>,
        kind: Kind,
        entities: &[Arc<str>],
        layers: &mut Vec<Layer>,
    ) -> Result<()> {
        let folder = kind.folder();
        for base in bases {
            let folder_path = base.join(folder);
            if !folder_path.is_dir() {
                continue;
            }
            // The name of a host may be the path of a chroot.
            for entity in entities.iter().filter(|e| !e.starts_with('/')) {
                for file in find_vars_files(&folder_path, entity, &self.settings.vars_extensions, true) {
                    let vars =
                        self.file(&file).map_err(|e| e.note(format!("read as {folder} of {entity}")))?;
                    let origin = format!("{folder} of {entity}");
                    layers.push(Layer { origin, file: Some(file), vars });
                }
            }
        }
        Ok(())
    }

    /// A file's variables, read once: hosts share the files of their groups.
    fn file(&self, path: &Path) -> Result<Arc<Vars>> {
        if let Some(vars) = self.read.lock().unwrap_or_else(PoisonError::into_inner).get(path) {
            return Ok(Arc::clone(vars));
        }
        let vars = Arc::new(read_vars(path)?);
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.insert(path.to_owned(), Arc::clone(&vars));
        Ok(vars)
    }

    /// The folders beside which the inventory's group_vars and host_vars lie.
    fn beside(&self) -> IndexSet<PathBuf> {
        let folder = |p: &PathBuf| match p.is_dir() {
            true => p.clone(),
            false => p.parent().map(Path::to_owned).unwrap_or_default(),
        };
        self.sources.iter().map(folder).collect()
    }
}

/// What is known of this machine where no inventory names it.
fn implicit_localhost() -> Vars {
    Vars::from_iter([(Arc::from("ansible_connection"), Value::Text(Text::source("local", None)))])
}
