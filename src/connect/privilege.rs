//! Becoming another account.

use super::entry::Entry;
use super::link::Link;
use super::{Become, random};
use crate::error::Error;

impl Become {
    /// The command that runs `sh -c SCRIPT` as the account, and what is to happen on its streams before the script has
    /// them for itself.
    ///
    /// # Errors
    /// A method that is not supported.
    pub(super) fn command(&self, script: &str) -> Result<(String, Option<Entry>), Error> {
        match self.method.rsplit('.').next() {
            Some("sudo") => Ok(self.sudo(script)),
            Some("su") => Ok(self.su(script)),
            _ => Err(Error::other(format!("become_method {} is not supported yet", self.method))
                .help("use sudo or su")),
        }
    }

    fn sudo(&self, script: &str) -> (String, Option<Entry>) {
        let mut words = self.sudo_words();
        let tail = |script: &str| ["-u", &self.user, "--", "sh", "-c", script].map(str::to_owned);
        let Some(password) = &self.password else {
            words.extend(tail(script));
            return (joined(&words), None);
        };
        // Its prompt is our own, so that nothing else is taken for it.
        let prompt = format!("[sudo via warp, key={}] password:", random::word());
        let entry = Entry::new("sudo", Some(password.clone()), prompt.clone());
        words.extend(["-p".to_owned(), prompt]);
        words.extend(tail(&entry.marked(script)));
        (joined(&words), Some(entry))
    }

    /// sudo and its flags. Without a password it never prompts: it would take the script for an answer.
    fn sudo_words(&self) -> Vec<String> {
        let default = || ["-H", "-S", "-n"].map(str::to_owned).to_vec();
        let mut words = vec![self.exe.clone().unwrap_or_else(|| "sudo".to_owned())];
        words.extend(self.flags.clone().unwrap_or_else(default));
        let silent = |word: &String| matches!(word.as_str(), "-n" | "--non-interactive");
        let needed = if self.password.is_some() {
            words.retain(|word| !silent(word));
            "-S"
        } else {
            "-n"
        };
        if !words.iter().any(|word| word == needed || (needed == "-n" && silent(word))) {
            words.push(needed.to_owned());
        }
        words
    }

    /// By which command the account is become, for those who follow a run.
    #[must_use]
    pub fn shown(&self) -> String {
        let mut words = match self.method.rsplit('.').next() {
            Some("sudo") => {
                let mut words = self.sudo_words();
                words.push("-u".to_owned());
                words
            }
            method => {
                let exe = self.exe.clone().or(method.map(str::to_owned));
                exe.into_iter().chain(self.flags.clone().unwrap_or_default()).collect()
            }
        };
        words.push(self.user.clone());
        joined(&words)
    }

    /// su asks in its own words, and takes its command as one.
    fn su(&self, script: &str) -> (String, Option<Entry>) {
        let entry = Entry::new("su", self.password.clone(), "assword:".to_owned());
        let mut words = vec![self.exe.clone().unwrap_or_else(|| "su".to_owned())];
        words.extend(self.flags.clone().unwrap_or_default());
        words.extend([self.user.clone(), "-c".to_owned(), shell(&entry.marked(script))]);
        // Its words are known in English only.
        (format!("LC_ALL=C {}", joined(&words)), Some(entry))
    }

    /// Why the account could not be become, from what the method printed.
    pub(super) fn explain(&self, error: Error, link: &Link) -> Error {
        let said = link.ending.stderr_line();
        let user = &self.user;
        let has = |what: &[&str]| what.iter().any(|w| said.contains(w));
        if has(&["a password is required", "a terminal is required", "no askpass program"]) {
            Error::other(format!("cannot become {user}: sudo asks for a password"))
                .note(format!("sudo said: {said}"))
                .help("give it by ansible_become_password, -K or --become-password-file, or let the account use sudo with NOPASSWD")
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
        } else if wants_terminal(link) {
            Error::other(format!("cannot become {user}: sudo wants a terminal"))
                .note(format!("sudo said: {said}"))
                .help("remove requiretty from /etc/sudoers, or reach this account by ssh, where one can be had")
        } else if has(&["not found", "No such file"]) {
            let exe = self.exe.as_deref().unwrap_or("sudo");
            error.help(format!("see that {exe} is installed on the target"))
        } else {
            error
        }
        .context(format!("become {user} by {}", self.method))
    }
}

/// Whether becoming the account failed for want of a terminal: then nothing ran.
pub(super) fn wants_terminal(link: &Link) -> bool {
    says_it_wants_terminal(&link.ending.stderr_text())
}

/// Whether sudo says so.
pub(super) fn says_it_wants_terminal(stderr: &str) -> bool {
    stderr.contains("you must have a tty to run sudo")
}

fn joined(words: &[String]) -> String {
    words.iter().map(|w| quote(w)).collect::<Vec<_>>().join(" ")
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
