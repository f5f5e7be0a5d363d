//! `meta: refresh_inventory`: the sources are read again, and what tasks added is added again.

use super::Shared;
use super::play::PlayRun;
use super::vars::write;
use crate::action::AddHost;
use crate::error::Result;
use crate::inventory::{Inventory, LOCALHOST, Notice};
use std::sync::{Arc, PoisonError};

/// What a task added to the inventory.
#[derive(Clone)]
pub(super) enum Added {
    /// A host.
    Host(AddHost),
    /// Hosts in a group, beneath others.
    Group(Vec<Arc<str>>, Arc<str>, Vec<Arc<str>>),
}

impl Added {
    /// Adds it; whether that changed anything.
    pub(super) fn to(&self, inventory: &mut Inventory) -> Result<bool> {
        match self {
            Added::Host(new) => inventory.add_host(&new.name, &new.groups, &new.vars),
            Added::Group(hosts, group, parents) => {
                let mut changed = false;
                // A host that the sources no longer have stays away.
                for host in hosts {
                    if inventory.hosts.contains_key(host) || LOCALHOST.contains(&&**host) {
                        changed |= inventory.add_to_group(host, group, parents)?;
                    }
                }
                Ok(changed)
            }
        }
    }
}

impl Shared {
    /// Adds something to the inventory, for now and for when it is read again.
    pub(super) fn add_to_inventory(&self, added: Added) -> Result<bool> {
        let changed = self.variables.change_inventory(|inventory| added.to(inventory))?;
        self.added.lock().unwrap_or_else(PoisonError::into_inner).push(added);
        Ok(changed)
    }

    /// Reads the inventory's sources again.
    ///
    /// # Errors
    /// As `Sources::load`.
    fn refresh_inventory(&self) -> Result<()> {
        let Some(sources) = self.sources.get() else { return Ok(()) };
        let mut inventory = sources.load()?;
        for notice in inventory.take_notices() {
            if let Notice::Warning(text) | Notice::Deprecated(text) = notice {
                self.warn(text);
            }
        }
        for added in &*self.added.lock().unwrap_or_else(PoisonError::into_inner) {
            added.to(&mut inventory)?;
        }
        self.variables.change_inventory(|own| *own = inventory);
        Ok(())
    }
}

impl PlayRun {
    /// Reads the inventory's sources again; hosts that the play's pattern matches no longer leave the play.
    ///
    /// # Errors
    /// As `Sources::load`.
    pub(super) fn refresh_inventory(&self) -> Result<()> {
        self.run.refresh_inventory()?;
        let (_, hosts) = self.run.hosts_of(&self.vars.play)?;
        let gone: Vec<Arc<str>> = self.vars.batch.iter().filter(|h| !hosts.contains(h)).cloned().collect();
        *write(&self.vars.hosts_all) = hosts;
        self.end(&gone);
        Ok(())
    }
}
