//! What a module is, and what it is given.

use crate::args::Args;
use crate::command::{self, Cancel, Command, Output};
use crate::effects::Effects;
use crate::expand;
use crate::invocation;
use crate::outcome::{Diff, Outcome};
use crate::path_info;
use crate::shlex;
use crate::spec::Spec;
use crate::value::Value;
use crate::wire::Mode;
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::Duration;

/// One module.
///
/// `run` must not mutate files but through `Context::effects`, and must not start programs but through
/// `Context::run`: the first keeps check mode honest, the second lets a cancelled step be ended whole.
pub trait Module: Sync {
    /// Its table.
    fn spec(&self) -> &'static Spec;

    /// Runs it with checked arguments.
    ///
    /// # Errors
    /// `Failed` holds the outcome of a module that failed; an `Outcome` whose `failed` is set says the same.
    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed>;

    /// What its result tells of how it was called; nothing where that is for the result alone to say.
    fn invocation(&self, args: &Args) -> Option<Value> {
        Some(invocation::of(self.spec(), args.map()))
    }
}

/// A module's failure: its message and whatever values it has nevertheless. Boxed, so that a `Result` stays small.
#[derive(Clone, Debug, PartialEq)]
pub struct Failed(Box<Outcome>);

impl Failed {
    /// A failure with this `msg`.
    #[must_use]
    pub fn new(msg: impl Into<String>) -> Self {
        Failed(Box::new(Outcome::failed(msg)))
    }

    /// With the cause beneath its `msg`.
    #[must_use]
    pub fn because(mut self, cause: impl ToString) -> Self {
        self.0.cause = Some(cause.to_string());
        self
    }

    /// With one more return value.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.values.insert(key.to_owned(), value.into());
        self
    }

    /// With what is known of the file that its `path` names, before the module takes that file away again.
    #[must_use]
    pub(crate) fn with_path_info(mut self) -> Self {
        path_info::add(&mut self.0.values);
        self
    }

    /// With the difference that was to be made.
    #[must_use]
    pub fn showing(mut self, diff: Option<Diff>) -> Self {
        self.0.diff.extend(diff);
        self
    }

    /// Its message.
    #[must_use]
    pub fn msg(&self) -> &str {
        self.0.values.get("msg").and_then(Value::as_str).unwrap_or_default()
    }

    /// The outcome it is.
    #[must_use]
    pub fn into_outcome(self) -> Outcome {
        *self.0
    }
}

/// A stream of bytes that came with a call, such as the content that `copy` writes.
pub struct Blob<'a> {
    /// How many bytes it has.
    pub len: u64,
    /// The bytes, to be read once; what is left unread is dropped.
    pub reader: &'a mut (dyn Read + Send),
}

/// What a module may use.
pub struct Context<'a> {
    /// Check and diff mode.
    pub mode: Mode,
    /// Variables added to the environment of what the module starts.
    pub environment: &'a [(String, String)],
    /// The call's stream, if it came with one.
    pub blob: Option<Blob<'a>>,
    /// Tells when the step is to end.
    pub cancel: &'a Cancel,
    /// Where the output of the module's command goes while it runs: set for detached calls.
    pub output: Option<&'a mut (dyn Write + Send)>,
    /// Every mutation of files.
    pub effects: Effects,
    /// Warnings for the user, whatever the outcome; they come before the outcome's own.
    pub warnings: Vec<String>,
}

impl<'a> Context<'a> {
    /// A context in `mode`, with neither stream nor output.
    #[must_use]
    pub fn new(mode: Mode, environment: &'a [(String, String)], cancel: &'a Cancel) -> Self {
        let effects = Effects::new(mode.clone());
        Context { mode, environment, blob: None, cancel, output: None, effects, warnings: Vec::new() }
    }

