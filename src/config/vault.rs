//! Where the secrets of vaults come from: prompts, files, scripts.

use crate::error::{Error, Result};
use crate::value::normal;
use crate::value::vault::{self, Secret, Secrets};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use zeroize::Zeroizing;

/// A client script's way to say that it has no secret of that id.
const UNKNOWN_ID: i32 = 2;

/// The settings that concern vaults.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "each field is the setting of its name in ansible.cfg")]
pub struct Settings {
    pub ask: bool,
    pub password_file: Option<PathBuf>,
    pub identity_list: Vec<String>,
    pub identity: String,
    pub match_id: bool,
    pub encrypt_identity: Option<String>,
    pub encrypt_salt: Option<String>,
}

/// What secrets are wanted, and how they are asked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// `ID@SOURCE` or `SOURCE`, where a source is a file, a script or `prompt`.
    pub ids: Vec<String>,
    /// Password files and scripts for the default id.
    pub files: Vec<PathBuf>,
    /// Whether to ask for the default id's.
    pub ask: bool,
    /// Whether to ask for it where nothing else is said.
    pub ask_if_none: bool,
    /// Whether prompts ask for a new password, twice.
    pub new: bool,
}

/// Asks for a text that is not shown, under these words.
pub type Ask<'a> = &'a dyn Fn(&str) -> Result<Zeroizing<String>>;

impl Settings {
    /// The secrets that the settings and the command line name, in the order in which they are tried. One that cannot be
    /// had is a warning, unless there is no other.
    ///
    /// # Errors
    /// No usable secret where some were named, prompts without an answer.
    pub fn secrets(&self, wanted: &Wanted, ask: Ask<'_>, warn: &mut dyn FnMut(String)) -> Result<Secrets> {
        let files = wanted.files.iter().chain(&self.password_file);
        let files = files.map(|file| format!("{}@{}", self.identity, file.display()));
        let mut sources: Vec<String> = wanted.ids.iter().cloned().chain(files).collect();
        if wanted.ask || (sources.is_empty() && wanted.ask_if_none) {
            sources.push(format!("{}@prompt_ask_vault_pass", self.identity));
        }
        let mut secrets =
            Secrets { known: Vec::new(), match_id: self.match_id, default_id: self.identity.clone() };
        let mut last = None;
        for source in &sources {
            let (id, place) = match source.split_once('@') {
                Some((id, place)) => (Some(id), place),
                None => (None, source.as_str()),
            };
            let name = id.filter(|id| !id.is_empty()).unwrap_or(&self.identity);
            if matches!(place, "prompt" | "prompt_ask_vault_pass") {
                let secret = prompt(name, place, wanted.new, ask).inspect_err(|e| {
                    warn(format!(
                        "Error in vault password prompt ({}): {}",
                        id.unwrap_or("None"),
                        e.message()
                    ));
                })?;
                secrets.known.push((name.to_owned(), secret));
                continue;
            }
            match read(place, id, &secrets) {
                Ok(secret) => secrets.known.push((name.to_owned(), secret)),
                Err((during, error)) => {
                    warn(format!("Error {during} ({}): {}", id.unwrap_or("None"), error.message()));
                    last = Some(error);
                }
            }
        }
        match last {
            Some(error) if secrets.known.is_empty() => Err(error),
            _ => Ok(secrets),
        }
    }
}

fn prompt(id: &str, kind: &str, new: bool, ask: Ask<'_>) -> Result<Secret> {
    // Programs that drive Ansible wait for these very words.
    let words = match (kind, new) {
        ("prompt", false) => vec![format!("Vault password ({id}): ")],
        ("prompt", true) => {
            vec![format!("New vault password ({id}): "), format!("Confirm new vault password ({id}): ")]
        }
        (_, false) => vec!["Vault password: ".to_owned()],
        (_, true) => vec!["New Vault password: ".to_owned(), "Confirm New Vault password: ".to_owned()],
    };
    let mut first: Option<Zeroizing<String>> = None;
    for words in words {
        let answer = ask(&words).map_err(|e| Error::other(format!("{} for ({id})", e.message())))?;
        if answer.is_empty() {
            return Err(Error::other("Invalid vault password was provided"));
        }
        match &first {
            Some(first) if first.trim() != answer.trim() => {
                return Err(Error::other("Passwords do not match"));
            }
            Some(_) => {}
            None => first = Some(answer),
        }
    }
    Ok(Secret::new(first.unwrap_or_default().trim().as_bytes()))
}

