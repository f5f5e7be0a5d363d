//! The kinds of inventory, each reading what it accepts: Ansible's inventory plugins.

mod auto;
mod compose;
mod constructed;
mod generator;
mod host_list;
mod ini;
mod keyed;
mod script;
mod toml;
mod words;
mod yaml;

use super::{Inventory, address, range};
use crate::error::Result;
use crate::template::Engine;
use crate::value::{Map, Vars};
use std::path::Path;
use std::sync::Arc;

/// One source, and what its reader may use.
pub(super) struct Given<'a> {
    /// The path made absolute, or the list of hosts as it was given.
    pub text: &'a str,
    /// The templates.
    pub engine: &'a Engine,
    /// Extra vars.
    pub extra: &'a Arc<Vars>,
    /// Cached facts of a host.
    pub facts: &'a (dyn Fn(&str) -> Option<Map> + Sync),
}

impl Given<'_> {
    pub(super) fn path(&self) -> &Path {
        Path::new(self.text)
    }

    fn is_list(&self) -> bool {
        self.text.contains(',') && !self.path().exists()
    }

    /// Whether it is a file that can be read.
    fn is_file(&self) -> bool {
        self.path().exists() && std::fs::File::open(self.path()).is_ok()
    }

    /// The extension with its dot; empty where there is none.
    pub(super) fn extension(&self) -> String {
        self.path().extension().map(|e| format!(".{}", e.to_string_lossy())).unwrap_or_default()
    }

    /// A file that configures a plugin: YAML, under one of the extensions for that.
    fn is_configuration(&self) -> bool {
        const KNOWN: [&str; 5] = ["", ".config", ".yml", ".yaml", ".json"];
        self.is_file() && KNOWN.contains(&self.extension().as_str())
    }
}

/// A kind of inventory.
pub(super) struct Plugin {
    pub name: &'static str,
    /// Whether it would read this.
    pub accepts: fn(&Given<'_>, &Inventory) -> bool,
    /// Adds what it reads to an inventory; what came before an error stays.
    pub read: fn(&Given<'_>, &mut Inventory) -> Result<()>,
}

const PLUGINS: [Plugin; 9] = [
    Plugin {
        name: "advanced_host_list",
        accepts: |given, _| given.is_list(),
        read: |given, inventory| host_list::read(given, inventory, true),
    },
    Plugin { name: "auto", accepts: |given, _| auto::accepts(given), read: auto::read },
    Plugin { name: "constructed", accepts: |given, _| given.is_configuration(), read: constructed::read },
    Plugin { name: "generator", accepts: |given, _| given.is_configuration(), read: generator::read },
    Plugin {
        name: "host_list",
        accepts: |given, _| given.is_list(),
        read: |given, inventory| host_list::read(given, inventory, false),
    },
    Plugin {
        name: "ini",
        accepts: |given, _| given.is_file() && given.extension() != ".toml",
        read: ini::read_file,
    },
    Plugin { name: "script", accepts: |given, _| script::accepts(given), read: script::read },
    Plugin {
        name: "toml",
        accepts: |given, _| given.is_file() && given.extension() == ".toml",
        read: toml::read,
    },
    Plugin {
        name: "yaml",
        accepts: |given, inventory| {
            given.is_file() && inventory.settings.yaml_extensions.contains(&given.extension())
        },
        read: yaml::read_file,
    },
];

/// The plugin of this name, be it short or in full.
pub(super) fn find(name: &str) -> Option<&'static Plugin> {
    let short = ["ansible.builtin.", "ansible.legacy."].iter().find_map(|p| name.strip_prefix(p));
    let short = short.unwrap_or(name);
    PLUGINS.iter().find(|p| p.name == short)
}

/// The names that a host pattern stands for, and its port.
fn expand(pattern: &str) -> std::result::Result<(Vec<String>, Option<u16>), String> {
    let (name, port) = address::parse(pattern).unwrap_or((pattern, None));
    let names = range::expand(name).map_err(|wrong| wrong.to_string())?;
    Ok((names, port))
}

/// What reads an inventory's text as a file without an extension would be.
pub(super) fn read_text(source: &Arc<crate::error::Source>, inventory: &mut Inventory) -> Result<()> {
    match crate::value::yaml::parse(source) {
        Ok(document) if document.root.as_ref().is_some_and(|r| r.as_map().is_some()) => {
            yaml::read(&document, inventory)
        }
        _ => ini::read(source, inventory),
    }
}
