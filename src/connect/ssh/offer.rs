//! The algorithms that a connection offers, of those that are configured.

use super::config::{Offered, Options};
use super::host_key::Expected;
use crate::error::{Error, Result};
use russh::keys::ssh_key::{Algorithm, HashAlg};
use russh::{Preferred, cipher, compression, kex, mac};
use std::borrow::Cow;

/// What to offer to a server that should be this host.
///
/// # Errors
/// None of the algorithms that are configured is built here.
pub(super) fn preferred(options: &Options, expected: &Expected) -> Result<Preferred> {
    let Offered { kex, ciphers, macs, .. } = &options.algorithms;
    let mut kex = built("KexAlgorithms", kex, |name| kex::Name::try_from(name).ok())?;
    // Not key exchanges: what else the two sides may agree on by way of the list.
    kex.extend([kex::EXTENSION_SUPPORT_AS_CLIENT, kex::EXTENSION_OPENSSH_STRICT_KEX_AS_CLIENT]);
    let compression: &'static [compression::Name] = match options.compression {
        true => &[compression::ZLIB, compression::ZLIB_LEGACY, compression::NONE],
        false => &[compression::NONE],
    };
    let (host_keys, certificates) = expected.algorithms()?;
    Ok(Preferred {
        kex: Cow::Owned(kex),
        key: Cow::Owned(host_keys),
        host_key_certificates: Cow::Owned(certificates),
        cipher: Cow::Owned(built("Ciphers", ciphers, |name| cipher::Name::try_from(name).ok())?),
        mac: Cow::Owned(built("MACs", macs, |name| mac::Name::try_from(name).ok())?),
        compression: Cow::Borrowed(compression),
    })
}

/// Those of the names that are built here.
///
/// # Errors
/// There is none.
pub(super) fn built<T>(keyword: &str, names: &[String], find: impl Fn(&str) -> Option<T>) -> Result<Vec<T>> {
    let found: Vec<T> = names.iter().filter_map(|name| find(name)).collect();
    if found.is_empty() {
        return Err(Error::input(format!("none of the {keyword} {} is built in warp", names.join(",")))
            .help(format!(
                "add one to {keyword} that the server has too, or leave {keyword} out for this host"
            )));
    }
    Ok(found)
}

/// The algorithm of keys that OpenSSH calls so, if it is built here; a certificate's is that of its key.
pub(super) fn key_algorithm(name: &str) -> Option<Algorithm> {
    let plain = name.strip_suffix("-cert-v01@openssh.com").unwrap_or(name);
    let algorithm = Algorithm::new(plain).ok()?;
    let is_built = matches!(
        algorithm,
        Algorithm::Ed25519
            | Algorithm::Ecdsa { .. }
            | Algorithm::Rsa { hash: None | Some(HashAlg::Sha256 | HashAlg::Sha512) }
    );
    is_built.then_some(algorithm)
}

/// Whether a name is that of certificates.
pub(super) fn is_certificate(name: &str) -> bool {
    name.ends_with("-cert-v01@openssh.com")
}