/// A secret from a file or script; an error says at which of two steps it came.
fn read(place: &str, id: Option<&str>, known: &Secrets) -> Result<Secret, (&'static str, Error)> {
    const GETTING: &str = "getting vault password file";
    const LOADING: &str = "in vault password file loading";
    let expanded = super::file::expand_home(place, &|name| std::env::var(name).ok());
    // Links stay: a script may look at the name that it was called by.
    let path = normal(&expanded);
    let shown = path.display();
    let Ok(metadata) = path.metadata() else {
        return Err((GETTING, Error::other(format!("The vault password file {shown} was not found"))));
    };
    if metadata.is_dir() {
        let words = format!("The vault password file provided '{shown}' can not be a directory");
        return Err((GETTING, Error::other(words)));
    }
    let (bytes, kind) = if metadata.permissions().mode() & 0o111 == 0 {
        (from_file(&path, known), "file")
    } else {
        (from_script(&path, id.filter(|_| is_client(place))), "script")
    };
    let bytes = bytes.map_err(|e| (LOADING, e))?;
    let secret = trimmed(&bytes, |b| matches!(b, b'\r' | b'\n'));
    if secret.is_empty() {
        let words = format!("Invalid vault password was provided from {kind} ({shown})");
        return Err((LOADING, Error::other(words)));
    }
    Ok(Secret::new(secret))
}

/// A password file's content; it may be a vault itself, of a secret that was named before it.
fn from_file(path: &Path, known: &Secrets) -> Result<Zeroizing<Vec<u8>>> {
    let bytes = std::fs::read(path)
        .map(Zeroizing::new)
        .map_err(|e| Error::other(format!("Could not read vault password file '{}': {e}", path.display())))?;
    let bytes = Zeroizing::new(trimmed(&bytes, |b| b.is_ascii_whitespace()).to_vec());
    if vault::is_vault(&bytes) { known.open(&bytes).map(|opened| opened.plain) } else { Ok(bytes) }
}

fn is_client(place: &str) -> bool {
    Path::new(place).file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("-client"))
}

/// What a script prints; a client is told the id.
fn from_script(path: &Path, id: Option<&str>) -> Result<Zeroizing<Vec<u8>>> {
    let shown = path.display();
    let client = is_client(&path.to_string_lossy());
    let what = if client { "vault password client script" } else { "vault password script" };
    let mut command = Command::new(path);
    if let Some(id) = id {
        command.args(["--vault-id", id]);
    }
    // A plain script may ask on its standard error, which therefore stays the terminal.
    let stderr = if client { Stdio::piped() } else { Stdio::inherit() };
    let output = command.stdout(Stdio::piped()).stderr(stderr).stdin(Stdio::inherit()).output();
    let output = output.map_err(|e| {
        Error::other(format!(
            "Problem running {what} {shown} ({e}). If this is not a script, remove the executable bit from the file."
        ))
    })?;
    let stdout = Zeroizing::new(output.stdout);
    if output.status.success() {
        return Ok(stdout);
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    let id = id.unwrap_or("None");
    let code = output.status.code().unwrap_or(-1);
    Err(Error::other(match code {
        UNKNOWN_ID if client => {
            format!(
                "Vault password client script {shown} did not find a secret for vault-id={id}: {complaint}"
            )
        }
        _ if client => format!(
            "Vault password client script {shown} returned non-zero ({code}) when getting secret for vault-id={id}: {complaint}"
        ),
        _ => format!("Vault password script {shown} returned non-zero ({code})"),
    }))
}

fn trimmed(bytes: &[u8], away: impl Fn(&u8) -> bool) -> &[u8] {
    let start = bytes.iter().position(|b| !away(b)).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|b| !away(b)).map_or(start, |last| last + 1);
    bytes.get(start..end).unwrap_or_default()
}
