//! `ansible-vault`.

use super::{code, of_tool, usage};
use crate::cli::output;
use crate::cli::vault::{self, What};
use clap::Parser;
use std::ffi::OsString;
use std::process::ExitCode;

/// Encrypts and decrypts Ansible's data files.
#[derive(Debug, Parser)]
#[command(name = "ansible-vault", infer_long_args = true, args_override_self = true)]
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
            let end = vault::run(&cli.what, &mut |w| anstream::eprintln!("[WARNING]: {w}"));
            code(output::exit_of(end.map_err(|e| of_tool(e).into())))
        }
        Err(end) => end,
    }
}
