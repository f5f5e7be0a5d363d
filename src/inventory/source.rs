//! Where inventories come from.

use super::{Inventory, address, ini, yaml};
use crate::error::{Error, Result, Source};
use crate::value::{Text, Value, Vars, normal, read_source};
use std::path::Path;
use std::sync::Arc;

/// A kind of inventory.
pub trait InventorySource: Sync {
    /// Its name, for messages.
    fn name(&self) -> &'static str;
    /// Whether it reads what `-i` names.
    fn accepts(&self, given: &str) -> bool;
    /// Adds what it reads to an inventory.
    ///
    /// # Errors
    /// What cannot be read or understood, with its place.
    fn read(&self, given: &str, inventory: &mut Inventory) -> Result<()>;
}

/// The sources that the rooms above add to host lists, files and folders.
#[derive(Default)]
pub struct Sources {
    added: Vec<Box<dyn InventorySource>>,
}

/// Endings of files that are no inventories although they lie in an inventory's folder.
const IGNORED: [&str; 11] =
    [".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst", ".orig", ".retry"];

impl Sources {
    /// Adds a kind of inventory, asked before files are tried.
    pub fn register(&mut self, source: Box<dyn InventorySource>) {
        self.added.push(source);
    }

    /// Reads all that `-i` names, in order.
    ///
    /// # Errors
    /// What cannot be found, read or understood, with its place.
    pub fn load(&self, given: &[String]) -> Result<Inventory> {
        let mut inventory = Inventory::default();
        for given in given {
            self.one(given, &mut inventory)?;
        }
        inventory.reconcile();
        Ok(inventory)
    }

    /// Reads an inventory's text under a name, as if it were a file without an extension.
    ///
    /// # Errors
    /// What cannot be understood, with its place.
    pub fn read_text(&self, name: &str, text: &str, inventory: &mut Inventory) -> Result<()> {
        parse(&Source::new(name, text), inventory)?;
        inventory.reconcile();
        Ok(())
    }

    fn one(&self, given: &str, inventory: &mut Inventory) -> Result<()> {
        if let Some(source) = self.added.iter().find(|s| s.accepts(given)) {
            return source.read(given, inventory).map_err(|e| e.note(format!("read by {}", source.name())));
        }
        let path = normal(Path::new(given));
        if !path.exists() {
            if given.contains(',') {
                host_list(given, inventory);
                return Ok(());
            }
            return Err(Error::input(format!("cannot find the inventory {given}"))
                .help("a list of hosts needs a comma: `-i HOST,`"));
        }
        inventory.sources.push(path.clone());
        self.path(&path, inventory)
    }

    fn path(&self, path: &Path, inventory: &mut Inventory) -> Result<()> {
        if !path.is_dir() {
            return file(path, inventory);
        }
        let entries = std::fs::read_dir(path)
            .map_err(|e| Error::input(format!("cannot read the inventory {}: {e}", path.display())))?;
        let mut entries: Vec<_> = entries.flatten().map(|e| e.path()).collect();
        entries.sort();
        for entry in entries {
            let name = entry.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            let ignored = name.starts_with('.')
                || matches!(name.as_str(), "host_vars" | "group_vars" | "vars_plugins")
                || name.ends_with(".cfg")
                || IGNORED.iter().any(|e| name.ends_with(e));
            if !ignored {
                self.path(&entry, inventory)?;
            }
        }
        Ok(())
    }
}

fn file(path: &Path, inventory: &mut Inventory) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let executable = path.metadata().is_ok_and(|m| m.permissions().mode() & 0o111 != 0);
    let source = read_source(path)?;
    if executable && source.text().starts_with("#!") {
        return Err(Error::input(format!(
            "{} is a script: inventory scripts are not supported yet",
            path.display()
        )));
    }
    parse(&source, inventory)
}

/// A file: YAML by its extension, else YAML where it reads as a map, else INI.
fn parse(source: &Arc<Source>, inventory: &mut Inventory) -> Result<()> {
    let before: Vec<Arc<str>> = inventory.hosts.keys().cloned().collect();
    match source.name().extension().and_then(|e| e.to_str()) {
        Some("yml" | "yaml" | "json") => yaml::read(&crate::value::yaml::parse(source)?, inventory)?,
        Some("toml") => {
            return Err(Error::input(format!(
                "{}: TOML inventories are not supported yet",
                source.name().display()
            )));
        }
        Some(_) => ini::read(source, inventory)?,
        None => match crate::value::yaml::parse(source) {
            Ok(document) if document.root.as_ref().is_some_and(|r| r.as_map().is_some()) => {
                yaml::read(&document, inventory)?;
            }
            _ => ini::read(source, inventory)?,
        },
    }
    let path = source.name();
    for (name, host) in &mut inventory.hosts {
        if !before.contains(name) {
            set_file(&mut host.vars, path);
        }
    }
    Ok(())
}

/// `inventory_file` and `inventory_dir`: those of the source that first names a host.
fn set_file(vars: &mut Vars, path: &Path) {
    let mut set = |name: &str, path: &Path| {
        vars.insert(Arc::from(name), Value::data(path.to_string_lossy()));
    };
    set("inventory_file", path);
    if let Some(folder) = path.parent() {
        set("inventory_dir", folder);
    }
}

/// `-i a,b,`.
fn host_list(given: &str, inventory: &mut Inventory) {
    for part in given.split(',').map(str::trim).filter(|p| !p.is_empty()) {
        let (name, port) = match address::parse(part) {
            Some((name, port)) if !name.contains('[') => (name, port),
            _ => (part, None),
        };
        if inventory.hosts.contains_key(name) {
            continue;
        }
        let name: Arc<str> = Arc::from(name);
        let host = inventory.hosts.entry(Arc::clone(&name)).or_default();
        if let Some(port) = port {
            host.vars.insert(Arc::from("ansible_port"), Value::from(i64::from(port)));
        }
        host.vars.insert(Arc::from("inventory_file"), Value::Text(Text::data(given)));
        inventory.join(&name, &Arc::from("ungrouped"));
    }
}
