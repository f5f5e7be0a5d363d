//! Lists of algorithms: OpenSSH's names, and `+`, `-`, `^` and patterns in what users write of them.
//!
//! Source: ssh_config(5) of OpenSSH 9 and 10, under Ciphers, HostKeyAlgorithms, KexAlgorithms, MACs and
//! PubkeyAcceptedAlgorithms.

use super::super::pattern;

/// A family of algorithms.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Family {
    /// All that OpenSSH knows by name, be they built here or not.
    pub all: &'static [&'static str],
    /// What is offered where nothing is configured, best first.
    pub preferred: &'static [&'static str],
    /// Whether OpenSSH takes patterns in a list that replaces or adds.
    pub patterns: bool,
}

pub(super) static CIPHERS: Family = Family {
    all: &[
        "3des-cbc",
        "aes128-cbc",
        "aes192-cbc",
        "aes256-cbc",
        "aes128-ctr",
        "aes192-ctr",
        "aes256-ctr",
        "aes128-gcm@openssh.com",
        "aes256-gcm@openssh.com",
        "chacha20-poly1305@openssh.com",
    ],
    // With hardware for AES, GCM is half as fast again as ChaCha.
    preferred: &[
        "aes256-gcm@openssh.com",
        "chacha20-poly1305@openssh.com",
        "aes256-ctr",
        "aes192-ctr",
        "aes128-ctr",
    ],
    patterns: false,
};

pub(super) static MACS: Family = Family {
    all: &[
        "hmac-sha1",
        "hmac-sha1-96",
        "hmac-sha2-256",
        "hmac-sha2-512",
        "hmac-md5",
        "hmac-md5-96",
        "umac-64@openssh.com",
        "umac-128@openssh.com",
        "hmac-sha1-etm@openssh.com",
        "hmac-sha1-96-etm@openssh.com",
        "hmac-sha2-256-etm@openssh.com",
        "hmac-sha2-512-etm@openssh.com",
        "hmac-md5-etm@openssh.com",
        "hmac-md5-96-etm@openssh.com",
        "umac-64-etm@openssh.com",
        "umac-128-etm@openssh.com",
    ],
    preferred: &[
        "hmac-sha2-512-etm@openssh.com",
        "hmac-sha2-256-etm@openssh.com",
        "hmac-sha2-512",
        "hmac-sha2-256",
        "hmac-sha1-etm@openssh.com",
        "hmac-sha1",
    ],
    patterns: false,
};

pub(super) static KEX: Family = Family {
    all: &[
        "diffie-hellman-group1-sha1",
        "diffie-hellman-group14-sha1",
        "diffie-hellman-group14-sha256",
        "diffie-hellman-group16-sha512",
        "diffie-hellman-group18-sha512",
        "diffie-hellman-group-exchange-sha1",
        "diffie-hellman-group-exchange-sha256",
        "ecdh-sha2-nistp256",
        "ecdh-sha2-nistp384",
        "ecdh-sha2-nistp521",
        "curve25519-sha256",
        "curve25519-sha256@libssh.org",
        "sntrup761x25519-sha512",
        "sntrup761x25519-sha512@openssh.com",
        "mlkem768x25519-sha256",
    ],
    preferred: &[
        "mlkem768x25519-sha256",
        "curve25519-sha256",
        "curve25519-sha256@libssh.org",
        "ecdh-sha2-nistp256",
        "ecdh-sha2-nistp384",
        "ecdh-sha2-nistp521",
        "diffie-hellman-group-exchange-sha256",
        "diffie-hellman-group16-sha512",
        "diffie-hellman-group18-sha512",
        "diffie-hellman-group14-sha256",
    ],
    patterns: false,
};

/// Algorithms of keys: of hosts, and of accounts. Security keys are held by ssh-agent only.
pub(super) static KEYS: Family = Family {
    all: &[
        "ssh-ed25519",
        "ssh-ed25519-cert-v01@openssh.com",
        "sk-ssh-ed25519@openssh.com",
        "sk-ssh-ed25519-cert-v01@openssh.com",
        "ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp256-cert-v01@openssh.com",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp384-cert-v01@openssh.com",
        "ecdsa-sha2-nistp521",
        "ecdsa-sha2-nistp521-cert-v01@openssh.com",
        "sk-ecdsa-sha2-nistp256@openssh.com",
        "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com",
        "webauthn-sk-ecdsa-sha2-nistp256@openssh.com",
        "ssh-dss",
        "ssh-dss-cert-v01@openssh.com",
        "ssh-rsa",
        "ssh-rsa-cert-v01@openssh.com",
        "rsa-sha2-256",
        "rsa-sha2-256-cert-v01@openssh.com",
        "rsa-sha2-512",
        "rsa-sha2-512-cert-v01@openssh.com",
    ],
    // OpenSSH's own: RSA never with SHA-1 unless it is asked for.
    preferred: &[
        "ssh-ed25519-cert-v01@openssh.com",
        "ecdsa-sha2-nistp256-cert-v01@openssh.com",
        "ecdsa-sha2-nistp384-cert-v01@openssh.com",
        "ecdsa-sha2-nistp521-cert-v01@openssh.com",
        "sk-ssh-ed25519-cert-v01@openssh.com",
        "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com",
        "rsa-sha2-512-cert-v01@openssh.com",
        "rsa-sha2-256-cert-v01@openssh.com",
        "ssh-ed25519",
        "ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521",
        "sk-ssh-ed25519@openssh.com",
        "sk-ecdsa-sha2-nistp256@openssh.com",
        "rsa-sha2-512",
        "rsa-sha2-256",
    ],
    patterns: true,
};

impl Family {
    /// Whether ssh would take this value.
    ///
    /// # Errors
    /// The name that it does not know.
    pub fn check(&self, given: &str) -> Result<(), String> {
        let Some((sign, list)) = split(given) else { return Err("a value is missing".into()) };
        if sign == Some('-') {
            return Ok(());
        }
        let is_known = |name: &str| match self.patterns {
            true => self.all.iter().any(|a| pattern::matches(a, name)),
            false => self.all.contains(&name),
        };
        match list.split(',').find(|name| !is_known(name)) {
            Some(unknown) => Err(format!("{unknown} is not the name of an algorithm")),
            None => Ok(()),
        }
    }

    /// The list that a configured value makes of the one that stands without it.
    pub fn assemble(&self, given: Option<&str>, default: &[&str]) -> Vec<String> {
        let Some((sign, list)) = given.and_then(split) else {
            return default.iter().map(|name| (*name).to_owned()).collect();
        };
        let listed: Vec<&str> = list.split(',').collect();
        let chain: Vec<&str> = match sign {
            Some('-') => {
                let is_denied = |name: &str| listed.iter().any(|p| pattern::matches(name, p));
                return default.iter().filter(|n| !is_denied(n)).map(|n| (*n).to_owned()).collect();
            }
            Some('+') => default.iter().copied().chain(listed).collect(),
            Some(_) => listed.iter().copied().chain(default.iter().copied()).collect(),
            None => listed,
        };
        let mut names: Vec<String> = Vec::new();
        for wanted in chain {
            for name in self.all.iter().filter(|name| pattern::matches(name, wanted)) {
                if !names.iter().any(|n| n == name) {
                    names.push((*name).to_owned());
                }
            }
        }
        names
    }
}

/// The sign before a list, and the list.
fn split(given: &str) -> Option<(Option<char>, &str)> {
    let sign = given.chars().next().filter(|c| ['+', '-', '^'].contains(c));
    let list = given.get(sign.map_or(0, char::len_utf8)..)?;
    (!list.is_empty()).then_some((sign, list))
}
