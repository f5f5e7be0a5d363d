//! Command lines as Ansible's tools take them: usage errors end with 2, in argparse's words.

use super::{code, version};
use crate::cli::output;
use crate::config;
use crate::error::Exit;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, Parser};
use std::ffi::OsString;
use std::process::ExitCode;

/// argparse's exit code for a wrong command line.
const WRONG: u8 = 2;

/// Parses a tool's command line; where there is nothing to run, says what is to be said and gives the exit code.
pub(super) fn parse<T: Parser>(args: Vec<OsString>) -> Result<T, ExitCode> {
    let command = T::command();
    let tool = command.get_name().to_owned();
    // As argparse does: wherever it stands, and whatever else is missing.
    let asked = args.iter().skip(1).take_while(|a| *a != "--").any(|a| a == "--version");
    if asked {
        let end =
            config::Settings::of_process().and_then(|config| version::text(&tool, &config)).map(|text| {
                anstream::println!("{text}");
                Exit::Ok
            });
        return Err(code(output::exit_of(end.map_err(Into::into))));
    }
    T::try_parse_from(args).map_err(|error| {
        if !error.use_stderr() {
            // Nobody is left to tell when the reader of the output has gone.
            let _ = error.print();
            return code(Exit::Ok);
        }
        let words = words(&command, &error);
        complain(command, &tool, &words)
    })
}

/// What is wrong with a command line, in the words that would be told.
pub(super) fn understood<T: Parser>(args: Vec<OsString>) -> Result<(), String> {
    T::try_parse_from(args).map(drop).map_err(|error| words(&T::command(), &error))
}

/// Tells a wrong command line with the usage.
pub(super) fn complain(mut command: Command, tool: &str, words: &str) -> ExitCode {
    let usage = command.render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage);
    anstream::eprintln!("usage: {usage}\n{tool}: error: {words}\nSee `{tool} --help`.");
    WRONG.into()
}

/// The error in argparse's words.
fn words(command: &Command, error: &clap::Error) -> String {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        _ => String::new(),
    };
    let argument = text(ContextKind::InvalidArg);
    let value = text(ContextKind::InvalidValue);
    match error.kind() {
        ErrorKind::UnknownArgument => format!("unrecognized arguments: {argument}"),
        ErrorKind::MissingRequiredArgument => {
            format!("the following arguments are required: {}", plain(&argument))
        }
        ErrorKind::InvalidValue if value.is_empty() => {
            format!("argument {}: expected one argument", option(command, &argument))
        }
        ErrorKind::ArgumentConflict => {
            format!(
                "argument {}: not allowed with argument {}",
                option(command, &argument),
                option(command, &text(ContextKind::PriorArg))
            )
        }
        ErrorKind::ValueValidation => {
            format!("argument {}: invalid int value: '{value}'", option(command, &argument))
        }
        _ => error.to_string().lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned(),
    }
}

/// `<PLAYBOOK>...` as argparse names it.
fn plain(argument: &str) -> String {
    argument.trim_matches(['<', '>', '.', '[', ']']).to_lowercase()
}

/// `--forks <FORKS>` as argparse names it: `-f/--forks`.
fn option(command: &Command, argument: &str) -> String {
    let long = argument.split(' ').next().unwrap_or(argument);
    let arg =
        command.get_arguments().find(|a| a.get_long().is_some_and(|l| long.strip_prefix("--") == Some(l)));
    match arg.and_then(clap::Arg::get_short) {
        Some(short) => format!("-{short}/{long}"),
        None => long.to_owned(),
    }
}
