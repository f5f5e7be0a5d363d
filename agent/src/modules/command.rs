//! `command` and `shell`.

use crate::args::Args;
use crate::clock;
use crate::command::Command;
use crate::errno;
use crate::expand;
use crate::glob;
use crate::invocation;
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::shlex;
use crate::spec::{Arg, CheckSupport, Kind, Spec};
use crate::utf8;
use crate::value::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The module `command`.
pub struct CommandModule;

/// The module `shell`.
pub struct Shell;

const RAW: Arg = Arg::new("_raw_params", Kind::Str).help("The command as one text.");
const CMD: Arg = Arg::new("cmd", Kind::Str).help("The command as one text.");
const ARGV: Arg = Arg::new("argv", Kind::List).elements(Kind::Str).help("The command as a list of words.");
const CHDIR: Arg = Arg::new("chdir", Kind::Path).help("The directory to run in.");
const EXECUTABLE: Arg = Arg::new("executable", Kind::Str).help("The shell to run by, as an absolute path.");
const EXPAND: Arg = Arg::new("expand_argument_vars", Kind::Bool)
    .default("true")
    .help("Expand `$VAR` and `~` in the words, though no shell runs.");
/// In the table to be refused in words of its own, as Ansible does.
const NO_EXPAND: Arg =
    Arg::new("expand_argument_vars", Kind::Raw).help("Only `command` takes it: a shell always expands.");
const CREATES: Arg =
    Arg::new("creates", Kind::Path).help("A path or pattern: where it exists the command does not run.");
const REMOVES: Arg = Arg::new("removes", Kind::Path)
    .help("A path or pattern: where nothing matches the command does not run.");
const STDIN: Arg = Arg::new("stdin", Kind::Str).help("Text for the command's standard input.");
const NEWLINE: Arg =
    Arg::new("stdin_add_newline", Kind::Bool).default("true").help("End `stdin` with a line end.");
const STRIP: Arg = Arg::new("strip_empty_ends", Kind::Bool)
    .default("true")
    .help("Drop line ends from the end of the output.");

/// What the two tables share.
const TABLE: Spec = Spec {
    free_form: Some("_raw_params"),
    required_one_of: &[&["_raw_params", "cmd", "argv"]],
    mutually_exclusive: &[&["_raw_params", "cmd", "argv"]],
    check: CheckSupport::Partial,
    ..Spec::new("command", "Runs a command without a shell", &[])
};

static COMMAND: Spec = Spec {
    args: &[RAW, CMD, ARGV, CHDIR, EXECUTABLE, EXPAND, CREATES, REMOVES, STDIN, NEWLINE, STRIP],
    ..TABLE
};

static SHELL: Spec = Spec {
    name: "shell",
    summary: "Runs a command line by a shell",
    args: &[RAW, CMD, ARGV, CHDIR, EXECUTABLE, NO_EXPAND, CREATES, REMOVES, STDIN, NEWLINE, STRIP],
    ..TABLE
};

impl Module for CommandModule {
    fn spec(&self) -> &'static Spec {
        &COMMAND
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        let mut warnings = Vec::new();
        if let Some(executable) = args.str("executable") {
            warnings.push(format!(
                "As of Ansible 2.4, the parameter 'executable' is no longer supported with the 'command' module. \
                 Not using '{executable}'."
            ));
        }
        let words = match text(args) {
            Some(line) => shlex::split(line).map_err(Failed::new)?,
            None => args.strings("argv").map(str::to_owned).collect(),
        };
        let expand = args.flag("expand_argument_vars");
        let argv = words.iter().map(|w| if expand { expand::path(w, cx.environment) } else { w.clone() });
        let command = Command::new(argv);
        let mut outcome = execute(args, cx, words.into(), command)?;
        outcome.warnings = warnings;
        Ok(outcome)
    }

    fn invocation(&self, args: &Args) -> Option<Value> {
        Some(invocation(args, false))
    }
}

impl Module for Shell {
    fn spec(&self) -> &'static Spec {
        &SHELL
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        if args.has("expand_argument_vars") {
            let msg = "Unsupported parameters for (shell) module: expand_argument_vars";
            return Err(Failed::new(msg));
        }
        let (said, line): (Value, String) = match text(args) {
            Some(line) => (line.into(), line.to_owned()),
            None => {
                let words: Vec<String> = args.strings("argv").map(str::to_owned).collect();
                let quoted: Vec<String> = words.iter().map(|w| shlex::quote(w)).collect();
                (words.into(), quoted.join(" "))
            }
        };
        let shell = args.str("executable").unwrap_or("/bin/sh");
        execute(args, cx, said, Command::new([shell, "-c", &line]))
    }

    fn invocation(&self, args: &Args) -> Option<Value> {
        Some(invocation(args, true))
    }
}

