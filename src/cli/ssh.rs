//! `warp ssh`: a shell or a command on a node.

use super::output;
use crate::deploy::Settings;
use crate::error::{Error, Exit};
use crate::lab::Lab;
use crate::play::Errors;
use std::os::unix::process::CommandExt;
use std::process::Command;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The node, or NODE-root for its root account.
    node: String,
    /// The command; a shell when absent.
    #[arg(last = true)]
    command: Vec<String>,
}

/// Becomes OpenSSH's client, with the lab's configuration.
pub(super) fn run(args: &Args) -> Exit {
    output::exit_of(ssh(args))
}

fn ssh(args: &Args) -> Result<Exit, Errors> {
    let settings = Settings::from_environment(|name| std::env::var(name).ok())?;
    let lwd = &settings.local_working_dir;
    let lab = Lab::of(lwd)?;
    lab.node(args.node.strip_suffix("-root").unwrap_or(&args.node))?;
    let config = lwd.join("ssh.config.local.ansible");
    if !config.exists() {
        return Err(Error::other(format!("{} is not there yet", config.display()))
            .help("`warp deploy undercloud` writes it as soon as the VM has an address")
            .into());
    }
    let failed = Command::new("ssh").arg("-F").arg(config).arg(&args.node).args(&args.command).exec();
    Err(Error::other(format!("cannot start ssh: {failed}"))
        .help("install OpenSSH's client: apt-get install openssh-client")
        .into())
}
