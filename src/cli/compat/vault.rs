//! `ansible-vault`.

use super::{code, usage};
use crate::cli::vault::{self, What};
use crate::error::Exit;
use clap::Parser;
use std::ffi::OsString;
use std::process::ExitCode;

/// Encrypts and decrypts Ansible's data files.
#[derive(Debug, Parser)]
#[command(name = "ansible-vault", infer_long_args = true, args_override_self = true)]
#[command(disable_version_flag = true)]
struct Cli {
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
            code(vault::run(&cli.what, &mut |w| anstream::eprintln!("[WARNING]: {w}")).unwrap_or_else(|e| {
                anstream::eprintln!("[ERROR]: {}", e.message());
                match e.exit() {
                    Exit::Usage => Exit::Usage,
                    _ => Exit::Error,
                }
            }))
        }
        Err(end) => end,
    }
}
