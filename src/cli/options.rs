//! Options that several commands share; their names and meanings are Ansible's.

use super::ask;
use crate::config;
use crate::error::Error;
use crate::run::{self, Settings};
use crate::{inventory, value};
use clap::ArgAction;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What playbooks and single modules are run with.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Inventory file, folder, or comma-separated list of hosts; may be given several times.
    #[arg(short, long, value_name = "INVENTORY", visible_alias = "inventory-file")]
    pub inventory: Vec<String>,
    /// Variables: name=value, @FILE, or a JSON or YAML map; may be given several times.
    #[arg(short, long, value_name = "VARS")]
    pub extra_vars: Vec<String>,
    /// Restrict to hosts that match this pattern.
    #[arg(short, long, value_name = "PATTERN")]
    pub limit: Option<String>,
    /// List the matching hosts, run nothing.
    #[arg(long)]
    pub list_hosts: bool,
    /// How many hosts a step runs on at once.
    #[arg(short, long)]
    pub forks: Option<std::num::NonZeroUsize>,
    /// Predict changes, make none.
    #[arg(short = 'C', long)]
    pub check: bool,
    /// Show what changes in files.
    #[arg(short = 'D', long)]
    pub diff: bool,
    /// Tell more; may be given several times.
    #[arg(short, long, action = ArgAction::Count)]
    pub verbose: u8,
    /// Forget the facts that are kept of every host.
    #[arg(long)]
    pub flush_cache: bool,
    /// Folders of modules, searched before the configured ones; may be given several times.
    #[arg(short = 'M', long, value_name = "PATHS", value_delimiter = ':')]
    pub module_path: Vec<PathBuf>,
    #[command(flatten)]
    pub connect: Connect,
    #[command(flatten)]
    pub become_: Become,
    #[command(flatten)]
    pub vault: Vault,
}

/// How to connect.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Connection")]
pub(super) struct Connect {
    /// The account to log in as.
    #[arg(short, long = "user", value_name = "USER")]
    pub user: Option<String>,
    /// The key to log in with.
    #[arg(long, value_name = "FILE", visible_alias = "key-file")]
    pub private_key: Option<PathBuf>,
    /// How to connect: ssh or local.
    #[arg(short, long)]
    pub connection: Option<String>,
    /// Seconds that connecting may take.
    #[arg(short = 'T', long, value_name = "SECONDS")]
    pub timeout: Option<u64>,
    /// More arguments for ssh, sftp and scp, such as -o ProxyCommand.
    #[arg(long, value_name = "ARGS", allow_hyphen_values = true)]
    pub ssh_common_args: Option<String>,
    /// More arguments for ssh alone.
    #[arg(long, value_name = "ARGS", allow_hyphen_values = true)]
    pub ssh_extra_args: Option<String>,
    /// Accepted for Ansible's sake: warp uses no sftp.
    #[arg(long, value_name = "ARGS", allow_hyphen_values = true)]
    pub sftp_extra_args: Option<String>,
    /// Accepted for Ansible's sake: warp uses no scp.
    #[arg(long, value_name = "ARGS", allow_hyphen_values = true)]
    pub scp_extra_args: Option<String>,
    /// Ask for the password to log in with.
    #[arg(short = 'k', long, conflicts_with = "connection_password_file")]
    pub ask_pass: bool,
    /// A file with the password to log in with, or a script that prints it.
    #[arg(long, value_name = "FILE", visible_alias = "conn-pass-file")]
    pub connection_password_file: Option<PathBuf>,
}

/// As whom to act.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Privilege escalation")]
pub(super) struct Become {
    /// Become another account.
    #[arg(short, long = "become")]
    pub become_: bool,
    /// The account to become.
    #[arg(long, value_name = "USER")]
    pub become_user: Option<String>,
    /// How to become it: sudo or su.
    #[arg(long, value_name = "METHOD")]
    pub become_method: Option<String>,
    /// Ask for the password to become it with.
    #[arg(short = 'K', long, conflicts_with = "become_password_file")]
    pub ask_become_pass: bool,
    /// A file with the password to become it with, or a script that prints it.
    #[arg(long, value_name = "FILE", visible_alias = "become-pass-file")]
    pub become_password_file: Option<PathBuf>,
}

