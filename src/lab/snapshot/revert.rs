//! Going back to a snapshot of the lab.

use super::beside::Beside;
use super::{absent, create, internal};
use crate::error::{Error, Result};
use crate::lab::{Lab, libvirt};
use virt::domain::Domain;

/// What a revert left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reverted {
    /// Domains that run again, in the memory of then.
    pub running: Vec<String>,
    /// Domains that are shut off, as they were then.
    pub stopped: Vec<String>,
    /// Domains that are as they were before: the snapshot has them not.
    pub left: Vec<String>,
}

impl Lab {
    /// Puts all domains back, and lets those that ran then go on together. Blocks.
    ///
    /// # Errors
    /// There is no such snapshot; one that not all of the lab's domains are in, unless `partial`; or libvirt's refusal,
    /// with what was put back before it.
    pub fn revert_snapshot(&self, name: &str, partial: bool) -> Result<Reverted> {
        let known = self.snapshots()?;
        let snapshot = known.iter().find(|s| s.name == name).ok_or_else(|| absent(name, &known))?;
        if !partial && !snapshot.missing.is_empty() {
            return Err(Error::other(format!(
                "the snapshot {name} has no state of {}",
                snapshot.missing.join(", ")
            ))
            .note("they would go on with what they are beside machines of another time")
            .help("go back to another snapshot, remove them, or leave them as they are: --partial"));
        }
        let mut done = Reverted { left: snapshot.missing.clone(), ..Reverted::default() };
        let mut paused: Vec<(String, Domain)> = Vec::new();
        for (domain, handle) in self.sorted_domains()? {
            let Some(part) = snapshot.parts.iter().find(|part| part.domain == domain) else { continue };
            // Looked for again: a snapshot may have been deleted meanwhile.
            let reverted = match internal::find(&handle, name)? {
                Some(found) => internal::revert(&found, part.ran)
                    .map_err(|e| libvirt::error(format_args!("cannot put {domain} back to {name}"), &e)),
                None => Beside::new(self, &domain, &handle, name)?.revert(),
            };
            if let Err(error) = reverted {
                return Err(stopped(error, &done));
            }
            if part.ran {
                done.running.push(domain.clone());
                paused.push((domain, handle));
            } else {
                done.stopped.push(domain);
            }
        }
        create::resume(&paused.iter().collect::<Vec<_>>())?;
        Ok(done)
    }
}

fn stopped(error: Error, done: &Reverted) -> Error {
    let back: Vec<&str> = done.running.iter().chain(&done.stopped).map(String::as_str).collect();
    let error = match back.as_slice() {
        [] => error.note("no domain was put back"),
        back => error.note(format!("put back before, and left paused: {}", back.join(", "))),
    };
    error.help("mend what is told above and revert again: a domain can be put back as often as is needed")
}
