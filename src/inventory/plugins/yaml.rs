//! YAML inventories.

use super::{Given, expand};
use crate::error::{Error, Result, did_you_mean};
use crate::inventory::Inventory;
use crate::value::yaml::{Document, Node, parse};
use crate::value::{python_str, read_source};
use std::sync::Arc;

pub(super) fn read_file(given: &Given<'_>, inventory: &mut Inventory) -> Result<()> {
    let document = parse(&read_source(given.path())?)?;
    for warning in &document.warnings {
        inventory.warn(warning.to_string());
    }
    read(&document, inventory)
}

/// Adds what a YAML document says to an inventory.
pub(super) fn read(document: &Document, inventory: &mut Inventory) -> Result<()> {
    let root = document.root.as_ref().filter(|root| root.to_value().truthy());
    let Some(root) = root else { return Err(Error::input("Parsed empty YAML file")) };
    let Some(entries) = root.as_map() else {
        return Err(Error::input(format!(
            "YAML inventory has invalid structure, it should be a dictionary, got: <class '{}'>",
            root.to_value().type_name()
        ))
        .at(root.span.clone()));
    };
    if let Some(plugin) = root.get("plugin").filter(|plugin| plugin.to_value().truthy()) {
        return Err(
            Error::input("Plugin configuration YAML file, not YAML inventory").at(plugin.span.clone())
        );
    }
    entries.iter().try_for_each(|(key, node)| group(key, node, inventory).map(drop))
}

/// Reads a group; gives its name.
fn group(key: &Node, node: &Node, inventory: &mut Inventory) -> Result<Arc<str>> {
    let shown = python_str(&key.to_value());
    if !node.is_null() && node.as_map().is_none() {
        inventory.warn(format!("Skipping '{shown}' as this is not a valid group definition"));
        return Ok(Arc::from(shown));
    }
    let Some(name) = key.as_str().filter(|name| !name.is_empty()) else {
        return Err(Error::input(format!(
            "Unable to add group {shown}: Invalid group name supplied, expected a string but got <class '{}'> for \
             {shown}",
            key.to_value().type_name()
        ))
        .at(key.span.clone()));
    };
    let name = inventory.add_group(name);
    let parts = node.as_map().unwrap_or_default();
    for (part, value) in parts {
        if let Some(part @ ("vars" | "children" | "hosts")) = part.as_str() {
            let allowed = value.is_null() || value.as_map().is_some() || value.as_str().is_some();
            if !allowed {
                return Err(Error::input(format!(
                    "Invalid \"{part}\" entry for \"{name}\" group, requires a dictionary, found \"<class '{}'>\" \
                     instead.",
                    value.to_value().type_name()
                ))
                .at(value.span.clone())
                .help("end each name with a colon"));
            }
        }
    }
    for (part, value) in parts {
        let known = part.as_str().filter(|p| matches!(*p, "vars" | "children" | "hosts"));
        let shown = python_str(&part.to_value());
        match (known, value.as_map(), value.as_str()) {
            (Some("vars"), Some(vars), _) => {
                for (var, value) in vars {
                    let Some(var) = var.to_key() else { continue };
                    inventory.set_group_var(&name, &var.to_string(), value.to_value())?;
                }
            }
            (Some("children"), Some(children), _) => {
                for (child, node) in children {
                    let below = group(child, node, inventory)?;
                    inventory.put_beneath(&name, &below).map_err(|e| e.at(child.span.clone()))?;
                }
            }
            (Some("hosts"), Some(entries), _) => {
                for (pattern, vars) in entries {
                    hosts(pattern, vars, &name, inventory)?;
                }
            }
            // A name alone stands for a map with that entry.
            (Some("children"), None, Some(child)) => {
                let below = inventory.add_group(child);
                inventory.put_beneath(&name, &below).map_err(|e| e.at(value.span.clone()))?;
            }
            (Some("hosts"), None, Some(_)) => {
                let (names, port) = expanded(value)?;
                add(&names, port, &name, inventory);
            }
            (Some("vars"), None, Some(var)) => {
                inventory.set_group_var(&name, var, crate::value::Value::Null)?;
            }
            (_, None, _) if value.is_null() => {}
            (_, None, _) => inventory.warn(format!(
                "Skipping key ({shown}) in group ({name}) as it is not a mapping, it is a <class '{}'>",
                value.to_value().type_name()
            )),
            (_, Some(_), _) => {
                let mut text = format!(
                    "Skipping unexpected key ({shown}) in group ({name}), only \"vars\", \"children\" and \"hosts\" \
                     are valid"
                );
                if let Some(near) = did_you_mean(&shown, ["hosts", "children", "vars"]) {
                    text.push_str(&format!("; did you mean `{near}`?"));
                }
                inventory.warn(text);
            }
        }
    }
    Ok(name)
}

fn hosts(pattern: &Node, vars: &Node, group: &Arc<str>, inventory: &mut Inventory) -> Result<()> {
    let (names, port) = expanded(pattern)?;
    let given = vars.as_map();
    if given.is_none() && vars.to_value().truthy() {
        return Err(Error::input(format!(
            "Invalid data from file, expected dictionary and got:\n\n{}",
            python_str(&vars.to_value())
        ))
        .at(vars.span.clone()));
    }
    add(&names, port, group, inventory);
    for name in names {
        for (var, value) in given.unwrap_or_default() {
            let Some(var) = var.to_key() else { continue };
            inventory.set_host_var(&name, &var.to_string(), value.to_value());
        }
    }
    Ok(())
}

/// The hosts that a pattern stands for, and their port.
fn expanded(pattern: &Node) -> Result<(Vec<Arc<str>>, Option<u16>)> {
    let Some(text) = pattern.as_str() else {
        return Err(Error::input(format!(
            "Host pattern {} must be a string. Enclose integers/floats in quotation marks.",
            python_str(&pattern.to_value())
        ))
        .at(pattern.span.clone()));
    };
    let (names, port) = expand(text).map_err(|why| Error::input(why).at(pattern.span.clone()))?;
    Ok((names.into_iter().map(Arc::from).collect(), port))
}

fn add(names: &[Arc<str>], port: Option<u16>, group: &str, inventory: &mut Inventory) {
    for name in names {
        inventory.new_host(name, port);
        inventory.join(name, group);
    }
}
