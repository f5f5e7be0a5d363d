//! A task's arguments and environment, rendered.

use super::Shared;
use super::keyword::Rendered;
use crate::error::{Error, Result, Source, Span};
use crate::play::{Action, Doer, ModuleDefaults, Task};
use crate::template::is_omit;
use crate::value::{Key, Map, Text, Value, python_repr};
use indexmap::IndexMap;
use std::sync::Arc;
use warp_agent::python;

/// The arguments as the module is to see them: rendered, the omitted ones left out. Expressions stay as written.
///
/// # Errors
/// An argument that cannot be rendered, at its place.
pub(super) fn render(run: &Shared, task: &Task, r: Rendered<'_>) -> Result<Map> {
    let action = &task.action;
    let expressions = run.actions.find(&action.module).map(|a| a.expressions()).unwrap_or_default();
    let failed = |e: Error| {
        e.within(
            format!("Finalization of task args for '{}' failed", full_name(run, &action.module)),
            action.written.span().cloned(),
        )
    };
    if action.args.contains_key("_raw_params") && !takes_text(run, action) {
        let full = action.full.strip_prefix("ansible.legacy.").unwrap_or(&action.full);
        return Err(Error::input(format!("Action '{full}' does not support raw params.")));
    }
    let mut args = defaults(task, &action.full, r).map_err(failed)?;
    if let Some(value) = &action.variable_args {
        match r.engine.render(value, r.scope).map_err(failed)? {
            Value::Map(map) => args.extend(map.iter().map(|(k, v)| (k.clone(), v.clone()))),
            other if other.is_null() || is_omit(&other) => {}
            other => {
                let msg = format!("Task args must resolve to a 'dict' not '{}'.", other.type_name());
                return Err(failed(Error::input(msg).at(value.span().cloned())));
            }
        }
    }
    for (name, value) in &action.args {
        let value = if expressions.contains(&&**name) {
            value.clone()
        } else {
            r.engine.render(value, r.scope).map_err(|e| {
                let place = value.span().or_else(|| action.places.get(name)).cloned();
                let what = format!("Error while resolving value for '{name}'");
                failed(e.at(place.clone()).within(what, place))
            })?
        };
        if is_omit(&value) {
            args.shift_remove(&**name);
            continue;
        }
        args.insert(key(name, r).map_err(failed)?, value);
    }
    Ok(args)
}

/// What `module_defaults` says for a module: for its groups, then for itself.
///
/// # Errors
/// A default that cannot be rendered.
pub(super) fn defaults(task: &Task, module: &Arc<str>, r: Rendered<'_>) -> Result<Map> {
    let mut nearest: IndexMap<&str, &ModuleDefaults> = IndexMap::new();
    for entry in task.keywords.module_defaults.iter().filter(|d| d.modules.contains(module)) {
        nearest.insert(&entry.key, entry);
    }
    let mut args = Map::new();
    for group in [true, false] {
        for entry in nearest.values().filter(|entry| entry.group == group) {
            let rendered = r.engine.render(&entry.args, r.scope)?;
            let Value::Map(map) = &rendered else { continue };
            let given = map.iter().filter(|(_, value)| !is_omit(value));
            args.extend(given.map(|(name, value)| (name.clone(), value.clone())));
        }
    }
    Ok(args)
}

/// Whether an action may be given text that is no pair of name and value.
fn takes_text(run: &Shared, action: &Action) -> bool {
    const SILENT: [&str; 3] = ["add_host", "group_by", "set_fact"];
    let spec = run.modules().find(&action.module).filter(|_| matches!(action.doer, Doer::Warp));
    let Some(spec) = spec else {
        return action.module.ends_with("_tasks") || action.module.ends_with("_role");
    };
    spec.arg("_raw_params").is_some() || spec.free_form.is_some() || SILENT.contains(&spec.name)
}

/// The name of an argument; `set_fact` takes templates there.
fn key(name: &str, r: Rendered<'_>) -> Result<Key> {
    let text = Text::source(name, None);
    if !text.is_template() {
        return Ok(Key::from(name));
    }
    let rendered = r.engine.render(&Value::Text(text), r.scope)?;
    Ok(match rendered {
        Value::Text(text) => Key::Str(text.shared()),
        Value::Int(i) => Key::Int(i),
        Value::Bool(b) => Key::Bool(b),
        Value::Float(f) => Key::Float(f.to_bits()),
        Value::Null => Key::Null,
        other => Key::from(python::str(&(&other).into())),
    })
}

/// A module's full name: `ansible.builtin.copy`.
pub(super) fn full_name(run: &Shared, module: &str) -> String {
    match run.modules().find(module) {
        Some(spec) if !spec.name.contains('.') => format!("{}.{}", spec.collection, spec.name),
        _ => module.to_owned(),
    }
}

/// The environment of play, blocks and task merged, the innermost winning. Variables made of the host's own environment
/// are left out as long as its facts are not known.
///
/// # Errors
/// An entry that cannot be rendered.
pub(super) fn environment(run: &Shared, levels: &[Value], r: Rendered<'_>) -> Result<Vec<(String, String)>> {
    let mut merged = Map::new();
    // All levels are one list, which stands nowhere: it is told as it is.
    let all = python_repr(&Value::list(levels.to_vec()));
    let whole = Span::within(&Source::unknown(&*all), 0..all.len());
    for level in levels {
        let failed = |e: Error| {
            e.at(level.span().cloned()).within("Error processing keyword 'environment'", Some(whole.clone()))
        };
        if let Value::Map(entries) = level {
            for (name, value) in entries.iter() {
                match r.engine.render(value, r.scope) {
                    Ok(value) if is_omit(&value) => {}
                    Ok(value) => {
                        merged.insert(name.clone(), value);
                    }
                    Err(e) if e.message().contains("ansible_env") => {}
                    Err(e) => return Err(failed(e)),
                }
            }
            continue;
        }
        match r.engine.render(level, r.scope).map_err(failed)? {
            Value::Map(entries) => merged.extend(entries.iter().map(|(k, v)| (k.clone(), v.clone()))),
            other if is_omit(&other) => {}
            other => run.warn(format!(
                "could not parse environment value, skipping: {}",
                python::str(&(&Value::list(vec![other])).into())
            )),
        }
    }
    let present = merged.into_iter().filter(|(_, value)| !is_omit(value));
    Ok(present.map(|(name, value)| (name.to_string(), python::str(&(&value).into()))).collect())
}