    /// Runs a program to its end with the call's environment, in check mode too: a program that mutates is the
    /// module's to hold back.
    ///
    /// # Errors
    /// The program could not be started, as Ansible words it, with `cmd` and `rc`; or the step was cancelled.
    pub fn run(&mut self, command: &Command) -> Result<Output, Failed> {
        command.run(self.environment, self.cancel, None)
    }

    /// As `run`, of a program that must succeed.
    ///
    /// # Errors
    /// As `run`; or it ended with another exit code than 0: its standard error is the message.
    pub fn run_checked(&mut self, command: &Command) -> Result<Output, Failed> {
        let output = self.run(command)?;
        if output.rc == 0 {
            return Ok(output);
        }
        let (out, err) = (output.stdout_text(), output.stderr_text());
        let failed = Failed::new(err.trim_end()).with("cmd", command.shown()).with("rc", output.rc);
        Err(failed.with("stdout", out).with("stderr", err))
    }

    /// As `run`, with the program's output shown while it runs, where somebody looks.
    ///
    /// # Errors
    /// As `run`.
    pub fn run_shown(&mut self, command: &Command) -> Result<Output, Failed> {
        let (environment, cancel) = (self.environment, self.cancel);
        command.run(environment, cancel, self.shown())
    }

    /// Whether it runs by itself, its output kept.
    pub fn is_detached(&self) -> bool {
        self.output.is_some()
    }

    /// Where output is shown while it comes, if somebody looks.
    pub fn shown(&mut self) -> Option<&mut (dyn Write + Send)> {
        // Spelled out: only so does the compiler shorten the output's lifetime.
        match &mut self.output {
            Some(output) => Some(&mut **output),
            None => None,
        }
    }

    /// Waits; a cancel ends the waiting at once.
    ///
    /// # Errors
    /// The step was cancelled.
    pub fn sleep(&self, time: Duration) -> Result<(), Failed> {
        if self.cancel.sleep(time) { Err(command::cancelled()) } else { Ok(()) }
    }

    /// Replaces a file with these bytes, once `validate` accepts them: a command in which `%s` stands for the new
    /// content's path. In check mode only recorded.
    ///
    /// # Errors
    /// `validate` is without `%s` or refuses, as Ansible words it; or the file cannot be written.
    pub fn write_file(
        &mut self,
        dest: &Path,
        bytes: &[u8],
        validate: Option<&str>,
        unsafe_writes: bool,
    ) -> Result<(), Failed> {
        let words = |e: io::Error| Failed::new(format!("Could not replace '{}': {e}", dest.display()));
        let mut temp = self.effects.temp_beside(dest, unsafe_writes).map_err(words)?;
        if let Some(temp) = &mut temp {
            temp.file().write_all(bytes).map_err(words)?;
            if let Some(command) = validate {
                self.validate(command, temp.path())?;
            }
        }
        self.effects.replace(temp, dest, unsafe_writes).map_err(words)
    }

    /// Runs a `validate` command on the new content at `path`.
    ///
    /// # Errors
    /// It has no `%s`, or refuses.
    pub fn validate(&mut self, command: &str, path: &Path) -> Result<(), Failed> {
        let output = self.run_validate(command, path)?;
        if output.rc == 0 {
            return Ok(());
        }
        Err(Failed::new(format!("failed to validate: rc:{} error:{}", output.rc, output.stderr_text())))
    }

    /// Runs a `validate` command on the new content at `path`, for the module to word its failure.
    ///
    /// # Errors
    /// It has no `%s`, or cannot be run.
    pub fn run_validate(&mut self, command: &str, path: &Path) -> Result<Output, Failed> {
        if !command.contains("%s") {
            return Err(Failed::new(format!("validate must contain %s: {command}")));
        }
        let line = command.replace("%s", &path.to_string_lossy());
        let words =
            shlex::split(&line).map_err(|e| Failed::new(format!("cannot read the validate command: {e}")))?;
        self.run(&Command::new(words.iter().map(|w| expand::path(w, self.environment))))
    }
}
