//! Whether a server is the host it should be.

use super::config::{Options, Strict};
use super::known_hosts::{self, Known};
use crate::error::{Error, Result};
use russh::keys::ssh_key::known_hosts::Marker;
use russh::keys::ssh_key::{Algorithm, EcdsaCurve, HashAlg, PublicKey};
use std::path::PathBuf;

/// The host keys that a server may have, and what to do where it has none of them.
pub(super) struct Expected {
    /// The host's name in known_hosts.
    name: String,
    /// The name without the port, under which OpenSSH looks for a key too.
    bare: Option<String>,
    files: Vec<PathBuf>,
    /// The first of the user's files, where new keys go.
    record: Option<PathBuf>,
    known: Vec<Known>,
    strict: Strict,
    hashed: bool,
    /// Who and where, for messages.
    peer: String,
}

/// The algorithms of host keys that are trusted at all; RSA never with SHA-1.
const ALGORITHMS: [Algorithm; 6] = [
    Algorithm::Ed25519,
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 },
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP384 },
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP521 },
    Algorithm::Rsa { hash: Some(HashAlg::Sha512) },
    Algorithm::Rsa { hash: Some(HashAlg::Sha256) },
];

impl Expected {
    /// Reads the known_hosts files.
    pub fn of(options: &Options, peer: String) -> Result<Expected> {
        let (name, bare) = match &options.host_key_alias {
            Some(alias) => (alias.clone(), None),
            None if options.port == 22 => (options.host.clone(), None),
            None => (format!("[{}]:{}", options.host, options.port), Some(options.host.clone())),
        };
        let files: Vec<PathBuf> =
            options.known_hosts.iter().chain(&options.global_known_hosts).cloned().collect();
        let known = known_hosts::lookup(&files, &name)
            .map_err(|e| Error::other(format!("{peer}: cannot read the known host keys: {e}")))?;
        Ok(Expected {
            name,
            bare,
            files,
            record: options.known_hosts.first().cloned(),
            known,
            strict: options.strict,
            hashed: options.hash_known_hosts,
            peer,
        })
    }

    /// The algorithms to ask the server for, in order.
    pub fn algorithms(&self) -> Vec<Algorithm> {
        known_hosts::preferred(&ALGORITHMS, &self.known)
    }

    /// Judges the key that a server proved to have.
    ///
    /// # Errors
    /// The key is not the host's, or not known to be.
    pub fn check(&self, key: &PublicKey) -> Result<()> {
        let data = key.key_data();
        let is_this = |k: &&Known| k.key.key_data() == data;
        if let Some(revoked) = self.known.iter().filter(is_this).find(|k| k.marker == Some(Marker::Revoked)) {
            return Err(Error::other(format!("{}: the server's host key is marked as revoked", self.peer))
                .note(format!("{}:{}: {}", revoked.file.display(), revoked.line, print(key)))
                .help("the server must get a new host key; do not trust it before"));
        }
        let plain: Vec<&Known> = self.known.iter().filter(|k| k.marker.is_none()).collect();
        if plain.iter().any(|k| k.key.key_data() == data) {
            return Ok(());
        }
        if !plain.is_empty() {
            return if self.strict == Strict::No { Ok(()) } else { Err(self.changed(key, &plain)) };
        }
        if let Some(bare) = &self.bare {
            let known = known_hosts::lookup(&self.files, bare)?;
            if known.iter().any(|k| k.marker.is_none() && k.key.key_data() == data) {
                return Ok(());
            }
        }
        match self.strict {
            Strict::Yes | Strict::Ask => Err(self.unknown(key)),
            Strict::AcceptNew | Strict::No => self.learn(key),
        }
    }

    fn learn(&self, key: &PublicKey) -> Result<()> {
        let Some(file) = &self.record else { return Ok(()) };
        match known_hosts::record(file, &self.name, key, self.hashed) {
            Ok(()) => Ok(()),
            // Without checking, nothing depends on the record.
            Err(_) if self.strict == Strict::No => Ok(()),
            Err(e) => Err(Error::other(format!("{}: cannot record the new host key", self.peer))
                .note(format!("{}: {e}", file.display()))
                .help("make the file writable, or name another with UserKnownHostsFile")),
        }
    }

    fn changed(&self, key: &PublicKey, known: &[&Known]) -> Error {
        let mut error = Error::other(format!("{}: the host key has changed", self.peer))
            .note(format!("the server has    {}", print(key)));
        for k in known {
            error = error.note(format!("{}:{} has {}", k.file.display(), k.line, print(&k.key)));
        }
        let file = known.first().map(|k| k.file.display().to_string()).unwrap_or_default();
        error
            .note("somebody may be between you and the host, or the host was installed anew; nothing was sent to it")
            .help(format!("if you know that the new key is right: ssh-keygen -R '{}' -f {file}", self.name))
    }

    fn unknown(&self, key: &PublicKey) -> Error {
        let mut error = Error::other(format!("{}: the host key is not known", self.peer))
            .note(format!("the server has {}", print(key)))
            .note(format!("no line for {} in {}", self.name, {
                let files: Vec<String> = self.files.iter().map(|f| f.display().to_string()).collect();
                files.join(", ")
            }));
        if let Some(authority) = self.known.iter().find(|k| k.marker == Some(Marker::CertAuthority)) {
            error = error.note(format!(
                "{}:{} names a certificate authority for it; host certificates are not supported yet",
                authority.file.display(),
                authority.line
            ));
        }
        error.help(format!(
            "compare the fingerprint, then add the key: ssh-keyscan{} {} >> {}; or set StrictHostKeyChecking=accept-new",
            self.name.rsplit_once("]:").map(|(_, port)| format!(" -p {port}")).unwrap_or_default(),
            self.bare.as_deref().unwrap_or(&self.name),
            self.record.as_ref().map(|f| f.display().to_string()).unwrap_or_else(|| "~/.ssh/known_hosts".into()),
        ))
    }
}

fn print(key: &PublicKey) -> String {
    format!("{} {}", key.algorithm(), key.fingerprint(HashAlg::Sha256))
}
