//! ssh_config: what OpenSSH users have configured for a host.

mod algorithms;
mod args;
mod criteria;
mod finish;
mod jump;
mod keywords;
mod layers;
mod read;
mod time;
mod tokens;

#[cfg(test)]
mod tests;

pub(in crate::connect) use jump::Hop;

use crate::connect::SshTarget;
use crate::error::{Error, Result};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How a host is reached, all defaults filled in.
#[derive(Clone, Debug)]
pub(in crate::connect) struct Options {
    /// The name or address to connect to.
    pub host: String,
    pub port: u16,
    pub user: String,
    /// Private keys, in order; those that are there by default may be missing.
    pub identities: Vec<PathBuf>,
    /// Whether the keys were configured, not OpenSSH's defaults.
    pub identities_configured: bool,
    pub identities_only: bool,
    /// Certificates beside those that stand next to their keys.
    pub certificates: Vec<PathBuf>,
    /// The ssh-agent's socket.
    pub agent: Option<PathBuf>,
    /// The socket of the agent that the far side may ask.
    pub forward_agent: Option<PathBuf>,
    /// The methods of proving who we are, in order.
    pub methods: Vec<Method>,
    pub algorithms: Offered,
    pub proxy: Proxy,
    pub known_hosts: Vec<PathBuf>,
    pub global_known_hosts: Vec<PathBuf>,
    pub hash_known_hosts: bool,
    pub strict: Strict,
    pub host_key_alias: Option<String>,
    /// Whether the address's own line in known_hosts must agree too.
    pub check_host_ip: bool,
    /// Whether this machine itself needs to prove nothing.
    pub trust_localhost: bool,
    /// A file of keys that no host may have.
    pub revoked_host_keys: Option<PathBuf>,
    /// In bits.
    pub required_rsa_size: u32,
    pub connect_timeout: Duration,
    pub attempts: u32,
    pub alive_interval: Option<Duration>,
    pub alive_count: u32,
    pub tcp_keepalive: bool,
    pub compression: bool,
    pub family: Family,
    pub bind: Option<String>,
    /// The network interface to go out by.
    pub interface: Option<String>,
    /// Variables for the far side.
    pub environment: Vec<(String, String)>,
    /// What opens keys that are encrypted.
    pub key_passphrase: Option<crate::connect::Password>,
    /// The password, where keys do not do.
    pub password: Option<crate::connect::Password>,
    /// The configuration file given by -F, which hosts on the way are looked up in too.
    pub file: Option<String>,
}

/// By which way a connection is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::connect) enum Proxy {
    Direct,
    /// Over the pipes of a command.
    Command(String),
    /// Through another host, and those before it.
    Jump {
        last: Hop,
        before: Vec<Hop>,
    },
}

/// What to do about host keys that are not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::connect) enum Strict {
    Yes,
    Ask,
    AcceptNew,
    No,
}

/// A way to prove who we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::connect) enum Method {
    PublicKey,
    Password,
    KeyboardInteractive,
}

/// The algorithms to offer, best first, by OpenSSH's names; some may not be built here.
#[derive(Clone, Debug)]
pub(in crate::connect) struct Offered {
    pub kex: Vec<String>,
    pub ciphers: Vec<String>,
    pub macs: Vec<String>,
    pub host_keys: Vec<String>,
    /// Whether the host keys' order is the user's own, which known keys do not change.
    pub host_keys_configured: bool,
    /// Those of our own keys.
    pub keys: Vec<String>,
    /// Those by which a certificate may be signed.
    pub authorities: Vec<String>,
}

/// Which addresses to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::connect) enum Family {
    Any,
    V4,
    V6,
}

/// Who runs warp, for tokens and defaults.
#[derive(Clone, Debug)]
pub(in crate::connect) struct Account {
    pub name: String,
    pub uid: u32,
    pub home: PathBuf,
}

impl Account {
    /// From the password database, as ssh does; `$HOME` has no say in it.
    pub fn current() -> Result<Account> {
        let uid = nix::unistd::getuid();
        match nix::unistd::User::from_uid(uid) {
            Ok(Some(user)) => Ok(Account { name: user.name, uid: uid.as_raw(), home: user.dir }),
            _ => Err(Error::other(format!(
                "the account with user id {uid} has no entry in the password database"
            ))),
        }
    }
}

impl Options {
    /// Everything known of how to reach a target: its variables first, then its ssh arguments, then the user's
    /// configuration or the file named by -F, then the machine's.
    ///
    /// # Errors
    /// What cannot be understood or is not supported, with its place.
    pub fn resolve(target: &SshTarget, account: &Account) -> Result<Options> {
        Self::resolve_in(target, account, Path::new("/etc/ssh/ssh_config"))
    }

    fn resolve_in(target: &SshTarget, account: &Account, system: &Path) -> Result<Options> {
        // What ansible_host names is ssh's destination, which may hold the user and the port.
        let whole = Hop::destination(&target.address).map(|hop| SshTarget {
            address: hop.host,
            user: target.user.clone().or(hop.user),
            port: target.port.or(hop.port),
            ..target.clone()
        });
        let target = whole.as_ref().unwrap_or(target);
        let (values, file) = layers::gather(target, account, system)?;
        finish::finish(target, account, &values, file)
    }
}
