//! What tasks change of the inventory: `add_host` and `group_by`.

use super::end::{End, HostEnd};
use super::play::PlayRun;
use super::result;
use crate::error::Result;
use crate::play::Task;
use crate::value::{Map, Value};
use std::sync::Arc;

impl PlayRun {
    /// Adds the hosts and groups that a task made. It changed something where the inventory did not know them yet, unless
    /// `changed_when` says otherwise.
    ///
    /// # Errors
    /// A group that would be beneath itself.
    pub(super) fn change_inventory(&self, task: &Task, end: &mut HostEnd, hosts: &[Arc<str>]) -> Result<()> {
        let mut changes = Vec::new();
        for effects in &mut end.effects {
            let mut changed = None;
            if let Some(new) = effects.add_host.take() {
                let added =
                    self.run.variables.change_inventory(|i| i.add_host(&new.name, &new.groups, &new.vars));
                changed = Some(added);
            }
            if let Some((group, parents)) = effects.add_group.take() {
                let added = self.run.variables.change_inventory(|inventory| {
                    let mut changed = false;
                    for host in hosts {
                        changed |= inventory.add_to_group(host, &group, &parents)?;
                    }
                    Ok::<bool, crate::error::Error>(changed)
                })?;
                changed = Some(added);
            }
            changes.push(changed);
        }
        if end.end == End::Ok && task.changed_when.is_empty() && changes.iter().any(Option::is_some) {
            end.changed = changes.contains(&Some(true));
            note(&mut end.result, &changes, end.changed);
        }
        Ok(())
    }
}

/// Notes in a result, and in those of a loop's items, what changed.
fn note(into: &mut Map, changes: &[Option<bool>], changed: bool) {
    result::put(into, "changed", changed);
    let Some(Value::List(items)) = into.get("results").cloned() else { return };
    let items = items.iter().zip(changes).map(|(item, changed)| match (item, changed) {
        (Value::Map(map), Some(changed)) => {
            let mut map = Map::clone(map);
            result::put(&mut map, "changed", *changed);
            Value::map(map)
        }
        _ => item.clone(),
    });
    let items = Value::list(items.collect());
    result::put(into, "results", items);
}
