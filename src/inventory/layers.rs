//! The variables of a host, layer by layer.

use super::{Inventory, LOCALHOST};
use crate::error::Result;
use crate::value::{Text, Value, Vars, extend, find_vars_files, read_vars};
use indexmap::IndexSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

/// One layer of a host's variables.
#[derive(Clone, Debug)]
pub struct Layer {
    /// What it is, for `warp vars explain`: `group_vars of web`, with the file where there is one.
    pub origin: String,
    /// The variables.
    pub vars: Arc<Vars>,
}

/// The extensions that files in group_vars and host_vars may have.
const EXTENSIONS: [&str; 4] = ["", ".yml", ".yaml", ".json"];

impl Inventory {
    /// All variables that the inventory, and the group_vars and host_vars beside it and beside the playbook, give a host.
    ///
    /// # Errors
    /// As `layers`.
    pub fn vars_of(&self, host: &str, playbook_dir: &Path) -> Result<Vars> {
        let mut vars = Vars::new();
        for layer in self.layers(host, playbook_dir)? {
            extend(&mut vars, &layer.vars);
        }
        Ok(vars)
    }

    /// The layers of a host's variables, weakest first: of `all`, of its groups by depth, priority and name, of the host;
    /// each from the inventory, then from files beside the inventory, then from files beside the playbook.
    ///
    /// # Errors
    /// A file of variables that cannot be read or understood.
    pub fn layers(&self, host: &str, playbook_dir: &Path) -> Result<Vec<Layer>> {
        let groups = self.groups_of(host);
        let all = [Arc::from("all")];
        let beside = self.beside();
        let playbook = [playbook_dir.to_owned()];
        let mut layers = Vec::new();
        self.inventory_groups(&all, &mut layers);
        self.inventory_groups(&groups, &mut layers);
        for entities in [&all[..], &groups] {
            self.files(&beside, "group_vars", entities, &mut layers)?;
            self.files(&playbook, "group_vars", entities, &mut layers)?;
        }
        let vars = match self.hosts.get(host) {
            Some(known) => known.vars.clone(),
            None if LOCALHOST.contains(&host) => implicit_localhost(),
            None => Vars::new(),
        };
        layers.push(Layer { origin: format!("inventory, host {host}"), vars: Arc::new(vars) });
        let hosts = [Arc::from(host)];
        self.files(&beside, "host_vars", &hosts, &mut layers)?;
        self.files(&playbook, "host_vars", &hosts, &mut layers)?;
        layers.retain(|layer| !layer.vars.is_empty());
        Ok(layers)
    }

    fn inventory_groups(&self, names: &[Arc<str>], layers: &mut Vec<Layer>) {
        for name in names {
            if let Some(group) = self.groups.get(name) {
                layers.push(Layer {
                    origin: format!("inventory, group {name}"),
                    vars: Arc::new(group.vars.clone()),
                });
            }
        }
    }

    fn files<'a>(
        &self,
        bases: impl IntoIterator<Item = &'a PathBuf>,
        folder: &str,
        entities: &[Arc<str>],
        layers: &mut Vec<Layer>,
    ) -> Result<()> {
        for base in bases {
            let folder_path = base.join(folder);
            if !folder_path.is_dir() {
                continue;
            }
            // The name of a host may be the path of a chroot.
            for entity in entities.iter().filter(|e| !e.contains('/')) {
                for file in find_vars_files(&folder_path, entity, &EXTENSIONS, true) {
                    let vars =
                        self.file(&file).map_err(|e| e.note(format!("read as {folder} of {entity}")))?;
                    layers.push(Layer { origin: format!("{folder} of {entity}: {}", file.display()), vars });
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
