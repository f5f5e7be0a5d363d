//! Injection: a guest is given its host name, accounts, keys and files at its first boot, before its own system starts.
//!
//! Nothing is written into the guest's file system from outside: a script is appended to its initrd and runs there
//! once the root is mounted, with the guest's own tools; or a seed tells its cloud-init. See `docs/design/injection.md`.

mod check;
mod first_boot;
mod initrd;
mod lz4;
mod script;
mod seed;

use crate::error::Result;
use serde::Deserialize;

/// What a guest is given.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Injection {
    /// The host name, with its domain if it has one.
    pub hostname: Option<String>,
    /// Accounts to make, or to bring to this state.
    pub users: Vec<User>,
    /// Public keys that may log in as root, one line each.
    pub root_authorized_keys: Vec<String>,
    /// The keys that the guest shows to who connects.
    pub host_keys: Vec<HostKey>,
    /// Files to write.
    pub files: Vec<File>,
    /// What runs once in the booted guest, as root, when it has its network: lines of sh, or whole scripts that begin
    /// with `#!`. Each is begun when the one before it ended well.
    pub commands: Vec<String>,
    /// Whether a guest that has SELinux labels its files anew when it first boots; files from an initrd have no labels.
    pub selinux_relabel: bool,
}

impl Default for Injection {
    fn default() -> Self {
        Injection {
            hostname: None,
            users: Vec::new(),
            root_authorized_keys: Vec::new(),
            host_keys: Vec::new(),
            files: Vec::new(),
            commands: Vec::new(),
            selinux_relabel: true,
        }
    }
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// Its name.
    pub name: String,
    /// Its shell.
    #[serde(default = "default_shell")]
    pub shell: String,
    /// Groups that it is a member of, made where they are not there.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Whether it may become anybody without a password.
    #[serde(default)]
    pub sudo: bool,
    /// Public keys that may log in, one line each; those that are there already stay.
    #[serde(default)]
    pub authorized_keys: Vec<String>,
}

/// A host key, as OpenSSH writes it into two files.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostKey {
    /// The private key's file.
    pub private: String,
    /// The public key's line.
    pub public: String,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Where, absolute. One of another account than root is written as that account.
    pub path: String,
    /// Its mode in octal.
    #[serde(default = "private_mode")]
    pub mode: String,
    /// The account that has it.
    #[serde(default = "root")]
    pub owner: String,
    /// What is in it.
    pub content: String,
}

fn default_shell() -> String {
    "/bin/bash".to_owned()
}

fn private_mode() -> String {
    "0600".to_owned()
}

fn root() -> String {
    "root".to_owned()
}

/// The initrd with the injection appended. It holds private keys then.
///
/// # Errors
/// The injection says what cannot be, or the initrd is none that is known.
pub fn inject(initrd: Vec<u8>, injection: &Injection) -> Result<Vec<u8>> {
    check::check(injection)?;
    initrd::append(initrd, script::script(injection)?.as_bytes())
}

/// The disk that tells a guest's cloud-init the injection, a NoCloud seed. It holds private keys.
///
/// # Errors
/// The injection says what cannot be.
pub fn seed(injection: &Injection) -> Result<Vec<u8>> {
    check::check(injection)?;
    seed::disk(injection)
}
