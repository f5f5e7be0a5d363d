//! The folders in which journals are kept.

use super::run::Run;
use super::{Head, Journal, key};
use crate::error::{Error, Exit, Result};
use std::fs;
use std::path::{Path, PathBuf};
use warp_agent::private;

/// How many runs a folder keeps.
const KEPT: usize = 50;

/// A folder of runs, of this account alone.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// The account's: /var/lib/warp/journal for root, `~/.warp/journal` for others.
    ///
    /// # Errors
    /// It cannot be made, or another account could write to it.
    pub fn of_account() -> Result<Self> {
        Ok(Folder(private::folder("journal").map_err(Error::other)?))
    }

    /// This folder, made where it is not there.
    ///
    /// # Errors
    /// As `of_account`.
    pub fn at(path: &Path) -> Result<Self> {
        let path = std::path::absolute(path)?;
        if let Some(parent) = path.parent().filter(|parent| !parent.exists()) {
            fs::create_dir_all(parent)
                .map_err(|e| Error::other(format!("cannot make {}: {e}", parent.display())))?;
        }
        private::own(&path).map_err(Error::other)?;
        Ok(Folder(path))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Begins the journal of a new run; the oldest of many are removed.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn begin(&self, head: &Head) -> Result<Journal> {
        let master = key::of_folder(&self.0)?;
        self.prune();
        let now = jiff::Zoned::now();
        // In 65536ths of a second, so that runs of one second are in order, too.
        let fraction = i64::from(now.subsec_nanosecond()) * 0x1_0000 / 1_000_000_000;
        let path = self.0.join(format!("{}-{fraction:04x}", now.strftime("%Y%m%d-%H%M%S")));
        private::own(&path).map_err(Error::other)?;
        Journal::begin(Run::at(path), &master, head)
    }

    /// All runs, the latest last.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn runs(&self) -> Result<Vec<Run>> {
        let entries = fs::read_dir(&self.0)
            .map_err(|e| Error::other(format!("cannot read {}: {e}", self.0.display())))?;
        let mut paths: Vec<PathBuf> = entries
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| path.is_dir())
            .collect();
        paths.sort();
        Ok(paths.into_iter().map(Run::at).collect())
    }

    /// The run of this id, or the only one whose id begins so.
    ///
    /// # Errors
    /// There is none, or several.
    pub fn find(&self, id: &str) -> Result<Run> {
        let mut found: Vec<Run> = self.runs()?.into_iter().filter(|run| run.id().starts_with(id)).collect();
        match found.len() {
            1 => found.pop().ok_or_else(|| self.missing(id)),
            0 => Err(self.missing(id)),
            _ => {
                let ids = found.iter().map(Run::id).collect::<Vec<_>>().join(", ");
                Err(Error::new(Exit::Usage, format!("several runs begin with {id}")).note(ids))
            }
        }
    }

    fn missing(&self, id: &str) -> Error {
        Error::new(Exit::Usage, format!("there is no run {id} in {}", self.0.display()))
            .help("`warp journal` lists the runs that are kept")
    }

    /// Removes the oldest runs, but none that still goes on.
    fn prune(&self) {
        let Ok(runs) = self.runs() else { return };
        let many = runs.len().saturating_sub(KEPT - 1);
        for run in runs.into_iter().take(many) {
            // What cannot be removed now is tried again by the next run.
            if let Ok(Some(_held)) = run.hold() {
                let _ = fs::remove_dir_all(run.path());
            }
        }
    }
}
