//! `ansible-playbook`.

use super::{code, usage};
use crate::cli::journal::Keeping;
use crate::cli::output::{self, Output};
use crate::cli::play::{self, Play};
use clap::Parser;
use std::ffi::OsString;
use std::process::ExitCode;

/// Runs Ansible playbooks, executing the defined tasks on the targeted hosts.
#[derive(Debug, Parser)]
#[command(name = "ansible-playbook", infer_long_args = true, args_override_self = true)]
#[command(disable_version_flag = true)]
pub(super) struct Cli {
    /// Show the version, the configuration file and the search paths.
    #[arg(long)]
    version: bool,
    #[command(flatten)]
    play: Play,
}

/// Runs the tool.
pub(super) fn main(args: Vec<OsString>) -> ExitCode {
    match usage::parse::<Cli>(args) {
        Ok(cli) => code(output::exit_of(play::play(&cli.play, Output::Default, false, Keeping::None))),
        Err(end) => end,
    }
}
