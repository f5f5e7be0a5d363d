//! Password hashes, as passlib writes them: what `password_hash` and the lookup `password` give.

use super::fail::{Fail, R};
use super::random::Source;
use pwhash::bcrypt::{self, BcryptSetup, BcryptVariant};
use pwhash::{HashSetup, md5_crypt, sha256_crypt, sha512_crypt};

/// The characters of salts.
const SALT: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./";

/// A scheme of hashing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Md5,
    Bcrypt,
    Sha256,
    Sha512,
}

/// What may be said about a hash; what is not said is chosen.
#[derive(Default)]
pub(crate) struct Wishes<'a> {
    pub(crate) salt: Option<&'a str>,
    pub(crate) salt_size: Option<i128>,
    pub(crate) rounds: Option<i128>,
    pub(crate) ident: Option<&'a str>,
}

impl Scheme {
    /// By the name of the filter's `hashtype` or of passlib's scheme.
    pub(crate) fn named(name: &str) -> Option<Scheme> {
        Some(match name {
            "md5" | "md5_crypt" => Scheme::Md5,
            "blowfish" | "bcrypt" => Scheme::Bcrypt,
            "sha256" | "sha256_crypt" => Scheme::Sha256,
            "sha512" | "sha512_crypt" => Scheme::Sha512,
            _ => return None,
        })
    }

    /// How long a salt is.
    pub(crate) fn salt_size(self) -> usize {
        match self {
            Scheme::Md5 => 8,
            Scheme::Bcrypt => 22,
            Scheme::Sha256 | Scheme::Sha512 => 16,
        }
    }

    /// The variant that is taken where none is asked for.
    pub(crate) fn implicit_ident(self) -> Option<&'static str> {
        (self == Scheme::Bcrypt).then_some("2b")
    }

    fn name(self) -> &'static str {
        match self {
            Scheme::Md5 => "md5_crypt",
            Scheme::Bcrypt => "bcrypt",
            Scheme::Sha256 => "sha256_crypt",
            Scheme::Sha512 => "sha512_crypt",
        }
    }

    /// The hash of a secret.
    #[expect(deprecated, reason = "which scheme is wise is the playbook's to say")]
    pub(crate) fn hash(self, secret: &str, wishes: &Wishes<'_>) -> R<String> {
        let salt = self.salt(wishes)?;
        if secret.contains('\0') {
            return Err(refused(format!("{} does not allow NULL bytes in password", self.name())));
        }
        let made = match self {
            Scheme::Md5 => {
                if wishes.rounds.is_some_and(|r| r != 0) {
                    return Err(Fail::new("md5_crypt.using() got an unexpected keyword argument 'rounds'"));
                }
                md5_crypt::hash_with(format!("$1${salt}").as_str(), secret)
            }
            Scheme::Bcrypt => {
                let variant = match wishes.ident.unwrap_or("2b").trim_matches('$') {
                    "2a" => BcryptVariant::V2a,
                    "2b" => BcryptVariant::V2b,
                    "2y" => BcryptVariant::V2y,
                    other => return Err(refused(format!("invalid ident: '{other}'"))),
                };
                let cost = Some(self.rounds(wishes, 12, 4, 31)?);
                bcrypt::hash_with(BcryptSetup { salt: Some(&salt), cost, variant: Some(variant) }, secret)
            }
            Scheme::Sha256 => sha256_crypt::hash_with(self.setup(&salt, wishes, 535_000)?, secret),
            Scheme::Sha512 => sha512_crypt::hash_with(self.setup(&salt, wishes, 656_000)?, secret),
        };
        // glibc's default goes without saying.
        made.map(|hash| hash.replacen("$rounds=5000$", "$", 1)).map_err(|e| refused(e.to_string()))
    }

    fn setup<'a>(self, salt: &'a str, wishes: &Wishes<'_>, rounds: u32) -> R<HashSetup<'a>> {
        let rounds = self.rounds(wishes, rounds, 1000, 999_999_999)?;
        Ok(HashSetup { salt: Some(salt), rounds: Some(rounds) })
    }

    fn rounds(self, wishes: &Wishes<'_>, default: u32, least: u32, most: u32) -> R<u32> {
        let Some(rounds) = wishes.rounds.filter(|r| *r != 0) else { return Ok(default) };
        let bad = |words: &str, limit: u32| {
            refused(format!("{}.using: rounds ({rounds}) {words} ({limit})", self.name()))
        };
        if rounds < i128::from(least) {
            return Err(bad("below minimum", least));
        }
        u32::try_from(rounds).ok().filter(|r| *r <= most).ok_or_else(|| bad("above maximum", most))
    }

    fn salt(self, wishes: &Wishes<'_>) -> R<String> {
        let name = self.name();
        let most = self.salt_size();
        let exact = self == Scheme::Bcrypt;
        match wishes.salt.filter(|s| !s.is_empty()) {
            None => {
                let size = wishes.salt_size.filter(|s| *s != 0).unwrap_or(most as i128);
                let size = usize::try_from(size).unwrap_or(usize::MAX);
                if size > most || (exact && size != most) {
                    return Err(refused(format!("{name}.using: salt_size ({size}) is not {most} or less")));
                }
                random_text(&mut Source::System, SALT, size)
            }
            Some(salt) if salt.chars().any(|c| !SALT.contains(c)) => {
                Err(refused(format!("invalid characters in {name} salt")))
            }
            Some(salt) if exact && salt.len() < most => {
                Err(refused(format!("salt too small ({name} requires exactly {most} chars)")))
            }
            Some(salt) if salt.len() > most => Err(refused(format!(
                "salt too large ({name} requires {} {most} chars)",
                if exact { "exactly" } else { "<=" }
            ))),
            Some(salt) => Ok(salt.to_owned()),
        }
    }
}

fn refused(why: String) -> Fail {
    Fail::new(format!("Could not hash the secret: {why}"))
}

/// A random text of these characters.
pub(crate) fn random_text(source: &mut Source, of: &str, length: usize) -> R<String> {
    let chars: Vec<char> = of.chars().collect();
    if chars.is_empty() {
        return Err(Fail::new("Cannot choose from an empty sequence"));
    }
    (0..length).map(|_| Ok(chars.get(source.below(chars.len())?).copied().unwrap_or_default())).collect()
}

/// A salt of this length.
pub(crate) fn random_salt(length: usize) -> R<String> {
    random_text(&mut Source::System, SALT, length)
}
