//! Tasks, and the statements that look like tasks.

use super::action::Found;
use super::id::identity;
use super::import::Import;
use super::keywords::{self, HANDLER, INCLUDE, Levels, TASK};
use super::loader::{Load, Place};
use super::plan::{Inherited, Loop, Step, Task};
use crate::error::{Error, Result};
use crate::value::is_variable_name;
use crate::value::yaml::Node;
use crate::value::{Text, Value, Vars};
use std::sync::Arc;

impl Load<'_> {
    /// A task, or all that an import brings.
    pub fn task(&mut self, node: &Node, place: &Place) -> Result<Vec<Step>> {
        let level = if place.handlers { HANDLER } else { TASK };
        let found = self.find(node, level, place)?;
        let dynamic = matches!(&*found.action.module, "include_tasks" | "include_role");
        self.check_keys(node, &found, level, dynamic);
        let vars = Arc::new(self.variables(node.get("vars"), "Task")?);
        let mut own = self.own(node, Some(Arc::clone(&vars)), place);
        if found.local {
            own.delegate_to = Some(Value::Text(Text::source("localhost", found.name.span.clone())));
        }
        let notify = node.get("notify").map(|n| keywords::names(Some(n)));
        let name = node.get("name").and_then(Node::as_text).cloned();
        let label = name.as_ref().map_or(&*found.action.module, Text::as_str);
        let path = self.paths.step(&place.path, label);
        if dynamic && !vars.is_empty() {
            own.include_params.push(Arc::clone(&vars));
        }
        let inner = place.inherited.inner(own, notify);
        let around = place.inherited.unconditional && !place.handlers;
        // Defaults may give what is missing.
        let defaulted = inner.keywords.module_defaults.iter().any(|d| d.modules.contains(&found.action.full));
        self.check_task(node, &found, around, around && inner.unconditional && !defaulted);
        match &*found.action.module {
            "import_tasks" | "import_role" => {
                let import = Import { node, found: &found, vars: &vars, inner, path };
                return self.import(import, place);
            }
            "meta" => check_meta(&found, place)?,
            "include_role" if place.handlers => {
                return Err(Error::input("Using 'include_role' as a handler is not supported.")
                    .at(found.name.span.clone()));
            }
            _ => {}
        }
        if dynamic {
            super::import::check_statement(&found).map_err(|e| e.at(node.span.clone()))?;
        }
        let passes = match dynamic {
            true => Some(Arc::new(self.passes(&found, &vars, place)?)),
            false => None,
        };
        let value = |name: &str| node.get(name).filter(|n| !n.is_null()).map(Node::to_value);
        let task = Task {
            id: identity(&path, &node.to_value(), &inner.blocks),
            name,
            span: node.span.clone(),
            loops: self.loops(node)?,
            register: register(node)?,
            action: found.action,
            role: place.role.clone(),
            file: place.file.to_path_buf(),
            until: keywords::listed(node.get("until")),
            retries: value("retries"),
            delay: value("delay"),
            changed_when: keywords::listed(node.get("changed_when")),
            failed_when: keywords::listed(node.get("failed_when")),
            notify: inner.notify.unwrap_or_default(),
            listen: keywords::names(node.get("listen")),
            async_limit: value("async"),
            poll: value("poll"),
            handler: place.handlers,
            keywords: inner.keywords,
            own_vars: dynamic.then_some(vars),
            passes,
        };
        Ok(vec![Step::Task(Arc::new(task))])
    }

    /// Checks the keys of a task but its action.
    fn check_keys(&mut self, node: &Node, found: &Found<'_>, level: Levels, dynamic: bool) {
        let (level, class) = match (dynamic, level) {
            (true, HANDLER) => (INCLUDE | HANDLER, "HandlerTaskInclude"),
            (true, _) if &*found.action.module == "include_role" => (INCLUDE, "IncludeRole"),
            (true, _) => (INCLUDE, "TaskInclude"),
            (_, HANDLER) => (HANDLER, "Handler"),
            _ => (TASK, "Task"),
        };
        for (key, _) in node.as_map().unwrap_or_default() {
            let name = key.as_str().unwrap_or_default();
            if name == found.action.written.as_str() && key.span == found.name.span {
                continue;
            }
            if let Some(lookup) = name.strip_prefix("with_")
                && self.loader.catalogue.has_lookup(lookup)
            {
                continue;
            }
            self.keep(keywords::check(key, level, class));
        }
    }

    /// What the tasks of a dynamic include inherit: what surrounds it, and `apply`.
    fn passes(&mut self, found: &Found<'_>, vars: &Arc<Vars>, place: &Place) -> Result<Inherited> {
        let apply =
            found.nodes.iter().find(|(key, _)| key.as_str() == Some("apply")).map(|(_, value)| *value);
        let mut surrounding = Inherited { unconditional: false, ..place.inherited.clone() };
        if !vars.is_empty() {
            surrounding.keywords.vars.push(Arc::clone(vars));
            surrounding.keywords.include_params.push(Arc::clone(vars));
        }
        let Some(apply) = apply else { return Ok(surrounding) };
        let Some(entries) = apply.as_map() else {
            return Ok(surrounding);
        };
        for (key, _) in entries {
            self.keep(keywords::check(key, keywords::BLOCK, "Block"));
        }
        let vars = self.variables(apply.get("vars"), "Block")?;
        let notify = apply.get("notify").map(|n| keywords::names(Some(n)));
        Ok(surrounding.inner(self.own(apply, Some(Arc::new(vars)), place), notify))
    }

    fn loops(&mut self, node: &Node) -> Result<Option<Loop>> {
        let mut found: Option<(Option<&str>, &Node, &Node)> = None;
        for (key, value) in node.as_map().unwrap_or_default() {
            let lookup = match key.as_str() {
                Some("loop") => None,
                Some(name) => match name.strip_prefix("with_") {
                    Some(lookup) => Some(lookup),
                    None => continue,
                },
                None => continue,
            };
            if found.is_some() {
                let name = lookup.unwrap_or("loop");
                return Err(Error::input(format!("duplicate loop in task: {name}"))
                    .at(key.span.clone())
                    .label("a task has one loop only"));
            }
            if value.is_null() {
                let name = key.as_str().unwrap_or_default();
                return Err(
                    Error::input(format!("you must specify a value when using {name}")).at(key.span.clone())
                );
            }
            found = Some((lookup, key, value));
        }
        let control = node.get("loop_control");
        let Some((lookup, key, over)) = found else { return Ok(None) };
        let text = |name: &str| -> Result<Option<Text>> {
            match control.and_then(|c| c.get(name)) {
                None => Ok(None),
                Some(node) => match node.as_text() {
                    Some(text) if text.is_template() || is_variable_name(text.as_str()) => {
                        Ok(Some(text.clone()))
                    }
                    _ => Err(Error::input(format!("`{name}` must be the name of a variable"))
                        .at(node.span.clone())),
                },
            }
        };
        if let Some(control) = control {
            self.check_loop_control(control)?;
        }
        let value = |name: &str| control.and_then(|c| c.get(name)).map(Node::to_value);
        Ok(Some(Loop {
            over: over.to_value(),
            lookup: lookup.map(Arc::from),
            var: text("loop_var")?.unwrap_or_else(|| Text::data("item")),
            index_var: text("index_var")?,
            label: value("label"),
            pause: value("pause"),
            extended: value("extended"),
            extended_allitems: value("extended_allitems"),
            break_when: keywords::listed(control.and_then(|c| c.get("break_when"))),
            span: Some(key.span.clone()),
        }))
    }

    fn check_loop_control(&mut self, control: &Node) -> Result<()> {
        const KNOWN: [&str; 7] =
            ["loop_var", "index_var", "label", "pause", "extended", "extended_allitems", "break_when"];
        let Some(entries) = control.as_map() else {
            return Err(Error::input(format!("`loop_control` must be a map, not {}", control.describe()))
                .at(control.span.clone()));
        };
        for (key, _) in entries {
            let name = key.as_str().unwrap_or_default();
            if KNOWN.contains(&name) {
                continue;
            }
            let error = Error::input(format!("'{name}' is not a valid attribute for a LoopControl"))
                .at(key.span.clone());
            self.errors.push(match crate::error::did_you_mean(name, KNOWN) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error,
            });
        }
        Ok(())
    }
}