/// The secrets of vaults.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Vault")]
pub(super) struct Vault {
    /// A secret: ID@SOURCE, where SOURCE is a file, a script or `prompt`; may be given several times.
    #[arg(long = "vault-id", value_name = "ID@SOURCE")]
    pub ids: Vec<String>,
    /// A file with the password, or a script that prints it; may be given several times.
    #[arg(long = "vault-password-file", value_name = "FILE", visible_alias = "vault-pass-file")]
    pub password_files: Vec<PathBuf>,
    /// Ask for the password.
    #[arg(short = 'J', long, visible_alias = "ask-vault-pass", conflicts_with = "password_files")]
    pub ask_vault_password: bool,
}

impl Vault {
    /// The secrets that these options and the configuration name; `wanted` says what else is to be done.
    ///
    /// # Errors
    /// As `config::vault::Settings::secrets`.
    pub(super) fn secrets(
        &self,
        settings: &config::vault::Settings,
        wanted: config::vault::Wanted,
        warn: &mut dyn FnMut(String),
    ) -> Result<value::vault::Secrets, Error> {
        let wanted = config::vault::Wanted {
            ids: settings.identity_list.iter().chain(&self.ids).cloned().collect(),
            files: self.password_files.iter().map(|file| value::normal(file)).collect(),
            ask: self.ask_vault_password || settings.ask,
            ..wanted
        };
        settings.secrets(&wanted, &ask::hidden, warn)
    }

    /// Makes the secrets known to everything that is read from now on.
    ///
    /// # Errors
    /// As `secrets`.
    pub(super) fn install(
        &self,
        settings: &config::vault::Settings,
        warn: &mut dyn FnMut(String),
    ) -> Result<(), Error> {
        value::vault::install(self.secrets(settings, config::vault::Wanted::default(), warn)?);
        Ok(())
    }
}

impl Options {
    /// The inventory sources: those given, else the configuration's.
    pub(super) fn sources(&self, config: &config::Settings) -> Vec<String> {
        if self.inventory.is_empty() { config.inventory.clone() } else { self.inventory.clone() }
    }

    /// How much to tell: what the options say, on top of the configuration's.
    pub(super) fn verbosity(&self, config: &config::Settings) -> u8 {
        self.verbose.saturating_add(config.command.verbosity)
    }

    /// The settings of a run: what the options say, above the configuration.
    ///
    /// # Errors
    /// Variables or a limit that cannot be read.
    pub(super) fn settings(&self, config: config::Settings) -> Result<Settings, Error> {
        let sources = self.sources(&config);
        let verbosity = self.verbosity(&config);
        let mut settings = Settings::new(config);
        // Those given last are searched first.
        let given = self.module_path.iter().filter(|p| !p.as_os_str().is_empty()).map(|p| value::normal(p));
        settings.config.library.splice(..0, given);
        settings.verbosity = verbosity;
        settings.extra_vars = Arc::new(run::extra_vars(&self.extra_vars)?);
        if let Some(text) = &self.limit {
            settings.limit = Some((inventory::Limit::parse(text)?, text.clone()));
        }
        settings.forks = self.forks.map_or(settings.forks, Into::into);
        settings.check |= self.check;
        settings.diff |= self.diff;
        settings.inventory_sources = sources;
        self.connect.apply(&mut settings);
        self.become_.apply(&mut settings);
        Ok(settings)
    }
}

impl Connect {
    fn apply(&self, settings: &mut Settings) {
        settings.user = self.user.clone().or(settings.user.take());
        if let Some(key) = &self.private_key {
            settings.private_key = Some(value::normal(key));
        }
        if let Some(connection) = &self.connection {
            settings.connection.clone_from(connection);
        }
        settings.timeout = self.timeout.map_or(settings.timeout, Duration::from_secs);
        let config = &mut settings.config;
        for (given, setting) in [
            (&self.ssh_common_args, &mut config.ssh_common_args),
            (&self.ssh_extra_args, &mut config.ssh_extra_args),
        ] {
            if given.is_some() {
                setting.clone_from(given);
            }
        }
    }
}

impl Become {
    fn apply(&self, settings: &mut Settings) {
        settings.become_ |= self.become_;
        if let Some(user) = &self.become_user {
            settings.become_user.clone_from(user);
        }
        if let Some(method) = &self.become_method {
            settings.config.become_method.clone_from(method);
        }
    }
}
