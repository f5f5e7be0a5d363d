//! Connections: SSH by russh, the local machine, become, and the agent's session over either.

use crate::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use warp_agent::outcome::Outcome;
use warp_agent::wire::{Call, Detach};

/// How to reach a host and as whom: all connection variables of a host, rendered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// The inventory's name for the host, for messages.
    pub host: Arc<str>,
    /// By which way.
    pub transport: Transport,
    /// As another account, or as the one that logs in.
    pub become_: Option<Become>,
}

/// By which way a host is reached.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// This machine, this account.
    Local,
    /// SSH.
    Ssh(SshTarget),
}

/// The SSH variables of a host; ssh_config fills what is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SshTarget {
    /// `ansible_host`, else the inventory's name: matched against ssh_config's `Host`.
    pub address: String,
    /// `ansible_port`.
    pub port: Option<u16>,
    /// `ansible_user`.
    pub user: Option<String>,
    /// `ansible_ssh_private_key_file`.
    pub key_file: Option<PathBuf>,
    /// `ansible_ssh_common_args`, `_extra_args` and `ANSIBLE_SSH_ARGS`, split into words.
    pub args: Vec<String>,
    /// `ANSIBLE_HOST_KEY_CHECKING`.
    pub host_key_checking: Option<bool>,
    /// The connection's time limit.
    pub timeout: Option<Duration>,
}

/// As whom to run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Become {
    /// The method: `sudo`.
    pub method: String,
    /// The account.
    pub user: String,
    /// `become_flags`, split into words; absent means the method's default.
    pub flags: Option<Vec<String>>,
    /// `become_exe`.
    pub exe: Option<String>,
}

/// Why a call did not come to an outcome.
#[derive(Debug)]
pub enum CallError {
    /// The host could not be reached, or the account not become: nothing ran.
    Unreachable(Error),
    /// The link went while the step ran: whether it ended is not known.
    Lost(Error),
}

/// Bytes to send along with a call.
#[derive(Clone, Debug)]
pub enum Blob {
    /// From memory.
    Bytes(Arc<[u8]>),
    /// From a file.
    File(PathBuf),
}

/// All sessions of a run, one for each different `Target`, made on first use.
pub struct Sessions {
    _private: (),
}

impl Sessions {
    /// Runs a module on the target's agent.
    ///
    /// # Errors
    /// `CallError`.
    pub async fn call(
        &self,
        _target: &Target,
        _call: Call,
        _blob: Option<Blob>,
    ) -> Result<Outcome, CallError> {
        Err(CallError::Unreachable(Error::other("not built")))
    }

    /// Starts a detached call, or attaches to the one already there under the same key.
    ///
    /// # Errors
    /// `CallError`.
    pub async fn detach(&self, _target: &Target, _detach: Detach) -> Result<(), CallError> {
        Err(CallError::Unreachable(Error::other("not built")))
    }

    /// Asks after a detached call: the new output since `offset`, the next offset, and the outcome once it has ended.
    ///
    /// # Errors
    /// `CallError`.
    pub async fn poll(
        &self,
        _target: &Target,
        _key: &str,
        _offset: u64,
    ) -> Result<(Vec<u8>, u64, Option<Outcome>), CallError> {
        Err(CallError::Unreachable(Error::other("not built")))
    }

    /// Forgets a detached call that was collected.
    ///
    /// # Errors
    /// `CallError`.
    pub async fn forget(&self, _target: &Target, _key: &str) -> Result<(), CallError> {
        Err(CallError::Unreachable(Error::other("not built")))
    }

    /// Fetches a file into `to`, written atomically; gives its SHA-1 and size.
    ///
    /// # Errors
    /// `CallError`; a file that cannot be read is an `Outcome` that failed.
    pub async fn read(&self, _target: &Target, _path: &str, _to: &Path) -> Result<Outcome, CallError> {
        Err(CallError::Unreachable(Error::other("not built")))
    }

    /// Drops every connection of a host, for `wait_for_connection` and after a reboot.
    pub async fn reset(&self, _host: &str) {}
}
