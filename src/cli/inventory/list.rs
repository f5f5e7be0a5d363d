//! `--list`: the whole inventory as one map.

use super::formats::exported;
use super::shown::Shown;
use crate::error::Result;
use crate::value::{Key, Map, Value};
use std::collections::HashSet;
use std::sync::Arc;

fn texts(names: Vec<Arc<str>>) -> Value {
    Value::list(names.into_iter().map(Value::data).collect())
}

/// Adds what is not empty.
fn put(map: &mut Map, name: &str, value: Value) {
    if value.truthy() {
        map.insert(Key::from(name), value);
    }
}

/// As inventory scripts print it: every group once, and variables of hosts under `_meta`.
pub(super) fn json(shown: &Shown) -> Result<Value> {
    let mut groups = Map::new();
    json_group(shown, "all", &mut groups, &mut HashSet::new())?;
    let mut vars = Map::new();
    for host in &shown.hosts {
        let own = shown.host_vars(host)?;
        if !own.is_empty() {
            vars.insert(Key::from(Arc::clone(host)), exported(&Value::map(own)));
        }
    }
    let mut meta = Map::new();
    meta.insert(Key::from("hostvars"), Value::map(vars));
    meta.insert(Key::from("profile"), Value::data("inventory_legacy"));
    groups.insert(Key::from("_meta"), Value::map(meta));
    Ok(Value::map(groups))
}

fn json_group(shown: &Shown, name: &str, groups: &mut Map, seen: &mut HashSet<Arc<str>>) -> Result<()> {
    let mut group = Map::new();
    if name != "all" {
        put(&mut group, "hosts", texts(shown.hosts_of(name)));
    }
    let children = shown.children(name);
    put(&mut group, "children", texts(children.clone()));
    for child in children {
        if seen.insert(Arc::clone(&child)) {
            json_group(shown, &child, groups, seen)?;
        }
    }
    if shown.export {
        put(&mut group, "vars", exported(&Value::map(shown.group_vars(name)?)));
    }
    put(groups, name, Value::map(group));
    Ok(())
}

/// As a YAML inventory: groups in groups, each host's variables where it is first named.
pub(super) fn yaml(shown: &Shown) -> Result<Value> {
    let mut seen = Seen::default();
    let mut root = Map::new();
    yaml_group(shown, "all", &mut root, &mut seen)?;
    Ok(Value::map(root))
}

#[derive(Default)]
struct Seen {
    hosts: HashSet<Arc<str>>,
    groups: HashSet<Arc<str>>,
}

fn yaml_group(shown: &Shown, name: &str, into: &mut Map, seen: &mut Seen) -> Result<()> {
    let mut group = Map::new();
    let mut children = Map::new();
    for child in shown.children(name) {
        if seen.groups.contains(&child) {
            children.insert(Key::from(child), Value::map(Map::new()));
        } else {
            yaml_group(shown, &child, &mut children, seen)?;
            seen.groups.insert(child);
        }
    }
    put(&mut group, "children", Value::map(children));
    if name != "all" {
        put(&mut group, "hosts", hosts(shown, name, &mut seen.hosts)?);
    }
    if shown.export {
        put(&mut group, "vars", Value::map(shown.group_vars(name)?));
    }
    put(into, name, Value::map(group));
    Ok(())
}

fn hosts(shown: &Shown, group: &str, seen: &mut HashSet<Arc<str>>) -> Result<Value> {
    let mut hosts = Map::new();
    for host in shown.hosts_of(group) {
        let vars = if seen.insert(Arc::clone(&host)) { shown.host_vars(&host)? } else { Map::new() };
        hosts.insert(Key::from(host), Value::map(vars));
    }
    Ok(Value::map(hosts))
}

/// As a TOML inventory: groups beside each other.
pub(super) fn toml(shown: &Shown) -> Result<Value> {
    let mut root = Map::new();
    toml_group(shown, "all", &mut root, &mut HashSet::new())?;
    Ok(Value::map(root))
}

fn toml_group(shown: &Shown, name: &str, into: &mut Map, seen: &mut HashSet<Arc<str>>) -> Result<()> {
    let ungrouped = shown.inventory.groups.get("ungrouped").is_some_and(|g| !g.hosts.is_empty());
    let mut group = Map::new();
    let mut beneath = Map::new();
    let children: Vec<Arc<str>> =
        shown.children(name).into_iter().filter(|child| ungrouped || &**child != "ungrouped").collect();
    for child in &children {
        toml_group(shown, child, &mut beneath, seen)?;
    }
    if name != "all" {
        put(&mut group, "children", texts(children));
        put(&mut group, "hosts", hosts(shown, name, seen)?);
    }
    if shown.export {
        put(&mut group, "vars", Value::map(shown.group_vars(name)?));
    }
    put(into, name, Value::map(group));
    into.extend(beneath);
    Ok(())
}
