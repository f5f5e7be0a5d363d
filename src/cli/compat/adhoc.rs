//! `ansible`.

use super::{code, usage};
use crate::cli::output::{self, Output};
use crate::cli::run::{self, Run};
use clap::Parser;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// Define and run a single task 'playbook' against a set of hosts.
#[derive(Debug, Parser)]
#[command(name = "ansible", infer_long_args = true, args_override_self = true)]
#[command(disable_version_flag = true)]
struct Cli {
    /// Show the version, the configuration file and the search paths.
    #[arg(long)]
    version: bool,
    /// Print one line a host.
    #[arg(short, long)]
    one_line: bool,
    /// Write what hosts answer to files in this folder.
    #[arg(short, long, value_name = "DIR")]
    tree: Option<PathBuf>,
    #[command(flatten)]
    run: Run,
}

/// Runs the tool.
pub(super) fn main(args: Vec<OsString>) -> ExitCode {
    match usage::parse::<Cli>(args) {
        Ok(cli) => code(output::exit_of(run::adhoc(&cli.run, Output::Minimal, false))),
        Err(end) => end,
    }
}
