//! Snapshots of the whole lab: one of each domain, of one name, taken and gone back to together.
//!
//! What is there is asked of libvirt and the lab's folder each time: no list of warp's own could say otherwise. See
//! `docs/design/snapshots.md`.

mod beside;
mod create;
mod delete;
mod internal;
mod list;
mod note;
mod revert;
mod size;

pub(super) use beside::folder;
pub use list::{Part, Snapshot};
pub use revert::Reverted;

use super::Lab;
use crate::error::{Error, Result, did_you_mean};
use virt::domain::Domain;

impl Lab {
    /// The lab's domains by name.
    fn sorted_domains(&self) -> Result<Vec<(String, Domain)>> {
        if self.daemon_kind().is_none() {
            return Ok(Vec::new());
        }
        let connect = self.connect()?;
        let mut domains = Vec::new();
        for domain in self.own_domains(&connect)? {
            let name = domain.name().map_err(|e| super::libvirt::error("cannot look at a domain", &e))?;
            domains.push((name, domain));
        }
        domains.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(domains)
    }

    /// Whether there is a snapshot of this name. Blocks.
    ///
    /// # Errors
    /// As `snapshots`.
    pub fn has_snapshot(&self, name: &str) -> Result<bool> {
        Ok(self.snapshots()?.iter().any(|snapshot| snapshot.name == name))
    }
}

/// That there is no such snapshot.
fn absent(name: &str, known: &[Snapshot]) -> Error {
    let error = Error::other(format!("the lab has no snapshot {name}"));
    let names: Vec<&str> = known.iter().map(|snapshot| snapshot.name.as_str()).collect();
    match (did_you_mean(name, names.iter().copied()), names.as_slice()) {
        (Some(near), _) => error.help(format!("did you mean {near}?")),
        (None, []) => error.note("it has none"),
        (None, names) => error.note(format!("it has {}", names.join(", "))),
    }
}
