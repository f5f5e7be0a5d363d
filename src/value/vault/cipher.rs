//! AES-256 in counter mode with an HMAC-SHA256, keys by PBKDF2: the one cipher of Ansible's vaults.

use super::secret::Secret;
use crate::error::{Error, Result};
use aes::Aes256;
use aes::cipher::{KeyIvInit as _, StreamCipher as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Rounds of the key derivation, which the format fixes.
const ROUNDS: u32 = 10_000;
const BLOCK: usize = 16;

/// What a vault holds under its header.
pub(super) struct Sealed {
    pub salt: Vec<u8>,
    pub mac: Vec<u8>,
    pub bytes: Vec<u8>,
}

/// Two keys and a first counter.
struct Keys(Zeroizing<[u8; 80]>);

impl Keys {
    fn derive(secret: &Secret, salt: &[u8]) -> Self {
        let mut bytes = Zeroizing::new([0; 80]);
        pbkdf2::pbkdf2_hmac::<Sha256>(secret.bytes(), salt, ROUNDS, bytes.as_mut_slice());
        Keys(bytes)
    }

    /// Encrypts or decrypts in place: in counter mode both are the same.
    fn apply(&self, bytes: &mut [u8]) -> Result<()> {
        let (key, rest) = self.0.split_at(32);
        let (_, counter) = rest.split_at(32);
        let mut cipher = ctr::Ctr128BE::<Aes256>::new_from_slices(key, counter).map_err(unusable)?;
        cipher.apply_keystream(bytes);
        Ok(())
    }

    fn mac(&self, bytes: &[u8]) -> Result<Hmac<Sha256>> {
        let key = self.0.get(32..64).unwrap_or_default();
        let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(unusable)?;
        mac.update(bytes);
        Ok(mac)
    }
}

fn unusable(e: impl std::fmt::Display) -> Error {
    Error::other(format!("the vault's key cannot be used: {e}"))
}

/// Encrypts.
pub(super) fn seal(plain: &[u8], secret: &Secret, salt: Vec<u8>) -> Result<Sealed> {
    let keys = Keys::derive(secret, &salt);
    // PKCS#7: as many bytes as are missing, each of that number; a whole block where none is.
    let missing = BLOCK - plain.len() % BLOCK;
    let mut bytes = Vec::with_capacity(plain.len() + missing);
    bytes.extend_from_slice(plain);
    bytes.resize(plain.len() + missing, missing as u8);
    keys.apply(&mut bytes)?;
    let mac = keys.mac(&bytes)?.finalize().into_bytes().to_vec();
    Ok(Sealed { salt, mac, bytes })
}

/// Decrypts; `None` where this is not the secret that it was encrypted with.
pub(super) fn open(sealed: &Sealed, secret: &Secret) -> Result<Option<Zeroizing<Vec<u8>>>> {
    let keys = Keys::derive(secret, &sealed.salt);
    if keys.mac(&sealed.bytes)?.verify_slice(&sealed.mac).is_err() {
        return Ok(None);
    }
    let mut plain = Zeroizing::new(sealed.bytes.clone());
    keys.apply(&mut plain)?;
    let padding = plain.last().map_or(0, |n| usize::from(*n));
    let end = plain.len().checked_sub(padding).filter(|_| (1..=BLOCK).contains(&padding));
    let Some(end) = end else { return Err(super::envelope::malformed("Invalid padding bytes.")) };
    plain.truncate(end);
    Ok(Some(plain))
}
