//! `config dump`: the values of settings, and where they come from.

use super::chosen::Chosen;
use super::list::written;
use super::{Data, Shown, galaxy};
use crate::config::definitions::{ConfigFile, Definition, Undefined, resolve};
use crate::error::{Exit, Result};
use crate::value::{Key, Map, Value, python_str};

/// What a setting has as its origin that must be given and is not.
const REQUIRED: &str = "REQUIRED";

/// A setting's value.
struct Found {
    name: String,
    value: Value,
    origin: String,
}

impl Found {
    /// Whether somebody gave it.
    fn changed(&self) -> bool {
        !["default", REQUIRED].contains(&&*self.origin) && !["_terms", "_input"].contains(&&*self.name)
    }

    fn line(&self) -> String {
        format!("{}({}) = {}", self.name, self.origin, python_str(&self.value))
    }

    fn entry(&self) -> Map {
        Map::from_iter([
            (Key::from("name"), Value::data(self.name.as_str())),
            (Key::from("origin"), Value::data(self.origin.as_str())),
            (Key::from("value"), self.value.clone()),
        ])
    }
}

/// The values in a form.
///
/// # Errors
/// A value that is not of its setting's type or not one of its choices.
pub(super) fn text(
    chosen: &Chosen,
    format: Shown,
    only_changed: bool,
    file: Option<&ConfigFile>,
) -> Result<String> {
    let kept = |found: &Found| !only_changed || found.changed();
    let mut base = Vec::new();
    for (name, definition) in chosen.base() {
        base.push(match name {
            "CONFIG_FILE" => Found {
                name: name.to_owned(),
                value: file.map_or(Value::Null, |file| Value::data(file.path().to_string_lossy())),
                origin: String::new(),
            },
            _ => found(name, &definition, &format!("'{name}'"), file)?,
        });
    }
    base.retain(kept);
    let mut servers = Vec::new();
    for (server, options) in if chosen.base { galaxy::servers(file)? } else { Vec::new() } {
        let label = |name: &str| format!("'{name}' for '{server}' galaxy_server plugin");
        servers.push((server.clone(), of_all(&options, &label, file)?));
    }
    let mut kinds = Vec::new();
    for (kind, plugins) in &chosen.kinds {
        let mut of_kind = Vec::new();
        for plugin in plugins {
            let label = |name: &str| format!("'{name}' for '{}' {kind} plugin", plugin.name);
            let mut values = of_all(&plugin.options, &label, file)?;
            values.sort_by(|a, b| a.name.cmp(&b.name));
            values.retain(kept);
            if !values.is_empty() {
                of_kind.push((plugin.name.clone(), values));
            }
        }
        kinds.push((*kind, of_kind));
    }
    let all = Values { base, servers, kinds };
    match format {
        Shown::Display => Ok(all.lines(chosen, only_changed).join("\n")),
        Shown::Json => written(&all.data(chosen), Data::Json),
        Shown::Yaml => written(&all.data(chosen), Data::Yaml),
    }
}

fn of_all(options: &Map, label: &dyn Fn(&str) -> String, file: Option<&ConfigFile>) -> Result<Vec<Found>> {
    let names = options.keys().filter_map(Key::as_str);
    let all = names.filter_map(|name| Some((name, Definition::among(options, name)?)));
    all.map(|(name, definition)| found(name, &definition, &label(name), file)).collect()
}

fn found(name: &str, definition: &Definition, label: &str, file: Option<&ConfigFile>) -> Result<Found> {
    let name = name.to_owned();
    match resolve(definition, label, file, &|_| None) {
        Ok(found) => Ok(Found { name, value: found.value, origin: found.origin }),
        Err(Undefined::Required) => Ok(Found { name, value: Value::Null, origin: REQUIRED.to_owned() }),
        Err(Undefined::Invalid(error)) => Err(error.with_exit(Exit::Usage)),
    }
}

/// A plugin's name, and the values of its settings.
type OfPlugin = (String, Vec<Found>);

/// All that is shown.
struct Values {
    base: Vec<Found>,
    servers: Vec<OfPlugin>,
    kinds: Vec<(&'static str, Vec<OfPlugin>)>,
}

impl Values {
    fn lines(&self, chosen: &Chosen, only_changed: bool) -> Vec<String> {
        let headline = |name: &str, under: &str| format!("\n{name}:\n{}", under.repeat(name.chars().count()));
        let mut lines: Vec<String> = self.base.iter().map(Found::line).collect();
        if chosen.base {
            lines.push("\nGALAXY_SERVERS:\n".to_owned());
        }
        for (server, values) in &self.servers {
            lines.push(format!("\n{server}\n{}", "=".repeat(server.chars().count())));
            let mut values: Vec<&Found> = values.iter().filter(|v| !only_changed || v.changed()).collect();
            values.sort_by(|a, b| a.name.cmp(&b.name));
            lines.extend(values.into_iter().map(Found::line));
        }
        for (kind, plugins) in &self.kinds {
            if chosen.all && !(only_changed && plugins.is_empty()) {
                lines.push(headline(&kind.to_uppercase(), "="));
            }
            for (plugin, values) in plugins {
                lines.push(headline(plugin, "_"));
                lines.extend(values.iter().map(Found::line));
            }
        }
        lines
    }

    fn data(&self, chosen: &Chosen) -> Value {
        let one = |name: &str, value: Value| Value::map(Map::from_iter([(Key::from(name), value)]));
        let list = |values: &[Found]| Value::list(values.iter().map(|v| Value::map(v.entry())).collect());
        let mut all: Vec<Value> = self.base.iter().map(|v| Value::map(v.entry())).collect();
        if chosen.base {
            let server = |(name, values): &OfPlugin| {
                let whole = values.iter().map(|value| {
                    let mut entry = value.entry();
                    entry.insert(Key::from("type"), Value::Null);
                    Value::map(entry)
                });
                (Key::from(name.as_str()), Value::list(whole.collect()))
            };
            all.push(one("GALAXY_SERVERS", Value::map(self.servers.iter().map(server).collect())));
        }
        for (kind, plugins) in &self.kinds {
            let plugins: Vec<Value> = plugins.iter().map(|(name, values)| one(name, list(values))).collect();
            if chosen.all {
                all.push(one(&format!("{}_PLUGINS", kind.to_uppercase()), Value::list(plugins)));
            } else {
                all.extend(plugins);
            }
        }
        Value::list(all)
    }
}
