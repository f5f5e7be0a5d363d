//! What a run is told from outside.

use crate::config::Gathering;
use crate::value::{Value, Vars};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How plays are to be run. `Default` is a plain run of everything.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Extra vars: above all others.
    pub extra_vars: Arc<Vars>,
    /// Tags to run; empty for all.
    pub tags: Vec<String>,
    /// Tags to leave out.
    pub skip_tags: Vec<String>,
    /// A host pattern that further restricts every play.
    pub limit: Option<Value>,
    /// How many hosts a step runs on at once.
    pub forks: usize,
    /// Predict, do not change.
    pub check: bool,
    /// Show what changes.
    pub diff: bool,
    /// How much to tell; 0 is least.
    pub verbosity: u8,
    /// The account to log in as, where nothing nearer says.
    pub user: Option<String>,
    /// The key to log in with, where nothing nearer says.
    pub private_key: Option<PathBuf>,
    /// The connection, where nothing nearer says; absent means `ssh`.
    pub connection: Option<String>,
    /// The time limit for connecting.
    pub timeout: Option<Duration>,
    /// Arguments for ssh, as `ANSIBLE_SSH_ARGS` gives them.
    pub ssh_args: Option<String>,
    /// Whether host keys are checked; absent means yes.
    pub host_key_checking: Option<bool>,
    /// Whether to become another account, where nothing nearer says.
    pub become_: bool,
    /// The account to become, where nothing nearer says; absent means root.
    pub become_user: Option<String>,
    /// Whether handlers run on hosts that failed, where the play does not say.
    pub force_handlers: bool,
    /// Which plays gather facts, where they do not say.
    pub gathering: Gathering,
    /// The identity of this run across reruns: detached steps are attached to by it.
    pub run_key: String,
    /// Inventory sources as given, for `ansible_inventory_sources`.
    pub inventory_sources: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            extra_vars: Arc::default(),
            tags: Vec::new(),
            skip_tags: Vec::new(),
            limit: None,
            forks: 5,
            check: false,
            diff: false,
            verbosity: 0,
            user: None,
            private_key: None,
            connection: None,
            timeout: None,
            ssh_args: None,
            host_key_checking: None,
            become_: false,
            become_user: None,
            force_handlers: false,
            gathering: Gathering::default(),
            run_key: String::from("warp"),
            inventory_sources: Vec::new(),
        }
    }
}
