//! Ansible's vaults: encrypted files and values, formats 1.1 and 1.2.
//!
//! The secrets are the process's, as Ansible has them: a value that was loaded encrypted may be looked at from anywhere,
//! and is decrypted only then.

mod cipher;
mod envelope;
mod held;
mod secret;

pub use held::{held, hold_variables};
pub use secret::{Opened, Secret, Secrets};

use super::Text;
use crate::error::{Error, Result};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

/// Whether these bytes are a vault: all ASCII, with its mark at the beginning.
#[must_use]
pub fn is_vault(bytes: &[u8]) -> bool {
    bytes.starts_with(envelope::MARK) && bytes.is_ascii()
}

/// Whether a file begins as a vault does.
///
/// # Errors
/// A file that cannot be read.
pub fn is_vault_file(path: &Path) -> std::io::Result<bool> {
    use std::io::Read as _;
    let mut head = Vec::new();
    std::fs::File::open(path)?.take(envelope::MARK.len() as u64).read_to_end(&mut head)?;
    Ok(head == envelope::MARK)
}

/// Encrypts; without a salt a random one is taken.
///
/// # Errors
/// What is a vault already; no random numbers.
pub fn encrypt(plain: &[u8], secret: &Secret, id: &str, salt: Option<&str>) -> Result<String> {
    if is_vault(plain) {
        return Err(Error::other("input is already encrypted"));
    }
    let salt = match salt {
        Some(salt) => salt.as_bytes().to_vec(),
        None => {
            let mut salt = vec![0; 32];
            getrandom::fill(&mut salt).map_err(|e| Error::other(format!("no random numbers: {e}")))?;
            salt
        }
    };
    envelope::write(plain, secret, id, salt)
}

static SECRETS: OnceLock<Secrets> = OnceLock::new();

/// Sets the process's secrets, once, before anything that may be encrypted is read.
pub fn install(secrets: Secrets) {
    // A second time is the same command line again: the first stays.
    let _ = SECRETS.set(secrets);
}

fn secrets() -> &'static Secrets {
    static NONE: OnceLock<Secrets> = OnceLock::new();
    SECRETS.get().unwrap_or_else(|| NONE.get_or_init(Secrets::default))
}

/// These bytes, decrypted with the process's secrets if they are a vault.
///
/// # Errors
/// As [`Secrets::open`].
pub fn decrypted(bytes: Vec<u8>) -> Result<Vec<u8>> {
    if is_vault(&bytes) { secrets().open(&bytes).map(|opened| opened.plain.to_vec()) } else { Ok(bytes) }
}

/// What encrypted values held, by their vaults.
static PLAIN: LazyLock<Mutex<HashMap<Arc<str>, Arc<str>>>> = LazyLock::new(Mutex::default);

/// What an encrypted value holds, tagged with its vault. Decrypted once for each; a failure is not kept.
///
/// # Errors
/// As [`Secrets::open`], at the value's place; what is not UTF-8.
pub fn reveal(text: &Text) -> Result<Text> {
    let vault = text.shared();
    let plain = || PLAIN.lock().unwrap_or_else(PoisonError::into_inner);
    let known = plain().get(&vault).cloned();
    if let Some(known) = known {
        return Ok(text.opened(known));
    }
    let opened = secrets().open(vault.as_bytes()).map_err(|e| e.at(text.span().cloned()))?;
    let chars = std::str::from_utf8(&opened.plain).map_err(|e| {
        Error::other(format!("the vault's content is not UTF-8: {e}")).at(text.span().cloned())
    })?;
    let chars: Arc<str> = chars.into();
    held::hold(&chars);
    plain().insert(vault, Arc::clone(&chars));
    Ok(text.opened(chars))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(of: &[(&str, &str)]) -> Secrets {
        let known = of.iter().map(|(id, s)| ((*id).to_owned(), Secret::new(*s))).collect();
        Secrets { known, ..Secrets::default() }
    }

    /// Made by ansible-core: its own integration target's files.
    const OF_ANSIBLE: &str = "$ANSIBLE_VAULT;1.2;AES256;test_vault_id
30383835613535356232333534303264656530633664616233386138396563623939626136366537
3635323530646538626138383136636437616637616430610a386661346563346136326637656461
64393364343964633364336666333630383164643662343930663432316333633537353938376437
6134656262373731390a363166356461376663313532343733326438386632623930313366643038
6133
";

    #[test]
    fn what_ansible_encrypted_opens_with_the_secret_that_fits() {
        let known = secrets(&[("a", "wrong"), ("b", "test-vault-password")]);
        let opened = known.open(OF_ANSIBLE.as_bytes()).unwrap();
        assert_eq!((opened.plain.as_slice(), opened.id.as_str()), (b"foobar\n".as_slice(), "test_vault_id"));
        let strict = Secrets { match_id: true, ..known };
        assert!(
            strict.open(OF_ANSIBLE.as_bytes()).is_err_and(|e| e.message().starts_with("Decryption failed"))
        );
    }

    #[test]
    fn every_length_of_text_comes_back_and_a_changed_byte_does_not() {
        let known = secrets(&[("default", "s")]);
        for length in [0, 1, 15, 16, 17, 80] {
            let plain = vec![b'x'; length];
            let (id, secret) = known.to_encrypt(None).unwrap().unwrap();
            let vault = encrypt(&plain, secret, id, None).unwrap();
            assert!(vault.starts_with("$ANSIBLE_VAULT;1.1;AES256\n") && vault.lines().all(|l| l.len() <= 80));
            assert_eq!(known.open(vault.as_bytes()).unwrap().plain.as_slice(), plain);
        }
        let (_, secret) = known.known.first().unwrap();
        let vault = encrypt(b"text", secret, "of", Some("salt")).unwrap();
        assert_eq!(vault, encrypt(b"text", secret, "of", Some("salt")).unwrap());
        assert!(vault.starts_with("$ANSIBLE_VAULT;1.2;AES256;of\n"));
        let mut changed = vault.clone().into_bytes();
        let last = changed.len() - 2;
        changed[last] = if changed[last] == b'1' { b'2' } else { b'1' };
        assert!(known.open(&changed).is_err());
    }
}
