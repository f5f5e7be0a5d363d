//! `warp snapshot`: the whole lab as it was.

mod list;
mod revert;

use super::output;
use crate::deploy::Settings;
use crate::error::{Exit, Result};
use crate::lab::Lab;
use crate::play::Errors;

/// What is done with snapshots.
#[derive(Debug, clap::Subcommand)]
pub(super) enum What {
    /// Take a snapshot of all of the lab's machines at one time, with their memory where they run; or of none.
    Create {
        /// Its name; the time, such as 20261123-104500, when absent.
        name: Option<String>,
    },
    /// List the lab's snapshots, oldest first.
    List(list::Args),
    /// Put all machines back to a snapshot; those that ran run again, with their clocks put right and logged in to.
    Revert(revert::Args),
    /// Delete a snapshot from all machines; they stay as they are.
    Delete {
        /// The snapshot.
        name: String,
    },
}

/// Runs the command.
pub(super) fn run(what: &What) -> Exit {
    output::exit_of(match what {
        What::Create { name } => create(name.as_deref()),
        What::List(args) => list::run(args),
        What::Revert(args) => revert::run(args),
        What::Delete { name } => delete(name),
    })
}

/// The settings, and the lab that is there.
fn lab() -> Result<(Settings, Lab)> {
    let settings = Settings::from_environment(|name| std::env::var(name).ok())?;
    let lwd = &settings.local_working_dir;
    let lab = Lab::of(lwd)?;
    Ok((settings, lab))
}

fn create(name: Option<&str>) -> Result<Exit, Errors> {
    let (_, lab) = lab()?;
    let _held = lab.lock("warp snapshot create")?;
    let name = name.map_or_else(|| jiff::Zoned::now().strftime("%Y%m%d-%H%M%S").to_string(), str::to_owned);
    lab.create_snapshot(&name)?;
    anstream::println!("created {name}");
    Ok(Exit::Ok)
}

fn delete(name: &str) -> Result<Exit, Errors> {
    let (_, lab) = lab()?;
    let _held = lab.lock("warp snapshot delete")?;
    let domains = lab.delete_snapshot(name)?;
    anstream::println!("deleted {name} of {}", domains.join(", "));
    Ok(Exit::Ok)
}
