//! Lists of blocks and tasks.

use super::id::of_block;
use super::keywords::{self, BLOCK};
use super::loader::{Load, Place};
use super::plan::{Block, Inherited, Step};
use crate::error::{Error, Result};
use crate::value::yaml::Node;
use std::sync::Arc;

impl Load<'_> {
    /// The steps of a list; `what` names it in messages.
    pub fn steps(&mut self, node: Option<&Node>, what: &str, place: &Place) -> Vec<Step> {
        let Some(node) = node.filter(|n| !n.is_null()) else { return Vec::new() };
        let Some(items) = node.as_list() else {
            self.errors.push(malformed(node, what).at(node.span.clone()).help("begin each task with `- `"));
            return Vec::new();
        };
        let mut steps = Vec::new();
        for item in items {
            let result = self.step(item, place);
            steps.extend(self.keep(result).into_iter().flatten());
        }
        steps
    }

    fn step(&mut self, node: &Node, place: &Place) -> Result<Vec<Step>> {
        if node.as_map().is_none() {
            return Err(Error::input(format!("a task must be a map, not {}", node.describe()))
                .at(node.span.clone())
                .help("write it as `module: arguments`"));
        }
        if ["block", "rescue", "always"].iter().any(|name| node.get(name).is_some()) {
            return Ok(vec![self.block(node, place)?]);
        }
        self.task(node, place)
    }

    fn block(&mut self, node: &Node, place: &Place) -> Result<Step> {
        if place.handlers {
            refuse_blocks(node.get("block"))?;
        }
        for (key, _) in node.as_map().unwrap_or_default() {
            self.keep(keywords::check(key, BLOCK, "Block"));
        }
        let empty = |name: &str| node.get(name).and_then(Node::as_list).is_none_or(<[Node]>::is_empty);
        if let Some(name) = ["rescue", "always"].into_iter().find(|name| empty("block") && !empty(name)) {
            return Err(Error::input(format!("'{name}' keyword cannot be used without 'block'"))
                .at(node.get(name).map(|n| n.span.clone()))
                .hint("put the tasks that it is for under `block:`"));
        }
        self.check_texts(node, &["block", "rescue", "always"]);
        let vars = self.variables(node.get("vars"), "Block")?;
        let notify = node.get("notify").map(|n| keywords::names(Some(n)));
        let inherited = Inherited {
            blocks: of_block(&place.inherited.blocks, node),
            ..place.inherited.inner(self.own(node, Some(Arc::new(vars)), place), notify)
        };
        let name = node.get("name").and_then(Node::as_text).cloned();
        let path = self.paths.step(&place.path, name.as_ref().map_or("block", |n| n.as_str()));
        let rescued = node.get("rescue").and_then(Node::as_list).is_some_and(|l| !l.is_empty());
        let mut part = |name: &str, sure: bool| {
            let unconditional = inherited.unconditional && sure;
            let inner = Place {
                inherited: Inherited { unconditional, ..inherited.clone() },
                path: format!("{path}/{name}"),
                ..place.clone()
            };
            self.steps(node.get(name), name, &inner)
        };
        let steps = part("block", !rescued);
        let rescue = part("rescue", false);
        let always = part("always", true);
        Ok(Step::Block(Arc::new(Block { name, span: node.span.clone(), steps, rescue, always })))
    }
}

/// Sees that a block of handlers has no blocks in it.
fn refuse_blocks(handlers: Option<&Node>) -> Result<()> {
    let mut inner = handlers.and_then(Node::as_list).unwrap_or_default().iter();
    match inner.find(|handler| handler.get("block").is_some()) {
        Some(inner) => Err(Error::input("Using a block as a handler is not supported.")
            .at(inner.span.clone())
            .hint("make each of its tasks a handler, with the same `listen`")),
        None => Ok(()),
    }
}

/// The error for what should be a list of tasks.
fn malformed(node: &Node, what: &str) -> Error {
    let (shown, class) = (crate::value::python_str(&node.to_value()), node.to_value().type_name());
    Error::input(format!(
        "A malformed block was encountered while loading {what}: {shown} should be a list or None but is <class \
         '{class}'>"
    ))
}
