//! `keyed_groups`: groups named after what an expression gives.

use super::constructed::evaluate;
use crate::error::{Error, Result};
use crate::inventory::Inventory;
use crate::template::{Engine, Scope, is_omit};
use crate::value::{Map, Value, python_str};
use std::sync::Arc;

/// An entry of `keyed_groups`.
pub(super) struct Keyed<'a> {
    pub entry: &'a Map,
    pub strict: bool,
    pub leading_separator: bool,
}

impl Keyed<'_> {
    fn text(&self, name: &str, default: &str) -> String {
        self.entry.get(name).map_or_else(|| default.to_owned(), python_str)
    }

    fn given(&self, name: &str) -> Option<&Value> {
        self.entry.get(name).filter(|v| !v.is_null())
    }
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("")
}

/// Puts a host into the groups that an entry means.
pub(super) fn add(
    keyed: &Keyed<'_>,
    engine: &Engine,
    scope: &Arc<dyn Scope>,
    host: &Arc<str>,
    inventory: &mut Inventory,
) -> Result<()> {
    let written = keyed.entry.get("key").cloned().unwrap_or_default();
    let key = match evaluate(engine, &written, scope) {
        Ok(key) => key,
        Err(e) if keyed.strict => {
            let from = python_str(&written);
            return Err(e.context(format!("Could not generate group for host {host} from {from} entry")));
        }
        Err(_) => return Ok(()),
    };
    let default = keyed.given("default_value").map(python_str);
    let trailing = keyed.given("trailing_separator");
    if trailing.is_some() && default.is_some() {
        return Err(Error::input(
            "parameters are mutually exclusive for keyed groups: default_value|trailing_separator",
        ));
    }
    let use_default = is_empty(&key) && default.is_some();
    if !key.truthy() && !use_default {
        let constructible = matches!(key, Value::List(_) | Value::Map(_));
        if keyed.strict && !constructible {
            return Err(Error::input(format!(
                "No key or key resulted empty for {} in host {host}, invalid entry",
                python_str(&written)
            )));
        }
        return Ok(());
    }
    let parent = match keyed.given("parent_group").map(|parent| engine.render(parent, scope)) {
        None => None,
        Some(Ok(parent)) => Some(parent).filter(|p| !is_omit(p) && p.truthy()).map(|p| python_str(&p)),
        Some(Err(e)) if keyed.strict => {
            return Err(
                e.context(format!("Could not generate parent group for group '{}'", python_str(&key)))
            );
        }
        Some(Err(_)) => return Ok(()),
    };
    let prefix = keyed.text("prefix", "");
    let separator = keyed.text("separator", "_");
    let no_trailing = trailing.is_some_and(|t| t.as_bool() == Some(false));
    let or_default = |value: &Value| match &default {
        Some(default) if is_empty(value) => default.clone(),
        _ => python_str(value),
    };
    let names: Vec<String> = match &key {
        _ if use_default => default.iter().cloned().collect(),
        Value::Text(text) => vec![text.as_str().to_owned()],
        Value::List(items) => items.iter().map(or_default).collect(),
        Value::Map(map) => map
            .iter()
            .map(|(name, value)| match is_empty(value) && default.is_none() && no_trailing {
                true => name.to_string(),
                false => format!("{name}{separator}{}", or_default(value)),
            })
            .collect(),
        other => {
            return Err(Error::input(format!(
                "Invalid group name format, expected a string or a list of them or dictionary, got: <class '{}'>",
                other.type_name()
            )));
        }
    };
    let leading = if prefix.is_empty() && !keyed.leading_separator { "" } else { &separator };
    for name in names {
        let group = inventory.add_group(&format!("{prefix}{leading}{name}"));
        inventory.join(host, &group);
        if let Some(parent) = &parent {
            let parent = inventory.add_group(parent);
            inventory.put_beneath(&parent, &group)?;
        }
    }
    Ok(())
}
