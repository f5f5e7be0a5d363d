//! Inventories made of every combination of some layers: `plugin: generator`.

use super::Given;
use super::compose::{Variables, configuration};
use crate::error::{Error, Result};
use crate::inventory::Inventory;
use crate::template::Scope;
use crate::value::{Map, Value, Vars, is_variable_name, python_str};
use std::sync::Arc;

pub(super) fn read(given: &Given<'_>, inventory: &mut Inventory) -> Result<()> {
    let config = configuration(given, "generator")?;
    let part = |name: &str| {
        config.get(name).ok_or_else(|| Error::input(format!("'{name}' is missing in {}", given.text)))
    };
    let layers = part("layers")?;
    let layers = layers
        .as_map()
        .ok_or_else(|| Error::input(format!("'layers' must be a dictionary, not {}", layers.type_name())))?;
    let hosts = part("hosts")?;
    let name = hosts.get("name").ok_or_else(|| Error::input("'hosts' has no 'name'"))?;
    for vars in combinations(layers)? {
        let scope = Variables::of(vars);
        let host = text(given, name, &scope)?;
        if host.is_empty() {
            return Err(Error::input("Invalid empty host name provided"));
        }
        let host: Arc<str> = Arc::from(host);
        inventory.new_host(&host, None);
        parents(given, inventory, &host, hosts, &scope)?;
    }
    Ok(())
}

/// Every combination of one item of each layer, the last layer changing fastest.
fn combinations(layers: &Map) -> Result<Vec<Vars>> {
    let mut all = vec![Vars::new()];
    for (name, items) in layers {
        let Some(items) = items.as_list() else {
            return Err(Error::input(format!(
                "the layer '{name}' must be a list, not {}",
                items.type_name()
            )));
        };
        let name: Arc<str> = Arc::from(name.to_string());
        let with = |below: &Vars, item: &Value| {
            let mut vars = below.clone();
            vars.insert(Arc::clone(&name), item.clone());
            vars
        };
        all = all.iter().flat_map(|below| items.iter().map(move |item| with(below, item))).collect();
    }
    Ok(all)
}

fn text(given: &Given<'_>, template: &Value, scope: &Arc<dyn Scope>) -> Result<String> {
    Ok(match given.engine.render(template, scope)? {
        Value::Null => String::new(),
        rendered => python_str(&rendered),
    })
}

/// The name in `{{ name }}`.
fn only_variable(template: &str) -> Option<&str> {
    let name = template.trim().strip_prefix("{{")?.strip_suffix("}}")?.trim();
    is_variable_name(name).then_some(name)
}

/// Puts a host or group beneath the groups that `parents` names, and those beneath theirs.
fn parents(
    given: &Given<'_>,
    inventory: &mut Inventory,
    child: &str,
    node: &Value,
    scope: &Arc<dyn Scope>,
) -> Result<()> {
    for parent in node.get("parents").and_then(Value::as_list).unwrap_or_default() {
        let name = parent.get("name").map(|name| text(given, name, scope)).transpose()?.unwrap_or_default();
        if name.is_empty() {
            return Err(Error::input(format!("Element {child} has a parent with no name.")));
        }
        let group = inventory.add_group(&name);
        for (key, value) in parent.get("vars").and_then(Value::as_map).into_iter().flatten() {
            // Lists and maps are templates for later.
            let value = match value {
                // A template of one variable is that variable, with the trust that its author has.
                Value::Text(text) => match only_variable(text.as_str()).and_then(|name| scope.get(name)) {
                    Some(variable) if variable.span().is_some() => variable,
                    _ => given.engine.render(value, scope)?,
                },
                other => other.clone(),
            };
            inventory.set_group_var(&group, &key.to_string(), value)?;
        }
        if inventory.groups.contains_key(child) {
            inventory.put_beneath(&group, child)?;
        } else {
            inventory.join(&Arc::from(child), &group);
        }
        parents(given, inventory, &group, parent, scope)?;
    }
    Ok(())
}
