//! `config list`: what is known of settings.

use super::chosen::Chosen;
use super::{Data, galaxy};
use crate::config::definitions::{ConfigFile, Definition, Verdict};
use crate::error::{Error, Result};
use crate::template::dump;
use crate::value::{Key, Map, Value};

/// The settings in a form of data.
///
/// # Errors
/// Servers of the configuration that cannot be told.
pub(super) fn text(chosen: &Chosen, format: Data, file: Option<&ConfigFile>) -> Result<String> {
    let mut entries = Map::new();
    for (name, definition) in chosen.base() {
        entries.insert(Key::from(name), shown(&definition, Verdict::of(name).map(|verdict| verdict.about)));
    }
    if chosen.base {
        let servers =
            galaxy::servers(file)?.into_iter().map(|(server, options)| (Key::from(server), of_all(&options)));
        entries.insert(Key::from("GALAXY_SERVERS"), Value::map(servers.collect()));
    }
    if !chosen.kinds.is_empty() {
        let kinds = chosen.kinds.iter().map(|(kind, plugins)| {
            let name = if chosen.all { kind.to_uppercase() } else { (*kind).to_owned() };
            let plugins = plugins.iter().map(|p| (Key::from(p.name.as_str()), of_all(&p.options)));
            (Key::from(name.as_str()), Value::map(plugins.collect()))
        });
        entries.insert(Key::from("PLUGINS"), Value::map(kinds.collect()));
    }
    written(&Value::map(entries), format)
}

/// Data in a form.
pub(super) fn written(value: &Value, format: Data) -> Result<String> {
    let text = match format {
        Data::Json => dump::json(value, Some(4)),
        Data::Yaml => dump::yaml_of_variables(value),
    };
    text.ok_or_else(|| Error::other("the settings cannot be written"))
}

fn of_all(options: &Map) -> Value {
    let shown = |name: &Key| Some((name.clone(), shown(&Definition::among(options, name.as_str()?)?, None)));
    Value::map(options.keys().filter_map(shown).collect())
}

/// A setting as Ansible writes it down.
fn shown(definition: &Definition, about: Option<&str>) -> Value {
    let mut map = definition.facts().as_map().cloned().unwrap_or_default();
    let named = |names: Vec<&str>| {
        let one = |name: &str| Value::map(Map::from_iter([(Key::from("name"), Value::data(name))]));
        Value::list(names.into_iter().map(one).collect())
    };
    for source in ["env", "vars", "cli"] {
        if map.contains_key(source) {
            map.insert(Key::from(source), named(definition.sources(source).collect()));
        }
    }
    if map.contains_key("ini") {
        let entry = |(section, key): (&str, &str)| {
            let pairs = [("key", key), ("section", section)];
            Value::map(pairs.into_iter().map(|(name, value)| (Key::from(name), Value::data(value))).collect())
        };
        map.insert(Key::from("ini"), Value::list(definition.entries().map(entry).collect()));
    }
    // Defaults below Ansible's folder are templates of it.
    let default = definition.default();
    if let Some(rest) = default.as_str().and_then(|text| text.strip_prefix("{{ANSIBLE_HOME}}")) {
        map.insert(Key::from("default"), Value::data(format!("{{{{ ANSIBLE_HOME ~ \"{rest}\" }}}}")));
    }
    if let Some(about) = about {
        map.insert(Key::from("description"), Value::data(about));
    }
    Value::map(map)
}
