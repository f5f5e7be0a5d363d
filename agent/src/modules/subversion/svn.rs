//! What is asked of svn.

use crate::args::Args;
use crate::command::{Command, Output};
use crate::module::{Context, Failed};
use crate::outcome::Outcome;
use crate::program;
use crate::python;
use crate::value::Value;

/// The first version that reads a password from standard input.
const READS_PASSWORDS: (u32, u32) = (1, 10);

/// svn, with what every call of it needs.
pub(super) struct Svn<'a, 'c> {
    pub args: &'a Args,
    pub cx: &'a mut Context<'c>,
    dest: &'a str,
    /// The program and its options.
    words: Vec<String>,
    password: Option<&'a str>,
}

impl<'a, 'c> Svn<'a, 'c> {
    /// # Errors
    /// There is no svn; or a password is given that it would want as an argument.
    pub fn new(args: &'a Args, cx: &'a mut Context<'c>, dest: &'a str) -> Result<Self, Failed> {
        let given = |name| args.str(name).filter(|text| !text.is_empty());
        let program = match given("executable") {
            Some(path) => path.to_owned(),
            None => program::require(cx, "svn")?.display().to_string(),
        };
        let password = given("password");
        if password.is_some() && version(cx, &program)? < READS_PASSWORDS {
            return Err(Failed::new(format!(
                "password needs svn 1.10 or later: {program} takes it only as an argument, which everybody on the host can read"
            )));
        }
        let mut words = [&program, "--non-interactive", "--no-auth-cache"].map(str::to_owned).to_vec();
        if !args.flag("validate_certs") {
            words.push("--trust-server-cert".to_owned());
        }
        if let Some(user) = given("username") {
            words.extend(["--username".to_owned(), user.to_owned()]);
        }
        if password.is_some() {
            words.push("--password-from-stdin".to_owned());
        }
        Ok(Svn { args, cx, dest, words, password })
    }

    fn command(&self, more: &[&str]) -> Command {
        let command =
            Command::new(self.words.iter().map(String::as_str).chain(more.iter().copied())).english();
        match self.password {
            Some(password) => command.stdin(password),
            None => command,
        }
    }

    /// Runs a subcommand that must succeed.
    fn ask(&mut self, more: &[&str]) -> Result<Output, Failed> {
        self.cx.run_checked(&self.command(more))
    }

    /// Whether the directory is a checkout.
    pub fn is_checkout(&mut self) -> Result<bool, Failed> {
        let command = self.command(&["info", self.dest]);
        Ok(self.cx.run(&command)?.rc == 0)
    }

    /// Checks out or exports; `force` lets it write over what is there.
    pub fn bring(&mut self, how: &str, force: bool) -> Result<(), Failed> {
        let mut words = vec![how];
        words.extend(force.then_some("--force"));
        words.extend(["-r", self.args.text("revision"), self.args.text("repo"), self.dest]);
        self.ask(&words).map(drop)
    }

    /// Makes the checkout one of the repository; whether that changed files.
    pub fn switch(&mut self) -> Result<bool, Failed> {
        let (revision, repo) = (self.args.text("revision"), self.args.text("repo"));
        Ok(tells_changes(&self.ask(&["switch", "--revision", revision, repo, self.dest])?))
    }

    /// Updates the checkout; whether that changed files.
    pub fn update(&mut self) -> Result<bool, Failed> {
        Ok(tells_changes(&self.ask(&["update", "-r", self.args.text("revision"), self.dest])?))
    }

    /// Discards local modifications.
    pub fn revert(&mut self) -> Result<(), Failed> {
        self.ask(&["revert", "-R", self.dest]).map(drop)
    }

    /// Whether files of the repository are modified.
    pub fn is_modified(&mut self) -> Result<bool, Failed> {
        let status = self.ask(&["status", "--quiet", "--ignore-externals", self.dest])?.stdout_text();
        Ok(python::splitlines(&status).iter().any(|line| !line.is_empty() && !line.starts_with(['?', 'X'])))
    }

    /// The checkout's revision and URL, as svn tells them.
    pub fn place(&mut self) -> Result<Value, Failed> {
        let info = self.ask(&["info", self.dest])?.stdout_text();
        let url = python::splitlines(&info)
            .into_iter()
            .find(|line| line.strip_prefix("URL").is_some_and(|rest| rest.trim_start().starts_with(':')));
        let revision = revision(&info).unwrap_or("Unable to get revision");
        Ok(Value::List(vec![revision.into(), url.unwrap_or("Unable to get URL").into()]))
    }

    /// The repository's revision, as svn tells it.
    pub fn remote_revision(&mut self) -> Result<String, Failed> {
        let info = self.ask(&["info", self.args.text("repo")])?.stdout_text();
        Ok(revision(&info).unwrap_or("Unable to get remote revision").to_owned())
    }

    /// What an update would bring.
    pub fn predict(&mut self) -> Result<Outcome, Failed> {
        let here = self.ask(&["info", self.dest])?.stdout_text();
        let there = self.ask(&["info", "-r", self.args.text("revision"), self.dest])?.stdout_text();
        let unknown = || Failed::new(format!("svn tells no revision of {}", self.dest));
        let number = |line: &str| line.split(':').nth(1)?.trim().parse::<u64>().ok();
        let (before, after) = (revision(&here).ok_or_else(unknown)?, revision(&there).ok_or_else(unknown)?);
        let changed = number(before) < number(after);
        Ok(Outcome::changed(changed).with("before", before).with("after", after))
    }
}

fn version(cx: &mut Context<'_>, program: &str) -> Result<(u32, u32), Failed> {
    let said = cx.run_checked(&Command::new([program, "--version", "--quiet"]).english())?.stdout_text();
    let mut numbers = said.trim().split('.').map(|part| part.parse().unwrap_or_default());
    Ok((numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default()))
}

/// The line that tells the revision, in whatever language.
fn revision(info: &str) -> Option<&str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    python::splitlines(info).into_iter().find(|line| {
        line.split_once(':').is_some_and(|(name, number)| {
            let name = name.strip_suffix(char::is_whitespace).unwrap_or(name);
            let digits = number.trim_start();
            !name.is_empty()
                && name.chars().all(is_word)
                && digits.len() < number.len()
                && !digits.is_empty()
                && digits.chars().all(char::is_numeric)
        })
    })
}

/// Whether a line tells of a file that was added, deleted, updated and so on.
fn tells_changes(output: &Output) -> bool {
    let text = output.stdout_text();
    python::splitlines(&text).iter().any(|line| {
        let mut chars = line.chars();
        chars.next().is_some_and(|c| "ABDUCGE".contains(c)) && chars.next().is_some_and(char::is_whitespace)
    })
}
