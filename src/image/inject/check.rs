//! What an injection may say: names, paths, modes and keys that the guest's tools read as they are meant.

use super::{HostKey, Injection};
use crate::error::{Error, Result};

/// The kinds of host keys, as they are in the names of their files.
pub enum KeyKind {
    /// Ed25519.
    Ed25519,
    /// RSA.
    Rsa,
    /// ECDSA on any curve.
    Ecdsa,
}

impl KeyKind {
    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            KeyKind::Ed25519 => "ed25519",
            KeyKind::Rsa => "rsa",
            KeyKind::Ecdsa => "ecdsa",
        }
    }
}

/// The kind of a host key.
///
/// # Errors
/// sshd knows no such kind.
pub fn key_kind(key: &HostKey) -> Result<KeyKind> {
    match key.public.split(' ').next().unwrap_or_default() {
        "ssh-ed25519" => Ok(KeyKind::Ed25519),
        "ssh-rsa" => Ok(KeyKind::Rsa),
        other if other.starts_with("ecdsa-sha2-") => Ok(KeyKind::Ecdsa),
        other => Err(Error::input(format!("a host key of the kind \"{other}\" cannot be injected"))),
    }
}

/// Refuses what cannot be injected.
///
/// # Errors
/// Names what it is.
pub fn check(injection: &Injection) -> Result<()> {
    if let Some(name) = &injection.hostname {
        host_name(name)?;
    }
    for key in &injection.host_keys {
        key_kind(key)?;
    }
    keys("root", &injection.root_authorized_keys)?;
    for user in &injection.users {
        account(&user.name)?;
        user.groups.iter().try_for_each(|group| account(group))?;
        keys(&user.name, &user.authorized_keys)?;
        path(&user.shell)?;
    }
    for file in &injection.files {
        path(&file.path)?;
        account(&file.owner)?;
        if !matches!(u32::from_str_radix(&file.mode, 8), Ok(0..=0o777)) {
            return Err(Error::input(format!(
                "the mode of {} is not octal up to 0777: \"{}\"",
                file.path, file.mode
            )));
        }
    }
    match injection.commands.iter().find(|c| c.trim().is_empty() || c.contains('\0')) {
        Some(_) => Err(Error::input("a command for the first boot is empty or has a NUL in it")),
        None => Ok(()),
    }
}

fn host_name(name: &str) -> Result<()> {
    let label = |l: &str| {
        !l.is_empty()
            && l.len() <= 63
            && l.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !l.starts_with('-')
            && !l.ends_with('-')
    };
    if name.len() <= 64 && name.split('.').all(label) {
        Ok(())
    } else {
        Err(Error::input(format!("\"{name}\" is no host name")))
    }
}

/// A name that useradd takes and that sudo's folder of rules reads as it is.
fn account(name: &str) -> Result<()> {
    let good = name.len() <= 32
        && name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-');
    if good { Ok(()) } else { Err(Error::input(format!("\"{name}\" is no name of an account or group"))) }
}

fn keys(name: &str, keys: &[String]) -> Result<()> {
    match keys.iter().find(|k| k.trim().is_empty() || k.trim_end().contains(['\n', '\r', '\0'])) {
        Some(bad) => {
            Err(Error::input(format!("an authorized key of {name} is not one line: \"{}\"", bad.trim())))
        }
        None => Ok(()),
    }
}

fn path(path: &str) -> Result<()> {
    let names: Vec<&str> = path.split('/').skip(1).collect();
    let good = path.starts_with('/')
        && !path.ends_with('/')
        && !path.chars().any(char::is_control)
        && names.iter().all(|name| !matches!(*name, ".." | "." | "") && name.len() <= 250)
        && path.len() < 4000;
    if good {
        return Ok(());
    }
    Err(Error::input(format!("the path \"{}\" cannot be injected", path.escape_debug()))
        .note("it must be absolute, of names without control characters that are neither \".\" nor \"..\""))
}
