//! What the environment says, in Ansible's variables.

use crate::error::{Error, Result};
use std::path::PathBuf;

/// The settings of Ansible's that count here.
#[derive(Clone, Debug)]
pub struct Config {
    /// `ANSIBLE_INVENTORY`, where `-i` is not given.
    pub inventory: Vec<String>,
    /// `ANSIBLE_ROLES_PATH`.
    pub roles_path: Vec<PathBuf>,
    /// `ANSIBLE_FORKS`.
    pub forks: usize,
    /// `ANSIBLE_TIMEOUT`, in seconds.
    pub timeout: Option<u64>,
    /// `ANSIBLE_REMOTE_USER`.
    pub remote_user: Option<String>,
    /// `ANSIBLE_PRIVATE_KEY_FILE`.
    pub private_key_file: Option<PathBuf>,
    /// `ANSIBLE_SSH_ARGS`.
    pub ssh_args: Option<String>,
    /// `ANSIBLE_HOST_KEY_CHECKING`.
    pub host_key_checking: Option<bool>,
    /// `ANSIBLE_GATHERING`.
    pub gathering: Gathering,
}

/// Which plays gather facts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gathering {
    /// All that do not refuse.
    #[default]
    Implicit,
    /// Those that ask.
    Explicit,
    /// All that do not refuse, each host once in a run.
    Smart,
}

impl Config {
    /// Reads the environment.
    ///
    /// # Errors
    /// A variable whose value cannot be understood.
    pub fn from_environment() -> Result<Self> {
        let text = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
        let wrong = |name: &str, value: &str, wanted: &str| {
            Error::new(crate::error::Exit::Usage, format!("{name} is '{value}', which is not {wanted}"))
        };
        let number = |name: &str| -> Result<Option<u64>> {
            let Some(value) = text(name) else { return Ok(None) };
            value.parse().map(Some).map_err(|_| wrong(name, &value, "a number"))
        };
        let flag = |name: &str| -> Result<Option<bool>> {
            let Some(value) = text(name) else { return Ok(None) };
            match value.to_ascii_lowercase().as_str() {
                "1" | "true" | "yes" | "on" | "y" | "t" => Ok(Some(true)),
                "0" | "false" | "no" | "off" | "n" | "f" => Ok(Some(false)),
                _ => Err(wrong(name, &value, "a boolean")),
            }
        };
        let paths = |name: &str| -> Vec<PathBuf> {
            text(name).map(|v| std::env::split_paths(&v).collect()).unwrap_or_default()
        };
        Ok(Config {
            inventory: text("ANSIBLE_INVENTORY").into_iter().collect(),
            roles_path: paths("ANSIBLE_ROLES_PATH"),
            forks: number("ANSIBLE_FORKS")?.and_then(|n| usize::try_from(n).ok()).unwrap_or(5),
            timeout: number("ANSIBLE_TIMEOUT")?,
            remote_user: text("ANSIBLE_REMOTE_USER"),
            private_key_file: text("ANSIBLE_PRIVATE_KEY_FILE").map(PathBuf::from),
            ssh_args: text("ANSIBLE_SSH_ARGS"),
            host_key_checking: flag("ANSIBLE_HOST_KEY_CHECKING")?,
            gathering: match text("ANSIBLE_GATHERING").as_deref() {
                None | Some("implicit") => Gathering::Implicit,
                Some("explicit") => Gathering::Explicit,
                Some("smart") => Gathering::Smart,
                Some(other) => return Err(wrong("ANSIBLE_GATHERING", other, "implicit, explicit or smart")),
            },
        })
    }
}
