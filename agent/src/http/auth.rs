//! Logins: Basic, Digest, and `~/.netrc`.

use super::url::Url;
use crate::digest::hex;
use crate::module::Context;
use crate::program::variable;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::Sha256;
use std::fs::{self, File};
use std::io::Read;

/// The value of `Authorization` for Basic.
#[must_use]
pub fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// The answer to a `WWW-Authenticate` header; nothing where it is of a kind that is not spoken.
#[must_use]
pub fn answer(challenge: &str, login: &(String, String), method: &str, target: &str) -> Option<String> {
    let (scheme, rest) = challenge.trim().split_once(' ')?;
    if scheme.eq_ignore_ascii_case("basic") {
        return Some(basic(&login.0, &login.1));
    }
    if !scheme.eq_ignore_ascii_case("digest") {
        return None;
    }
    let fields = fields(rest);
    let field =
        |name: &str| fields.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str());
    let algorithm = field("algorithm").unwrap_or("MD5");
    let hash = |text: String| match algorithm.to_ascii_uppercase().as_str() {
        "MD5" => Some(hex(&Md5::digest(text))),
        "SHA" => Some(hex(&Sha1::digest(text))),
        "SHA-256" => Some(hex(&Sha256::digest(text))),
        _ => None,
    };
    let (realm, nonce) = (field("realm")?, field("nonce")?);
    let own = hash(format!("{}:{realm}:{}", login.0, login.1))?;
    let request = hash(format!("{method}:{target}"))?;
    let mut value =
        format!("Digest username=\"{}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{target}\"", login.0);
    match field("qop") {
        None => value.push_str(&format!(", response=\"{}\"", hash(format!("{own}:{nonce}:{request}"))?)),
        Some(offered) if offered.split(',').any(|q| q.trim() == "auth") => {
            let mut random = [0; 8];
            File::open("/dev/urandom").and_then(|mut f| f.read_exact(&mut random)).ok()?;
            let client = hex(&random);
            let response = hash(format!("{own}:{nonce}:00000001:{client}:auth:{request}"))?;
            value.push_str(&format!(", response=\"{response}\", qop=auth, nc=00000001, cnonce=\"{client}\""));
        }
        Some(_) => return None,
    }
    if let Some(opaque) = field("opaque") {
        value.push_str(&format!(", opaque=\"{opaque}\""));
    }
    value.push_str(&format!(", algorithm=\"{algorithm}\""));
    Some(value)
}

/// `name="value"` pairs between commas.
fn fields(text: &str) -> Vec<(String, String)> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            c => {
                if let Some(field) = fields.last_mut() {
                    field.push(c);
                }
            }
        }
    }
    fields
        .iter()
        .filter_map(|f| f.split_once('='))
        .map(|(n, v)| (n.trim().to_owned(), v.trim().to_owned()))
        .collect()
}

/// The login that `~/.netrc`, or the file that NETRC names, has for a host.
#[must_use]
pub fn netrc(cx: &Context<'_>, url: &Url) -> Option<(String, String)> {
    let path = variable(cx, "NETRC").or_else(|| variable(cx, "HOME").map(|home| format!("{home}/.netrc")))?;
    let text = fs::read_to_string(path).ok()?;
    let mut words = text.lines().filter(|l| !l.trim_start().starts_with('#')).flat_map(str::split_whitespace);
    let (mut here, mut named) = (false, false);
    let (mut user, mut password) = (None, None);
    while let Some(word) = words.next() {
        match word {
            "machine" | "default" if here => break,
            "machine" => here = words.next() == Some(url.host.as_str()),
            "default" => here = !named,
            "login" if here => user = words.next().map(str::to_owned),
            "password" if here => password = words.next().map(str::to_owned),
            _ => {}
        }
        named |= here;
    }
    Some((user?, password?))
}
