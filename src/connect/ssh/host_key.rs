//! Whether a server is the host it should be.

use super::config::{Options, Strict};
use super::known_hosts::{self, Known};
use super::offer;
use super::revoked::Revoked;
use crate::error::{Error, Result};
use russh::keys::PublicKeyOrCertificate;
use russh::keys::ssh_key::certificate::CertType;
use russh::keys::ssh_key::known_hosts::Marker;
use russh::keys::ssh_key::{Algorithm, Certificate, HashAlg, PublicKey};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

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
    /// The algorithms that are configured, by OpenSSH's names, and whether their order is the user's.
    offered: (Vec<String>, bool),
    /// Those by which an authority may sign.
    authorities: Vec<String>,
    /// The name that a certificate must be for.
    principal: String,
    /// What known_hosts has of the address, where it must agree too.
    of_address: Vec<Known>,
    /// This machine, which proves nothing by being asked.
    trusted: bool,
    revoked: Revoked,
    required_rsa_size: u32,
    /// Who and where, for messages.
    peer: String,
    /// Set where the key is not the one that is known, and nobody wants that checked.
    suspected: Arc<AtomicBool>,
}

impl Expected {
    /// Reads the known_hosts files. `address` is the server's own, where it was connected to directly.
    ///
    /// # Errors
    /// A file that is there and cannot be read.
    pub fn of(options: &Options, peer: String, address: Option<IpAddr>) -> Result<Expected> {
        let (name, bare) = match &options.host_key_alias {
            Some(alias) => (alias.clone(), None),
            None if options.port == 22 => (options.host.clone(), None),
            None => (format!("[{}]:{}", options.host, options.port), Some(options.host.clone())),
        };
        let files: Vec<PathBuf> =
            options.known_hosts.iter().chain(&options.global_known_hosts).cloned().collect();
        let lookup = |name: &str| {
            known_hosts::lookup(&files, name)
                .map_err(|e| Error::other(format!("{peer}: cannot read the known host keys: {e}")))
        };
        let known = lookup(&name)?;
        let of_address = match address.filter(|a| options.check_host_ip && a.to_string() != options.host) {
            Some(address) if options.port == 22 => lookup(&address.to_string())?,
            Some(address) => lookup(&format!("[{address}]:{}", options.port))?,
            None => Vec::new(),
        };
        let revoked = Revoked::read(options.revoked_host_keys.as_deref()).map_err(|e| e.context(&peer))?;
        Ok(Expected {
            offered: (options.algorithms.host_keys.clone(), options.algorithms.host_keys_configured),
            authorities: options.algorithms.authorities.clone(),
            principal: options.host_key_alias.as_ref().unwrap_or(&options.host).to_lowercase(),
            of_address,
            trusted: options.trust_localhost && address.is_some_and(|a| a.is_loopback()),
            revoked,
            required_rsa_size: options.required_rsa_size,
            name,
            bare,
            files,
            record: options.known_hosts.first().cloned(),
            known,
            strict: options.strict,
            hashed: options.hash_known_hosts,
            peer,
            suspected: Arc::default(),
        })
    }

    /// The algorithms to ask the server for, in order, and those for which a certificate will do.
    ///
    /// # Errors
    /// None of those that are configured is built here.
    pub fn algorithms(&self) -> Result<(Vec<Algorithm>, Vec<Algorithm>)> {
        let (names, is_users_order) = &self.offered;
        let all = offer::built("HostKeyAlgorithms", names, |name| {
            offer::key_algorithm(name).map(|algorithm| (offer::is_certificate(name), algorithm))
        })?;
        let (certificates, plain): (Vec<_>, Vec<_>) = all.into_iter().partition(|(certified, _)| *certified);
        let strip = |all: Vec<(bool, Algorithm)>| all.into_iter().map(|(_, algorithm)| algorithm).collect();
        let (mut certificates, mut plain): (Vec<Algorithm>, Vec<Algorithm>) =
            (strip(certificates), strip(plain));
        if !is_users_order {
            plain = known_hosts::preferred(&plain, &self.known);
        }
        // A certificate shown instead of a key helps only where its authority may be known.
        if !self.known.iter().any(|k| k.marker == Some(Marker::CertAuthority)) {
            certificates.clear();
        }
        Ok((plain, certificates))
    }

