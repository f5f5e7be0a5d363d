//! Identities of tasks: where in the playbook, and what.

use crate::value::Value;
use crate::value::yaml::Node;
use std::collections::HashMap;
use std::sync::Arc;

/// Counts the like-named steps of one place, so that each gets a path of its own.
#[derive(Default)]
pub(super) struct Paths(HashMap<String, usize>);

impl Paths {
    /// `parent/label`, with `#2` and so on from the second of the same name.
    pub fn step(&mut self, parent: &str, label: &str) -> String {
        let path = format!("{parent}/{}", label.replace('/', "_"));
        let count = self.0.entry(path.clone()).or_default();
        *count += 1;
        if *count == 1 { path } else { format!("{path}#{count}") }
    }
}

/// A path with the hash of what the step and the `blocks` around it say: comments and layout do not count.
pub(super) fn identity(path: &str, content: &Value, blocks: &str) -> Arc<str> {
    Arc::from(format!("{path}@{}", within(blocks, content)))
}

/// The hash of what a block says of all its tasks, with those of the blocks around it.
pub(super) fn of_block(around: &str, block: &Node) -> Arc<str> {
    let own = |key: &Node| !matches!(key.as_str(), Some("name" | "block" | "rescue" | "always"));
    let entries = block.as_map().unwrap_or_default().iter().filter(|(key, _)| own(key));
    let said: Vec<_> = entries.map(|(k, v)| Value::list(vec![k.to_value(), v.to_value()])).collect();
    match said.is_empty() {
        true => around.into(),
        false => within(around, &Value::list(said)).into(),
    }
}

fn within(blocks: &str, content: &Value) -> String {
    match blocks {
        "" => hash(content),
        blocks => hash(&Value::list(vec![Value::data(blocks), content.clone()])),
    }
}

/// The path of an identity: what was included keeps its own when its include is edited.
pub(super) fn path_of(identity: &str) -> &str {
    identity.rsplit_once('@').map_or(identity, |(path, _)| path)
}

/// An identity without the numbers of like-named steps: the same one though another of its name was put before it.
#[must_use]
pub fn unnumbered(identity: &str) -> String {
    let (path, hash) = identity.rsplit_once('@').unwrap_or((identity, ""));
    let bare = |label: &str| match label.rsplit_once('#') {
        Some((name, number)) if number.bytes().all(|b| b.is_ascii_digit()) => name.to_owned(),
        _ => label.to_owned(),
    };
    let labels: Vec<String> = path.split('/').map(bare).collect();
    format!("{}@{hash}", labels.join("/"))
}

/// A short hash of a value.
pub(super) fn hash(content: &Value) -> String {
    let canonical = serde_json::Value::from(content).to_string();
    blake3::hash(canonical.as_bytes()).to_hex().chars().take(12).collect()
}