/// In Ansible `shell` is `command`, told to use a shell.
fn invocation(args: &Args, shell: bool) -> Value {
    let mut args = args.map().clone();
    if shell {
        args.insert("expand_argument_vars".to_owned(), true.into());
    }
    let mut told = invocation::of(&COMMAND, &args);
    if let Value::Map(map) = &mut told
        && let Some(Value::Map(args)) = map.get_mut("module_args")
    {
        args.insert("_uses_shell".to_owned(), shell.into());
    }
    told
}

/// The command, where it came as one text.
fn text(args: &Args) -> Option<&str> {
    ["_raw_params", "cmd"].iter().find_map(|name| args.str(name).filter(|t| !t.is_empty()))
}

/// Runs a command unless `creates`, `removes` or check mode keep it; `cmd` is what is said of it.
fn execute(args: &Args, cx: &mut Context<'_>, cmd: Value, mut command: Command) -> Result<Outcome, Failed> {
    let mut outcome = Outcome::ok();
    for (name, value) in [("stdout", "".into()), ("stderr", "".into()), ("rc", Value::Null), ("cmd", cmd)] {
        outcome.values.insert(name.to_owned(), value);
    }
    for name in ["start", "end", "delta"] {
        outcome.values.insert(name.to_owned(), Value::Null);
    }
    outcome.values.insert("msg".to_owned(), "".into());
    let base = match args.path("chdir").filter(|dir| !dir.as_os_str().is_empty()) {
        Some(dir) => match enterable(dir) {
            Ok(dir) => {
                command.cwd = Some(dir.clone());
                dir
            }
            Err(e) => {
                let msg = "Unable to change directory before execution.";
                return Ok(Outcome { failed: true, ..outcome }
                    .with("msg", msg)
                    .because(errno::python(&e, &[dir])));
            }
        },
        None => PathBuf::from("."),
    };
    if let Some((msg, stdout)) = kept(args, &base, cx.mode.check) {
        return Ok(outcome.with("msg", msg).with("stdout", stdout).with("rc", 0));
    }
    if cx.mode.check {
        let predictable = args.has("creates") || args.has("removes");
        outcome.changed = predictable;
        outcome.skipped = !predictable;
        return Ok(outcome.with("rc", 0).with("msg", "Command would have run if not in check mode"));
    }
    if let Some(text) = args.str("stdin").filter(|t| !t.is_empty()) {
        let end = if args.flag("stdin_add_newline") { "\n" } else { "" };
        command = command.stdin(format!("{text}{end}"));
    }
    let start = SystemTime::now();
    let output = cx.run_shown(&command)?;
    let end = SystemTime::now();
    let strip = args.flag("strip_empty_ends");
    let shown = |text: String| if strip { text.trim_end_matches(['\r', '\n']).to_owned() } else { text };
    outcome.changed = true;
    outcome.failed = output.rc != 0;
    let (stdout, stderr) = (output.stdout_text(), output.stderr_text());
    outcome.not_utf8 = utf8::fault(&stdout).or_else(|| utf8::fault(&stderr));
    Ok(outcome
        .with_raw("stdout", &output.stdout)
        .with_raw("stderr", &output.stderr)
        .with("rc", output.rc)
        .with("stdout", shown(stdout))
        .with("stderr", shown(stderr))
        .with("start", clock::datetime(start))
        .with("end", clock::datetime(end))
        .with("delta", clock::timedelta(end.duration_since(start).unwrap_or_default()))
        .with("msg", if output.rc == 0 { "" } else { "non-zero return code" }))
}

/// The directory as an absolute path, if a program may be started in it.
fn enterable(dir: &Path) -> std::io::Result<PathBuf> {
    let dir = std::path::absolute(dir)?;
    // Reading what is inside is not needed, but searching it is.
    fs::metadata(dir.join("."))?;
    Ok(dir)
}

/// What is said where `creates` or `removes` keep the command from running.
fn kept(args: &Args, base: &Path, check: bool) -> Option<(String, String)> {
    let did = if check { "Would" } else { "Did" };
    let given = |name| args.str(name).filter(|p| !p.is_empty());
    let (path, how) = match (given("creates"), given("removes")) {
        (Some(path), _) if glob::any(base, path) => (path, "exists"),
        (_, Some(path)) if !glob::any(base, path) => (path, "does not exist"),
        _ => return None,
    };
    Some((format!("{did} not run command since '{path}' {how}"), format!("skipped, since {path} {how}")))
}
