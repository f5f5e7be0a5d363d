//! What a run is told from outside.

use super::resume::Keep;
use crate::config;
use crate::connect::Password;
use crate::inventory::Limit;
use crate::value::Vars;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How plays are to be run: the configuration, and what goes above it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The configuration, beneath all that follows.
    pub config: config::Settings,
    /// Extra vars: above all other variables.
    pub extra_vars: Arc<Vars>,
    /// Tags to run; empty for all.
    pub tags: Vec<String>,
    /// Tags to leave out.
    pub skip_tags: Vec<String>,
    /// A host pattern that further restricts every play, and its text for `ansible_limit`.
    pub limit: Option<(Limit, String)>,
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
    /// The connection, where nothing nearer says.
    pub connection: String,
    /// The time limit for connecting.
    pub timeout: Duration,
    /// Whether to become another account, where nothing nearer says.
    pub become_: bool,
    /// The account to become, where nothing nearer says.
    pub become_user: String,
    /// The password to log in with, where nothing nearer says.
    pub connection_password: Option<Password>,
    /// The password to become another account with, where nothing nearer says.
    pub become_password: Option<Password>,
    /// Whether handlers run on hosts that failed, where the play does not say.
    pub force_handlers: bool,
    /// The name or pattern of the task to start at.
    pub start_at: Option<String>,
    /// Whether hosts that fail are listed in a file, and in which folder, if not beside the playbook.
    pub retry: Option<Option<PathBuf>>,
    /// Whether the user is asked before every task.
    pub step: bool,
    /// The identity of this run across reruns: detached steps are attached to by it.
    pub run_key: String,
    /// Whether what surely fails is refused before anything runs; else it fails at its task, as in Ansible.
    pub early: bool,
    /// Inventory sources as given, for `ansible_inventory_sources`.
    pub inventory_sources: Vec<String>,
    /// The journal, and what it has of earlier warps' work at this run.
    pub keep: Option<Arc<Keep>>,
}

impl Settings {
    /// What the configuration says, and nothing above it.
    #[must_use]
    pub fn new(config: config::Settings) -> Self {
        Settings {
            extra_vars: Arc::default(),
            tags: config.run_tags.clone(),
            skip_tags: config.skip_tags.clone(),
            limit: None,
            forks: config.forks,
            check: false,
            diff: config.diff,
            verbosity: 0,
            user: config.remote_user.clone(),
            private_key: config.private_key_file.clone(),
            connection: config.transport.clone(),
            timeout: Duration::from_secs(config.timeout),
            become_: config.become_,
            become_user: config.become_user.clone(),
            force_handlers: config.force_handlers,
            connection_password: None,
            become_password: None,
            start_at: None,
            retry: None,
            step: false,
            run_key: String::from("warp"),
            early: true,
            inventory_sources: Vec::new(),
            keep: None,
            config,
        }
    }
}
