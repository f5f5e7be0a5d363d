//! The passwords to log in and to become another account with: asked for, or read from files.

use super::ask;
use super::options::Options;
use crate::connect::Password;
use crate::error::{Error, Result};
use crate::run::Settings;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

impl Options {
    /// Gives the settings the passwords that options and configuration want asked for or read.
    ///
    /// # Errors
    /// A file that cannot be read or a script that fails, an empty password, and Ctrl-C.
    pub(super) fn give_passwords(&self, settings: &mut Settings) -> Result<()> {
        let config = &settings.config.command;
        let login_file = self.connect.connection_password_file.as_ref();
        let login_file = login_file.or(config.connection_password_file.as_ref());
        let become_file = self.become_.become_password_file.as_ref();
        let become_file = become_file.or(config.become_password_file.as_ref());
        let asked = self.connect.ask_pass || (config.ask_pass && login_file.is_none());

        let login = match login_file {
            _ if asked => Some(ask::hidden("SSH password: ")?.to_string()),
            Some(file) => Some(from_file(file)?),
            None => None,
        };
        let become_ = match become_file {
            _ if self.become_.ask_become_pass || (config.become_ask_pass && become_file.is_none()) => {
                let method = match config.agnostic_become_prompt {
                    true => "BECOME".to_owned(),
                    false => settings.config.become_method.to_uppercase(),
                };
                let hint = if asked { "[defaults to SSH password]" } else { "" };
                let typed = ask::hidden(&format!("{method} password{hint}: "))?;
                if asked && typed.is_empty() { login.clone() } else { Some(typed.to_string()) }
            }
            Some(file) => Some(from_file(file)?),
            None => None,
        };
        settings.connection_password = login.map(Password::new);
        settings.become_password = become_.map(Password::new);
        Ok(())
    }
}

/// The password in a file, of a script, or on standard input under the name `-`.
fn from_file(path: &Path) -> Result<String> {
    let shown = path.display();
    let failed = |e: std::io::Error| {
        Error::other(format!("Could not read password file '{shown}'.")).note(e.to_string())
    };
    let executable = |m: std::fs::Metadata| m.is_file() && m.permissions().mode() & 0o111 != 0;
    let bytes = if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes)?;
        bytes
    } else if !path.exists() {
        return Err(Error::other(format!("The password file {shown} was not found")));
    } else if path.metadata().is_ok_and(executable) {
        let ran = Command::new(path).output().map_err(|e| {
            Error::other(format!("Problem occurred when trying to run the password script {shown} ({e})."))
                .help("if this is not a script, remove the executable bit from the file")
        })?;
        if !ran.status.success() {
            return Err(Error::other(format!(
                "The password script {shown} returned an error (rc={}): {}",
                ran.status.code().unwrap_or(-1),
                String::from_utf8_lossy(&ran.stderr)
            )));
        }
        ran.stdout
    } else {
        std::fs::read(path).map_err(failed)?.trim_ascii().to_vec()
    };
    let text = String::from_utf8(bytes).map_err(|e| failed(std::io::Error::other(e)))?;
    let text = text.trim_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(Error::other(format!("Empty password was provided from file ({shown})")));
    }
    Ok(text.to_owned())
}