    /// Judges what a server proved to have.
    ///
    /// # Errors
    /// The key is not the host's, or not known to be.
    pub fn check(&self, shown: &PublicKeyOrCertificate) -> Result<()> {
        if self.trusted {
            return Ok(());
        }
        let key = &shown.public_key();
        self.refuse_revoked(key)?;
        if let Some(size) = key.key_data().rsa().map(|rsa| rsa.key_size())
            && size < self.required_rsa_size
        {
            return Err(Error::other(format!(
                "{}: the server's RSA key has {size} bits, fewer than RequiredRSASize {}",
                self.peer, self.required_rsa_size
            ))
            .help("give the server a longer key, or better one of type ed25519"));
        }
        match shown.certificate() {
            // Of an authority that is not known, a certificate is as good as its key.
            Some(certificate) if self.vouches(certificate)? => Ok(()),
            _ => self.check_key(key),
        }
    }

    fn refuse_revoked(&self, key: &PublicKey) -> Result<()> {
        let data = key.key_data();
        let marked = |k: &&Known| k.marker == Some(Marker::Revoked) && k.key.key_data() == data;
        let place = match (self.known.iter().find(marked), self.revoked.place_of(key)) {
            (Some(k), _) => format!("{}:{}", k.file.display(), k.line),
            (None, Some(place)) => place,
            (None, None) => return Ok(()),
        };
        Err(Error::other(format!("{}: the server's host key is marked as revoked", self.peer))
            .note(format!("{place}: {}", print(key)))
            .help("the server must get a new host key; do not trust it before"))
    }

    /// Whether an authority that known_hosts names for the host has signed this for it.
    fn vouches(&self, certificate: &Certificate) -> Result<bool> {
        let authority = PublicKey::new(certificate.signature_key().clone(), "");
        let named =
            |k: &&Known| k.marker == Some(Marker::CertAuthority) && k.key.key_data() == authority.key_data();
        let Some(line) = self.known.iter().find(named) else { return Ok(false) };
        self.refuse_revoked(&authority)?;
        let wrong = |why: String| {
            Error::other(format!("{}: the server's host certificate {why}", self.peer))
                .note(format!("its id is {:?}", certificate.key_id()))
                .note(format!("its authority is named in {}:{}", line.file.display(), line.line))
                .help("have the authority sign the server's key anew")
        };
        let signed_by = certificate.signature().algorithm().to_string();
        if !self.authorities.contains(&signed_by) {
            return Err(wrong(format!(
                "is signed by {signed_by}, which CASignatureAlgorithms does not have"
            )));
        }
        if certificate.cert_type() != CertType::Host {
            return Err(wrong("is one of users, not of hosts".to_owned()));
        }
        if !certificate.critical_options().is_empty() {
            return Err(wrong("has critical options, which certificates of hosts have not".to_owned()));
        }
        let is_for = |name: &String| super::pattern::matches(&self.principal, &name.to_lowercase());
        if !certificate.valid_principals().iter().any(is_for) {
            let names = certificate.valid_principals().join(", ");
            return Err(wrong(format!("is not for {}, but for {names}", self.principal)));
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
        if now < certificate.valid_after() || now >= certificate.valid_before() {
            return Err(wrong("has expired, or is not valid yet".to_owned())
                .help("see the clocks of both machines too"));
        }
        certificate
            .validate_at(now, &[authority.fingerprint(HashAlg::Sha256)])
            .map_err(|e| wrong(format!("has a wrong signature ({e})")))?;
        Ok(true)
    }

    fn check_key(&self, key: &PublicKey) -> Result<()> {
        let data = key.key_data();
        let is_plain = |k: &&Known| k.marker.is_none();
        let plain: Vec<&Known> = self.known.iter().filter(is_plain).collect();
        if plain.iter().any(|k| k.key.key_data() == data) {
            let of_address: Vec<&Known> = self.of_address.iter().filter(is_plain).collect();
            let agrees = of_address.is_empty() || of_address.iter().any(|k| k.key.key_data() == data);
            return match agrees {
                true => Ok(()),
                false => self
                    .suspect(key, &of_address)
                    .map_err(|e| e.note("that is the line of its address (CheckHostIP)")),
            };
        }
        if !plain.is_empty() {
            return self.suspect(key, &plain);
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

    /// Another key than what is known: refused, or let pass where nobody wants it checked.
    fn suspect(&self, key: &PublicKey, known: &[&Known]) -> Result<()> {
        if self.strict != Strict::No {
            return Err(self.changed(key, known));
        }
        self.suspected.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Whether the server shows another key than what is known, once it has shown one: it may be somebody else's, who must not
    /// come to know a password.
    pub fn suspected(&self) -> Arc<AtomicBool> {
        self.suspected.clone()
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
                "{}:{} names a certificate authority for it, which has not signed this key",
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
