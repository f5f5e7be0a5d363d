//! What a task does, out of the many ways to write it.

use super::Catalogue;
use super::keywords::{self, Levels};
use super::plan::Action;
use super::split::{Pairs, parse_pairs, split_args};
use crate::error::{Error, Result, did_you_mean};
use crate::value::yaml::{Kind, Node};
use crate::value::{Text, Value, Vars};
use std::sync::Arc;

/// Statements of the language that look like modules.
const STATEMENTS: [&str; 5] = ["import_tasks", "import_role", "include_tasks", "include_role", "meta"];

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

/// The canonical name of a module or statement, if it is known.
pub(super) fn canonical(name: &str, catalogue: &dyn Catalogue) -> Option<&'static str> {
    let short = name
        .strip_prefix("ansible.builtin.")
        .or_else(|| name.strip_prefix("ansible.legacy."))
        .unwrap_or(name);
    STATEMENTS
        .iter()
        .find(|s| **s == short)
        .copied()
        .or_else(|| catalogue.spec(name).or_else(|| catalogue.spec(short)).map(|s| s.name))
}

/// Finds the action of a task; `levels` are those at which its keywords count.
///
/// # Errors
/// None, two, or an unknown one; arguments that cannot be split.
pub(super) fn find<'a>(task: &'a Node, levels: Levels, catalogue: &dyn Catalogue) -> Result<Found<'a>> {
    let entries = task.as_map().unwrap_or_default();
    let candidates: Vec<&(Node, Node)> = entries
        .iter()
        .filter(|(key, _)| {
            key.as_str().is_some_and(|k| {
                matches!(k, "action" | "local_action")
                    || !(keywords::is_keyword(k, levels) || k.starts_with("with_"))
            })
        })
        .collect();
    let known: Vec<&(Node, Node)> = candidates
        .iter()
        .copied()
        .filter(|(key, _)| {
            key.as_str()
                .is_some_and(|k| matches!(k, "action" | "local_action") || canonical(k, catalogue).is_some())
        })
        .collect();
    match (known.as_slice(), candidates.as_slice()) {
        ([(key, value)], _) => read(task, key, value, catalogue),
        ([first, second, ..], _) => Err(Error::input(format!(
            "conflicting actions: {} and {}",
            first.0.as_str().unwrap_or_default(),
            second.0.as_str().unwrap_or_default()
        ))
        .at(second.0.span.clone())
        .label("a task does one thing")
        .help("make a task of each")),
        ([], [(key, _), ..]) => Err(unknown_module(key, key.as_str().unwrap_or_default(), catalogue)),
        ([], []) => Err(Error::input("this task has no module")
            .at(first_place(task))
            .help("name what it does: `command:`, `copy:`, `include_tasks:` ...")),
    }
}

fn first_place(task: &Node) -> crate::error::Span {
    task.as_map().and_then(|e| e.first()).map_or_else(|| task.span.clone(), |(k, _)| k.span.clone())
}

/// An unknown module, perhaps a slip of a keyword or of a module's name.
fn unknown_module(key: &Node, name: &str, catalogue: &dyn Catalogue) -> Error {
    let error = Error::input(format!("unknown module `{name}`")).at(key.span.clone());
    let mut names = catalogue.names();
    names.extend(STATEMENTS);
    match did_you_mean(name, names) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.note("warp does not have this module (yet), or its name is misspelt"),
    }
}

fn read<'a>(task: &'a Node, key: &'a Node, value: &'a Node, catalogue: &dyn Catalogue) -> Result<Found<'a>> {
    let written = key.as_text().cloned().unwrap_or_else(|| Text::data(""));
    let mut args = Arguments::default();
    args.keyword(task.get("args"))?;
    let local = written.as_str() == "local_action";
    let (module, name) = if local || written.as_str() == "action" {
        (args.old_style(value)?, value)
    } else {
        args.new_style(written.as_str(), value)?;
        (written, key)
    };
    let Some(canonical) = canonical(module.as_str(), catalogue) else {
        return Err(unknown_module(name, module.as_str(), catalogue));
    };
    args.place_rest(canonical, catalogue);
    args.refuse_reserved(name)?;
    let Arguments { vars, nodes, variable, .. } = args;
    let action =
        Action { written: module, module: Arc::from(canonical), args: vars, variable_args: variable };
    Ok(Found { action, name, nodes, local })
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
    fn place_rest(&mut self, module: &'static str, catalogue: &dyn Catalogue) {
        let Some(rest) = self.rest.take() else { return };
        let free_form = catalogue.spec(module).and_then(|s| s.free_form);
        if let Some(argument) = free_form {
            self.set(argument, Value::Text(rest));
        } else if is_all_template(&rest) && !STATEMENTS.contains(&module) {
            self.variable = Some(Value::Text(rest));
        } else {
            self.set("_raw_params", Value::Text(rest));
        }
    }

    /// Names that only Ansible itself may use.
    fn refuse_reserved(&self, name: &Node) -> Result<()> {
        let Some(reserved) = self.vars.keys().find(|n| n.starts_with("_ansible_")) else { return Ok(()) };
        let node = self.nodes.iter().find(|(key, _)| key.as_str() == Some(reserved));
        Err(Error::input(format!("`{reserved}` cannot be an argument: names with `_ansible_` are reserved"))
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
