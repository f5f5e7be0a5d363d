//! Encodings, digests and identifiers.

use super::Filter;
use crate::template::bind::Bound;
use crate::template::env::Env;
use crate::template::fail::{Fail, R};
use crate::template::python;
use crate::template::val::Val;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use sha1::Digest;
use std::fmt::Write;
use warp_agent::encoding::Encoding;
use warp_agent::utf8;

pub(super) const TABLE: &[Filter] = &[
    Filter::new("b64encode", &["encoding", "urlsafe"], b64encode),
    Filter::new("b64decode", &["encoding", "urlsafe"], b64decode),
    Filter::new("md5", &[], |_, v, _| digest(&v, "md5")),
    Filter::new("sha1", &[], |_, v, _| digest(&v, "sha1")),
    Filter::new("checksum", &[], |_, v, _| digest(&v, "sha1")),
    Filter::new("hash", &["hashtype"], |_, v, b| digest(&v, &b.text("hashtype", "sha1")?)),
    Filter::new("to_uuid", &["namespace"], to_uuid),
];

fn encoding(b: &Bound) -> R<Encoding> {
    Encoding::named(&b.text("encoding", "utf-8")?).map_err(Fail::new)
}

fn b64encode(_: &Env, v: Val, b: Bound) -> R {
    let text = encoding(&b)?.encode(&python::to_str(&v)?).map_err(Fail::new)?;
    Ok(if b.flag("urlsafe", false)? { URL_SAFE.encode(text) } else { STANDARD.encode(text) }.into())
}

fn b64decode(_: &Env, v: Val, b: Bound) -> R {
    let encoding = encoding(&b)?;
    let alphabet =
        if b.flag("urlsafe", false)? { &base64::alphabet::URL_SAFE } else { &base64::alphabet::STANDARD };
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical)
        .with_decode_allow_trailing_bits(true);
    // Python skips what is not of the alphabet: line ends, most often.
    let kept: String =
        python::to_str(&v)?.chars().filter(|c| c.is_ascii_alphanumeric() || "+/=-_".contains(*c)).collect();
    let characters = kept.trim_end_matches('=').len();
    let bytes = GeneralPurpose::new(alphabet, config).decode(kept).map_err(|_| match characters % 4 {
        1 => Fail::new(format!(
            "Invalid base64-encoded string: number of data characters ({characters}) cannot be 1 more than a multiple of 4"
        )),
        _ => Fail::new("Incorrect padding"),
    })?;
    Ok(encoding.decode(&bytes).into())
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

fn digest(v: &Val, kind: &str) -> R {
    let text = python::to_str(v)?;
    let text = utf8::bytes(&text);
    Ok(match kind {
        "md5" => hex(md5::Md5::digest(text)),
        "sha1" => hex(sha1::Sha1::digest(text)),
        "sha224" => hex(sha2::Sha224::digest(text)),
        "sha256" => hex(sha2::Sha256::digest(text)),
        "sha384" => hex(sha2::Sha384::digest(text)),
        "sha512" => hex(sha2::Sha512::digest(text)),
        other => return Err(Fail::new(format!("unsupported hash type {other}"))),
    }
    .into())
}

/// Version 5 in Ansible's own namespace unless another is given.
fn to_uuid(_: &Env, v: Val, b: Bound) -> R {
    let namespace = b.text("namespace", "361e6d51-faec-444a-9079-341386da8e2e")?;
    let digits: String = namespace.chars().filter(char::is_ascii_hexdigit).collect();
    let bytes: Option<Vec<u8>> =
        (0..16).map(|i| digits.get(i * 2..i * 2 + 2).and_then(|h| u8::from_str_radix(h, 16).ok())).collect();
    let bytes = bytes.filter(|_| digits.len() == 32).ok_or_else(|| {
        Fail::new(format!(
            "Invalid value '{namespace}' for 'namespace': badly formed hexadecimal UUID string"
        ))
    })?;
    let mut sha = sha1::Sha1::new();
    sha.update(bytes);
    sha.update(python::to_str(&v)?);
    let mut made = hex(sha.finalize()).chars().take(32).collect::<Vec<char>>();
    if let Some(version) = made.get_mut(12) {
        *version = '5';
    }
    if let Some(variant) = made.get_mut(16) {
        let bits = variant.to_digit(16).unwrap_or(0) & 0b11 | 0b1000;
        *variant = char::from_digit(bits, 16).unwrap_or('8');
    }
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32];
    let shown: Vec<String> =
        parts.iter().map(|r| made.get(r.clone()).unwrap_or_default().iter().collect()).collect();
    Ok(shown.join("-").into())
}
