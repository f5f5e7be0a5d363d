//! What hosts came to, and the exit code.

use super::Shared;
use crate::error::Exit;
use crate::event::{Recap, Status};
use indexmap::{IndexMap, IndexSet};
use std::sync::{Arc, MutexGuard, PoisonError};

/// The end of a run.
#[derive(Clone, Debug)]
pub struct RunResult {
    /// Sums per host, sorted by name.
    pub recap: Vec<(Arc<str>, Recap)>,
    /// The exit code.
    pub exit: Exit,
}

/// The sums so far, and the hosts that are out of the run.
#[derive(Default)]
pub(super) struct Tally {
    recap: IndexMap<Arc<str>, Recap>,
    failed: IndexSet<Arc<str>>,
    unreachable: IndexSet<Arc<str>>,
}

impl Tally {
    pub(super) fn out(&self) -> usize {
        self.failed.len() + self.unreachable.len()
    }

    pub(super) fn fail(&mut self, hosts: Vec<Arc<str>>) {
        self.failed.extend(hosts);
    }

    pub(super) fn result(&self) -> RunResult {
        let mut recap: Vec<_> = self.recap.iter().map(|(h, r)| (Arc::clone(h), *r)).collect();
        recap.sort_by(|a, b| a.0.cmp(&b.0));
        let exit = if !self.unreachable.is_empty() {
            Exit::HostsUnreachable
        } else if !self.failed.is_empty() {
            Exit::HostsFailed
        } else {
            Exit::Ok
        };
        RunResult { recap, exit }
    }
}

impl Shared {
    pub(super) fn lock_tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a task's end on a host.
    pub(super) fn tally(&self, host: &Arc<str>, status: Status, changed: bool) {
        let mut tally = self.lock_tally();
        let recap = tally.recap.entry(Arc::clone(host)).or_default();
        match status {
            Status::Ok | Status::Changed => {
                recap.ok += 1;
                recap.changed += u32::from(changed);
            }
            Status::Skipped => recap.skipped += 1,
            Status::Failed => recap.failed += 1,
            Status::Rescued => recap.rescued += 1,
            Status::Ignored => {
                recap.ok += 1;
                recap.ignored += 1;
                recap.changed += u32::from(changed);
            }
            Status::Unreachable | Status::Lost => recap.unreachable += 1,
        }
    }

    /// Whether a host is out of the run.
    pub(super) fn is_out(&self, host: &Arc<str>) -> bool {
        let tally = self.lock_tally();
        tally.failed.contains(host) || tally.unreachable.contains(host)
    }

    /// Takes a host that could not be reached out of the run.
    pub(super) fn lose(&self, host: &Arc<str>) {
        self.lock_tally().unreachable.insert(Arc::clone(host));
    }

    /// Takes hosts back in.
    pub(super) fn forgive(&self, hosts: &[Arc<str>]) {
        let mut tally = self.lock_tally();
        for host in hosts {
            tally.failed.shift_remove(host);
            tally.unreachable.shift_remove(host);
        }
    }
}
