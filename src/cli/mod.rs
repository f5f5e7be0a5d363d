//! The command line: one file per command.

mod arguments;
mod ask;
mod compat;
mod config;
mod consent;
mod deploy;
mod doc;
mod doctor;
mod engine;
mod image;
mod inventories;
mod inventory;
mod journal;
mod ls;
mod memory;
mod options;
mod output;
mod overcloud;
mod passwords;
mod plan;
mod play;
mod ready;
mod resume;
mod run;
mod snapshot;
mod ssh;
mod teardown;
mod vars;
mod vault;

use crate::error::Exit;
use crate::lab::proxy;
use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;
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
    /// Run a module on hosts.
    Run(Box<run::Args>),
    /// Make links of Ansible's names to warp, which behaves as those tools under them.
    Compat(compat::Args),
    /// Show the inventory's hosts, groups and variables.
    Inventory(Box<inventory::Args>),
    /// Deploy, skipping what is done.
    #[command(subcommand)]
    Deploy(deploy::What),
    /// Take up a run that was cut off or failed, at the step that it came to.
    Resume(resume::Args),
    /// List the runs that are kept, or show what one did.
    Journal(journal::Args),
    /// Find what is wrong with this machine for a lab, and mend it.
    ///
    /// Looks at packages, the emulator and its machine types, the processor, KVM and nested KVM, libvirt's daemon, groups,
    /// AppArmor, the way to disks, bridges and the firewall, memory, room on disks, and name servers. Ends with 0 where
    /// nothing keeps a deployment from working, warnings or not; with 2 where something does; with 5 where a change was
    /// not allowed; with 1 where a mend failed.
    Doctor(doctor::Args),
    /// Collect the logs of the undercloud and the overcloud's nodes in LWD/collected_files.
    Logs(deploy::Args),
    /// Show what a deployment would make and change, before anything happens.
    Plan(plan::Args),
    /// Open a shell on a node, or run a command there.
    Ssh(ssh::Args),
    /// List the lab's nodes.
    Ls(ls::Args),
    /// Look into disk images without booting them; fetch, build and prune them.
    #[command(subcommand)]
    Image(image::What),
    /// Take, list, go back to and delete snapshots of the whole lab.
    #[command(subcommand)]
    Snapshot(snapshot::What),
    /// Remove what warp made.
    Teardown(teardown::Args),
    /// Show the configuration.
    #[command(subcommand)]
    Config(config::What),
    /// Say what variables are, and why.
    #[command(subcommand)]
    Vars(vars::What),
    /// Show what modules do and which arguments they take.
    Doc(doc::Args),
    /// Encrypt and decrypt files and values, as ansible-vault does.
    #[command(subcommand)]
    Vault(vault::What),
    /// Connect to a host inside the lab's network, on standard input and output: ssh's ProxyCommand.
    Proxy {
        /// The lab's local working directory.
        #[arg(long, env = "LWD")]
        lab: PathBuf,
        /// The host.
        host: String,
        /// The port.
        port: u16,
    },
    /// Serve as the agent on standard streams.
    #[command(hide = true)]
    Agent {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
}

/// Parses a command line, of warp or of the tool that its first word names, without running it.
///
/// # Errors
/// What would be told of one that is not understood.
pub fn understood(args: &[OsString]) -> Result<(), String> {
    compat::understood(args)
        .unwrap_or_else(|| Cli::try_parse_from(args).map(drop).map_err(|error| error.to_string()))
}

/// Parses the command line, runs the command and gives its exit code.
#[must_use]
pub fn main() -> ExitCode {
    warp_agent::undumped::never_dump_core();
    memory::keep_little();
    if let Some(end) = compat::dispatch() {
        return end;
    }
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
        Command::Play(args) => play::run(&args).into(),
        Command::Run(args) => run::run(&args).into(),
        Command::Compat(args) => compat::run(&args).into(),
        Command::Inventory(args) => inventory::main(&args).into(),
        Command::Deploy(what) => deploy::run(&what).into(),
        Command::Resume(args) => resume::run(&args).into(),
        Command::Journal(args) => journal::run(&args).into(),
        Command::Doctor(args) => doctor::run(&args).into(),
        Command::Logs(args) => deploy::logs(args).into(),
        Command::Plan(args) => plan::run(&args).into(),
        Command::Ssh(args) => ssh::run(&args).into(),
        Command::Ls(args) => ls::run(&args).into(),
        Command::Image(what) => image::run(&what).into(),
        Command::Snapshot(what) => snapshot::run(&what).into(),
        Command::Teardown(args) => teardown::run(&args).into(),
        Command::Config(what) => config::main(&what).into(),
        Command::Vars(what) => vars::main(&what).into(),
        Command::Doc(args) => output::exit_of(doc::run(&args, &mut Err).map_err(Into::into)).into(),
        Command::Vault(what) => vault::main(&what).into(),
        Command::Proxy { lab, host, port } => {
            let end = proxy::run(&lab, &host, port).map(|()| Exit::Ok);
            output::exit_of(end.map_err(Into::into)).into()
        }
    }
}
