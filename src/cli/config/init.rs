//! `config init`: a configuration to begin with.

use super::Beginning;
use super::chosen::Chosen;
use crate::config::definitions::{Definition, Verdict};
use crate::value::{Value, python_str};
use indexmap::IndexMap;
use std::collections::HashSet;
use warp_agent::shlex;

/// A setting with what is said of it.
struct Entry {
    name: String,
    about: String,
    definition: Definition,
}

/// The settings with their defaults, as comments if `disabled`.
pub(super) fn text(chosen: &Chosen, format: Beginning, disabled: bool) -> String {
    let base = chosen.base().filter(|(name, _)| *name != "CONFIG_FILE").map(|(name, definition)| Entry {
        name: name.to_owned(),
        about: Verdict::of(name).map_or("", |verdict| verdict.about).to_owned(),
        definition,
    });
    let mut entries: Vec<Entry> = base.collect();
    for (kind, plugins) in &chosen.kinds {
        for plugin in plugins {
            let mut names: Vec<&str> = plugin.options.keys().filter_map(|name| name.as_str()).collect();
            names.sort_unstable();
            entries.extend(names.into_iter().filter_map(|name| {
                let definition = Definition::among(&plugin.options, name)?;
                let about = format!("{name} of the {kind} plugin {}", plugin.name);
                Some(Entry { name: name.to_owned(), about, definition })
            }));
        }
    }
    match format {
        Beginning::Ini => file(&entries, if disabled { ";" } else { "" }),
        Beginning::Env => lines(&entries, "env", disabled),
        Beginning::Vars => lines(&entries, "vars", disabled),
    }
}

/// A configuration file. A key that several settings share stands in it once.
fn file(entries: &[Entry], mark: &str) -> String {
    let mut sections: IndexMap<&str, Vec<String>> = IndexMap::new();
    let mut seen = HashSet::new();
    for entry in entries {
        let Some((section, key)) = entry.definition.entries().last() else { continue };
        let keys = sections.entry(section).or_default();
        if !seen.insert((section, key)) {
            continue;
        }
        let kind = entry.definition.kind().unwrap_or("string");
        let value = match entry.definition.unsaid() {
            Value::Null => String::new(),
            Value::List(items) => joined(&items),
            other => python_str(&other),
        };
        keys.push(format!("# ({kind}) {}\n{mark}{key}={value}\n", entry.about));
    }
    let section = |(name, keys): (&str, Vec<String>)| format!("[{name}]\n{}\n", keys.join("\n") + "\n");
    sections.into_iter().map(section).collect::<String>().trim_end_matches('\n').to_owned() + "\n\n"
}

/// Environment variables or variables, a line each.
fn lines(entries: &[Entry], source: &str, disabled: bool) -> String {
    let mark = if disabled { "#" } else { "" };
    let mut out = Vec::new();
    for entry in entries {
        let Some(name) = entry.definition.sources(source).last() else { continue };
        let kind = entry.definition.kind().unwrap_or("string");
        out.push(format!("# {}({kind}): {}", entry.name, entry.about));
        if name.to_lowercase().starts_with("_ansible_") {
            continue;
        }
        let default = entry.definition.unsaid();
        out.push(match source {
            "env" => format!("{mark}{name}={}", in_shell(&default, kind)),
            _ => format!("{mark}{name}: {}\n", in_yaml(&default)),
        });
        out.push(String::new());
    }
    out.join("\n")
}

fn joined(items: &[Value]) -> String {
    items.iter().map(python_str).collect::<Vec<_>>().join(", ")
}

fn in_shell(default: &Value, kind: &str) -> String {
    let text = match default {
        _ if kind == "boolean" => return if default.truthy() { "1" } else { "0" }.to_owned(),
        Value::Null => return String::new(),
        Value::List(items) => joined(items),
        other => python_str(other),
    };
    if text.is_empty() { text } else { shlex::quote(&text) }
}

fn in_yaml(default: &Value) -> String {
    match default {
        Value::Null => "''".to_owned(),
        Value::List(items) => format!("[{}]", joined(items)),
        Value::Bool(b) => b.to_string(),
        other => match python_str(other).as_str() {
            "" => "''".to_owned(),
            text => text.to_owned(),
        },
    }
}
