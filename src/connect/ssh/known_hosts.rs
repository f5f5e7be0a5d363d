//! known_hosts files: which keys a host may have.

use super::pattern;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use russh::keys::ssh_key::known_hosts::{Entry, HostPatterns, Marker};
use russh::keys::ssh_key::{Algorithm, PublicKey};
use sha1::Sha1;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// A line that speaks of a host.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub key: PublicKey,
    pub marker: Option<Marker>,
    pub file: PathBuf,
    /// From 1.
    pub line: usize,
}

/// All lines in `files` that speak of `name`. Files that are not there, and lines that are not entries, are passed
/// over, as by OpenSSH; a file that is there and cannot be read is an error.
pub(super) fn lookup(files: &[PathBuf], name: &str) -> std::io::Result<Vec<Known>> {
    let name = name.to_lowercase();
    let mut found = Vec::new();
    for file in files {
        let bytes = match std::fs::read(file) {
            Ok(bytes) => bytes,
            Err(e)
                if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) =>
            {
                continue;
            }
            Err(e) => return Err(std::io::Error::new(e.kind(), format!("{}: {e}", file.display()))),
        };
        for (number, line) in String::from_utf8_lossy(&bytes).lines().enumerate() {
            // The parser wants single blanks between fields.
            let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let Ok(entry) = line.parse::<Entry>() else { continue };
            if speaks_of(entry.host_patterns(), &name) {
                found.push(Known {
                    key: entry.public_key().clone(),
                    marker: entry.marker().copied(),
                    file: file.clone(),
                    line: number + 1,
                });
            }
        }
    }
    Ok(found)
}

fn speaks_of(patterns: &HostPatterns, name: &str) -> bool {
    match patterns {
        HostPatterns::Patterns(patterns) => {
            let patterns: Vec<String> = patterns.iter().map(|p| p.to_lowercase()).collect();
            pattern::matches_list(name, patterns.iter().map(String::as_str))
        }
        HostPatterns::HashedName { salt, hash } => Hmac::<Sha1>::new_from_slice(salt)
            .is_ok_and(|mac| mac.chain_update(name.as_bytes()).verify_slice(hash).is_ok()),
    }
}

/// Adds a key to a file, made if need be.
pub(super) fn record(file: &Path, name: &str, key: &PublicKey, hashed: bool) -> std::io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
    if let Some(directory) = file.parent().filter(|d| !d.as_os_str().is_empty() && !d.exists()) {
        std::fs::DirBuilder::new().mode(0o700).create(directory)?;
    }
    let name = name.to_lowercase();
    let name = if hashed { hash(&name) } else { name };
    let mut key = key.clone();
    key.set_comment("");
    let key = key.to_openssh().map_err(std::io::Error::other)?;
    // One write of one line: several warps may add to the file at once.
    let mut line = format!("{name} {}\n", key.trim_end());
    if !ends_with_newline(file)? {
        line.insert(0, '\n');
    }
    let mut file = std::fs::OpenOptions::new().append(true).create(true).mode(0o600).open(file)?;
    file.write_all(line.as_bytes())
}

fn ends_with_newline(file: &Path) -> std::io::Result<bool> {
    match std::fs::read(file) {
        Ok(bytes) => Ok(bytes.last().is_none_or(|b| *b == b'\n')),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(e) => Err(e),
    }
}

fn hash(name: &str) -> String {
    let salt = crate::connect::random::bytes();
    let digest = Hmac::<Sha1>::new_from_slice(&salt)
        .map(|mac| mac.chain_update(name.as_bytes()).finalize().into_bytes())
        .unwrap_or_default();
    format!("|1|{}|{}", STANDARD.encode(salt), STANDARD.encode(digest))
}

/// The algorithms of host keys we ask for: those of keys that are known first, so that the server shows one of them.
pub(super) fn preferred(all: &[Algorithm], known: &[Known]) -> Vec<Algorithm> {
    let is_known =
        |a: &Algorithm| known.iter().any(|k| k.marker.is_none() && same_type(&k.key.algorithm(), a));
    let (mut first, rest): (Vec<_>, Vec<_>) = all.iter().cloned().partition(is_known);
    first.extend(rest);
    first
}

/// Whether two algorithms use keys of the same type; RSA keys sign with either hash.
pub(super) fn same_type(a: &Algorithm, b: &Algorithm) -> bool {
    matches!((a, b), (Algorithm::Rsa { .. }, Algorithm::Rsa { .. })) || a == b
}
