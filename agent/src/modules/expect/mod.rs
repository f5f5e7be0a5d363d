//! `expect`: a command on a terminal of its own, and answers to what it asks.

mod dialogue;
mod words;

use crate::args::Args;
use crate::clock;
use crate::command::Command;
use crate::errno;
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::paths;
use crate::program::variable;
use crate::spec::{Arg, CheckSupport, Kind, Spec};
use crate::value::Value;
use crate::{convert, python};
use dialogue::Dialogue;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The module.
pub struct Expect;

static SPEC: Spec = Spec {
    check: CheckSupport::None,
    ..Spec::new("expect", "Runs a command and answers what it asks on its terminal", ARGS)
};

const ARGS: &[Arg] = &[
    Arg::new("command", Kind::Str).required().help("The command; no shell reads it."),
    Arg::new("chdir", Kind::Path).help("The directory to run in."),
    Arg::new("creates", Kind::Path).help("A path: where it exists the command does not run."),
    Arg::new("removes", Kind::Path).help("A path: where it does not exist the command does not run."),
    Arg::new("responses", Kind::Dict)
        .required()
        .help("Patterns of questions, each with its answer, or with a list of answers for one time each."),
    Arg::new("timeout", Kind::Raw)
        .default("30")
        .help("Seconds to wait for a question or the end; null waits forever."),
    Arg::new("echo", Kind::Bool).default("false").help("Show answers in the output."),
];

impl Module for Expect {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        let timeout = timeout(args.get("timeout"))?;
        let mut dialogue = Dialogue::new(args.get("responses"), timeout)?;
        let line = args.text("command");
        if line.trim().is_empty() {
            return Err(Failed::new("no command given").with("rc", 256));
        }
        let base = match args.path("chdir").filter(|dir| !dir.as_os_str().is_empty()) {
            Some(dir) => Some(enterable(dir)?),
            None => None,
        };
        if let Some(stdout) = kept(args, base.as_deref()) {
            return Ok(Outcome::ok().with("cmd", line).with("stdout", stdout).with("rc", 0));
        }
        let mut words = words::split(line);
        let name = words.first().cloned().unwrap_or_default();
        let program = find(cx, base.as_deref(), &name).ok_or_else(|| {
            Failed::new(format!("The command was not found or was not executable: {name}."))
        })?;
        if let Some(first) = words.first_mut() {
            *first = program.display().to_string();
        }
        let mut command = Command::new(words);
        command.cwd = base;
        let start = SystemTime::now();
        let mut terminal = command.on_terminal(cx.environment, cx.cancel, args.flag("echo"))?;
        let ended = dialogue.hold(&mut terminal, cx.shown());
        let rc = terminal.close(matches!(ended, Ok(true))).map_err(|e| Failed::new(e.to_string()))?;
        ended?;
        let end = SystemTime::now();
        let stdout = String::from_utf8_lossy(dialogue.heard());
        let outcome = Outcome { failed: rc != Some(0), ..Outcome::changed(true) }
            .with("cmd", line)
            .with("stdout", stdout.trim_end_matches(['\r', '\n']))
            .with("rc", rc.map_or(Value::Null, Value::from))
            .with("start", clock::datetime(start))
            .with("end", clock::datetime(end))
            .with("delta", clock::timedelta(end.duration_since(start).unwrap_or_default()));
        Ok(match rc {
            Some(0) => outcome,
            Some(_) => outcome.with("msg", "non-zero return code"),
            None => outcome.with("msg", "command exceeded timeout"),
        })
    }
}

/// How long to wait for each question; nothing is forever.
fn timeout(given: &Value) -> Result<Option<Duration>, Failed> {
    if given.is_null() {
        return Ok(None);
    }
    let seconds = convert::to(Kind::Int, given).map_err(|e| {
        let kind = format!("<class '{}'>", python::type_name(given));
        Failed::new(format!("argument 'timeout' is of type {kind} and we were unable to convert to int: {e}"))
    })?;
    // What pexpect takes for its own default.
    let seconds = seconds.as_int().map_or(30, |seconds| if seconds == -1 { 30 } else { seconds });
    Ok(Some(Duration::from_secs(u64::try_from(seconds).unwrap_or_default())))
}

/// The directory as an absolute path, if a program may be started in it.
fn enterable(dir: &Path) -> Result<PathBuf, Failed> {
    let dir = paths::absolute(dir);
    match std::fs::metadata(dir.join(".")) {
        Ok(_) => Ok(dir),
        Err(e) => Err(Failed::new(errno::python_text(&e, &dir.display().to_string()))),
    }
}

/// What is said where `creates` or `removes` keep the command from running.
fn kept(args: &Args, base: Option<&Path>) -> Option<String> {
    let there = |path: &str| base.map_or_else(|| PathBuf::from(path), |base| base.join(path)).exists();
    let given = |name| args.str(name).filter(|path| !path.is_empty());
    match (given("creates"), given("removes")) {
        (Some(path), _) if there(path) => Some(format!("skipped, since {path} exists")),
        (_, Some(path)) if !there(path) => Some(format!("skipped, since {path} does not exist")),
        _ => None,
    }
}

/// Where a program is, by its path or in PATH alone.
fn find(cx: &Context<'_>, base: Option<&Path>, name: &str) -> Option<PathBuf> {
    let is_program = |path: &PathBuf| {
        path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
    };
    let from_base = |path: PathBuf| base.map_or(path.clone(), |base| base.join(path));
    if name.contains('/') {
        return Some(from_base(name.into())).filter(is_program);
    }
    let path =
        variable(cx, "PATH").filter(|path| !path.is_empty()).unwrap_or_else(|| "/bin:/usr/bin".to_owned());
    path.split(':').map(|dir| from_base(Path::new(dir).join(name))).find(is_program)
}
