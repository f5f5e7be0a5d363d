//! What a run keeps of its steps as they end, and how a run that is taken up has them again: docs/design/journal.md.

mod execution;
mod past;
mod visit;

pub use past::Past;
pub(super) use visit::{Items, Visit};

use super::Shared;
use crate::event::Event;
use crate::journal::{Journal, Record};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// What a run is written to, and what was written of it before.
pub struct Keep {
    /// Its journal.
    pub journal: Journal,
    /// What earlier warps did of it; nothing of a new run.
    pub past: Past,
}

/// How often a step came to a host.
type Visits = HashMap<(Arc<str>, Arc<str>), u32>;

/// A run's journal, and how often each step has been come to.
pub(super) struct Kept {
    keep: Keep,
    visits: Mutex<Visits>,
}

impl Kept {
    pub(super) fn new(keep: Keep) -> Self {
        Kept { keep, visits: Mutex::default() }
    }
}

impl Shared {
    /// Writes a record into the journal, if there is one.
    pub(super) fn note(&self, record: impl FnOnce() -> Record, keep: bool) {
        let Some(kept) = self.kept.get() else { return };
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
        self.kept.get()?.keep.past.answer(prompt)
    }
}
