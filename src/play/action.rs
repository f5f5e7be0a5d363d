//! What a task does, out of the many ways to write it.

use super::keywords::{self, Levels};
use super::loader::{Load, Place};
use super::plan::Action;
use super::resolve::{Doer, Resolved, STATEMENTS};
use crate::error::{Error, Result, did_you_mean};
use crate::value::split::{Pairs, parse_pairs, split_args};
use crate::value::yaml::{Kind, Node};
use crate::value::{Text, Value, Vars};
use std::sync::Arc;

/// Modules whose string is a command, so that only their own options are taken out of it.
const COMMANDS: [&str; 4] = ["command", "shell", "script", "raw"];

/// An action as it was found in a task.
pub(super) struct Found<'a> {
    /// The action.
    pub action: Action,
    /// Where the module's name is written.
    pub name: &'a Node,
    /// The arguments with their places, where they were written as a map.
    pub nodes: Vec<(&'a Node, &'a Node)>,
    /// Whether it was a `local_action`.
    pub local: bool,
}

impl Load<'_> {
    /// Finds the action of a task; `levels` are those at which its keywords count.
    ///
    /// # Errors
    /// None, two, or an unknown one; arguments that cannot be split.
    pub fn find<'a>(&mut self, task: &'a Node, levels: Levels, place: &Place) -> Result<Found<'a>> {
        let own = task.get("collections").map(|n| Arc::new(keywords::names(Some(n))));
        let collections = own.or_else(|| place.inherited.keywords.collections.clone()).unwrap_or_default();
        let mut found: Vec<(&Node, &Node, Option<Resolved>)> = Vec::new();
        let mut unknown: Vec<(&Node, &str)> = Vec::new();
        for (key, value) in task.as_map().unwrap_or_default() {
            let Some(name) = key.as_str() else { continue };
            if matches!(name, "action" | "local_action") {
                found.push((key, value, None));
            } else if !keywords::is_keyword(name, levels) && !name.starts_with("with_") {
                match self.resolve(name, place, &collections).map_err(|e| e.at(key.span.clone()))? {
                    Some(resolved) => found.push((key, value, Some(resolved))),
                    None => unknown.push((key, name)),
                }
            }
        }
        if found.len() + unknown.len() > 1 {
            return Err(conflict(task, &found, &unknown, levels));
        }
        match (found.pop(), unknown.first()) {
            (Some((key, value, resolved)), _) => self.action(task, key, value, resolved, place, &collections),
            (None, Some((key, name))) => Err(self.unresolved(key, name)),
            (None, None) => Err(Error::input("no module/action detected in task.")
                .at(first_place(task))
                .help("name what it does: `command:`, `copy:`, `include_tasks:` ...")),
        }
    }

    fn action<'a>(
        &mut self,
        task: &'a Node,
        key: &'a Node,
        value: &'a Node,
        resolved: Option<Resolved>,
        place: &Place,
        collections: &[Text],
    ) -> Result<Found<'a>> {
        let written = key.as_text().cloned().unwrap_or_else(|| Text::data(""));
        let mut args = Arguments::default();
        args.keyword(task.get("args"))?;
        let local = written.as_str() == "local_action";
        let (module, name) = if resolved.is_none() {
            (args.old_style(value)?, value)
        } else {
            args.new_style(written.as_str(), value)?;
            (written, key)
        };
        let resolved = match resolved {
            Some(resolved) => Some(resolved),
            None if module.is_template() => Some(Resolved::later()),
            None => self.resolve(module.as_str(), place, collections).map_err(|e| e.at(name.span.clone()))?,
        };
        let Some(Resolved { module: canonical, full, doer }) = resolved else {
            return Err(self.unresolved(name, module.as_str()));
        };
        let free_form = match doer {
            Doer::Warp => self.loader.catalogue.spec(&full).and_then(|s| s.free_form),
            _ => None,
        };
        let later = matches!(doer, Doer::Template);
        args.place_rest(&canonical, free_form, later);
        args.refuse_reserved(name, module.as_str())?;
        let Arguments { vars, nodes, variable, .. } = args;
        let place = |(key, value): &(&Node, &Node)| {
            key.to_key().map(|name| (name.to_string().into(), value.span.clone()))
        };
        let places = nodes.iter().filter_map(place).collect();
        let action = Action {
            written: module,
            module: canonical,
            full,
            doer,
            args: vars,
            variable_args: variable,
            places,
        };
        Ok(Found { action, name, nodes, local })
    }
}

/// The error for a task that names two actions, of which one may be a slip of a keyword.
fn conflict(
    task: &Node,
    found: &[(&Node, &Node, Option<Resolved>)],
    unknown: &[(&Node, &str)],
    levels: Levels,
) -> Error {
    let candidate = |key: &Node| {
        found.iter().any(|(k, _, _)| k.span == key.span) || unknown.iter().any(|(k, _)| k.span == key.span)
    };
    let keys = task.as_map().unwrap_or_default().iter().map(|(key, _)| key).filter(|key| candidate(key));
    let names: Vec<&str> = keys.clone().filter_map(Node::as_str).take(2).collect();
    if names.iter().all(|n| matches!(*n, "action" | "local_action")) {
        return Error::input("action and local_action are mutually exclusive").at(task.span.clone());
    }
    let error = Error::input(format!("conflicting action statements: {}", names.join(", ")));
    match unknown.first() {
        Some((key, name)) => {
            let error = error.at(key.span.clone()).label("neither a keyword nor a module");
            match did_you_mean(name, keywords::names_at(levels)) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error,
            }
        }
        None => error
            .at(keys.clone().nth(1).map(|key| key.span.clone()))
            .label("a task does one thing")
            .help("make a task of each"),
    }
}

