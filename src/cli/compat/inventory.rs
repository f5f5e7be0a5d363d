//! `ansible-inventory`.

use super::{code, of_tool, usage};
use crate::cli::inventory::{self, Args};
use crate::cli::output::{self, Output};
use clap::Parser;
use std::ffi::OsString;
use std::process::ExitCode;

/// Shows Ansible inventory information, by default in the inventory script JSON format.
#[derive(Debug, Parser)]
#[command(name = "ansible-inventory", infer_long_args = true, args_override_self = true)]
#[command(disable_version_flag = true)]
pub(super) struct Cli {
    /// Show the version, the configuration file and the search paths.
    #[arg(long)]
    version: bool,
    #[command(flatten)]
    args: Args,
}

/// Runs the tool.
pub(super) fn main(args: Vec<OsString>) -> ExitCode {
    match usage::parse::<Cli>(args) {
        Ok(cli) => {
            let end = inventory::run(&cli.args, Output::Default);
            code(output::exit_of(end.map_err(|e| of_tool(e).into())))
        }
        Err(end) => end,
    }
}
