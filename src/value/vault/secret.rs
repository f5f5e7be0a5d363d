//! Secrets, under the vault ids that name them.

use super::cipher;
use super::envelope::Envelope;
use crate::error::{Error, Result};
use std::fmt;
use std::sync::Arc;
use zeroize::Zeroizing;

/// A password. Its bytes are wiped when the last owner is gone, and never printed.
#[derive(Clone)]
pub struct Secret(Arc<Zeroizing<Vec<u8>>>);

impl Secret {
    /// A secret of these bytes.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Secret(Arc::new(Zeroizing::new(bytes.into())))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}

/// All secrets that are known, best first, and how vaults are matched with them.
#[derive(Clone, Debug)]
pub struct Secrets {
    /// Vault ids with their secrets.
    pub known: Vec<(String, Secret)>,
    /// Whether a vault is only tried with the secrets of its own id.
    pub match_id: bool,
    /// The id of vaults that name none.
    pub default_id: String,
}

impl Default for Secrets {
    fn default() -> Self {
        Secrets { known: Vec::new(), match_id: false, default_id: "default".to_owned() }
    }
}

/// A vault that was decrypted.
pub struct Opened {
    /// What was in it.
    pub plain: Zeroizing<Vec<u8>>,
    /// The id in its header.
    pub id: String,
    /// The secret that fitted.
    pub secret: Secret,
}

impl Secrets {
    /// Decrypts a vault: first with the secrets of its own id, then unless `match_id` forbids it with all others.
    ///
    /// # Errors
    /// What is no vault or a broken one, and no secret that fits, in Ansible's words.
    pub fn open(&self, vault: &[u8]) -> Result<Opened> {
        let envelope = Envelope::parse(vault, &self.default_id)?;
        if self.known.is_empty() {
            return Err(Error::other("Attempting to decrypt but no vault secrets found.").hint(
                "give the vault's password: --vault-id, --vault-password-file or --ask-vault-password",
            ));
        }
        let sealed = envelope.sealed()?;
        // In the order in which they are known, as Ansible tries them.
        let fits = |id: &str| !self.match_id || id == envelope.id;
        for (_, secret) in self.known.iter().filter(|(id, _)| fits(id)) {
            if let Some(plain) = cipher::open(&sealed, secret)? {
                return Ok(Opened { plain, id: envelope.id, secret: secret.clone() });
            }
        }
        let error = Error::other("Decryption failed (no vault secrets were found that could decrypt).");
        let ids: Vec<&str> = self.known.iter().map(|(id, _)| id.as_str()).collect();
        let error =
            error.note(format!("the vault id is {}; secrets are known for: {}", envelope.id, ids.join(", ")));
        Err(if self.match_id {
            error.note("the setting vault_id_match lets only that id's be tried")
        } else {
            error
        })
    }

    /// The secret to encrypt with: the first of this id, or the first of all where no id is wanted.
    ///
    /// # Errors
    /// An id that has no secret.
    pub fn to_encrypt(&self, id: Option<&str>) -> Result<Option<&(String, Secret)>> {
        let Some(id) = id else { return Ok(self.known.first()) };
        let found = self.known.iter().find(|(known, _)| known == id);
        found.map(Some).ok_or_else(|| {
            let known: Vec<String> = self.known.iter().map(|(id, _)| format!("'{id}'")).collect();
            Error::other(format!(
                "Did not find a match for --encrypt-vault-id={id} in the known vault-ids [{}]",
                known.join(", ")
            ))
        })
    }
}
