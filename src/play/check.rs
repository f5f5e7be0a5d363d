//! What can be known to be wrong before anything runs: template syntax, and literal arguments.

use super::action::Found;
use super::loader::Load;
use super::resolve::Doer;
use crate::error::{Error, did_you_mean};
use crate::value::Value;
use crate::value::yaml::{Kind, Node};
use warp_agent::spec::{Arg, Spec};

/// Keywords whose texts are expressions without braces.
const CONDITIONS: [&str; 4] = ["when", "changed_when", "failed_when", "until"];

/// Arguments that are expressions without braces.
const EXPRESSIONS: [(&str, &str); 2] = [("assert", "that"), ("debug", "var")];

/// Modules without a free form whose string may hold more than `k=v` pairs.
const RAW: [&str; 4] = ["add_host", "group_by", "set_fact", "meta"];

impl Load<'_> {
    /// Checks that every text of a map parses as a template or condition, but for those under the keys of `except`.
    pub fn check_texts(&mut self, node: &Node, except: &[&str]) {
        if !self.loader.early {
            return;
        }
        for (key, value) in node.as_map().unwrap_or_default() {
            match key.as_str() {
                Some(name) if except.contains(&name) => {}
                Some(name) if CONDITIONS.contains(&name) => self.check_conditions(value),
                _ => self.check_templates(value),
            }
        }
    }

    /// Checks a task: its texts, and the arguments that can be known. What surrounds it may make it conditional, and it
    /// itself.
    pub fn check_task(&mut self, node: &Node, found: &Found<'_>, around: bool, unconditional: bool) {
        if !self.loader.early {
            return;
        }
        let before = self.errors.len();
        if let Some(when) = node.get("when") {
            self.check_conditions(when);
        }
        self.only_warn_since(before, !around);
        let before = self.errors.len();
        self.check_arguments(node, found);
        self.only_warn_since(before, !unconditional);
    }

    /// What was found since is told, and refused only where nothing could keep the task from by.
    fn only_warn_since(&mut self, before: usize, guarded: bool) {
        if guarded {
            self.warnings.extend(self.errors.drain(before.min(self.errors.len())..));
        }
    }

    fn check_arguments(&mut self, node: &Node, found: &Found<'_>) {
        let module = &*found.action.module;
        let expression = EXPRESSIONS.iter().find(|(m, _)| *m == module).map(|(_, argument)| *argument);
        let written = found.action.written.as_str();
        self.check_texts(node, &[written, "args", "when"]);
        for place in [node.get(written), node.get("args")].into_iter().flatten() {
            match place.as_map() {
                None => self.check_templates(place),
                Some(entries) => {
                    for (key, value) in entries {
                        if expression.is_some() && key.as_str() == expression {
                            self.check_conditions(value);
                        } else {
                            self.check_templates(value);
                        }
                    }
                }
            }
        }
        match &found.action.doer {
            Doer::Nobody(why) => self.errors.push(Error::input(&**why).at(found.name.span.clone())),
            Doer::File(_) | Doer::Template => {}
            Doer::Warp => {
                let spec = self.loader.catalogue.spec(&found.action.full);
                self.errors.extend(spec.into_iter().flat_map(|spec| arguments(spec, found)));
            }
        }
    }

    fn check_conditions(&mut self, node: &Node) {
        match &node.kind {
            Kind::List(items) => items.iter().for_each(|item| self.check_conditions(item)),
            Kind::Scalar(Value::Text(text)) if text.is_source() => {
                let checked = if text.is_template() {
                    self.loader.render.check_template(text)
                } else {
                    self.loader.render.check_expression(text)
                };
                self.keep(checked.map_err(|e| e.at(node.span.clone())));
            }
            _ => {}
        }
    }

    /// Checks every text in a node.
    pub fn check_templates(&mut self, node: &Node) {
        match &node.kind {
            Kind::List(items) => items.iter().for_each(|item| self.check_templates(item)),
            Kind::Map(entries) => entries.iter().for_each(|(_, value)| self.check_templates(value)),
            Kind::Scalar(Value::Text(text)) if text.is_template() => {
                let checked = self.loader.render.check_template(text);
                self.keep(checked.map_err(|e| e.at(node.span.clone())));
            }
            Kind::Scalar(_) => {}
        }
    }
}

impl Load<'_> {
    /// Warns of texts in variables that do not parse: nobody may ever use them.
    pub fn warn_of_templates(&mut self, vars: &Node) {
        if !self.loader.early {
            return;
        }
        let errors = std::mem::take(&mut self.errors);
        self.check_templates(vars);
        self.warnings.append(&mut self.errors);
        self.errors = errors;
    }
}

/// What is wrong with the literal arguments of an action.
fn arguments(spec: &'static Spec, found: &Found<'_>) -> Vec<Error> {
    let mut errors = Vec::new();
    for (name, value) in &found.action.args {
        let node = found.nodes.iter().find(|(key, _)| key.as_str() == Some(name));
        let place = || {
            node.map_or_else(
                || value.span().cloned().or(Some(found.name.span.clone())),
                |(k, _)| Some(k.span.clone()),
            )
        };
        match spec.arg(name) {
            None if spec.free_form == Some(&**name) => {}
            None if &**name == "_raw_params" && !RAW.contains(&spec.name) => errors.push(
                Error::input(format!("`{}` takes no text but `argument=value` pairs", spec.name))
                    .at(place())
                    .note(format!("left over: {}", value.as_str().unwrap_or_default().trim())),
            ),
            None if spec.open || name.starts_with('_') => {}
            None => {
                let known: Vec<&str> = spec
                    .arguments()
                    .flat_map(|a| std::iter::once(a.name).chain(a.aliases.iter().copied()))
                    .collect();
                let error =
                    Error::input(format!("the module `{}` has no argument `{name}`", spec.name)).at(place());
                errors.push(match did_you_mean(name, known.iter().copied()) {
                    Some(near) => error.help(format!("did you mean `{near}`?")),
                    None => error.note(format!("it has: {}", known.join(", "))),
                });
            }
            Some(arg) => {
                let place = || node.map_or_else(place, |(_, v)| Some(v.span.clone()));
                if let Some(error) = choice(arg, value) {
                    errors.push(error.at(place()));
                }
            }
        }
    }
    if found.action.variable_args.is_none() {
        let given = |arg: &Arg| {
            found.action.args.keys().any(|name| &**name == arg.name || arg.aliases.contains(&&**name))
        };
        for arg in spec.arguments().filter(|a| a.required && !given(a)) {
            errors.push(
                Error::input(format!("the module `{}` needs the argument `{}`", spec.name, arg.name))
                    .at(found.name.span.clone())
                    .hint(format!("`warp doc {}` tells what it takes", spec.name)),
            );
        }
    }
    errors
}

/// A literal value that is none of the choices.
fn choice(arg: &Arg, value: &Value) -> Option<Error> {
    if arg.choices.is_empty() {
        return None;
    }
    let literal = match value {
        Value::Text(text) if !text.is_template() => text.as_str().to_owned(),
        Value::Int(i) => i.to_string(),
        Value::List(items) => return items.iter().find_map(|item| choice(arg, item)),
        _ => return None,
    };
    // A list may be written as text with commas.
    let wrong = literal.split(',').map(str::trim).find(|word| !arg.choices.contains(word))?;
    let error = Error::input(format!("`{wrong}` is not a value of `{}`", arg.name))
        .note(format!("it is one of: {}", arg.choices.join(", ")));
    Some(match did_you_mean(wrong, arg.choices.iter().copied()) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error,
    })
}
