//! Which settings a command is about.

use crate::config::definitions::Definition;
use crate::value::{Key, Map, Value};

/// The kinds of plugins that have settings, in Ansible's order.
const KINDS: [&str; 11] = [
    "become",
    "cache",
    "callback",
    "cliconf",
    "connection",
    "httpapi",
    "inventory",
    "lookup",
    "netconf",
    "shell",
    "vars",
];

/// What the option for the type takes.
pub(super) fn types() -> clap::builder::PossibleValuesParser {
    ["all", "base"].into_iter().chain(KINDS).collect::<Vec<_>>().into()
}

/// The settings of a plugin.
pub(super) struct Plugin {
    pub name: String,
    pub options: Map,
}

/// The settings that were asked for.
pub(super) struct Chosen {
    /// Whether those of no plugin are among them.
    pub base: bool,
    /// Whether those of all plugins are.
    pub all: bool,
    /// Those of plugins, by kind.
    pub kinds: Vec<(&'static str, Vec<Plugin>)>,
}

impl Chosen {
    /// Those of a type, and of it the named plugins; `warn` is told of plugins that are not known.
    pub(super) fn new(wanted: &str, plugins: &[String], warn: &mut dyn FnMut(String)) -> Self {
        let all = wanted == "all";
        let kinds = KINDS.into_iter().filter(|kind| all || *kind == wanted);
        let kinds = kinds.map(|kind| (kind, of_kind(kind, if all { &[] } else { plugins }, warn))).collect();
        Chosen { base: all || wanted == "base", all, kinds }
    }

    /// Those of no plugin by name, without those of Ansible's own tests.
    pub(super) fn base(&self) -> impl Iterator<Item = (&'static str, Definition)> {
        let names = Definition::names().filter(|name| self.base && !name.starts_with("_Z_"));
        names.filter_map(|name| Some((name, Definition::find(name)?)))
    }

    /// All of them, those of plugins after the others; names only serve to tell them apart.
    pub(super) fn definitions(&self) -> impl Iterator<Item = Definition> {
        let plugins = self.kinds.iter().flat_map(|(_, plugins)| plugins);
        let options = plugins.flat_map(|plugin| {
            plugin.options.keys().filter_map(|name| Definition::among(&plugin.options, name.as_str()?))
        });
        self.base().map(|(_, definition)| definition).chain(options)
    }
}

fn of_kind(kind: &str, named: &[String], warn: &mut dyn FnMut(String)) -> Vec<Plugin> {
    let known = Definition::plugins(kind);
    let plugin = |name: &str, options: &Value| {
        let name = match name.strip_prefix('_') {
            Some(deprecated) => format!("{deprecated} (DEPRECATED)"),
            None => name.to_owned(),
        };
        Some(Plugin { name, options: options.as_map()?.clone() })
    };
    if named.is_empty() {
        return known.iter().filter_map(|(name, options)| plugin(name.as_str()?, options)).collect();
    }
    let mut found = Vec::new();
    for name in named {
        let short = name.strip_prefix("ansible.builtin.").unwrap_or(name);
        match known.get(&Key::from(short)).and_then(|options| plugin(short, options)) {
            Some(plugin) => found.push(plugin),
            None => warn(format!("Skipping {name} as we could not find matching plugin")),
        }
    }
    found
}
