//! `lookup('password', PATH)`: a random password, kept in a file.

use super::Lookup;
use super::terms::{Options, pairs};
use crate::template::bind::{Bound, Params};
use crate::template::crypt::{Scheme, Wishes, random_salt, random_text};
use crate::template::env::Env;
use crate::template::fail::{Fail, R};
use crate::template::random::Source;
use crate::template::val::Val;
use crate::template::{files, python};
use std::fs::DirBuilder;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Longer ones are a mistake that would take all memory.
const LONGEST: usize = 1 << 20;

const OPTIONS: Params = &["length", "encrypt", "chars", "ident", "seed"];

pub(super) const TABLE: &[Lookup] = &[Lookup::new("password", OPTIONS, password)];

/// Where nothing is kept.
const NOWHERE: &str = "/dev/null";

/// One at a time: hosts that run at once share a file's password.
static WRITING: Mutex<()> = Mutex::new(());

/// What a file keeps: `PASSWORD`, `PASSWORD salt=SALT`, `PASSWORD salt=SALT ident=IDENT`.
#[derive(Default)]
struct Kept {
    password: String,
    salt: Option<String>,
    ident: Option<String>,
}

impl Kept {
    fn parse(content: &str) -> Kept {
        let Some((password, rest)) = content.rsplit_once(" salt=") else {
            return Kept { password: content.to_owned(), ..Kept::default() };
        };
        let (salt, ident) = match rest.rsplit_once(" ident=") {
            Some((salt, ident)) => (salt, Some(ident.to_owned())),
            None => (rest, None),
        };
        let salt = Some(salt.to_owned()).filter(|s| !s.is_empty());
        Kept { password: password.to_owned(), salt, ident }
    }

    fn text(&self) -> String {
        let part =
            |name: &str, v: &Option<String>| v.as_ref().map(|v| format!(" {name}={v}")).unwrap_or_default();
        format!("{}{}{}\n", self.password, part("salt", &self.salt), part("ident", &self.ident))
    }
}

fn password(env: &Env, terms: Vec<Val>, bound: &Bound) -> R<Vec<Val>> {
    terms.iter().map(|term| one(env, &python::to_str(term)?, bound).map(Val::from)).collect()
}

fn one(env: &Env, term: &str, bound: &Bound) -> R<String> {
    let mut options = Options::of("password", bound);
    let name = path_of(term, &mut options)?;
    let mut path = files::expand_user(&name);
    if let Some(playbook) = env.scope().search_path().pop() {
        path = playbook.join(path);
    }
    let _one = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let before = read(&path)?;
    let new = || -> R<Kept> {
        let mut source = Source::new(options.some_text("seed")?.map(Val::from).as_ref())?;
        let length = usize::try_from(options.int("length", 20)?).unwrap_or(0);
        if length > LONGEST {
            return Err(Fail::new(format!("a password of {length} characters would be too long")));
        }
        let password = random_text(&mut source, &characters(&options)?, length)?;
        Ok(Kept { password, ..Kept::default() })
    };
    let mut changed = before.is_none();
    let mut kept = before.map_or_else(new, |text| Ok(Kept::parse(&text)))?;
    let encrypt = options.some_text("encrypt")?.filter(|name| !name.is_empty());
    let scheme = encrypt.as_deref().map(|name| {
        Scheme::named(name).filter(|_| name.contains("crypt")).ok_or_else(|| {
            Fail::new(format!("'{name}' is not a scheme that passwords can be encrypted with: md5_crypt, bcrypt, sha256_crypt and sha512_crypt are"))
        })
    });
    let scheme = scheme.transpose()?;
    let wanted = options.some_text("ident")?;
    if let (Some(kept), Some(wanted)) = (&kept.ident, &wanted)
        && kept != wanted
    {
        return Err(Fail::new(format!(
            "The ident parameter provided ({wanted}) does not match the stored one ({kept})."
        )));
    }
    let mut ident = kept.ident.clone().or(wanted);
    if let Some(scheme) = scheme {
        if kept.salt.is_none() {
            kept.salt = Some(random_salt(scheme.salt_size())?);
            changed = true;
        }
        if ident.is_none() {
            ident = scheme.implicit_ident().map(str::to_owned);
            changed |= ident.is_some();
        }
    }
    if changed && path != Path::new(NOWHERE) {
        kept.ident = ident.clone().filter(|_| kept.salt.is_some());
        kept = write(&path, kept)?;
    }
    match scheme {
        None => Ok(kept.password),
        Some(scheme) => {
            let wishes = Wishes { salt: kept.salt.as_deref(), ident: ident.as_deref(), ..Wishes::default() };
            scheme.hash(&kept.password, &wishes)
        }
    }
}

