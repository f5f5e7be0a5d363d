//! Room in memory for the pieces of streams: a little for each session, and more that all sessions of a run share.
//!
//! A stream alone moves by whole windows. Of fifty at once each has at least its own share, so that a host which takes
//! nothing any more holds no other up, and all together stay within bounds.

use std::sync::Arc;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use warp_agent::wire::{CHUNK, FIRST, WINDOW};

/// How many pieces that are sent a session has room for itself.
const OWN: usize = 4;

/// How many pieces all sessions together have room for beyond that.
const SHARED: usize = 128;

/// What an agent may send of a stream beyond its first bytes, once there is room for it.
pub(super) const REST: u64 = WINDOW - FIRST;

/// The room that all sessions share.
#[derive(Clone)]
pub(in crate::connect) struct Shared(Arc<Semaphore>);

impl Default for Shared {
    fn default() -> Self {
        Shared(Arc::new(Semaphore::new(SHARED)))
    }
}

/// A session's room.
pub(super) struct Room {
    own: Arc<Semaphore>,
    shared: Arc<Semaphore>,
}

impl Room {
    pub fn new(shared: Shared) -> Self {
        Room { own: Arc::new(Semaphore::new(OWN)), shared: shared.0 }
    }

    /// Waits for room for a piece that is to be sent.
    pub async fn for_piece(&self) -> Result<OwnedSemaphorePermit, AcquireError> {
        tokio::select! {
            biased;
            own = self.own.clone().acquire_owned() => own,
            shared = self.shared.clone().acquire_owned() => shared,
        }
    }

    /// Room for the rest of a stream's window, if there is any now.
    pub fn for_rest(&self) -> Option<OwnedSemaphorePermit> {
        let pieces = REST.div_ceil(CHUNK as u64).try_into().ok()?;
        self.shared.clone().try_acquire_many_owned(pieces).ok()
    }
}
