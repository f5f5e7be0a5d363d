//! Deleting a snapshot of the lab.

use super::beside::Beside;
use super::{absent, internal};
use crate::error::Result;
use crate::lab::{Lab, libvirt};

impl Lab {
    /// Deletes a snapshot from all domains that have it; the lab stays as it is. Gives their names. Blocks.
    ///
    /// # Errors
    /// There is no such snapshot, or libvirt's refusal, with what was deleted before it.
    pub fn delete_snapshot(&self, name: &str) -> Result<Vec<String>> {
        let mut done = Vec::new();
        for (domain, handle) in self.sorted_domains()? {
            let deleted = match internal::find(&handle, name)? {
                Some(found) => found.delete(0).map(|()| true).map_err(|e| {
                    libvirt::error(format_args!("cannot delete the snapshot {name} of {domain}"), &e)
                }),
                None => Beside::new(self, &domain, &handle, name)?.delete(),
            };
            match (deleted, done.as_slice()) {
                (Ok(true), _) => {}
                (Ok(false), _) => continue,
                (Err(error), []) => return Err(error),
                (Err(error), done) => {
                    return Err(error.note(format!("deleted before: {}", done.join(", "))));
                }
            }
            done.push(domain);
        }
        match done.is_empty() {
            true => Err(absent(name, &self.snapshots()?)),
            false => Ok(done),
        }
    }
}
