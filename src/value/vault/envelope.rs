//! The text form of a vault: a header, then lines of 80 hexadecimal digits.

use super::cipher::{self, Sealed};
use super::secret::Secret;
use crate::error::{Error, Result};
use warp_agent::digest::hex;

/// What every vault begins with.
pub(super) const MARK: &[u8] = b"$ANSIBLE_VAULT";
const CIPHER: &str = "AES256";
const WIDTH: usize = 80;

/// A vault taken apart.
pub(super) struct Envelope {
    pub id: String,
    digits: Vec<u8>,
}

impl Envelope {
    pub(super) fn parse(vault: &[u8], default_id: &str) -> Result<Self> {
        if !super::is_vault(vault) {
            return Err(Error::other("Input is not vault encrypted data."));
        }
        let mut lines = vault.split(|b| matches!(b, b'\n' | b'\r'));
        let header = String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
        let mut fields = header.split(';').map(str::trim);
        let (_mark, version, cipher) = (fields.next(), fields.next(), fields.next());
        let (Some(_), Some(cipher)) = (version, cipher) else {
            return Err(Error::other("Vault envelope format error: list index out of range").note(
                "a vault's first line is `$ANSIBLE_VAULT;VERSION;CIPHER` or `$ANSIBLE_VAULT;VERSION;CIPHER;ID`",
            ));
        };
        if cipher != CIPHER {
            return Err(Error::other(format!("Cipher '{cipher}' could not be found."))
                .note(format!("{CIPHER} is the only cipher that vaults have")));
        }
        let id = fields.next().unwrap_or(default_id).to_owned();
        Ok(Envelope { id, digits: lines.flatten().copied().collect() })
    }

    pub(super) fn sealed(&self) -> Result<Sealed> {
        let inner = unhex(&self.digits)?;
        let mut parts = inner.splitn(3, |b| *b == b'\n');
        let (Some(salt), Some(mac), Some(bytes)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(malformed("not enough values to unpack"));
        };
        Ok(Sealed { salt: unhex(salt)?, mac: unhex(mac)?, bytes: unhex(bytes)? })
    }
}

pub(super) fn malformed(why: &str) -> Error {
    Error::other(format!("Vault vaulttext format error: {why}"))
}

fn unhex(digits: &[u8]) -> Result<Vec<u8>> {
    let bad = |why: &str| Error::other(format!("Vault format unhexlify error: {why}"));
    if !digits.len().is_multiple_of(2) {
        return Err(bad("Odd-length string"));
    }
    let value = |digit: &u8| (*digit as char).to_digit(16).ok_or_else(|| bad("Non-hexadecimal digit found"));
    digits
        .chunks_exact(2)
        .map(|pair| pair.iter().try_fold(0, |sum, digit| Ok(sum << 4 | value(digit)? as u8)))
        .collect()
}

/// Encrypts and writes the text form; an id other than `default` makes it version 1.2.
pub(super) fn write(plain: &[u8], secret: &Secret, id: &str, salt: Vec<u8>) -> Result<String> {
    let sealed = cipher::seal(plain, secret, salt)?;
    let inner = [hex(&sealed.salt), hex(&sealed.mac), hex(&sealed.bytes)].join("\n");
    let mark = String::from_utf8_lossy(MARK);
    let mut text = match id {
        "" | "default" => format!("{mark};1.1;{CIPHER}\n"),
        id => format!("{mark};1.2;{CIPHER};{id}\n"),
    };
    for line in hex(inner.as_bytes()).as_bytes().chunks(WIDTH) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
    }
    Ok(text)
}
