//! Which hosts are still in a play, and in which of its roles.

use super::play::PlayRun;
use super::steps::Hosts;
use super::vars::{read, write};
use crate::play::{Link, Role, Task};
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// A host's name and a role's identity.
type HostRole = (Arc<str>, Arc<str>);

/// What a play's hosts left, and what they did of its roles.
#[derive(Default)]
pub(super) struct Presence {
    /// Which use of a role a host ran, by the role's identity and host. Kept, not only its address: another use might get that.
    roles_ran: Mutex<HashMap<HostRole, Arc<Role>>>,
    /// Uses of roles that a host left by `end_role`.
    roles_left: Mutex<Vec<(Arc<Link>, Arc<str>)>>,
    /// Hosts for which the play is over.
    over: RwLock<HashSet<Arc<str>>>,
    /// Those of them that count as failed.
    over_failed: Mutex<HashSet<Arc<str>>>,
    /// Whether no further batch is to run.
    pub ended: AtomicBool,
    /// Whether no further play is to run.
    pub broken: AtomicBool,
}

impl PlayRun {
    /// Ends the play for these hosts.
    pub(super) fn end(&self, hosts: &[Arc<str>]) {
        write(&self.presence.over).extend(hosts.iter().cloned());
        self.remove(hosts);
    }

    /// Notes that these hosts, for which the play is over, failed in it.
    pub(super) fn ended_failed(&self, hosts: &[Arc<str>]) {
        let mut failed = self.presence.over_failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.extend(hosts.iter().cloned());
    }

    /// Whether the play is over for a host that failed in it.
    pub(super) fn is_over_failed(&self, host: &Arc<str>) -> bool {
        self.presence.over_failed.lock().unwrap_or_else(PoisonError::into_inner).contains(host)
    }

    /// Whether the play is over for a host.
    pub(super) fn is_over(&self, host: &Arc<str>) -> bool {
        read(&self.presence.over).contains(host)
    }

    /// Ends the play with this batch.
    pub(super) fn end_play(&self) {
        self.presence.ended.store(true, Ordering::Relaxed);
    }

    /// Ends the run with this play.
    pub(super) fn break_off(&self) {
        self.presence.broken.store(true, Ordering::Relaxed);
    }

    /// Those of these hosts for which the play goes on.
    pub(super) fn still_in(&self, mut hosts: Hosts) -> Hosts {
        let over = read(&self.presence.over);
        hosts.retain(|h| !over.contains(h));
        hosts
    }

    /// Takes hosts out of the magic lists of hosts.
    pub(super) fn remove(&self, hosts: &[Arc<str>]) {
        write(&self.vars.removed).extend(hosts.iter().cloned());
    }

    /// Notes that a host ran a task of a role.
    pub(super) fn role_ran(&self, task: &Task, host: &Arc<str>) {
        let Some(role) = &task.role else { return };
        let mut ran = self.presence.roles_ran.lock().unwrap_or_else(PoisonError::into_inner);
        ran.entry((Arc::clone(&role.identity), Arc::clone(host))).or_insert_with(|| Arc::clone(role));
    }

    /// Notes that a host leaves the task's role.
    pub(super) fn leave_role(&self, task: &Task, host: &Arc<str>) {
        let Some(role) = &task.role else { return };
        let mut left = self.presence.roles_left.lock().unwrap_or_else(PoisonError::into_inner);
        left.push((Arc::clone(&role.link), Arc::clone(host)));
    }

    /// Whether a host passes over the task: it left the task's role, or one that this is part of, or ran another use of
    /// the role already.
    pub(super) fn role_done(&self, task: &Task, host: &Arc<str>) -> bool {
        let Some(role) = &task.role else { return false };
        let left = self.presence.roles_left.lock().unwrap_or_else(PoisonError::into_inner);
        if !left.is_empty()
            && role.link.chain().any(|l| left.iter().any(|(link, h)| Arc::ptr_eq(link, l) && h == host))
        {
            return true;
        }
        drop(left);
        if role.allow_duplicates {
            return false;
        }
        let ran = self.presence.roles_ran.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (Arc::clone(&role.identity), Arc::clone(host));
        ran.get(&key).is_some_and(|ran| !Arc::ptr_eq(ran, role))
    }
}
