//! What hosts came to, and the exit code.

use super::Shared;
use super::end::{End, HostEnd};
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
    /// Hosts that failed before this batch.
    carried: IndexSet<Arc<str>>,
    /// Hosts that count as failed in this batch; those that `any_errors_fatal` failed stay here even when rescued.
    failed: IndexSet<Arc<str>>,
    unreachable: IndexSet<Arc<str>>,
    /// Hosts whose errors were cleared in this batch.
    forgiven: IndexSet<Arc<str>>,
    /// How the last batch ended: that is how the run ends.
    ended: Option<Exit>,
}

impl Tally {
    /// How many hosts are out.
    pub(super) fn out(&self) -> usize {
        self.failed.len() + self.unreachable.len()
    }

    /// A batch begins: what failed before is counted apart.
    pub(super) fn begin(&mut self) {
        self.carried = std::mem::take(&mut self.failed);
        self.forgiven.clear();
    }

    /// A batch ended with these hosts failed.
    pub(super) fn end(&mut self, failed: Vec<Arc<str>>) {
        let failed = failed.into_iter().filter(|host| !self.forgiven.contains(host));
        let failed: Vec<_> = failed.chain(std::mem::take(&mut self.carried)).collect();
        self.ended = Some(match (self.unreachable.is_empty(), failed.is_empty()) {
            (false, _) if self.unreachable.iter().any(|h| self.recap.get(h).is_some_and(|r| r.lost > 0)) => {
                Exit::HostsLost
            }
            (false, _) => Exit::HostsUnreachable,
            (true, false) => Exit::HostsFailed,
            (true, true) => Exit::Ok,
        });
        self.failed.extend(failed);
    }

    /// Counts hosts as failed, whatever becomes of them in this play.
    pub(super) fn fail(&mut self, hosts: &[Arc<str>]) {
        self.failed.extend(hosts.iter().cloned());
    }

    /// A host failed of itself: errors cleared before do not cover that.
    pub(super) fn blame(&mut self, host: &Arc<str>) {
        self.forgiven.shift_remove(host);
    }

    /// How many hosts count as failed in this batch.
    pub(super) fn failures(&self) -> usize {
        self.failed.len()
    }

    pub(super) fn result(&self) -> RunResult {
        let mut recap: Vec<_> = self.recap.iter().map(|(h, r)| (Arc::clone(h), *r)).collect();
        recap.sort_by(|a, b| a.0.cmp(&b.0));
        RunResult { recap, exit: self.ended.unwrap_or(Exit::Ok) }
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
            Status::Unreachable => recap.unreachable += 1,
            Status::Lost => {
                recap.unreachable += 1;
                recap.lost += 1;
            }
        }
    }

    /// Takes back a task's end on a host that is to run it again. As Ansible counts, an `ok` is taken back even where
    /// the task failed.
    pub(super) fn take_back(&self, end: &HostEnd) {
        let mut tally = self.lock_tally();
        let recap = tally.recap.entry(Arc::clone(&end.host)).or_default();
        let one_less = |sum: &mut u32, counted: bool| *sum = sum.saturating_sub(u32::from(counted));
        one_less(&mut recap.failed, end.end == End::Failed);
        one_less(&mut recap.unreachable, matches!(end.end, End::Unreachable | End::Lost));
        one_less(&mut recap.lost, end.end == End::Lost);
        one_less(&mut recap.changed, end.changed);
        one_less(&mut recap.skipped, end.end == End::Skipped);
        one_less(&mut recap.ok, true);
    }

    /// Whether a host is out of the run, between batches and while one begins.
    pub(super) fn is_out(&self, host: &Arc<str>) -> bool {
        let tally = self.lock_tally();
        tally.failed.contains(host) || tally.carried.contains(host) || tally.unreachable.contains(host)
    }

    /// Takes a host that could not be reached out of the run.
    pub(super) fn lose(&self, host: &Arc<str>) {
        self.lock_tally().unreachable.insert(Arc::clone(host));
    }

    /// Whether a host could not be reached.
    pub(super) fn is_lost(&self, host: &Arc<str>) -> bool {
        self.lock_tally().unreachable.contains(host)
    }

    /// Whether a host's errors were cleared since it failed.
    pub(super) fn is_forgiven(&self, host: &Arc<str>) -> bool {
        self.lock_tally().forgiven.contains(host)
    }

    /// Takes hosts back in.
    pub(super) fn forgive(&self, hosts: &[Arc<str>]) {
        let mut tally = self.lock_tally();
        for host in hosts {
            tally.carried.shift_remove(host);
            tally.failed.shift_remove(host);
            tally.unreachable.shift_remove(host);
            tally.forgiven.insert(Arc::clone(host));
        }
    }
}
