//! Filters that hash and encrypt.

use super::Filter;
use crate::template::bind::Bound;
use crate::template::crypt::{Scheme, Wishes};
use crate::template::env::Env;
use crate::template::fail::{Fail, R};
use crate::template::python;
use crate::template::val::Val;
use crate::value::Sealing;
use crate::value::vault::{self, Secret, Secrets};

pub(super) const TABLE: &[Filter] = &[
    Filter::new("password_hash", &["hashtype", "salt", "salt_size", "rounds", "ident"], password_hash),
    Filter::new("vault", &["secret", "salt", "vault_id", "wrap_object", "vaultid"], encrypt),
    Filter::new("unvault", &["secret", "vault_id", "vaultid"], decrypt).takes_markers(),
];

fn password_hash(_: &Env, v: Val, b: Bound) -> R {
    let kind = b.text("hashtype", "sha512")?;
    let scheme = Scheme::named(&kind).ok_or_else(|| {
        Fail::new(format!(
            "{kind} is not in the list of supported passlib algorithms: md5, blowfish, sha256, sha512"
        ))
    })?;
    let text = |name: &str| b.some(name).map(python::to_str).transpose();
    let (salt, ident) = (text("salt")?, text("ident")?);
    let number = |name: &str| match b.some(name) {
        // The rounds are often written as text.
        Some(Val::Str(s)) if name == "rounds" => {
            let parsed = s.trim().parse().map(Some);
            parsed.map_err(|_| Fail::new("Could not hash the secret: rounds must be an integer"))
        }
        Some(Val::Int(i)) => Ok(Some(*i)),
        None => Ok(None),
        Some(_) => Err(Fail::new(format!("{name} must be an integer"))),
    };
    let wishes = Wishes {
        salt: salt.as_deref(),
        salt_size: number("salt_size")?,
        rounds: number("rounds")?,
        ident: ident.as_deref(),
    };
    match &v {
        Val::Str(secret) => scheme.hash(secret, &wishes).map(Val::from),
        Val::None => Err(Fail::new("secret must be unicode or bytes, not None")),
        other => Err(Fail::new(format!("secret must be unicode or bytes, not {}", other.type_name()))),
    }
}

fn secret_of(b: &Bound, words: &str) -> R<Secret> {
    match b.need("secret")? {
        Val::Str(s) => Ok(Secret::new(s.as_bytes())),
        Val::Marker(f) => Err(f),
        other => Err(Fail::new(format!("{words}, instead we got {}.", class(&other)))),
    }
}

/// A value's type as Python prints a class.
fn class(v: &Val) -> String {
    format!("<class '{}'>", v.type_name())
}

fn vault_id(b: &Bound) -> R<String> {
    let id = b.text("vault_id", "filter_default")?;
    match b.some("vaultid") {
        Some(old) if id == "filter_default" => python::to_str(old),
        _ => Ok(id),
    }
}

fn encrypt(_: &Env, v: Val, b: Bound) -> R {
    let secret = secret_of(&b, "Secret passed is required to be a string")?;
    let Val::Str(plain) = &v else {
        return Err(Fail::new(format!("Can only vault strings, instead we got {}.", class(&v))));
    };
    let salt = b.some("salt").map(python::to_str).transpose()?;
    if salt.as_ref().is_some_and(String::is_empty) {
        return Err(Fail::new("Unable to encrypt: Empty or invalid salt passed to encrypt()"));
    }
    let id = vault_id(&b)?;
    let made = vault::encrypt(plain.as_bytes(), &secret, &id, salt.as_deref());
    let made = made.map_err(|e| Fail::new(format!("Unable to encrypt: {}", e.message())))?;
    if !b.flag("wrap_object", false)? {
        return Ok(made.into());
    }
    // As in 2.19: what goes under the vault's tag is the secret, not the text.
    match b.need("secret")? {
        Val::Str(secret) => {
            Ok(Val::Str(secret.with(|tags| tags.sealing = Some(Sealing::Opened(made.as_str().into())))))
        }
        other => Ok(other),
    }
}

fn decrypt(_: &Env, v: Val, b: Bound) -> R {
    // An encrypted variable is its vault here, whether or not the run's own secrets open it.
    let v = match v {
        Val::Marker(f) => match f.vault() {
            Some(vault) => Val::str(vault.clone()),
            None => return Err(f),
        },
        Val::Str(s) => s.out_of_vault().cloned().map_or_else(|| Val::Str(s), Val::str),
        other => other,
    };
    if let Some(f) = b.first_marker() {
        return Err(f);
    }
    let secret = secret_of(&b, "Secret passed is required to be as string")?;
    let Val::Str(text) = &v else {
        return Err(Fail::new(format!(
            "Vault should be in the form of a string, instead we got {}.",
            class(&v)
        )));
    };
    if !vault::is_vault(text.as_bytes()) {
        return Ok(v);
    }
    let secrets = Secrets { known: vec![(vault_id(&b)?, secret)], ..Secrets::default() };
    let opened = secrets.open(text.as_bytes());
    let opened = opened.map_err(|e| Fail::new(format!("Unable to decrypt: {}", e.message())))?;
    Ok(String::from_utf8_lossy(&opened.plain).into_owned().into())
}
