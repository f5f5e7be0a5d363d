//! Inventory scripts: executables that print JSON for `--list` and `--host NAME`.

use super::Given;
use crate::error::{Error, Result};
use crate::inventory::Inventory;
use crate::value::json::{Trusting, kind, marked};
use crate::value::{Origin, Tags, Text};
use indexmap::IndexSet;
use serde_json::{Map as JsonMap, Value as Json};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::sync::Arc;

/// What a script that was run has said.
struct Said {
    /// Its output, an author's text.
    out: Text,
    errors: String,
}

impl Said {
    /// An error with what the script said on standard error.
    fn error(&self, message: impl Into<String>) -> Error {
        with_errors(Error::input(message), &self.errors)
    }
}

pub(super) fn accepts(given: &Given<'_>) -> bool {
    given.is_file() && given.path().metadata().is_ok_and(|m| m.permissions().mode() & 0o111 != 0)
}

pub(super) fn read(given: &Given<'_>, inventory: &mut Inventory) -> Result<()> {
    let said = run(given, &["--list"])?;
    let no_decoder =
        |why: String| said.error(format!("Unable to get JSON decoder for inventory script result. {why}"));
    let json: Json = serde_json::from_str(&said.out)
        .map_err(|_| no_decoder("Value could not be parsed as JSON.".to_owned()))?;
    let groups = profiled(json).map_err(no_decoder)?;
    // What is marked must be readable before anything counts.
    marked(Json::Object(groups.clone()), &said.out, Trusting::Variables)
        .map_err(|why| said.error("Inventory script result could not be parsed as JSON.").note(why))?;
    if inventory.settings.script_stderr && !said.errors.trim().is_empty() {
        inventory.warn(said.errors.clone());
    }
    let mut hosts = IndexSet::new();
    let mut variables = None;
    for (group, data) in groups {
        if group != "_meta" {
            read_group(&group, data, &said.out, inventory, &mut hosts)?;
            continue;
        }
        variables = match data.get("hostvars") {
            Some(Json::Object(map)) => Some(map.clone()),
            other => {
                let found = other.map_or("NoneType", kind);
                return Err(Error::input(format!(
                    "Value contains '_meta.hostvars' which is '{found}' instead of 'dict'."
                )));
            }
        };
    }
    if variables.is_none() {
        inventory.deprecate(
            "Inventory scripts should always provide 'meta.hostvars'. Host variables will be collected by running the \
             inventory script with the '--host' option for each host.",
        );
    }
    for host in hosts {
        let (own, out) = match &variables {
            Some(all) => {
                let own = all.get(&*host).cloned();
                (own.unwrap_or_else(|| Json::Object(JsonMap::new())), said.out.clone())
            }
            None => of_host(given, &host)?,
        };
        let Json::Object(own) = own else {
            return Err(Error::input(format!(
                "Invalid data from file, expected dictionary and got:\n\n{own}"
            )));
        };
        for (name, json) in own {
            let value = marked(json, &out, Trusting::All).map_err(Error::input)?;
            inventory.set_host_var(&host, &name, value);
        }
    }
    Ok(())
}

/// The groups, once the profile that the output claims is known.
fn profiled(json: Json) -> std::result::Result<JsonMap<String, Json>, String> {
    let Json::Object(groups) = json else {
        return Err(format!("Value is '{}' instead of 'dict'.", kind(&json)));
    };
    match groups.get("_meta") {
        None => {}
        Some(Json::Object(meta)) => match meta.get("profile") {
            None => {}
            Some(Json::String(profile)) if profile == "inventory_legacy" => {}
            Some(Json::String(profile)) if !profile.starts_with("inventory_") => {
                return Err(format!("Non-inventory profile '{profile}' is not allowed."));
            }
            Some(Json::String(profile)) => return Err(format!("Unknown profile name '{profile}'.")),
            Some(other) => {
                return Err(format!(
                    "Value contains '_meta.profile' which is '{}' instead of 'str'.",
                    kind(other)
                ));
            }
        },
        Some(other) => {
            return Err(format!("Value contains '_meta' which is '{}' instead of 'dict'.", kind(other)));
        }
    }
    Ok(groups)
}

fn read_group(
    group: &str,
    data: Json,
    out: &Text,
    inventory: &mut Inventory,
    hosts: &mut IndexSet<Arc<str>>,
) -> Result<()> {
    let group = inventory.add_group(group);
    let data = shaped(&group, data, inventory);
    let wrong = |part: &str, json: &Json, wanted: &str| {
        Error::input(format!(
            "Value contains '{group}.{part}' which is '{}' instead of '{wanted}'.",
            kind(json)
        ))
    };
    if let Some(json) = data.get("hosts") {
        for host in json.as_array().ok_or_else(|| wrong("hosts", json, "list"))? {
            let host = name(host).ok_or_else(|| {
                let found = kind(host);
                Error::input(format!(
                    "Invalid host name supplied, expected a string but got {found} for {host}"
                ))
            })?;
            inventory.new_host(&host, None);
            inventory.join(&host, &group);
            hosts.insert(host);
        }
    }
    if let Some(json) = data.get("vars") {
        for (name, json) in json.as_object().ok_or_else(|| wrong("vars", json, "dict"))? {
            let value = marked(json.clone(), out, Trusting::All).map_err(Error::input)?;
            inventory.set_group_var(&group, name, value)?;
