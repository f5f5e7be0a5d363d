//! Connections: SSH by russh, the local machine, become, and the agent's session over either.

mod agent;
mod bootstrap;
mod entry;
mod link;
mod local;
mod password;
mod pool;
mod privilege;
mod random;
mod raw;
mod reach;
mod session;
mod sessions;
mod socket;
mod ssh;

pub use agent::AgentImage;
pub use local::LocalAgent;
pub use password::Password;
pub use raw::RawOutput;
pub use sessions::Sessions;

use crate::error::{Error, Exit};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

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
    /// This machine, this account, in this folder; where none is named, in warp's own.
    Local(PathBuf),
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
    /// `ansible_ssh_retries`: how often a connection that cannot be made is tried again.
    pub retries: u32,
    /// How long steps that run outlive a cut link, waiting for another; zero where they end with it.
    pub reconnect: Duration,
    /// `ansible_ssh_private_key_passphrase`, for keys in files.
    pub key_passphrase: Option<Password>,
    /// `ansible_password`, offered after the keys.
    pub password: Option<Password>,
}

/// As whom to run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Become {
    /// The method: `sudo` or `su`.
    pub method: String,
    /// The account.
    pub user: String,
    /// `become_flags`, split into words; absent means the method's default.
    pub flags: Option<Vec<String>>,
    /// `become_exe`.
    pub exe: Option<String>,
    /// `ansible_become_password`.
    pub password: Option<Password>,
}

/// Why a call did not come to an outcome.
#[derive(Debug)]
pub enum CallError {
    /// The host could not be reached: nothing ran.
    Unreachable(Error),
    /// The account could not be become: nothing ran.
    Denied(Error),
    /// The link went while the step ran: whether it ended is not known.
    Lost(Error),
}

impl CallError {
    /// Why there is no session.
    fn without_session(error: Error) -> Self {
        if error.exit() == DENIED { CallError::Denied(error) } else { CallError::Unreachable(error) }
    }
}

/// What an error is by which an account could not be become: the host is there, and fails.
const DENIED: Exit = Exit::HostsFailed;

/// Bytes to send along with a call.
#[derive(Clone, Debug)]
pub enum Blob {
    /// From memory.
    Bytes(Arc<[u8]>),
    /// From a file.
    File(PathBuf),
}
