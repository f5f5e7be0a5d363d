//! Running apt's programs: no questions, a wait for the lock, services held back where asked.

use super::policy_rcd::PolicyRcd;
use crate::args::Args;
use crate::command::{Command, Output};
use crate::module::{Context, Failed};
use crate::outcome::Outcome;
use crate::program;
use crate::shlex;
use crate::value::{Map, Value};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// What every step of the module needs.
pub struct Apt<'a, 'c> {
    /// The module's arguments.
    pub args: &'a Args,
    /// Runs programs.
    pub cx: &'a mut Context<'c>,
    /// What the user should know.
    pub warnings: Vec<String>,
    /// Where apt-get is.
    pub apt_get: PathBuf,
}

/// What ran: the command as a shell would be given it, and what it left.
pub struct Ran {
    /// The command.
    pub shown: String,
    /// Its output.
    pub output: Output,
}

impl<'a, 'c> Apt<'a, 'c> {
    /// Finds apt-get.
    ///
    /// # Errors
    /// It is not there.
    pub fn new(args: &'a Args, cx: &'a mut Context<'c>) -> Result<Self, Failed> {
        let apt_get = program::require(cx, "apt-get")?;
        Ok(Apt { args, cx, warnings: Vec::new(), apt_get })
    }

    /// dpkg's options and the wait for its lock, as apt-get takes them.
    pub fn dpkg_options(&self) -> String {
        let options = self.args.text("dpkg_options").split(',');
        let options: Vec<String> =
            options.map(|option| format!("-o \"Dpkg::Options::=--{option}\"")).collect();
        let timeout = self.args.int::<u64>("lock_timeout").unwrap_or(60);
        format!("{} -o DPkg::Lock::Timeout={timeout}", options.join(" "))
    }

    /// The word when the flag is set, else nothing.
    pub fn word(&self, flag: &str, word: &'static str) -> &'static str {
        if self.args.flag(flag) { word } else { "" }
    }

    /// `--simulate` in check mode.
    pub fn simulate(&self) -> &'static str {
        if self.cx.mode.check { "--simulate" } else { "" }
    }

    /// Runs a program that only reads.
    ///
    /// # Errors
    /// It could not be started, or the step was cancelled.
    pub fn ask(&mut self, argv: &[&str]) -> Result<Output, Failed> {
        let command = environment(Command::new(argv.iter().copied()));
        self.cx.run(&command)
    }

    /// Runs a line of options and packages, quoted as for a shell but without one. Another program's lock on the
    /// lists or the archive, which apt itself does not wait for, is waited for here.
    ///
    /// # Errors
    /// It could not be started, or the step was cancelled.
    pub fn run(&mut self, line: String) -> Result<Ran, Failed> {
        let argv = shlex::split(&line).map_err(|e| Failed::new(format!("{e}: {line}")))?;
        let guard = PolicyRcd::set(self.args, self.cx)?;
        let command = environment(Command::new(argv));
        let deadline = Instant::now() + Duration::from_secs(self.args.int("lock_timeout").unwrap_or(60));
        let output = loop {
            let output = self.cx.run(&command);
            match &output {
                Ok(ran) if ran.rc != 0 && is_locked(ran) && Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(500));
                }
                _ => break output,
            }
        };
        guard.restore(self.cx)?;
        Ok(Ran { shown: line, output: output? })
    }

    /// `diff` as Ansible gives it: what apt-get announced, in diff mode.
    pub fn diff(&self, stdout: &str) -> Value {
        if !self.cx.mode.diff {
            return Map::new().into();
        }
        let lines: Vec<&str> = stdout.lines().collect();
        let starts = ["Resolving dependencies...", "Reading state information..."];
        let start =
            starts.iter().find_map(|text| lines.iter().position(|line| line == text)).map_or(0, |i| i + 1);
        let counts = |line: &&str| {
            let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
            rest.len() < line.len()
                && (rest.starts_with(" upgraded") || rest.starts_with(" packages upgraded"))
        };
        let end = lines.iter().position(counts).map_or(lines.len(), |i| i + 1);
        let shown = lines.get(start..end).unwrap_or_default().join("\n");
        Map::from_iter([("prepared".to_owned(), shown.into())]).into()
    }

    /// What a program printed, as the outcome has it.
    pub fn tell(&self, changed: bool, output: &Output) -> Outcome {
        let stdout = output.stdout_text();
        let diff = self.diff(&stdout);
        Outcome::changed(changed)
            .with("stdout", stdout)
            .with("stderr", output.stderr_text())
            .with("diff", diff)
    }
}

/// A program's failure, with all that it printed.
pub fn failed(msg: impl Into<String>, output: &Output) -> Failed {
    Failed::new(msg)
        .with("stdout", output.stdout_text())
        .with("stderr", output.stderr_text())
        .with("rc", output.rc)
}

/// Whether another program holds a lock.
pub fn is_locked(output: &Output) -> bool {
    let text = output.stderr_text();
    text.contains("Could not get lock") || text.contains("Unable to lock")
}

fn environment(command: Command) -> Command {
    let words = [
        ("DEBIAN_FRONTEND", "noninteractive"),
        ("DEBIAN_PRIORITY", "critical"),
        ("LANG", "C.UTF-8"),
        ("LC_ALL", "C.UTF-8"),
        ("LC_MESSAGES", "C.UTF-8"),
        ("LC_CTYPE", "C.UTF-8"),
        ("LANGUAGE", "C.UTF-8"),
    ];
    words.into_iter().fold(command, |command, (name, value)| command.env(name, value))
}