/// The path of a term, which may have spaces, without the options after it.
fn path_of(term: &str, options: &mut Options<'_>) -> R<String> {
    let Some((first, rest)) = term.split_once(' ') else { return Ok(term.to_owned()) };
    let parts = pairs(rest)?;
    let path = match parts.rest {
        Some(rest) => format!("{first} {rest}"),
        None => first.to_owned(),
    };
    if !term.starts_with(&path) {
        return Err(Fail::new("Unrecognized value after key=value parameters given to password lookup"));
    }
    let unknown: Vec<&str> =
        parts.pairs.iter().map(|(name, _)| name.as_str()).filter(|n| !OPTIONS.contains(n)).collect();
    if !unknown.is_empty() {
        return Err(Fail::new(format!(
            "Unrecognized parameter(s) given to password lookup: {}",
            unknown.join(", ")
        )));
    }
    options.write(OPTIONS, parts.pairs)?;
    Ok(path)
}

/// The characters that a password is made of, without quotes.
fn characters(options: &Options<'_>) -> R<String> {
    let specs: Vec<String> = match options.get("chars") {
        None => ["ascii_letters", "digits", ".,:-_"].map(str::to_owned).to_vec(),
        Some(Val::Str(text)) => {
            let comma = text.contains(",,").then(|| ",".to_owned());
            let rest = text.replace(",,", ",");
            comma.into_iter().chain(rest.split(',').filter(|c| !c.is_empty()).map(str::to_owned)).collect()
        }
        Some(list) => list.iter()?.iter().map(python::to_str).collect::<R<_>>()?,
    };
    const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
    const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const DIGITS: &str = "0123456789";
    const PUNCTUATION: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
    const BLANKS: &str = " \t\n\r\u{b}\u{c}";
    let known = |spec: &str| match spec {
        "ascii_letters" => format!("{LOWER}{UPPER}"),
        "ascii_lowercase" => LOWER.to_owned(),
        "ascii_uppercase" => UPPER.to_owned(),
        "digits" => DIGITS.to_owned(),
        "hexdigits" => format!("{DIGITS}abcdefABCDEF"),
        "octdigits" => "01234567".to_owned(),
        "printable" => format!("{DIGITS}{LOWER}{UPPER}{PUNCTUATION}{BLANKS}"),
        "punctuation" => PUNCTUATION.to_owned(),
        "whitespace" => BLANKS.to_owned(),
        literal => literal.to_owned(),
    };
    Ok(specs.iter().map(|s| known(s)).collect::<String>().replace(['"', '\''], ""))
}

fn read(path: &Path) -> R<Option<String>> {
    if path == Path::new(NOWHERE) {
        return Ok(None);
    }
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text.trim_end().to_owned())),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Fail::new(format!("cannot read the password file {}: {e}", path.display()))),
    }
}

/// Writes the file, its owner's alone. Where another process made it meanwhile, its password is the one.
fn write(path: &Path, kept: Kept) -> R<Kept> {
    let failed =
        |e: std::io::Error| Fail::new(format!("cannot write the password file {}: {e}", path.display()));
    let folder = path.parent().unwrap_or(Path::new("/"));
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(kept.text().as_bytes()).map_err(failed)?;
    if path.exists() {
        file.persist(path).map_err(|e| failed(e.error))?;
        return Ok(kept);
    }
    match file.persist_noclobber(path) {
        Ok(_) => Ok(kept),
        Err(e) if e.error.kind() == ErrorKind::AlreadyExists => {
            Ok(read(path)?.map_or(kept, |text| Kept::parse(&text)))
        }
        Err(e) => Err(failed(e.error)),
    }
}
