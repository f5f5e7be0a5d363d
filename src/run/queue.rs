//! Places for hosts that do not wait for one another: `forks` and `throttle` bound how many run at once.

use super::play::PlayRun;
use super::strategy::Strategy;
use crate::play::Task;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The places of a play.
pub(super) struct Queue {
    /// Taken by each task of a host, under `free`.
    tasks: Option<Arc<Semaphore>>,
    /// Taken by a host for all of the play, under `host_pinned`.
    plays: Option<Arc<Semaphore>>,
    /// The places of throttled tasks, by the task's identity.
    throttled: Mutex<HashMap<Arc<str>, Arc<Semaphore>>>,
}

impl Queue {
    pub(super) fn new(strategy: Strategy, forks: usize) -> Self {
        let places = |for_: Strategy| (strategy == for_).then(|| Arc::new(Semaphore::new(forks.max(1))));
        Queue {
            tasks: places(Strategy::Free),
            plays: places(Strategy::HostPinned),
            throttled: Mutex::default(),
        }
    }

    /// Waits until a host may begin the play.
    pub(super) async fn for_play(&self) -> Option<OwnedSemaphorePermit> {
        take(self.plays.clone()).await
    }
}

/// What a task waits for before it runs on a host.
#[derive(Clone)]
pub(super) struct Places {
    throttled: Option<Arc<Semaphore>>,
    tasks: Option<Arc<Semaphore>>,
}

impl Places {
    /// Waits for them; they are held until what this gives is dropped.
    pub(super) async fn take(self) -> [Option<OwnedSemaphorePermit>; 2] {
        [take(self.throttled).await, take(self.tasks).await]
    }
}

impl PlayRun {
    /// What a task waits for on each host; nothing where the hosts go in step, which bounds them all by itself.
    pub(super) fn places(&self, task: &Task, throttle: usize) -> Places {
        let throttled = (throttle > 0 && !self.strategy.in_step()).then(|| {
            let mut known = self.queue.throttled.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(
                known.entry(Arc::clone(&task.id)).or_insert_with(|| Arc::new(Semaphore::new(throttle))),
            )
        });
        Places { throttled, tasks: self.queue.tasks.clone() }
    }
}

async fn take(semaphore: Option<Arc<Semaphore>>) -> Option<OwnedSemaphorePermit> {
    // A semaphore that nobody closes gives a permit.
    semaphore?.acquire_owned().await.ok()
}
