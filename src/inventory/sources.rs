//! Reading inventory sources: each is tried with the enabled plugins until one can read it.

use super::plugins::{self, Given};
use super::{Inventory, Notice};
use crate::config::{self, VarsStage};
use crate::error::{Error, Result, Source};
use crate::template::Engine;
use crate::value::{Map, Value, Vars, normal};
use fancy_regex::Regex;
use std::path::Path;
use std::sync::Arc;

/// A kind of inventory that a room above adds.
pub trait InventorySource: Send + Sync {
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

/// Cached facts of a host.
pub type Facts = Box<dyn Fn(&str) -> Option<Map> + Send + Sync>;

/// What `-i` names, and how it is read.
pub struct Sources {
    given: Vec<String>,
    settings: Arc<config::Inventory>,
    engine: Engine,
    extra: Arc<Vars>,
    facts: Facts,
    forgiving: bool,
    added: Vec<Box<dyn InventorySource>>,
}

impl Default for Sources {
    fn default() -> Self {
        Self::new(Vec::new(), Arc::default())
    }
}

impl Sources {
    /// These sources, in order.
    #[must_use]
    pub fn new(given: Vec<String>, settings: Arc<config::Inventory>) -> Self {
        Sources {
            given,
            settings,
            engine: Engine::new(),
            extra: Arc::default(),
            facts: Box::new(|_| None),
            forgiving: false,
            added: Vec::new(),
        }
    }

    /// With the extra vars, for sources made of templates.
    #[must_use]
    pub fn with_extra_vars(mut self, extra: Arc<Vars>) -> Self {
        self.extra = extra;
        self
    }

    /// With facts of earlier runs, for sources made of templates.
    #[must_use]
    pub fn with_facts(mut self, facts: Facts) -> Self {
        self.facts = facts;
        self
    }

    /// As Ansible does: what cannot be read is passed over with a warning, unless the settings say otherwise.
    #[must_use]
    pub fn forgiving(mut self, forgiving: bool) -> Self {
        self.forgiving = forgiving;
        self
    }

    /// Adds a kind of inventory, asked before files are tried.
    pub fn register(&mut self, source: Box<dyn InventorySource>) {
        self.added.push(source);
    }

    /// Reads all sources. What there is to tell is among the inventory's notices.
    ///
    /// # Errors
    /// What cannot be found, read or understood, with its place; a forgiving reading warns instead.
    pub fn load(&self) -> Result<Inventory> {
        let mut inventory = Inventory::new(Arc::clone(&self.settings));
        let mut parsed = false;
        for given in self.given.iter().filter(|g| !g.is_empty()) {
            parsed |= self.source(given, &mut inventory)?;
        }
        if parsed {
            inventory.reconcile()?;
        } else if self.settings.unparsed_is_failed {
            return Err(Error::other(
                "No inventory was parsed, please check your configuration and options.",
            ));
        } else if self.settings.unparsed_warning {
            inventory.warn("No inventory was parsed, only implicit localhost is available");
        }
        inventory.current = None;
        if self.settings.reads_vars(VarsStage::Inventory) {
            inventory.absorb_files()?;
        }
        Ok(inventory)
    }

    /// Reads an inventory's text under a name, as if it were a file without an extension.
    ///
    /// # Errors
    /// What cannot be understood, with its place.
    pub fn read_text(&self, name: &str, text: &str, inventory: &mut Inventory) -> Result<()> {
        let source = Source::new(name, text);
        inventory.current = Some(place(source.name()));
        plugins::read_text(&source, inventory)?;
        inventory.reconcile()?;
        inventory.current = None;
        Ok(())
    }

    /// Whether anything could be read of what one `-i` names.
    fn source(&self, given: &str, inventory: &mut Inventory) -> Result<bool> {
        if let Some(source) = self.added.iter().find(|s| s.accepts(given)) {
            source.read(given, inventory).map_err(|e| e.note(format!("read by {}", source.name())))?;
            return Ok(true);
        }
        let path = normal(Path::new(given));
        if given.contains(',') && !path.exists() {
            return self.one(given, inventory);
        }
        inventory.sources.push(path.clone());
        self.path(&path, inventory)
    }

    fn path(&self, path: &Path, inventory: &mut Inventory) -> Result<bool> {
        if !path.is_dir() {
            return self.one(&path.to_string_lossy(), inventory);
        }
        let entries = std::fs::read_dir(path)
            .map_err(|e| Error::input(format!("cannot read the inventory {}: {e}", path.display())))?;
        let mut names: Vec<_> =
            entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        let mut parsed = false;
        for name in names {
            if !self.ignored(&name)? {
                parsed |= self.path(&path.join(&name), inventory)?;
            }
        }
        if !parsed {
            self.unparsed(&path.to_string_lossy(), Vec::new(), inventory)?;
        }
        Ok(parsed)
    }

