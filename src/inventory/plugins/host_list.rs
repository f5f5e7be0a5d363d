//! `-i a,b,`: hosts named on the command line.

use super::Given;
use crate::error::{Error, Result};
use crate::inventory::range::{self, Wrong};
use crate::inventory::{Inventory, address};
use std::sync::Arc;

/// Adds the hosts of a list; with `ranges`, `web[1:3]` stands for three.
pub(super) fn read(given: &Given<'_>, inventory: &mut Inventory, ranges: bool) -> Result<()> {
    for part in given.text.split(',').map(str::trim).filter(|p| !p.is_empty()) {
        let (names, port) = if ranges {
            let (name, port) = address::parse(part).unwrap_or((part, None));
            match range::expand(name) {
                Ok(names) => (names, port),
                Err(Wrong::Rule(why)) => {
                    inventory.remark(
                        3,
                        format!("Unable to parse address from hostname, leaving unchanged: {why}"),
                    );
                    (vec![part.to_owned()], None)
                }
                Err(Wrong::Text(why)) => {
                    return Err(Error::input(format!("Invalid data from string, could not parse: {why}")));
                }
            }
        } else {
            let (name, port) = address::parse(part).filter(|(n, _)| !n.contains('[')).unwrap_or((part, None));
            (vec![name.to_owned()], port)
        };
        for name in names {
            if !inventory.hosts.contains_key(&*name) {
                let name: Arc<str> = Arc::from(name);
                inventory.new_host(&name, port);
                inventory.join(&name, "ungrouped");
            }
        }
    }
    Ok(())
}
