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
        }
    }
    for child in data.get("children").and_then(Json::as_array).into_iter().flatten() {
        let child = name(child).ok_or_else(|| {
            Error::input(format!("Invalid group name supplied, expected a string but got {}", kind(child)))
        })?;
        let child = inventory.add_group(&child);
        inventory.put_beneath(&group, &child)?;
    }
    Ok(())
}

/// A group's data as a map of hosts, vars and children; the older forms are told.
fn shaped(group: &Arc<str>, data: Json, inventory: &mut Inventory) -> JsonMap<String, Json> {
    match data {
        Json::Object(map) if ["hosts", "vars", "children"].iter().any(|k| map.contains_key(*k)) => map,
        Json::Object(map) => {
            inventory.deprecate(&format!(
                "Treating malformed group '{group}' as the sole host of that group. Variables provided in this manner \
                 cannot be templated."
            ));
            // Ansible takes these for data; so they are marked as that.
            let vars = map.into_iter().map(|(k, v)| (k, data_only(v))).collect();
            let host = Json::Array(vec![Json::String(group.to_string())]);
            JsonMap::from_iter([("hosts".to_owned(), host), ("vars".to_owned(), Json::Object(vars))])
        }
        other => {
            inventory.deprecate(&format!("Group '{group}' was converted to 'dict' from '{}'.", kind(&other)));
            JsonMap::from_iter([("hosts".to_owned(), other)])
        }
    }
}

/// The same with its strings marked as unsafe.
fn data_only(json: Json) -> Json {
    match json {
        Json::String(text) => {
            Json::Object(JsonMap::from_iter([("__ansible_unsafe".to_owned(), Json::String(text))]))
        }
        Json::Array(items) => Json::Array(items.into_iter().map(data_only).collect()),
        Json::Object(map) if map.contains_key("__ansible_unsafe") => Json::Object(map),
        Json::Object(map) => Json::Object(map.into_iter().map(|(k, v)| (k, data_only(v))).collect()),
        other => other,
    }
}

/// The variables of a host, and the text that they were read from.
fn of_host(given: &Given<'_>, host: &str) -> Result<(Json, Text)> {
    let said = run(given, &["--host", host])?;
    if said.out.trim().is_empty() {
        return Ok((Json::Object(JsonMap::new()), said.out));
    }
    let json = serde_json::from_str(&said.out).map_err(|_| {
        said.error(format!("Inventory script result for host '{host}' could not be parsed as JSON."))
    })?;
    let origin = said.out.origin().map(|origin| Origin::Named(format!("{origin} for host '{host}'").into()));
    Ok((json, said.out.with(|tags| tags.origin = origin)))
}

fn run(given: &Given<'_>, options: &[&str]) -> Result<Said> {
    let mut command = Command::new(given.path());
    command.args(options).stdin(Stdio::inherit()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = command.output().map_err(|e| {
        let words = std::iter::once(given.text).chain(options.iter().copied());
        let line = shlex::try_join(words).unwrap_or_else(|_| given.text.to_owned());
        Error::input(format!("Failed to execute inventory script command '{line}'.")).note(e.to_string())
    })?;
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        // A signal's number, negative, is what Python gives for the exit code.
        let code = output.status.code().unwrap_or_else(|| {
            use std::os::unix::process::ExitStatusExt;
            -output.status.signal().unwrap_or(1)
        });
        let message = format!("Inventory script returned non-zero exit code {code}.");
        return Err(with_errors(Error::input(message), &errors));
    }
    match String::from_utf8(output.stdout) {
        Ok(out) => {
            let path = given.path().display();
            let origin = Origin::Named(format!("<inventory script output from '{path}'>").into());
            let tags = Tags { trusted: true, origin: Some(origin), ..Tags::default() };
            Ok(Said { out: Text::tagged(out, tags), errors })
        }
        Err(_) => Err(with_errors(
            Error::input("Inventory script result contained characters that cannot be interpreted as UTF-8."),
            &errors,
        )),
    }
}

fn with_errors(error: Error, errors: &str) -> Error {
    if errors.trim().is_empty() {
        return error;
    }
    error.note(format!("Standard error from inventory script:\n{}", errors.trim_end()))
}

/// A name out of a script's output.
fn name(json: &Json) -> Option<Arc<str>> {
    json.as_str().filter(|s| !s.is_empty()).map(Arc::from)
}
