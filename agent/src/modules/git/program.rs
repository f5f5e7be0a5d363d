//! Running git: its version, its environment, how its failures are told.

use crate::args::Args;
use crate::command::{self, Command, Output};
use crate::effects::Temp;
use crate::expand;
use crate::module::{Context, Failed};
use crate::program;
use crate::value::Value;
use std::path::{Path, PathBuf};

/// What every step of the module needs.
pub struct Git<'a, 'c> {
    /// The module's arguments.
    pub args: &'a Args,
    /// Runs programs.
    pub cx: &'a mut Context<'c>,
    /// Where git is.
    pub program: String,
    /// The repository's place; one in the file system as a URL, because only so does git clone it shallowly.
    pub repo: String,
    /// The checkout.
    pub dest: PathBuf,
    /// How ssh is to be started.
    pub ssh: Vec<(String, String)>,
    /// git's version; nothing where it does not tell.
    pub version: Option<Vec<u32>>,
    /// What `ssh` names, as long as it is needed.
    pub wrapper: Option<Temp>,
    umask: Option<u32>,
}

impl<'a, 'c> Git<'a, 'c> {
    /// Finds git.
    ///
    /// # Errors
    /// It is not there, or `umask` is not one.
    pub fn new(args: &'a Args, cx: &'a mut Context<'c>) -> Result<Self, Failed> {
        let program = match args.str("executable") {
            Some(path) => path.to_owned(),
            None => program::require(cx, "git")?.display().to_string(),
        };
        let repo = args.text("repo");
        let expanded = expand::user(repo, cx.environment);
        let repo = if expanded.starts_with('/') { format!("file://{expanded}") } else { repo.to_owned() };
        let umask = umask(args.get("umask"))?;
        let (dest, ssh) = (PathBuf::new(), Vec::new());
        let mut git = Git { args, cx, program, repo, dest, ssh, version: None, wrapper: None, umask };
        let told = git.run(None, &["--version"])?;
        if told.rc == 0 {
            let text = told.stdout_text();
            let number = text.split("git version ").nth(1).unwrap_or_default();
            let parts = number.split(|c: char| !c.is_ascii_digit()).map_while(|part| part.parse().ok());
            git.version = Some(parts.collect()).filter(|parts: &Vec<u32>| !parts.is_empty());
        }
        Ok(git)
    }

    /// Whether git is known to be older than this.
    pub fn older_than(&self, version: &[u32]) -> bool {
        self.version.as_deref().is_some_and(|own| own < version)
    }

    /// The permissions of a directory that is made.
    pub fn directory_mode(&self) -> Option<u32> {
        self.umask.map(|umask| 0o777 & !umask)
    }

    /// Runs it in a directory, as far as that exists.
    ///
    /// # Errors
    /// It cannot be started, or the step was cancelled.
    pub fn run(&mut self, dir: Option<&Path>, words: &[&str]) -> Result<Output, Failed> {
        let command = self.command(dir, words);
        self.cx.run(&command)
    }

    /// Runs it in the checkout.
    ///
    /// # Errors
    /// As `run`.
    pub fn here(&mut self, words: &[&str]) -> Result<Output, Failed> {
        let dest = self.dest.clone();
        self.run(Some(&dest), words)
    }

    /// Runs it in the checkout, where it must succeed.
    ///
    /// # Errors
    /// It fails: with its standard error as the message.
    pub fn checked(&mut self, words: &[&str]) -> Result<Output, Failed> {
        let dest = self.dest.clone();
        self.checked_in(Some(&dest), words)
    }

    /// Runs it in a directory, where it must succeed.
    ///
    /// # Errors
    /// It fails: with its standard error as the message.
    pub fn checked_in(&mut self, dir: Option<&Path>, words: &[&str]) -> Result<Output, Failed> {
        let command = self.command(dir, words);
        self.cx.run_checked(&command)
    }

    /// The command as its words, for a failure's `cmd`.
    pub fn words(&self, words: &[&str]) -> Vec<Value> {
        std::iter::once(self.program.as_str()).chain(words.iter().copied()).map(Value::from).collect()
    }

    fn command(&self, dir: Option<&Path>, words: &[&str]) -> Command {
        let words = words.iter().map(|word| expand::path(word, self.cx.environment));
        let mut command = Command::new(std::iter::once(self.program.clone()).chain(words)).english();
        command.cwd = dir.filter(|dir| dir.is_dir()).map(Path::to_owned);
        command.env.extend(self.ssh.iter().cloned());
        command.umask(self.umask)
    }
}

/// A failure that tells what git printed.
pub fn failed(msg: impl Into<String>, output: &Output) -> Failed {
    let (out, err) = (output.stdout_text(), output.stderr_text());
    Failed::new(msg).with("stdout", out).with("stderr", err).with("rc", output.rc)
}

fn umask(given: &Value) -> Result<Option<u32>, Failed> {
    if given.is_null() {
        return Ok(None);
    }
    let text =
        given.as_str().ok_or_else(|| Failed::new("umask must be defined as a quoted octal integer"))?;
    command::umask(text).map(Some)
}
