//! What templates tell while a task runs: part of its result.

use super::host_task::HostTask;
use super::result;
use crate::event::Event;
use crate::template::Notice;
use crate::value::{Key, Map, Value};
use std::collections::HashSet;
use std::sync::Arc;

impl HostTask {
    /// Puts what templates told into the result, each once. Warnings are printed with it; what is deprecated is told with
    /// its place.
    pub(super) fn told(&self, notices: Vec<Notice>, result: &mut Map) {
        let mut seen = HashSet::new();
        for notice in notices {
            let what = match &notice {
                Notice::Warning(what) | Notice::Deprecated { what, .. } => what,
                Notice::Verbose(..) => {
                    self.play.run.events.emit(&notice.into());
                    continue;
                }
            };
            let place = what.span().map(ToString::to_string);
            if !seen.insert((what.message().to_owned(), place)) {
                continue;
            }
            match notice {
                Notice::Warning(what) => append(result, "warnings", Value::data(what.message())),
                Notice::Verbose(..) => {}
                Notice::Deprecated { what, version } => {
                    append(result, "deprecations", deprecation(what.message(), version));
                    self.play.run.events.emit(&Event::Deprecated { what, version: Some(Arc::from(version)) });
                }
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
