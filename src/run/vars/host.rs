//! What a run has learnt about a host.

use super::cache::gathered_key;
use crate::value::{Key, Map, Value, Vars, merged, merges};
use std::sync::Arc;

/// The layers of a host that tasks write to. Cheap to clone.
#[derive(Clone, Default)]
pub struct HostState {
    /// Facts as modules returned them, which is how they are kept between runs.
    known: Arc<Map>,
    /// `ansible_facts`: names without the prefix.
    pub facts: Arc<Map>,
    /// The same facts as variables of their own, with the prefix.
    pub injected: Arc<Vars>,
    /// `include_vars`.
    pub included: Arc<Vars>,
    /// `set_fact` and `register`.
    pub set: Arc<Vars>,
}

/// Facts that are never variables of their own, being the connection's business or the run's.
const NOT_INJECTED: [&str; 21] = [
    "add_group",
    "add_host",
    "ansible_connection",
    "ansible_connection_user",
    "ansible_docker_extra_args",
    "ansible_facts",
    "ansible_host",
    "ansible_module_compression",
    "ansible_network_os",
    "ansible_password",
    "ansible_pipelining",
    "ansible_playbook_python",
    "ansible_port",
    "ansible_private_key_file",
    "ansible_rsync_path",
    "ansible_scp_extra_args",
    "ansible_sftp_extra_args",
    "ansible_shell_executable",
    "ansible_shell_type",
    "ansible_timeout",
    "ansible_user",
];

/// What the names of such facts begin with: a connection's or privilege escalation's name.
const NOT_INJECTED_PREFIXES: [&str; 6] = [
    "ansible_become",
    "ansible_local_",
    "ansible_paramiko_ssh_",
    "ansible_psrp_",
    "ansible_ssh_",
    "ansible_winrm_",
];

/// Whether a fact may be a variable of its own.
#[must_use]
pub fn injectable(name: &str) -> bool {
    if name.starts_with("ansible_ssh_host_key_") {
        return true;
    }
    let connection = NOT_INJECTED_PREFIXES.iter().any(|p| name.starts_with(p));
    let bridge = name.ends_with("_bridge") || name.ends_with("_gwbridge");
    let interpreter = name.starts_with("ansible_") && name.ends_with("_interpreter");
    let internal = name.starts_with("_ansible_") || NOT_INJECTED.contains(&name);
    (bridge || !connection) && !interpreter && !internal
}

impl HostState {
    /// With facts that were kept.
    pub(super) fn of_facts(facts: &Map, inject: bool) -> Self {
        let mut state = HostState::default();
        state.add_facts(facts, inject);
        state
    }

    /// Adds facts as a module returned them, with or without the prefix. They become variables of their own with
    /// `inject`.
    pub fn add_facts(&mut self, facts: &Map, inject: bool) {
        let known = Arc::make_mut(&mut self.known);
        let short = Arc::make_mut(&mut self.facts);
        let injected = Arc::make_mut(&mut self.injected);
        for (key, value) in facts {
            known.insert(key.clone(), value.clone());
            let Some(name) = key.as_str() else { continue };
            let own = name.strip_prefix("ansible_").filter(|_| name != "ansible_local").unwrap_or(name);
            short.insert(Key::from(own), value.clone());
            if name == "ansible_local" || (inject && injectable(name)) {
                injected.insert(Arc::from(name), value.clone());
            }
        }
    }

    /// The facts as modules returned them.
    #[must_use]
    pub fn known_facts(&self) -> &Map {
        &self.known
    }

    /// Whether facts were gathered, in this run or in one that kept them.
    #[must_use]
    pub fn gathered(&self) -> bool {
        self.known.get(&gathered_key()).is_some_and(Value::truthy)
    }

    /// Notes that facts were gathered.
    pub fn set_gathered(&mut self) {
        Arc::make_mut(&mut self.known).insert(gathered_key(), Value::Bool(true));
        Arc::make_mut(&mut self.facts).insert(gathered_key(), Value::Bool(true));
    }

    /// Adds a variable as `include_vars` does.
    pub fn include(&mut self, name: &Arc<str>, value: &Value) {
        let included = Arc::make_mut(&mut self.included);
        match included.get_mut(name) {
            Some(old) if merges() => *old = merged(old, value),
            _ => {
                included.insert(Arc::clone(name), value.clone());
            }
        }
    }

    /// Sets a variable as `set_fact` and `register` do.
    pub fn set(&mut self, name: &str, value: Value) {
        Arc::make_mut(&mut self.set).insert(Arc::from(name), value);
    }

    /// Forgets the facts.
    pub fn clear_facts(&mut self) {
        self.known = Arc::default();
        self.facts = Arc::default();
        self.injected = Arc::default();
    }
}
