//! What a run has learnt about a host.

use crate::value::{Key, Map, Value, Vars};
use std::sync::Arc;

/// The layers of a host that tasks write to. Cheap to clone.
#[derive(Clone, Default)]
pub struct HostState {
    /// `ansible_facts`: names without the prefix.
    pub facts: Arc<Map>,
    /// The same facts as variables of their own, with the prefix.
    pub injected: Arc<Vars>,
    /// `include_vars`.
    pub included: Arc<Vars>,
    /// `set_fact` and `register`.
    pub set: Arc<Vars>,
    /// Whether facts were gathered in this run.
    pub gathered: bool,
}

/// Facts that are never variables of their own, being the connection's business.
const NOT_INJECTED: [&str; 4] =
    ["ansible_connection", "ansible_become", "ansible_python_interpreter", "ansible_ssh_executable"];

impl HostState {
    /// Adds facts as a module returned them, with or without the prefix.
    pub fn add_facts(&mut self, facts: &Map) {
        let known = Arc::make_mut(&mut self.facts);
        let injected = Arc::make_mut(&mut self.injected);
        for (key, value) in facts {
            let Some(name) = key.as_str() else { continue };
            let short = name.strip_prefix("ansible_").unwrap_or(name);
            let short = if name == "ansible_local" { name } else { short };
            known.insert(Key::from(short), value.clone());
            if !NOT_INJECTED.contains(&name) {
                injected.insert(Arc::from(name), value.clone());
            }
        }
    }

    /// Sets a variable as `set_fact` and `register` do.
    pub fn set(&mut self, name: &str, value: Value) {
        Arc::make_mut(&mut self.set).insert(Arc::from(name), value);
    }

    /// Forgets the facts.
    pub fn clear_facts(&mut self) {
        self.facts = Arc::default();
        self.injected = Arc::default();
        self.gathered = false;
    }
}
