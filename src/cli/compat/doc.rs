//! `ansible-doc`.

use super::{code, usage};
use crate::cli::doc;
use crate::error::Exit;
use clap::Parser;
use std::ffi::OsString;
use std::process::ExitCode;

/// Shows what modules do and which arguments they take.
#[derive(Debug, Parser)]
#[command(name = "ansible-doc", infer_long_args = true, disable_version_flag = true)]
pub(super) struct Cli {
    /// Show the version, the configuration file and the search paths.
    #[arg(long)]
    version: bool,
    /// The kind of plugin; only modules are documented.
    #[arg(short, long, default_value = "module")]
    r#type: String,
    #[command(flatten)]
    args: doc::Args,
}

/// Runs the tool. A module that there is not is a warning.
pub(super) fn main(args: Vec<OsString>) -> ExitCode {
    let cli = match usage::parse::<Cli>(args) {
        Ok(cli) => cli,
        Err(end) => return end,
    };
    if cli.r#type != "module" {
        anstream::eprintln!(
            "[ERROR]: documentation of type {} is not supported: only modules are documented",
            cli.r#type
        );
        return code(Exit::Error);
    }
    let end = doc::run(&cli.args, &mut |missing| {
        anstream::eprintln!("[WARNING]: {}", missing.message());
        Ok(())
    });
    code(end.unwrap_or_else(|e| {
        anstream::eprintln!("[ERROR]: {}", e.message());
        Exit::Error
    }))
}
