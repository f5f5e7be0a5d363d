//! The key that journals of a folder are sealed with, and the seal itself.

use crate::error::{Error, Result};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// How long keys and salts are.
pub(super) const LENGTH: usize = 32;

/// What the keys of segments are derived for.
const CONTEXT: &str = "warp 2026-11 journal segment";

/// The key of a folder: made where there is none, of mode 0600.
///
/// # Errors
/// It can neither be read nor made.
pub(super) fn of_folder(folder: &Path) -> Result<[u8; LENGTH]> {
    let path = folder.join("key");
    let cannot = |e: std::io::Error| Error::other(format!("cannot read {}: {e}", path.display()));
    if !path.exists() {
        let mut fresh = [0; LENGTH];
        getrandom::fill(&mut fresh).map_err(|e| Error::other(format!("no random numbers: {e}")))?;
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(cannot)?;
        file.as_file().set_permissions(fs::Permissions::from_mode(0o600)).map_err(cannot)?;
        file.write_all(&fresh).map_err(cannot)?;
        file.as_file().sync_all().map_err(cannot)?;
        // Another warp may have been faster: its key counts.
        let _ = file.persist_noclobber(&path);
    }
    let key = fs::read(&path).map_err(cannot)?;
    key.try_into().map_err(|_| {
        Error::other(format!("{} is no key of warp's", path.display()))
            .help("its journals cannot be read without it; remove the folder to begin anew")
    })
}

/// Seals the records of one segment, or opens them, in their order.
pub(super) struct Seal {
    key: LessSafeKey,
    next: u64,
}

impl Seal {
    /// For the segment of this salt.
    ///
    /// # Errors
    /// None in practice: the key has the length that it needs.
    pub(super) fn new(master: &[u8; LENGTH], salt: &[u8; LENGTH]) -> Result<Self> {
        let key = blake3::derive_key(CONTEXT, &[master.as_slice(), salt].concat());
        let key = UnboundKey::new(&CHACHA20_POLY1305, &key)
            .map_err(|_| Error::new(crate::error::Exit::Unexpected, "a key has the wrong length"))?;
        Ok(Seal { key: LessSafeKey::new(key), next: 0 })
    }

    /// Each record has its number as nonce, under a key that no other segment has.
    fn nonce(&mut self) -> Nonce {
        let mut nonce = [0; NONCE_LEN];
        for (to, from) in nonce.iter_mut().zip(self.next.to_le_bytes()) {
            *to = from;
        }
        self.next += 1;
        Nonce::assume_unique_for_key(nonce)
    }

    /// Seals a record in place.
    ///
    /// # Errors
    /// A record beyond what the cipher takes: 256 GiB.
    pub(super) fn seal(&mut self, record: &mut Vec<u8>) -> Result<()> {
        let nonce = self.nonce();
        self.key
            .seal_in_place_append_tag(nonce, Aad::empty(), record)
            .map_err(|_| Error::other("a record is too long for the journal"))
    }

    /// The next record, if it is whole and untouched.
    pub(super) fn open<'a>(&mut self, sealed: &'a mut [u8]) -> Option<&'a [u8]> {
        let nonce = self.nonce();
        self.key.open_in_place(nonce, Aad::empty(), sealed).ok().map(|plain| &*plain)
    }
}