fn first_place(task: &Node) -> crate::error::Span {
    task.as_map().and_then(|e| e.first()).map_or_else(|| task.span.clone(), |(k, _)| k.span.clone())
}

/// Arguments as they are gathered; what comes later wins.
#[derive(Default)]
struct Arguments<'a> {
    vars: Vars,
    nodes: Vec<(&'a Node, &'a Node)>,
    /// Text that is no `k=v` pair.
    rest: Option<Text>,
    variable: Option<Value>,
}

impl<'a> Arguments<'a> {
    fn set(&mut self, name: &str, value: Value) {
        self.nodes.retain(|(key, _)| key.as_str() != Some(name));
        self.vars.insert(Arc::from(name), value);
    }

    fn map(&mut self, entries: &'a [(Node, Node)]) {
        for (key, value) in entries {
            if let Some(name) = key.to_key() {
                self.set(&name.to_string(), value.to_value());
                self.nodes.push((key, value));
            }
        }
    }

    /// The `args` keyword, beneath what the module itself says.
    fn keyword(&mut self, node: Option<&'a Node>) -> Result<()> {
        let Some(node) = node else { return Ok(()) };
        match &node.kind {
            Kind::Map(entries) => self.map(entries),
            Kind::Scalar(Value::Null) => {}
            Kind::Scalar(Value::Text(text)) if is_all_template(text) => {
                self.variable = Some(Value::Text(text.clone()));
            }
            _ => {
                return Err(Error::input(format!(
                    "`args` must be a map of arguments, not {}",
                    node.describe()
                ))
                .at(node.span.clone()));
            }
        }
        Ok(())
    }

    /// `module: value`.
    fn new_style(&mut self, module: &str, value: &'a Node) -> Result<()> {
        match &value.kind {
            Kind::Map(entries) => self.map(entries),
            Kind::Scalar(Value::Null) => {}
            Kind::Scalar(Value::Text(text)) => self.pairs(text, text.as_str(), module)?,
            _ => {
                return Err(Error::input(format!(
                    "`{module}` takes a map of arguments or a string, not {}",
                    value.describe()
                ))
                .at(value.span.clone()));
            }
        }
        Ok(())
    }

    /// `action: module k=v` or `action: { module: ..., ... }`; gives the module.
    fn old_style(&mut self, value: &'a Node) -> Result<Text> {
        let missing = || Error::input("`action` must name a module").at(value.span.clone());
        let (text, entries) = match &value.kind {
            Kind::Scalar(Value::Text(text)) => (text, None),
            Kind::Map(entries) => {
                (value.get("module").and_then(Node::as_text).ok_or_else(missing)?, Some(entries))
            }
            _ => return Err(missing()),
        };
        let words = split_args(text.as_str()).ok_or_else(|| unbalanced(text))?;
        let (module, rest) = words.split_first().ok_or_else(missing)?;
        let module = Text::source(module.trim(), text.span().cloned());
        self.pairs(text, &rest.join(" "), module.as_str())?;
        for entry in entries.into_iter().flatten() {
            match entry.0.as_str() {
                Some("module") => {}
                Some("args") => self.keyword(Some(&entry.1))?,
                _ => self.map(std::slice::from_ref(entry)),
            }
        }
        Ok(module)
    }

    fn pairs(&mut self, whole: &Text, text: &str, module: &str) -> Result<()> {
        let short = module.rsplit('.').next().unwrap_or(module);
        let Pairs { pairs, rest } =
            parse_pairs(text, COMMANDS.contains(&short)).ok_or_else(|| unbalanced(whole))?;
        let text = |chars: String| {
            if whole.is_source() { Text::source(chars, whole.span().cloned()) } else { Text::data(chars) }
        };
        for (name, value) in pairs {
            self.set(&name, Value::Text(text(value)));
        }
        self.rest = rest.map(text);
        Ok(())
    }

    /// Gives free-form text its argument, or takes it as arguments in one variable.
    fn place_rest(&mut self, module: &str, free_form: Option<&str>, later: bool) {
        let Some(rest) = self.rest.take() else { return };
        if let Some(argument) = free_form {
            self.set(argument, Value::Text(rest));
        } else if is_all_template(&rest) && !STATEMENTS.contains(&module) && !later {
            self.variable = Some(Value::Text(rest));
        } else {
            self.set("_raw_params", Value::Text(rest));
        }
    }

    /// Names that only Ansible itself may use.
    fn refuse_reserved(&self, name: &Node, module: &str) -> Result<()> {
        let Some(reserved) = self.vars.keys().find(|n| n.starts_with("_ansible_")) else { return Ok(()) };
        let node = self.nodes.iter().find(|(key, _)| key.as_str() == Some(reserved));
        Err(Error::input(format!(
            "Invalid parameter specified beginning with keyword '_ansible_' for action '{module}': '{reserved}'. The \
             prefix '_ansible_' is reserved for internal use only."
        ))
            .at(node.map_or_else(|| name.span.clone(), |(key, _)| key.span.clone())))
    }
}

fn unbalanced(text: &Text) -> Error {
    Error::input("the quotes or braces of these arguments do not match")
        .at(text.span().cloned())
        .help("write the arguments as a map, one to a line")
}

/// Whether a text is one template from end to end.
fn is_all_template(text: &Text) -> bool {
    let chars = text.as_str().trim();
    text.is_source() && chars.starts_with("{{") && chars.ends_with("}}")
}
