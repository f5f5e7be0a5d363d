//! Groups and variables computed from what earlier sources gave: `plugin: constructed`.

use super::Given;
use super::compose::{Variables, configuration, flag};
use super::keyed::{self, Keyed};
use crate::config::VarsStage;
use crate::error::{Error, Result};
use crate::inventory::Inventory;
use crate::template::{Engine, Scope};
use crate::value::{Map, Text, Value, Vars, extend};
use std::sync::Arc;

/// The options of a constructed inventory.
pub(super) struct Options {
    strict: bool,
    use_extra_vars: bool,
    use_vars_plugins: bool,
    leading_separator: bool,
    compose: Map,
    groups: Map,
    keyed_groups: Vec<Value>,
}

pub(super) fn read(given: &Given<'_>, inventory: &mut Inventory) -> Result<()> {
    let config = configuration(given, "constructed")?;
    let map = |name: &str| match config.get(name) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Map(map)) => Ok(Map::clone(map)),
        Some(other) => {
            Err(Error::input(format!("the option `{name}` must be a dictionary, not {}", other.type_name()))
                .at(other.span().cloned()))
        }
    };
    let options = Options {
        strict: flag(&config, "strict", false)?,
        use_extra_vars: flag(&config, "use_extra_vars", inventory.settings.use_extra_vars)?,
        use_vars_plugins: flag(&config, "use_vars_plugins", false)?,
        leading_separator: flag(&config, "leading_separator", true)?,
        compose: map("compose")?,
        groups: map("groups")?,
        keyed_groups: config.get("keyed_groups").and_then(Value::as_list).unwrap_or_default().to_vec(),
    };
    let hosts: Vec<Arc<str>> = inventory.hosts.keys().cloned().collect();
    for host in hosts {
        construct(given, &options, &host, inventory)
            .map_err(|e| e.context(format!("Failed to parse '{}'", given.text)))?;
    }
    Ok(())
}

fn construct(given: &Given<'_>, options: &Options, host: &Arc<str>, inventory: &mut Inventory) -> Result<()> {
    let vars = variables(given, options, host, inventory)?;
    let scope = with_extra(given, options, &vars);
    for (name, expression) in &options.compose {
        match evaluate(given.engine, expression, &scope) {
            Ok(value) => inventory.set_host_var(host, &name.to_string(), value),
            Err(e) if options.strict => {
                return Err(e.context(format!("Could not set {name} for host {host}")));
            }
            Err(_) => {}
        }
    }
    // Variables that were just made count for groups.
    let vars = variables(given, options, host, inventory)?;
    let plain = Variables::of(vars.clone());
    for (name, condition) in &options.groups {
        let name = inventory.safe_group_name(&name.to_string());
        match given.engine.test(condition, &plain) {
            Ok(true) => {
                let group = inventory.add_group(&name);
                inventory.join(host, &group);
            }
            Ok(false) => {}
            Err(e) if options.strict => {
                return Err(e.context(format!("Could not add host {host} to group {name}")));
            }
            Err(_) => {}
        }
    }
    let scope = with_extra(given, options, &vars);
    for entry in &options.keyed_groups {
        let Some(entry) = entry.as_map().filter(|map| !map.is_empty()) else {
            return Err(Error::input(format!(
                "Invalid keyed group entry, it must be a dictionary: {} ",
                crate::value::python_str(entry)
            )));
        };
        let keyed = Keyed { entry, strict: options.strict, leading_separator: options.leading_separator };
        keyed::add(&keyed, given.engine, &scope, host, inventory)?;
    }
    Ok(())
}

/// What the host's groups and the host itself have so far, and what is known of it from earlier runs.
fn variables(given: &Given<'_>, options: &Options, host: &Arc<str>, inventory: &Inventory) -> Result<Vars> {
    let mut vars = inventory.vars_so_far(host, options.use_vars_plugins.then_some(VarsStage::All))?;
    let short = host.split('.').next().unwrap_or_default();
    let is_address = host.parse::<std::net::IpAddr>().is_ok();
    let mut names = inventory.groups_of(host);
    names.sort();
    let text = |s: &str| Value::data(s);
    vars.insert(Arc::from("inventory_hostname"), text(host));
    vars.insert(Arc::from("inventory_hostname_short"), text(if is_address { host } else { short }));
    vars.insert(Arc::from("group_names"), Value::list(names.into_iter().map(Value::data).collect()));
    if let Some(facts) = (given.facts)(host) {
        let facts = facts.into_iter().map(|(k, v)| (Arc::from(k.to_string()), v)).collect();
        extend(&mut vars, &facts);
    }
    Ok(vars)
}

fn with_extra(given: &Given<'_>, options: &Options, vars: &Vars) -> Arc<dyn Scope> {
    let mut vars = vars.clone();
    if options.use_extra_vars {
        extend(&mut vars, given.extra);
    }
    Variables::of(vars)
}

/// Evaluates an expression without braces.
pub(super) fn evaluate(engine: &Engine, expression: &Value, scope: &Arc<dyn Scope>) -> Result<Value> {
    match expression {
        Value::Text(text) => {
            let trimmed = Text::source(text.as_str().trim(), text.span().cloned());
            engine.evaluate(&trimmed, scope)
        }
        other => Err(Error::input(format!("Expressions must be strings, not {}", other.type_name()))),
    }
}
