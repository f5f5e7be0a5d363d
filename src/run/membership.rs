//! What tasks change of the inventory: `add_host` and `group_by`.

use super::end::{End, HostEnd};
use super::play::PlayRun;
use super::refresh::Added;
use super::result;
use crate::error::Result;
use crate::event::{By, Event, Status, StepInfo};
use crate::play::Task;
use crate::value::{Map, Value};
use std::sync::Arc;

impl PlayRun {
    /// Adds the hosts and groups that a task made. It changed something where the inventory did not know them yet, unless
    /// `changed_when` says otherwise.
    ///
    /// # Errors
    /// A group that would be beneath itself.
    pub(super) fn change_inventory(
        &self,
        task: &Task,
        step: &Arc<StepInfo>,
        end: &mut HostEnd,
        hosts: &[Arc<str>],
    ) -> Result<()> {
        let mut changes = Vec::new();
        // A task that failed, if only for an item, adds nothing.
        let adds = end.end != End::Failed;
        for effects in &mut end.effects {
            let host = effects.add_host.take().map(Added::Host);
            let group = effects.add_group.take();
            let group = group.map(|(group, parents)| Added::Group(hosts.to_vec(), group, parents));
            let mut changed = None;
            for added in host.into_iter().chain(group) {
                changed = Some(adds && self.run.add_to_inventory(added)?);
            }
            changes.push(changed);
        }
        if matches!(end.end, End::Ok | End::Failed)
            && task.changed_when.is_empty()
            && changes.iter().any(Option::is_some)
        {
            end.changed = changes.contains(&Some(true));
            note(&mut end.result, &changes, end.changed);
        }
        if !end.replayed {
            self.tell_items(step, end);
        }
        Ok(())
    }

    /// Tells the ends of a loop's items that waited for the inventory.
    fn tell_items(&self, step: &Arc<StepInfo>, end: &mut HostEnd) {
        let Some(Value::List(items)) = end.result.get("results").cloned() else { return };
        for (effects, item) in end.effects.iter_mut().zip(items.iter()) {
            let Some(label) = effects.label.take() else { continue };
            let changed = item.get("changed").is_some_and(Value::truthy);
            let failed = item.get("failed").is_some_and(Value::truthy);
            let status = match changed {
                _ if failed => Status::Failed,
                true => Status::Changed,
                false => Status::Ok,
            };
            self.run.events.emit(&Event::ItemDone {
                step: Arc::clone(step),
                host: Arc::clone(&end.host),
                delegated_to: effects.delegated_to.take(),
                status,
                label,
                result: item.clone(),
                error: None,
                by: By::Action,
                no_log: end.no_log,
            });
        }
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
