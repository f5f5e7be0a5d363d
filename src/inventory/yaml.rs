//! YAML inventories.

use super::{Inventory, address, range};
use crate::error::{Error, Result, did_you_mean};
use crate::value::Value;
use crate::value::yaml::{Document, Node};
use std::sync::Arc;

/// Adds what a YAML document says to an inventory.
pub(super) fn read(document: &Document, inventory: &mut Inventory) -> Result<()> {
    let Some(root) = &document.root else { return Ok(()) };
    let Some(entries) = root.as_map() else {
        return Err(Error::input(format!("an inventory must be a map of groups, not {}", root.describe()))
            .at(root.span.clone()));
    };
    entries.iter().try_for_each(|(key, node)| group(key, node, inventory).map(|_| ()))
}

/// Reads a group; gives its name.
fn group(key: &Node, node: &Node, inventory: &mut Inventory) -> Result<String> {
    let Some(name) = key.to_key().map(|k| k.to_string()).filter(|_| key.as_str().is_some()) else {
        return Err(Error::input(format!("the name of a group must be a string, not {}", key.describe()))
            .at(key.span.clone()));
    };
    inventory.group(&name);
    for (part, value) in fields(node, &name, "a group")? {
        match part.as_str() {
            Some("hosts") => hosts(value, &name, inventory)?,
            Some("children") => {
                for (child, node) in fields(value, &name, "`children`")? {
                    let below = group(child, node, inventory)?;
                    if !inventory.put_beneath(&name, &below) {
                        return Err(Error::input(format!("the group `{below}` cannot be beneath `{name}`"))
                            .at(child.span.clone()));
                    }
                }
            }
            Some("vars") => {
                for (var, value) in fields(value, &name, "`vars`")? {
                    let Some(var) = var.to_key() else { continue };
                    inventory.set_group_var(&name, &var.to_string(), value.to_value());
                }
            }
            _ => {
                let shown = part.to_key().map(|k| k.to_string()).unwrap_or_default();
                let error = Error::input(format!("unknown key `{shown}` in the group `{name}`"))
                    .at(part.span.clone())
                    .note("a group has `hosts`, `children` and `vars`");
                return Err(match did_you_mean(&shown, ["hosts", "children", "vars"]) {
                    Some(near) => error.help(format!("did you mean `{near}`?")),
                    None => error,
                });
            }
        }
    }
    Ok(name)
}

/// The entries of a map, where nothing at all is an empty one.
fn fields<'a>(node: &'a Node, group: &str, what: &str) -> Result<&'a [(Node, Node)]> {
    if node.is_null() {
        return Ok(&[]);
    }
    node.as_map().ok_or_else(|| {
        Error::input(format!("{what} must be a map, not {}, in the group `{group}`", node.describe()))
            .at(node.span.clone())
            .help("end each name with a colon")
    })
}

fn hosts(node: &Node, group: &str, inventory: &mut Inventory) -> Result<()> {
    for (key, vars) in fields(node, group, "`hosts`")? {
        let pattern = key.to_key().map(|k| k.to_string()).unwrap_or_default();
        let (name, port) = address::parse(&pattern).unwrap_or((&pattern, None));
        let names = range::expand(name).map_err(|why| Error::input(why).at(key.span.clone()))?;
        for name in names {
            let name: Arc<str> = Arc::from(name);
            let host = inventory.hosts.entry(Arc::clone(&name)).or_default();
            if let Some(port) = port {
                host.vars.insert(Arc::from("ansible_port"), Value::from(i64::from(port)));
            }
            for (var, value) in fields(vars, group, "a host's variables")? {
                let Some(var) = var.to_key() else { continue };
                host.vars.insert(Arc::from(var.to_string()), value.to_value());
            }
            inventory.join(&name, &Arc::from(group));
        }
    }
    Ok(())
}
