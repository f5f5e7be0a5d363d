//! Becoming another account.

use super::Become;
use super::link::Link;
use crate::error::Error;

impl Become {
    /// The command that runs `sh -c SCRIPT` as the account.
    ///
    /// # Errors
    /// A method that is not supported.
    pub(super) fn command(&self, script: &str) -> Result<String, Error> {
        if !matches!(self.method.as_str(), "sudo" | "ansible.builtin.sudo") {
            return Err(Error::other(format!("become_method {} is not supported yet", self.method))
                .help("use sudo without a password"));
        }
        let mut words = vec![self.exe.clone().unwrap_or_else(|| "sudo".to_owned())];
        match &self.flags {
            Some(flags) => words.extend(flags.iter().cloned()),
            None => words.push("-H".to_owned()),
        }
        // Never a prompt: it would take the script for an answer.
        words.extend(["-n", "-u", &self.user, "--", "sh", "-c", script].map(str::to_owned));
        Ok(words.iter().map(|w| quote(w)).collect::<Vec<_>>().join(" "))
    }

    /// Why the account could not be become, from what the method printed.
    pub(super) fn explain(&self, error: Error, link: &Link) -> Error {
        let said = link.ending.stderr_line();
        let user = &self.user;
        let has = |what: &[&str]| what.iter().any(|w| said.contains(w));
        if has(&["a password is required", "a terminal is required", "no askpass program"]) {
            Error::other(format!("cannot become {user}: sudo asks for a password"))
                .note(format!("sudo said: {said}"))
                .help("passwords for become are not supported yet; let the account use sudo with NOPASSWD")
        } else if has(&[
            "not in the sudoers",
            "not allowed to execute",
            "may not run sudo",
            "not allowed to run",
        ]) {
            Error::other(format!("cannot become {user}: sudo does not allow it"))
                .note(format!("sudo said: {said}"))
                .help("give the account a rule for it in /etc/sudoers.d, with NOPASSWD")
        } else if has(&["unknown user", "unknown uid"]) {
            Error::other(format!("cannot become {user}: there is no such account"))
                .note(format!("sudo said: {said}"))
        } else if has(&["must have a tty", "requiretty"]) {
            Error::other(format!("cannot become {user}: sudo wants a terminal"))
                .note(format!("sudo said: {said}"))
                .help("remove requiretty from /etc/sudoers")
        } else if has(&["not found", "No such file"]) {
            let exe = self.exe.as_deref().unwrap_or("sudo");
            error.help(format!("see that {exe} is installed on the target"))
        } else {
            error
        }
        .context(format!("become {user} by {}", self.method))
    }
}

/// The command that runs `sh -c SCRIPT` as the account that logs in.
pub(super) fn shell(script: &str) -> String {
    format!("sh -c {}", quote(script))
}

/// A word as every shell takes it literally.
pub(super) fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
