//! Which of several runs of one playbook at once this is: each knows its detached steps by its own names, and a run that
//! comes after one that was killed takes its place, and so finds what it left.

use super::Shared;
use crate::error::{Error, Result};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use warp_agent::private;

/// A place among the runs of one playbook: ours until this is dropped, or until warp dies in whatever way.
#[derive(Debug)]
pub(super) struct Slot {
    /// By which this run's detached steps are known.
    pub key: String,
    path: PathBuf,
    _lock: Flock<File>,
}

impl Slot {
    /// Takes the first free place among the runs of this key.
    ///
    /// # Errors
    /// The account has no folder to note it in.
    pub fn take(run_key: &str) -> Result<Self> {
        let folder = private::folder("runs")
            .map_err(|why| Error::other(why).context("cannot tell runs of this playbook apart"))?;
        // Accounts of one name on several machines are not one.
        let machine = fs::read_to_string("/etc/machine-id").unwrap_or_default();
        let hash = blake3::hash(run_key.as_bytes()).to_hex();
        let mut number = 0;
        loop {
            let path = folder.join(format!("{hash}.{number}"));
            if let Some(lock) = lock(&path).map_err(|e| {
                Error::other(format!("cannot lock {}: {e}", path.display()))
                    .context("cannot tell runs of this playbook apart")
            })? {
                let key = format!("{}/{run_key}#{number}", machine.trim());
                return Ok(Slot { key, path, _lock: lock });
            }
            number += 1;
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        // While it is locked: whoever opened it meanwhile sees that it is no longer there, and makes another.
        let _ = fs::remove_file(&self.path);
    }
}

impl Shared {
    /// By which this run's detached steps are known.
    pub(super) fn slot_key(&self) -> Result<String> {
        let mut slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = &*slot {
            return Ok(slot.key.clone());
        }
        let taken = Slot::take(&self.settings.run_key)?;
        Ok(slot.insert(taken).key.clone())
    }
}

/// The lock of a file that is made for it; nothing where another process has it.
fn lock(path: &Path) -> std::io::Result<Option<Flock<File>>> {
    loop {
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => {
                let there =
                    fs::metadata(path).is_ok_and(|at| lock.metadata().is_ok_and(|of| of.ino() == at.ino()));
                if there {
                    return Ok(Some(lock));
                }
            }
            Err((_, Errno::EWOULDBLOCK)) => return Ok(None),
            Err((_, e)) => return Err(e.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_at_once_differ_and_runs_after_one_another_do_not() {
        let key = format!("slot-test-{}", std::process::id());
        let first = Slot::take(&key).unwrap();
        let second = Slot::take(&key).unwrap();
        assert_ne!(first.key, second.key);
        let (before, path) = (first.key.clone(), first.path.clone());
        drop(first);
        assert!(!path.exists());
        assert_eq!(Slot::take(&key).unwrap().key, before);
        assert_ne!(Slot::take("another").unwrap().key, before);
    }
}
