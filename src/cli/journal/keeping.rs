//! How a run is kept: in which folder, whether at all, and as whose continuation.

use crate::cli::output::Output;
use crate::error::{Error, Exit, Result};
use crate::event::{Event, Events};
use crate::journal::{Folder, Head};
use crate::play::Errors;
use crate::run::{Keep, Past};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The value of WARP_JOURNAL that keeps none.
const OFF: &str = "off";

/// Where journals are kept.
#[derive(Clone, Debug, Default, clap::Args)]
pub(in crate::cli) struct Where {
    /// The folder of journals: /var/lib/warp/journal for root, ~/.warp/journal for others; deployments have theirs in the
    /// lab's folder. WARP_JOURNAL=off keeps none.
    #[arg(long, value_name = "DIR", env = "WARP_JOURNAL")]
    pub journal: Option<PathBuf>,
}

impl Where {
    /// The folder, of the account unless another is told.
    ///
    /// # Errors
    /// It cannot be made, or another account could write to it.
    pub fn folder(&self) -> Result<Folder> {
        let told = self.journal.as_deref().filter(|dir| *dir != Path::new(OFF));
        told.map_or_else(Folder::of_account, Folder::at)
    }
}

/// Whether a new run is kept.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(in crate::cli) struct Whether {
    /// Keep no journal: the run cannot be resumed (WARP_JOURNAL=off).
    #[arg(long)]
    no_journal: bool,
}

impl Whether {
    /// That it is not.
    pub fn not() -> Self {
        Whether { no_journal: true }
    }

    /// That a new run is kept in this folder, unless it is not to be: `place` or the environment may say so, too.
    pub fn keeping(self, place: Option<&Where>, folder: impl FnOnce() -> Result<Folder>) -> Keeping {
        let off = |place: Where| place.journal.is_some_and(|dir| dir == Path::new(OFF));
        let environment = Where { journal: std::env::var_os("WARP_JOURNAL").map(PathBuf::from) };
        if self.no_journal || off(place.cloned().unwrap_or(environment)) {
            return Keeping::None;
        }
        Keeping::New(folder().map_err(Box::new))
    }
}

/// Whether and how a run is kept.
pub(in crate::cli) enum Keeping {
    /// It is not.
    None,
    /// In this folder, if that can be had.
    New(std::result::Result<Folder, Box<Error>>),
    /// It goes on with this one.
    Resumed(Arc<Keep>),
}

impl Keeping {
    /// Begins the journal. A run that cannot have one goes on without, and says so.
    pub fn begin(self, events: &Events) -> Option<Arc<Keep>> {
        let folder = match self {
            Keeping::None => return None,
            Keeping::Resumed(keep) => {
                let (id, done) = (keep.journal.run().id(), keep.past.kept());
                events.emit(&Event::Verbose {
                    level: 0,
                    text: format!("resuming {id}: {done} steps are done"),
                });
                return Some(keep);
            }
            Keeping::New(folder) => folder,
        };
        match folder.map_err(|e| *e).and_then(|folder| folder.begin(&Head::of_process())) {
            Ok(journal) => Some(Arc::new(Keep { journal, past: Past::default() })),
            Err(e) => {
                let told = Error::other("this run cannot be resumed: it has no journal");
                events.emit(&Event::Warning(Arc::new(told.note(e.message().to_owned()))));
                None
            }
        }
    }
}

/// Notes how a run ended, and says on warp's own screen how it is taken up.
///
/// # Errors
/// Those that it ended with.
pub(in crate::cli) fn end(
    keep: Option<Arc<Keep>>,
    end: std::result::Result<Exit, Errors>,
    output: Output,
) -> std::result::Result<Exit, Errors> {
    let Some(keep) = keep else { return end };
    let journal = &keep.journal;
    let exit = end.as_ref().map_or_else(Errors::exit, |exit| *exit);
    journal.finish(exit.code());
    if exit != Exit::Ok && output == Output::Screen && journal.run().path().is_dir() {
        anstream::eprintln!("to go on from there: warp resume {}", journal.run().id());
    }
    end
}
