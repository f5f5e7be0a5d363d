//! Ansible's names: links to warp that behave as the tools of those names.

mod adhoc;
mod config;
mod doc;
mod inventory;
mod links;
mod locale;
mod playbook;
mod settings;
mod usage;
mod vault;
mod version;

pub(super) use links::{Args, run};

use crate::error::{Error, Exit};
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::ExitCode;

/// A tool that warp takes the place of.
struct Tool {
    name: &'static str,
    run: fn(Vec<OsString>) -> ExitCode,
    understand: fn(Vec<OsString>) -> Result<(), String>,
}

/// The tools, by the names of their links.
static TOOLS: [Tool; 6] = [
    Tool { name: "ansible-playbook", run: playbook::main, understand: usage::understood::<playbook::Cli> },
    Tool { name: "ansible", run: adhoc::main, understand: usage::understood::<adhoc::Cli> },
    Tool { name: "ansible-inventory", run: inventory::main, understand: usage::understood::<inventory::Cli> },
    Tool { name: "ansible-config", run: config::main, understand: usage::understood::<config::Cli> },
    Tool { name: "ansible-vault", run: vault::main, understand: usage::understood::<vault::Cli> },
    Tool { name: "ansible-doc", run: doc::main, understand: usage::understood::<doc::Cli> },
];

/// Whether the program was started under one of Ansible's names.
pub(super) fn active() -> bool {
    tool().is_some()
}

/// The tool whose name the program was started under.
fn tool() -> Option<&'static Tool> {
    let first = std::env::args_os().next()?;
    let name = Path::new(&first).file_name()?;
    TOOLS.iter().find(|tool| name == OsStr::new(tool.name))
}

/// What `--version` prints under the name the program was started by; none under warp's own.
///
/// # Errors
/// Where the program lies cannot be told.
pub(super) fn version(config: &crate::config::Settings) -> Result<Option<String>, Error> {
    tool().map(|tool| version::text(tool.name, config)).transpose()
}

/// Parses a tool's command line without running it; `None` where the first word names no tool.
pub(super) fn understood(args: &[OsString]) -> Option<Result<(), String>> {
    let tool = TOOLS.iter().find(|tool| args.first().is_some_and(|name| name == tool.name))?;
    Some((tool.understand)(args.to_vec()))
}

/// Runs the tool that the program was started as, if it is one.
pub(super) fn dispatch() -> Option<ExitCode> {
    let tool = tool()?;
    let mut args: Vec<OsString> = std::env::args_os().collect();
    // Usage and errors show the tool's name, not where its link lies.
    if let Some(first) = args.first_mut() {
        *first = tool.name.into();
    }
    if let Some(refusal) = locale::refusal() {
        anstream::eprintln!("{refusal}");
        return Some(code(Exit::Error));
    }
    if let Err(error) = settings::prepare() {
        let notes: String = error.note_lines().iter().map(|note| format!("\n{note}")).collect();
        let words: Vec<&str> =
            std::iter::once(error.message()).chain(error.help_lines().iter().map(|h| &**h)).collect();
        anstream::eprintln!("ERROR: {}{notes}", words.join(" "));
        return Some(code(error.exit()));
    }
    Some((tool.run)(args))
}

/// An error of the tools that run no plays: they know one exit code beside that of a wrong command line.
fn of_tool(error: Error) -> Error {
    match error.exit() {
        Exit::Usage => error,
        _ => error.with_exit(Exit::Error),
    }
}

/// The exit code under Ansible's names, which knows no code of its own for what is missing.
fn code(exit: Exit) -> ExitCode {
    match exit {
        Exit::Missing => Exit::Error.code(),
        other => other.code(),
    }
    .into()
}
