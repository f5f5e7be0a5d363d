//! `warp journal`: the runs that are kept; and how other commands keep theirs.

mod keeping;
mod show;

pub(super) use keeping::{Keeping, Where, Whether, end};

use super::output;
use crate::deploy;
use crate::error::{Exit, Result};
use crate::journal::Folder;
use crate::play::Errors;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The run: its id, or the beginning of it; without one all runs are listed. A folder is that of a lab (LWD), or one
    /// of journals.
    #[arg(value_name = "RUN|DIR")]
    run: Option<String>,
    /// Print JSON, one object a line; docs/journal.md has the fields.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Where,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> Exit {
    output::exit_of(journal(args))
}

fn journal(args: &Args) -> Result<Exit, Errors> {
    if let Some(run) = args.run.as_deref().filter(|run| !Path::new(run).is_dir()) {
        let mut found = None;
        for folder in folders(&args.place, None)? {
            let run = folder.find(run);
            if found.as_ref().is_none_or(std::result::Result::is_err) {
                found = Some(run);
            }
        }
        match found {
            Some(run) => show::records(&run?, args.json)?,
            None => return Err(missing().into()),
        }
        return Ok(Exit::Ok);
    }
    let folders = folders(&args.place, args.run.as_deref())?;
    show::runs(&folders, args.json)?;
    Ok(Exit::Ok)
}

/// That no run is kept anywhere.
pub(super) fn missing() -> crate::error::Error {
    crate::error::Error::new(Exit::Usage, "no run is kept")
        .help("`warp play` and `warp deploy` keep theirs; `warp journal DIR` looks in a lab's folder")
}

/// The folders in which runs are looked for: that of a lab, or one that is told; else the account's and the lab's.
pub(super) fn folders(place: &Where, given: Option<&str>) -> Result<Vec<Folder>> {
    if let Some(given) = given.map(Path::new) {
        let of_lab = of_lab(given);
        return Ok(vec![Folder::at(if of_lab.is_dir() { &of_lab } else { given })?]);
    }
    let mut folders = vec![place.folder()?];
    let settings = deploy::Settings::from_environment(|name| std::env::var(name).ok());
    if let Ok(settings) = settings {
        let of_lab = of_lab(&settings.local_working_dir);
        if place.journal.is_none() && of_lab.is_dir() {
            folders.push(Folder::at(&of_lab)?);
        }
    }
    Ok(folders)
}

/// Where the journals of a lab's deployments are.
pub(super) fn of_lab(lwd: &Path) -> PathBuf {
    lwd.join(".warp/journal")
}