    /// Whether a file in an inventory's folder is none of its parts.
    fn ignored(&self, name: &str) -> Result<bool> {
        if name.starts_with('.') || matches!(name, "host_vars" | "group_vars" | "vars_plugins") {
            return Ok(true);
        }
        if self.settings.ignored_endings.iter().any(|ending| name.ends_with(ending.as_str())) {
            return Ok(true);
        }
        for pattern in &self.settings.ignored_patterns {
            let regex = Regex::new(pattern).map_err(|e| {
                Error::input(format!("the setting inventory_ignore_patterns: `{pattern}` is no pattern: {e}"))
            })?;
            if regex.is_match(name).unwrap_or(false) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Tries the enabled plugins on a file or a list of hosts.
    fn one(&self, text: &str, inventory: &mut Inventory) -> Result<bool> {
        let given = Given { text, engine: &self.engine, extra: &self.extra, facts: &*self.facts };
        inventory.current = Some(place(Path::new(text)));
        let mut failures = Vec::new();
        let mut tried = false;
        for name in &self.settings.enabled {
            let Some(plugin) = plugins::find(name) else {
                inventory.warn(format!("Failed to load inventory plugin, skipping {name}"));
                continue;
            };
            tried = true;
            if !(plugin.accepts)(&given, inventory) {
                let why = "as it did not pass its verify_file() method";
                inventory.remark(3, format!("{} declined parsing {text} {why}", plugin.name));
                continue;
            }
            match (plugin.read)(&given, inventory) {
                Ok(()) => {
                    let told = format!("Parsed {text} inventory source with {} plugin", plugin.name);
                    inventory.remark(3, told);
                    inventory.current = None;
                    return Ok(true);
                }
                Err(e) => failures.push((plugin.name, e)),
            }
        }
        inventory.current = None;
        if !tried {
            return Err(Error::input(
                "No inventory plugins available to generate inventory, make sure you have at least one enabled.",
            ));
        }
        self.unparsed(text, failures, inventory)?;
        Ok(false)
    }

    /// What becomes of a source that no plugin could read.
    fn unparsed(
        &self,
        text: &str,
        failures: Vec<(&'static str, Error)>,
        inventory: &mut Inventory,
    ) -> Result<()> {
        if text == "/etc/ansible/hosts" && !Path::new(text).exists() {
            return Ok(());
        }
        if !self.forgiving {
            return Err(relevant(text, failures));
        }
        for (plugin, error) in &failures {
            inventory.notice(Notice::Warning(told(text, plugin, error)));
        }
        if self.settings.any_unparsed_is_failed {
            return Err(Error::other(format!("Completely failed to parse inventory source {text}")));
        }
        inventory.warn(format!("Unable to parse {text} as an inventory source"));
        Ok(())
    }
}

/// `inventory_file` and `inventory_dir` of hosts from a source.
fn place(path: &Path) -> (Value, Value) {
    let folder = if path.is_dir() { path } else { path.parent().unwrap_or(Path::new("")) };
    (Value::data(path.to_string_lossy()), Value::data(folder.to_string_lossy()))
}

/// Of what the plugins said, that of the one which the source was meant for.
fn relevant(text: &str, mut failures: Vec<(&'static str, Error)>) -> Error {
    if failures.is_empty() {
        let error = Error::input(format!("Unable to parse {text} as an inventory source"));
        return if Path::new(text).exists() {
            error.note("no enabled inventory plugin takes it")
        } else {
            error.note("there is no such file").help("a list of hosts needs a comma: `-i HOST,`")
        };
    }
    let configures = |e: &Error| !e.message().starts_with("no root 'plugin' key");
    let is_map = |e: &Error| !e.message().starts_with("YAML inventory has invalid structure");
    let extension = Path::new(text).extension().is_some();
    let best = failures.iter().position(|(name, e)| match *name {
        "script" => true,
        "auto" => configures(e) && e.span().is_some(),
        "yaml" => extension || (is_map(e) && e.message().starts_with("Plugin")),
        _ => false,
    });
    let last = failures.len() - 1;
    let (plugin, error) = failures.swap_remove(best.unwrap_or(last));
    if error.span().is_some() {
        return error;
    }
    error.note(format!("read by the inventory plugin '{plugin}': {text}"))
}

/// A plugin's failure as Ansible shows it.
fn told(text: &str, plugin: &str, error: &Error) -> String {
    let first = format!("Failed to parse inventory with '{plugin}' plugin");
    let origin = match error.span() {
        Some(span) => span.to_string(),
        None => format!("<inventory plugin '{plugin}' with source '{text}'>"),
    };
    let message = error.message();
    let mut out =
        format!("{first}: {message}\n\n{first}.\n\n<<< caused by >>>\n\n{message}\nOrigin: {origin}\n");
    for note in error.note_lines() {
        out.push_str(&format!("\n{note}\n"));
    }
    out
}