fn register(node: &Node) -> Result<Option<Text>> {
    match node.get("register").filter(|n| !n.is_null()) {
        None => Ok(None),
        Some(name) => match name.as_text() {
            Some(text) if is_variable_name(text.as_str()) => Ok(Some(text.clone())),
            _ => {
                let shown = crate::value::python_str(&name.to_value());
                Err(Error::input(format!("Invalid 'register' specified: Invalid variable name '{shown}'."))
                    .at(name.span.clone())
                    .help("it must be the name of a variable: letters, digits and underscores"))
            }
        },
    }
}

/// The actions of `meta` that the runner does.
const META: [&str; 10] = [
    "clear_facts",
    "clear_host_errors",
    "end_batch",
    "end_host",
    "end_play",
    "end_role",
    "flush_handlers",
    "noop",
    "refresh_inventory",
    "reset_connection",
];

/// Checks that a `meta` task names an action that is done.
fn check_meta(found: &Found<'_>, place: &Place) -> Result<()> {
    let what = found.action.args.values().find_map(Value::as_str).unwrap_or_default();
    let misplaced = match what {
        "end_role" if place.handlers => Some("Cannot execute 'end_role' from a handler"),
        "end_role" if place.role.is_none() => Some("Cannot execute 'end_role' from outside of a role"),
        _ => None,
    };
    if let Some(why) = misplaced {
        return Err(Error::input(why).at(found.name.span.clone()));
    }
    if META.contains(&what) {
        return Ok(());
    }
    let place = found.action.args.values().find_map(|v| v.span().cloned());
    let place = place.unwrap_or_else(|| found.name.span.clone());
    let error = Error::input(format!("invalid meta action requested: {what}")).at(place);
    Err(match crate::error::did_you_mean(what, META) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error,
    })
}
