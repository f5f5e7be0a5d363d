//! Keys, and the keyring that holds them.

use crate::command::{Command, Output};
use crate::module::{Context, Failed};
use crate::program::variable;
use crate::value::{Map, Value};
use std::path::{Path, PathBuf};

/// How often a key server is asked.
const TRIES: usize = 5;

/// A key's id: 8, 16 or more hexadecimal digits, in upper case.
pub(super) struct KeyId {
    pub whole: String,
}

impl KeyId {
    /// Reads one; nothing where it is none.
    pub fn read(text: &str) -> Option<Self> {
        let whole = text.to_uppercase();
        let whole = whole.strip_prefix("0X").unwrap_or(&whole);
        let fits = matches!(whole.len(), 8 | 16..) && whole.bytes().all(|b| b.is_ascii_hexdigit());
        fits.then(|| KeyId { whole: whole.to_owned() })
    }

    /// The last 8 digits.
    pub fn short(&self) -> &str {
        last(&self.whole, 8)
    }

    /// The last 16 digits, which lists of keys show.
    pub fn fingerprint(&self) -> &str {
        last(&self.whole, 16)
    }

    /// Whether there are 8 digits only.
    pub fn is_short(&self) -> bool {
        self.whole.len() == 8
    }
}

/// The last so many digits, all where there are less.
fn last(digits: &str, count: usize) -> &str {
    digits.get(digits.len().saturating_sub(count)..).unwrap_or(digits)
}

/// The first key in a file, or in `data` by the name `-`.
///
/// # Errors
/// gpg cannot read it.
pub(super) fn first(
    cx: &mut Context<'_>,
    gpg: &Path,
    file: &str,
    data: Option<&[u8]>,
) -> Result<Option<String>, Failed> {
    let command = Command::new([gpg.as_os_str(), "--with-colons".as_ref(), file.as_ref()]).english();
    let output = cx.run(&if let Some(data) = data { command.stdin(data) } else { command })?;
    if output.rc != 0 {
        let from = if data.is_some() { "inline data" } else { file };
        let failed = Failed::new(format!("Unable to extract key from '{from}'"));
        return Err(failed.with("stdout", output.stdout_text()).with("stderr", output.stderr_text()));
    }
    Ok(listed(&output.stdout_text()).into_iter().next())
}

/// The ids of keys and their subkeys that apt-key or gpg list; those that have expired are not among them.
fn listed(output: &str) -> Vec<String> {
    let key = |line: &str| {
        let is_key = line.starts_with("pub") || line.starts_with("sub");
        if !is_key || line.contains("expired") {
            return None;
        }
        match line.split_whitespace().nth(1).map(|word| word.split('/').collect::<Vec<_>>()).as_deref() {
            Some([_, id]) => Some((*id).to_owned()),
            _ => line.split(':').nth(4).map(str::to_owned),
        }
    };
    output.lines().filter_map(key).collect()
}

/// The keyring, as apt-key has it.
pub(super) struct Keyring<'a, 'c> {
    pub cx: &'a mut Context<'c>,
    pub program: PathBuf,
    /// Its file, if it is not apt's own.
    pub path: Option<&'a str>,
}

impl Keyring<'_, '_> {
    fn words(&self, more: &[&str]) -> Vec<String> {
        let mut words = vec![self.program.display().to_string()];
        words.extend(self.path.into_iter().flat_map(|path| ["--keyring".to_owned(), path.to_owned()]));
        words.extend(more.iter().map(|word| (*word).to_owned()));
        words
    }

    /// Runs apt-key, which must succeed.
    fn call(&mut self, more: &[&str], stdin: &[u8], failed: Failed) -> Result<Output, Failed> {
        let words = self.words(more);
        let output = self.cx.run(&Command::new(&words).stdin(stdin))?;
        if output.rc == 0 {
            return Ok(output);
        }
        Err(failed
            .with("cmd", words.join(" "))
            .with("rc", output.rc)
            .with("stdout", output.stdout_text())
            .with("stderr", output.stderr_text()))
    }

    /// The ids in it, whole or in short.
    pub fn keys(&mut self, short: bool) -> Result<Vec<String>, Failed> {
        let words = ["adv", "--list-public-keys", "--keyid-format=long"];
        let output = self.call(&words, b"", Failed::new("Unable to list public keys"))?;
        let keys = listed(&output.stdout_text());
        Ok(if short { keys.iter().map(|key| last(key, 8).to_owned()).collect() } else { keys })
    }

    /// Adds the key in a file.
    pub fn add_file(&mut self, file: &str) -> Result<(), Failed> {
        let failed = Failed::new(format!("Unable to add a key from file {file}")).with("keyfile", file);
        self.call(&["add", file], b"", failed).map(drop)
    }

    /// Adds a key.
    pub fn add(&mut self, data: &[u8]) -> Result<(), Failed> {
        self.call(&["add", "-"], data, Failed::new("Unable to add a key from binary data")).map(drop)
    }

    /// Removes a key by its short id, the only one that each version of apt-key takes.
    pub fn remove(&mut self, id: &str) -> Result<(), Failed> {
        let failed = Failed::new(format!("Unable to remove a key with id {id}")).with("key_id", id);
        self.call(&["del", id], b"", failed).map(drop)
    }

    /// Asks a key server for a key.
    pub fn receive(&mut self, server: &str, id: &str) -> Result<(), Failed> {
        let names = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];
        let proxy = names.iter().find_map(|name| variable(self.cx, name).filter(|proxy| !proxy.is_empty()));
        let proxy = proxy.map(|proxy| format!("http-proxy={proxy}"));
        let mut more = vec!["adv", "--no-tty", "--keyserver", server];
        more.extend(proxy.iter().flat_map(|proxy| ["--keyserver-options", proxy]));
        more.extend(["--recv", id]);
        let words = self.words(&more);
        let command = Command::new(&words).english();
        let mut output = self.cx.run(&command)?;
        for _ in 1..TRIES {
            if output.rc == 0 {
                break;
            }
            output = self.cx.run(&command)?;
        }
        let (out, err) = (output.stdout_text(), output.stderr_text());
        if output.rc == 0 {
            return Ok(());
        }
        let environment: Map = command.env.into_iter().map(|(name, value)| (name, value.into())).collect();
        let outcome = if output.rc == 2 && out.contains("not found on keyserver") {
            Failed::new(format!("Key {id} not found on keyserver {server}"))
        } else {
            Failed::new(format!("Error fetching key {id} from keyserver: {server}"))
                .with("rc", output.rc)
                .with("stdout", out)
                .with("stderr", err)
        };
        Err(outcome.with("cmd", words.join(" ")).with("forced_environment", Value::Map(environment)))
    }
}
