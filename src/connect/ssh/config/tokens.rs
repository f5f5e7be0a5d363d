//! `%` tokens, `~` and `${VARIABLES}` in configured values.

use super::Account;
use crate::error::{Error, Result};
use sha1::{Digest as _, Sha1};
use std::path::PathBuf;

/// What the tokens stand for.
pub(super) struct Tokens<'a> {
    alias: &'a str,
    host: String,
    key_alias: String,
    port: u16,
    user: &'a str,
    account: &'a Account,
}

/// `~` and `~/...` in a path.
pub(super) fn home(path: &str, account: &Account) -> PathBuf {
    match path.strip_prefix('~') {
        Some("") => account.home.clone(),
        Some(rest) if rest.starts_with('/') => account.home.join(rest.trim_start_matches('/')),
        _ => PathBuf::from(path),
    }
}

fn this_host() -> String {
    nix::unistd::gethostname().unwrap_or_default().to_string_lossy().into_owned()
}

impl<'a> Tokens<'a> {
    pub fn new(alias: &'a str, port: u16, user: &'a str, account: &'a Account) -> Self {
        Tokens { alias, host: alias.to_owned(), key_alias: alias.to_owned(), port, user, account }
    }

    pub fn set_host(&mut self, host: &str) {
        self.host = host.to_owned();
    }

    pub fn set_key_alias(&mut self, alias: Option<&str>) {
        self.key_alias = alias.unwrap_or(self.alias).to_owned();
    }

    /// A HostName, in which %h is the name that was asked for.
    pub fn host_name(&self, text: &str) -> Result<String> {
        self.expand(text, "%h", "HostName")
    }

    /// A ProxyCommand.
    pub fn command(&self, text: &str) -> Result<String> {
        self.expand(text, "%hnprk", "ProxyCommand")
    }

    /// The command of a `Match exec`.
    pub fn criterion(&self, text: &str) -> Result<String> {
        self.expand(text, "%CdhikLlnpru", "Match exec")
    }

    /// A file's path.
    pub fn path(&self, text: &str) -> Result<PathBuf> {
        let text = self.variables(text)?;
        Ok(home(&self.expand(&text, "%CdhikLlnpru", "a path")?, self.account))
    }

    fn expand(&self, text: &str, allowed: &str, what: &str) -> Result<String> {
        let mut out = String::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            if c != '%' {
                out.push(c);
                continue;
            }
            let token = chars.next().filter(|t| *t == '%' || allowed.contains(*t));
            match token {
                Some('%') => out.push('%'),
                Some('h') => out.push_str(&self.host),
                Some('n') => out.push_str(self.alias),
                Some('k') => out.push_str(&self.key_alias),
                Some('p') => out.push_str(&self.port.to_string()),
                Some('r') => out.push_str(self.user),
                Some('u') => out.push_str(&self.account.name),
                Some('d') => out.push_str(&self.account.home.to_string_lossy()),
                Some('i') => out.push_str(&self.account.uid.to_string()),
                Some('l') => out.push_str(&this_host()),
                Some('L') => out.push_str(this_host().split('.').next().unwrap_or_default()),
                Some('C') => out.push_str(&self.connection()),
                _ => {
                    return Err(Error::input(format!("{text}: a % token here that {what} does not have"))
                        .help("write %% for a percent sign"));
                }
            }
        }
        Ok(out)
    }

    /// A digest of the whole connection, for names of sockets.
    fn connection(&self) -> String {
        let text = format!("{}{}{}{}", this_host(), self.host, self.port, self.user);
        Sha1::digest(text).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
    }

    fn variables(&self, text: &str) -> Result<String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after
                .split_once('}')
                .ok_or_else(|| Error::input(format!("{text}: a ${{ that is not closed")))?;
            let value = std::env::var(name)
                .map_err(|_| Error::input(format!("{text}: the environment has no variable {name}")))?;
            out.push_str(before);
            out.push_str(&value);
            rest = after;
        }
        Ok(out + rest)
    }
}
