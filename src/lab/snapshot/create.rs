//! Taking a snapshot of the lab: of all its domains or of none.

use super::beside::Beside;
use super::internal;
use super::note::Note;
use crate::error::{Error, Result};
use crate::lab::{Lab, libvirt};
use virt::domain::{Domain, DomainState};

impl Lab {
    /// Takes a snapshot of all domains at one time: those that run are paused together until all are taken. If one cannot
    /// be taken none is kept. Blocks.
    ///
    /// # Errors
    /// There is no domain, or a snapshot of that name already; or libvirt's refusal, with what could not be undone.
    pub fn create_snapshot(&self, name: &str) -> Result<()> {
        check_name(name)?;
        self.take_snapshot(name)
    }

    /// The same, in place of an older one of the name. Blocks.
    ///
    /// # Errors
    /// As `create_snapshot`; the older one is gone then.
    pub fn replace_snapshot(&self, name: &str) -> Result<()> {
        check_name(name)?;
        if self.has_snapshot(name)? {
            self.delete_snapshot(name)?;
        }
        self.take_snapshot(name)
    }

    fn take_snapshot(&self, name: &str) -> Result<()> {
        let domains = self.sorted_domains()?;
        if domains.is_empty() {
            return Err(Error::other("the lab has no domain to take a snapshot of"));
        }
        for (domain, handle) in &domains {
            if internal::find(handle, name)?.is_some() || Beside::new(self, domain, handle, name)?.exists() {
                return Err(Error::other(format!("{domain} has a snapshot {name} already"))
                    .help(format!("choose another name, or delete it: warp snapshot delete {name}")));
            }
        }
        let mut note = Note::default();
        for (domain, handle) in &domains {
            note.ran.insert(domain.clone(), runs(domain, handle)?);
        }
        let running = domains.iter().filter(|(domain, _)| note.ran.get(domain) == Some(&true));
        let running: Vec<&(String, Domain)> = running.collect();
        let taken = paused(&running, || self.take_all(&domains, name, &note));
        let resumed = resume(&running);
        match (taken, resumed) {
            (Err(error), Err(also)) => Err(error.note(also.message().to_owned())),
            (Err(error), Ok(())) | (Ok(()), Err(error)) => Err(error),
            (Ok(()), Ok(())) => Ok(()),
        }
    }

    fn take_all(&self, domains: &[(String, Domain)], name: &str, note: &Note) -> Result<()> {
        for (at, (domain, handle)) in domains.iter().enumerate() {
            let taken = match internal::take(handle, name, note) {
                Err(e) if internal::is_impossible(&e) => Beside::new(self, domain, handle, name)?
                    .take(note)
                    .map_err(|error| error.note(internal::refused(domain, name, &e).message())),
                taken => taken.map_err(|e| internal::refused(domain, name, &e)),
            };
            if let Err(error) = taken {
                return Err(domains.iter().take(at).fold(error, |error, (done, handle)| {
                    match undo(self, done, handle, name) {
                        Ok(()) => error,
                        Err(e) => {
                            error.note(format!("the snapshot of {done} could not be undone: {}", e.message()))
                        }
                    }
                }));
            }
        }
        Ok(())
    }
}

/// A name that libvirt, a command line and a file can all have.
fn check_name(name: &str) -> Result<()> {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '+' | ':');
    if name.is_empty() || name.starts_with(['-', '.']) || !name.chars().all(fits) {
        return Err(Error::input(format!("{name:?} cannot be the name of a snapshot"))
            .help("use letters, digits, - _ . + and :, and begin with none of - and ."));
    }
    Ok(())
}

fn runs(name: &str, domain: &Domain) -> Result<bool> {
    let (state, _) =
        domain.state().map_err(|e| libvirt::error(format_args!("cannot look at the state of {name}"), &e))?;
    Ok(matches!(state.known(), Some(DomainState::Running | DomainState::Blocked)))
}

/// Does `work` while the domains are paused, which `resume` ends.
fn paused(domains: &[&(String, Domain)], work: impl FnOnce() -> Result<()>) -> Result<()> {
    for (name, domain) in domains {
        domain.suspend().map_err(|e| libvirt::error(format_args!("cannot pause {name}"), &e))?;
    }
    work()
}

/// Lets domains that are paused go on; those that cannot are told, and the others go on nevertheless.
pub(super) fn resume(domains: &[&(String, Domain)]) -> Result<()> {
    let mut stuck = Vec::new();
    for (name, domain) in domains {
        let resumed = domain.state().and_then(|(state, _)| match state.known() {
            Some(DomainState::Paused) => domain.resume(),
            _ => Ok(()),
        });
        if let Err(e) = resumed {
            stuck.push(libvirt::error(format_args!("{name} stays paused"), &e));
        }
    }
    let told = stuck.iter().skip(1).map(|e| e.message().to_owned()).collect::<Vec<_>>();
    match stuck.into_iter().next() {
        Some(first) => Err(told.into_iter().fold(first, Error::note)),
        None => Ok(()),
    }
}

/// Deletes what was taken of a domain.
fn undo(lab: &Lab, domain: &str, handle: &Domain, name: &str) -> Result<()> {
    match internal::find(handle, name)? {
        Some(taken) => taken.delete(0).map_err(|e| libvirt::error("libvirt", &e)),
        None => Beside::new(lab, domain, handle, name)?.delete().map(drop),
    }
}
