//! What inventories that are made of templates share: their configuration, and the variables that templates see.

use super::Given;
use crate::error::{Error, Result};
use crate::template::Scope;
use crate::value::{Map, Value, Vars, read_source, yaml};
use std::path::PathBuf;
use std::sync::Arc;

/// The map of a plugin's configuration file.
pub(super) fn configuration(given: &Given<'_>, plugin: &str) -> Result<Map> {
    let document = yaml::parse(&read_source(given.path())?)?;
    let Some(root) = document.root.filter(|root| root.to_value().truthy()) else {
        return Err(Error::input(format!("{} is empty", given.text)));
    };
    let config = root.to_value();
    let Some(map) = config.as_map() else {
        return Err(Error::input(format!(
            "inventory source has invalid structure, it should be a dictionary, got: <class '{}'>",
            config.type_name()
        ))
        .at(root.span));
    };
    let named = map.get("plugin").map(crate::value::python_str);
    let own = [plugin.to_owned(), format!("ansible.builtin.{plugin}")];
    if !named.as_ref().is_some_and(|name| own.contains(name)) {
        return Err(Error::input(format!(
            "Incorrect plugin name in file: {}",
            named.unwrap_or_else(|| "none found".to_owned())
        )));
    }
    Ok(map.clone())
}

/// A boolean option, as YAML or as words.
pub(super) fn flag(config: &Map, name: &str, default: bool) -> Result<bool> {
    let Some(value) = config.get(name) else { return Ok(default) };
    let word = value.as_str().map(str::to_lowercase);
    match (value, word.as_deref()) {
        (Value::Bool(b), _) => Ok(*b),
        (Value::Int(i), _) if matches!(i, 0 | 1) => Ok(*i == 1),
        (_, Some("yes" | "on" | "true" | "t" | "y" | "1")) => Ok(true),
        (_, Some("no" | "off" | "false" | "f" | "n" | "0")) => Ok(false),
        _ => Err(Error::input(format!("the option `{name}` must be a boolean, not {}", value.type_name()))
            .at(value.span().cloned())),
    }
}

/// Variables that templates see, and nothing else.
pub(super) struct Variables(Vars);

impl Variables {
    pub(super) fn of(vars: Vars) -> Arc<dyn Scope> {
        Arc::new(Variables(vars))
    }
}

impl Scope for Variables {
    fn get(&self, name: &str) -> Option<Value> {
        self.0.get(name).cloned()
    }

    fn names(&self) -> Vec<Arc<str>> {
        self.0.keys().cloned().collect()
    }

    fn search_path(&self) -> Vec<PathBuf> {
        Vec::new()
    }
}
