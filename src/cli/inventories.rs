//! The inventory that a command line names.

use super::compat;
use crate::error::{Error, Result};
use crate::event::{Event, Events};
use crate::inventory::{Inventory, Notice, Sources};
use crate::run::{Cache, Settings};
use std::sync::Arc;

/// Reads the inventory that the settings name, and tells what there is to tell of it.
///
/// # Errors
/// What cannot be read or understood; under Ansible's names that is told, and passed over.
pub(super) fn load(settings: &Settings, events: &Events) -> Result<(Sources, Inventory)> {
    let inventories = Arc::new(settings.config.inventories.clone());
    let cache = Cache::new(settings.config.variables.fact_cache.clone());
    let sources = Sources::new(settings.inventory_sources.clone(), inventories)
        .with_extra_vars(Arc::clone(&settings.extra_vars))
        .with_facts(Box::new(move |host| cache.get(host)))
        .forgiving(compat::active());
    events.emit(&Event::Verbose { level: 4, text: "setting up inventory plugins".to_owned() });
    let mut inventory = sources.load()?;
    tell(&mut inventory, events);
    Ok((sources, inventory))
}

/// Tells what reading an inventory had to say.
pub(super) fn tell(inventory: &mut Inventory, events: &Events) {
    for notice in inventory.take_notices() {
        events.emit(&match notice {
            Notice::Warning(text) => Event::warning(text),
            Notice::Deprecated(text) => {
                Event::Deprecated { what: Arc::new(Error::other(text)), version: Some(Arc::from("2.23")) }
            }
            Notice::Remark(level, text) => Event::Verbose { level, text },
        });
    }
}
