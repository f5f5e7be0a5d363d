//! `warp teardown`: removes what warp made.

use super::{consent, output};
use crate::deploy::{Settings, Teardown};
use crate::error::{Exit, Result};
use crate::lab::{Lab, Level, Removed};
use crate::play::Errors;
use crate::report::terminal;
use std::path::Path;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How much: none; nodes (VMs, snapshots, volumes, pool); virthost (networks too); all (warp's own daemon and
    /// network namespace too). Cached images and keys stay.
    level: Teardown,
    /// Do not ask.
    #[arg(short, long)]
    yes: bool,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> Exit {
    output::exit_of(teardown(args))
}

fn teardown(args: &Args) -> Result<Exit, Errors> {
    let settings = Settings::from_environment(|name| std::env::var(name).ok())?;
    let lwd = &settings.local_working_dir;
    let Some(lab) = Lab::find(lwd)? else {
        anstream::println!("there is no lab in {}", lwd.display());
        return Ok(Exit::Ok);
    };
    let _held = lab.lock("warp teardown")?;
    if args.level > Teardown::None {
        ask(args.level, lwd, args.yes || !settings.interactive)?;
    }
    let done = remove(&lab, args.level)?;
    for gone in &done.removed {
        anstream::println!("removed {}", terminal::visible_line(gone));
    }
    for kept in &done.kept {
        anstream::println!("kept {}", terminal::visible_line(kept));
    }
    if done.removed.is_empty() && done.kept.is_empty() {
        anstream::println!("nothing to remove");
    }
    Ok(Exit::Ok)
}

/// Removes a lab to a level. Blocks.
///
/// # Errors
/// As `Lab::teardown`.
pub(super) fn remove(lab: &Lab, level: Teardown) -> Result<Removed> {
    lab.teardown(match level {
        Teardown::None => Level::None,
        Teardown::Nodes => Level::Nodes,
        Teardown::Virthost => Level::Virthost,
        Teardown::All => Level::All,
    })
}

/// Asks whether a lab may be removed to a level, unless that was said already.
///
/// # Errors
/// The answer is no, or nobody is there to answer.
pub(super) fn ask(level: Teardown, lwd: &Path, said: bool) -> Result<()> {
    if said {
        return Ok(());
    }
    let what = match level {
        Teardown::None => return Ok(()),
        Teardown::Nodes => "the VMs with their snapshots and disks",
        Teardown::Virthost => "the VMs with their snapshots and disks, and the networks",
        Teardown::All => "the whole lab",
    };
    let lwd = lwd.display();
    consent::agreed(
        &format!("Remove {what} of {lwd}?"),
        &format!("not removed: {what} of {lwd}"),
        consent::LAB,
    )
}
