//! The command line: one file per command.

mod play;

use crate::error::Exit;
use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::process::ExitCode;

/// A native Ansible replacement and TripleO orchestrator.
#[derive(Debug, Parser)]
#[command(name = "warp", version, about, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run playbooks.
    Play(Box<play::Args>),
    /// Serve as the agent on standard streams.
    #[command(hide = true)]
    Agent {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
}

/// Parses the command line, runs the command and gives its exit code.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            let help = !e.use_stderr();
            // Nobody is left to tell when the reader of the output has gone.
            let _ = e.print();
            return ExitCode::from(if help { Exit::Ok } else { Exit::Usage }.code());
        }
    };
    match cli.command {
        Command::Agent { args } => warp_agent::main_with_args(args),
        Command::Play(args) => ExitCode::from(play::run(&args).code()),
    }
}
