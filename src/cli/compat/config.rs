//! `ansible-config`.

use super::{code, usage};
use crate::cli::config::{self, What};
use crate::cli::output;
use clap::Parser;
use std::ffi::OsString;
use std::process::ExitCode;

/// Shows Ansible's configuration.
#[derive(Debug, Parser)]
#[command(name = "ansible-config", infer_long_args = true, args_override_self = true)]
#[command(disable_version_flag = true)]
pub(super) struct Cli {
    /// Show the version, the configuration file and the search paths.
    #[arg(long)]
    version: bool,
    #[command(subcommand)]
    what: What,
}

/// Runs the tool.
pub(super) fn main(args: Vec<OsString>) -> ExitCode {
    match usage::parse::<Cli>(args) {
        Ok(cli) => {
            let mut warn = |warning| anstream::eprintln!("[WARNING]: {warning}");
            code(output::exit_of(config::run(&cli.what, &mut warn).map_err(Into::into)))
        }
        Err(end) => end,
    }
}
