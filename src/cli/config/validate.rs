//! `config validate`: what of the configuration is known.

use super::chosen::Chosen;
use super::galaxy;
use crate::config::definitions::{ConfigFile, Definition};
use std::collections::{HashMap, HashSet};

/// Sections and keys of the configuration file that no setting has.
pub(super) fn file(chosen: &Chosen, file: Option<&ConfigFile>) -> Vec<String> {
    let Some(file) = file else { return Vec::new() };
    let mut definitions: Vec<Definition> = chosen.definitions().collect();
    // Servers that cannot be told have no sections of their own.
    for (_, options) in galaxy::servers(Some(file)).unwrap_or_default() {
        definitions.extend(options.keys().filter_map(|name| Definition::among(&options, name.as_str()?)));
    }
    let mut known: HashMap<&str, HashSet<&str>> = HashMap::new();
    for (section, key) in definitions.iter().flat_map(Definition::entries) {
        known.entry(section).or_default().insert(key);
    }
    let mut wrong = Vec::new();
    let path = file.path().display();
    for (section, key) in file.keys() {
        match known.get(section) {
            None => wrong.push(format!("Found unknown section '{section}' in '{path}.")),
            Some(keys) if !keys.contains(key) => {
                wrong.push(format!("Found unknown key '{key}' in section '{section}' in '{path}."));
            }
            Some(_) => {}
        }
    }
    wrong.dedup();
    wrong
}

/// Environment variables that look like settings, and that no setting has.
pub(super) fn environment(chosen: &Chosen) -> Vec<String> {
    let definitions: Vec<Definition> = chosen.definitions().collect();
    let known: HashSet<&str> = definitions.iter().flat_map(|d| d.sources("env")).collect();
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let wrong = names.filter(|name| is_setting(name) && !known.contains(name.as_str()));
    wrong.map(|name| format!("Found unknown environment variable '{name}'.")).collect()
}

fn is_setting(name: &str) -> bool {
    name.starts_with("ANSIBLE_")
        && !["ANSIBLE_TEST_", "ANSIBLE_LINT_"].iter().any(|own| name.starts_with(own))
        && !["ANSIBLE_CONFIG", "ANSIBLE_DEV_HOME"].contains(&name)
}
