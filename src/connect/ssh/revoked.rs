//! RevokedHostKeys: a file of keys that no host may have.

use crate::error::{Error, Result};
use russh::keys::ssh_key::PublicKey;
use std::path::{Path, PathBuf};

/// How OpenSSH's binary lists of revoked keys begin.
const KRL: &[u8] = b"SSHKRL\n";

/// The keys of the file.
#[derive(Debug, Default)]
pub(super) struct Revoked {
    file: PathBuf,
    keys: Vec<(usize, PublicKey)>,
}

impl Revoked {
    /// Reads the file, one public key a line.
    ///
    /// # Errors
    /// A file that cannot be read: which keys are revoked is then not known, and none is trusted, as by ssh.
    pub fn read(file: Option<&Path>) -> Result<Revoked> {
        let Some(file) = file else { return Ok(Revoked::default()) };
        let wrong = |why: String| {
            Error::input(format!("RevokedHostKeys {}: {why}", file.display()))
                .help("without it no host key is trusted; mend it, or take RevokedHostKeys out for this host")
        };
        let bytes = std::fs::read(file).map_err(|e| wrong(e.to_string()))?;
        if bytes.starts_with(KRL) {
            return Err(wrong("is a list in OpenSSH's binary form, which is not supported".to_owned())
                .help("write the public keys one a line"));
        }
        let mut keys = Vec::new();
        for (number, line) in String::from_utf8_lossy(&bytes).lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let key = PublicKey::from_openssh(line)
                .map_err(|e| wrong(format!("line {} is not a public key ({e})", number + 1)))?;
            keys.push((number + 1, key));
        }
        Ok(Revoked { file: file.to_owned(), keys })
    }

    /// Where a key stands, if it does.
    pub fn place_of(&self, key: &PublicKey) -> Option<String> {
        let (line, _) = self.keys.iter().find(|(_, k)| k.key_data() == key.key_data())?;
        Some(format!("{}:{line}", self.file.display()))
    }
}
