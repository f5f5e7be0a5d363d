//! All settings that ansible-core defines, its plugins' among them: what the lookup `config` and `ansible-config` know.
//!
//! `settings.yml` and `plugins.yml` hold facts of ansible-core; `generate.py` writes them.

mod check;
mod convert;
mod given;
mod resolve;
mod verdict;

pub use check::{Told, check};
pub use given::ConfigFile;
pub use resolve::{Resolved, Undefined, direct, resolve};
pub use verdict::{Effect, Verdict};

use crate::error::{Result, Source};
use crate::value::{Key, Map, Value, yaml};
use std::sync::LazyLock;

/// A setting: where its value is looked for, and what it is then made.
#[derive(Clone, Debug)]
pub struct Definition(Value);

static SETTINGS: LazyLock<Map> = LazyLock::new(|| read("settings.yml", include_str!("settings.yml")));
static PLUGINS: LazyLock<Map> = LazyLock::new(|| read("plugins.yml", include_str!("plugins.yml")));

/// A table of this folder. That they can be read is for the tests to see.
fn read(name: &str, text: &str) -> Map {
    match yaml::parse(&Source::new(name, text)).map(|d| d.root.map(|root| root.to_value())) {
        Ok(Some(Value::Map(map))) => (*map).clone(),
        _ => Map::new(),
    }
}

impl Definition {
    /// The setting of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        SETTINGS.get(name).cloned().map(Definition)
    }

    /// The names of all settings, in their order.
    pub fn names() -> impl Iterator<Item = &'static str> {
        SETTINGS.keys().filter_map(Key::as_str)
    }

    /// The plugins of ansible.builtin of a kind, with their settings.
    #[must_use]
    pub fn plugins(kind: &str) -> Map {
        PLUGINS.get(kind).and_then(Value::as_map).cloned().unwrap_or_default()
    }

    /// What is known of it, as ansible-core says it.
    #[must_use]
    pub fn facts(&self) -> &Value {
        &self.0
    }

    /// The settings of a plugin of ansible.builtin.
    #[must_use]
    pub fn of_plugin(kind: &str, plugin: &str) -> Option<Map> {
        let short = plugin.strip_prefix("ansible.builtin.").unwrap_or(plugin);
        PLUGINS.get(kind)?.get(short)?.as_map().cloned()
    }

    /// The settings that a plugin's documentation defines.
    ///
    /// # Errors
    /// Documentation that is not YAML.
    pub fn documented(source: &std::sync::Arc<Source>) -> Result<Map> {
        let root = yaml::parse(source)?.root.map(|root| root.to_value());
        let options = root.as_ref().and_then(|root| root.get("options")).and_then(Value::as_map);
        Ok(options.cloned().unwrap_or_default())
    }

    /// One of a plugin's.
    #[must_use]
    pub fn among(options: &Map, name: &str) -> Option<Self> {
        options.get(name).cloned().map(Definition)
    }

    /// The name of its type.
    #[must_use]
    pub fn kind(&self) -> Option<&str> {
        self.0.get("type").and_then(Value::as_str)
    }

    /// What it is where nobody says.
    #[must_use]
    pub fn default(&self) -> Value {
        self.0.get("default").cloned().unwrap_or_default()
    }

    /// The same with Ansible's folder in its place.
    #[must_use]
    pub fn unsaid(&self) -> Value {
        resolve::default(self)
    }

    fn required(&self) -> bool {
        self.0.get("required").is_some_and(Value::truthy)
    }

    fn choices(&self) -> &[Value] {
        self.0.get("choices").and_then(Value::as_list).unwrap_or_default()
    }

    /// Names of one source, `env` or `vars`, in the order in which later ones win.
    pub fn sources(&self, source: &str) -> impl Iterator<Item = &str> {
        let names = self.0.get(source).and_then(Value::as_list).unwrap_or_default();
        names.iter().filter_map(|name| name.as_str().or_else(|| name.get("name")?.as_str()))
    }

    /// Sections and keys of the configuration file, in the order in which later ones win.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &str)> {
        let entries = self.0.get("ini").and_then(Value::as_list).unwrap_or_default();
        entries.iter().filter_map(|entry| match entry {
            Value::List(pair) => Some((pair.first()?.as_str()?, pair.get(1)?.as_str()?)),
            documented => {
                let section = documented.get("section").and_then(Value::as_str).unwrap_or("defaults");
                Some((section, documented.get("key")?.as_str()?))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_read_whole() {
        assert!(SETTINGS.len() > 200 && PLUGINS.len() == 8);
        let forks = Definition::find("DEFAULT_FORKS").unwrap();
        assert_eq!(forks.sources("env").collect::<Vec<_>>(), ["ANSIBLE_FORKS"]);
        assert_eq!(forks.entries().collect::<Vec<_>>(), [("defaults", "forks")]);
        assert!(Definition::of_plugin("connection", "ssh").unwrap().contains_key("remote_user"));
    }
}
