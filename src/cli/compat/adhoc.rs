//! `ansible`.

use super::{code, usage};
use crate::cli::output::{self, Output};
use crate::cli::run::{self, Run};
use crate::config;
use crate::error::{Error, Exit};
use crate::play::Errors;
use crate::value::normal;
use clap::Parser;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// Define and run a single task 'playbook' against a set of hosts.
#[derive(Debug, Parser)]
#[command(name = "ansible", infer_long_args = true, args_override_self = true)]
#[command(disable_version_flag = true)]
pub(super) struct Cli {
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
        Ok(cli) => code(output::exit_of(adhoc(&cli))),
        Err(end) => end,
    }
}

fn adhoc(cli: &Cli) -> Result<Exit, Errors> {
    let mut config = config::Settings::of_process()?;
    // Each is told as it was written, and in the order in which it was.
    for arg in std::env::args_os() {
        let arg = arg.to_string_lossy();
        let known = [("-o", "oneline"), ("--one-line", "oneline"), ("-t", "tree"), ("--tree", "tree")];
        let name = arg.split('=').next().unwrap_or_default();
        if let Some((option, callback)) = known.into_iter().find(|(option, _)| *option == name) {
            let what = Error::other(format!("The '{option}' argument is deprecated."));
            let help = format!("Use callback configuration to enable the {callback} callback instead.");
            config.deprecated.push((what.help(help), "2.23".to_owned()));
        }
    }
    if let Some(folder) = &cli.tree {
        config.screen.tree_dir = normal(folder);
        config.screen.callbacks_enabled.push("tree".to_owned());
    }
    let form = form(cli.one_line, &config.screen);
    run::adhoc(&cli.run, config, form, false)
}

/// The form in which results are printed. The callback of the configuration counts only where it is asked to.
fn form(one_line: bool, screen: &config::Screen) -> Output {
    match one_line {
        true => Output::Oneline,
        false if screen.bin_ansible_callbacks && screen.stdout_callback != "default" => Output::Default,
        false => Output::Minimal,
    }
}
