//! What a run keeps of its steps as they end, and how a run that is taken up has them again: docs/design/journal.md.

mod execution;
mod past;
mod visit;

pub use past::Past;
pub(super) use visit::{Items, Visit};

use super::Shared;
use crate::event::{Event, Events};
use crate::journal::{Journal, Record, Told};
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// What a run is written to, and what was written of it before.
pub struct Keep {
    /// Its journal.
    pub journal: Journal,
    /// What earlier warps did of it; nothing of a new run.
    pub past: Past,
}

impl fmt::Debug for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Keep").field(&self.journal.run()).finish()
    }
}

/// How often a step came to a host.
type Visits = HashMap<(Arc<str>, Arc<str>), u32>;

/// A run's journal, and how often each step has been come to.
pub(super) struct Kept {
    keep: Arc<Keep>,
    visits: Mutex<Visits>,
    replays: AtomicBool,
    forgotten: AtomicBool,
}

impl Kept {
    /// What is told from now on is kept; what was secret before still is.
    pub(super) fn begun(keep: Arc<Keep>, events: &Events) -> Self {
        for secret in keep.past.secrets() {
            events.emit(&Event::Secret(secret.as_str().into()));
        }
        events.add(Box::new(Told::new(keep.journal.clone())));
        Kept {
            keep,
            visits: Mutex::default(),
            replays: AtomicBool::new(true),
            forgotten: AtomicBool::new(false),
        }
    }

    /// Whether what is known from before is taken.
    pub(super) fn replay(&self, whether: bool) {
        self.replays.store(whether, Ordering::Relaxed);
    }

    /// What is known from before is taken no more.
    pub(super) fn forget(&self) {
        self.forgotten.store(true, Ordering::Relaxed);
    }

    /// What is known from before, where that is to be taken.
    fn past(&self) -> Option<&Past> {
        let takes = self.replays.load(Ordering::Relaxed) && !self.forgotten.load(Ordering::Relaxed);
        takes.then_some(&self.keep.past)
    }
}

impl Shared {
    /// Writes a record into the journal, if there is one.
    pub(super) fn note(&self, record: impl FnOnce() -> Record, keep: bool) {
        let Some(kept) = &self.kept else { return };
        let journal = &kept.keep.journal;
        journal.write(&record(), keep);
        if let Some(failure) = journal.take_failure() {
            self.events.emit(&Event::Warning(Arc::new(failure)));
        }
    }

    /// Notes hosts that failed for another's sake.
    pub(super) fn note_out(&self, hosts: &[Arc<str>]) {
        if !hosts.is_empty() {
            self.note(|| Record::Out(hosts.iter().map(ToString::to_string).collect()), false);
        }
    }

    /// What the user answered before.
    pub(super) fn answered(&self, prompt: &str) -> Option<crate::value::Value> {
        self.kept.as_ref()?.past()?.answer(prompt)
    }
}
