//! The wish that a run should come to an end: what runs is finished, nothing else begins.

use crate::error::{Error, Exit};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Shared by a run and by whoever may stop it.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Wishes it.
    pub fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it has been wished.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Whether something may still begin.
    ///
    /// # Errors
    /// The run was stopped.
    pub(super) fn check(&self) -> Result<(), Error> {
        match self.is_asked() {
            true => Err(Error::new(Exit::Interrupted, "User interrupted execution")),
            false => Ok(()),
        }
    }
}
