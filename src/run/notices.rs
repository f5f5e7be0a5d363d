//! What templates tell while a task runs: part of its result.

use super::host_task::HostTask;
use super::result;
use super::vars::HostScope;
use crate::event::Event;
use crate::template::{Notice, Scope};
use crate::value::{Key, Map, Value};
use std::sync::Arc;

impl HostTask {
    /// Puts what templates told into the result. Warnings are printed with it; what is deprecated is told with its place.
    pub(super) fn told(&self, scope: &HostScope, notices: Vec<Notice>, result: &mut Map) {
        if notices.is_empty() {
            return;
        }
        let enabled = scope.get("ansible_deprecation_warnings").map(|v| v.truthy());
        let enabled = enabled.unwrap_or(self.play.run.settings.config.screen.deprecation_warnings);
        for notice in notices {
            match notice {
                Notice::Warning(what) => append(result, "warnings", Value::data(what.message())),
                Notice::Deprecated { what, version } if enabled => {
                    append(result, "deprecations", deprecation(what.message(), version));
                    self.play.run.events.emit(&Event::Deprecated { what, version: Some(Arc::from(version)) });
                }
                Notice::Deprecated { .. } => {}
            }
        }
    }
}

fn append(result: &mut Map, key: &str, value: Value) {
    let mut list = result.get(key).and_then(Value::as_list).unwrap_or_default().to_vec();
    list.push(value);
    result::put(result, key, list);
}

/// As results have it.
fn deprecation(message: &str, version: &str) -> Value {
    let core = || Value::data("ansible.builtin");
    let deprecator = Map::from_iter([(Key::from("resolved_name"), core()), (Key::from("type"), Value::Null)]);
    Value::map(Map::from_iter([
        (Key::from("collection_name"), core()),
        (Key::from("deprecator"), Value::map(deprecator)),
        (Key::from("msg"), Value::data(message)),
        (Key::from("version"), Value::data(version)),
    ]))
}
