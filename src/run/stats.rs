//! Sums that tasks keep with `set_stats`, or modules with `ansible_stats` in their results.

use crate::value::{Key, Map, Value, merged};
use std::sync::Arc;

/// The name under which the run's own sums stand, beside those of hosts.
const RUN: &str = "_run";

/// The sums so far: of hosts, and of the run.
#[derive(Clone, Debug, Default)]
pub(super) struct Stats(Map);

impl Stats {
    /// Takes in what a result, or those of a loop's items, say.
    pub(super) fn take(&mut self, result: &Map, hosts: &[Arc<str>]) {
        let items = result.get("results").and_then(Value::as_list).unwrap_or_default();
        let results =
            if items.is_empty() { vec![result] } else { items.iter().filter_map(Value::as_map).collect() };
        for stats in results.into_iter().filter_map(|r| r.get("ansible_stats")) {
            let Some(data) = stats.get("data").and_then(Value::as_map) else { continue };
            let per_host = stats.get("per_host").is_none_or(Value::truthy);
            let aggregate = stats.get("aggregate").is_some_and(Value::truthy);
            let run = [Arc::from(RUN)];
            for host in if per_host { hosts } else { &run } {
                for (name, value) in data {
                    self.set(host, name, value, aggregate);
                }
            }
        }
    }

    fn set(&mut self, host: &Arc<str>, name: &Key, value: &Value, aggregate: bool) {
        let of_host = self.0.entry(Key::from(Arc::clone(host))).or_insert_with(|| Value::map(Map::new()));
        let mut map = of_host.as_map().cloned().unwrap_or_default();
        let sum = match map.get(name).filter(|_| aggregate) {
            Some(old) => sum(old, value),
            None => Some(value.clone()),
        };
        if let Some(sum) = sum {
            map.insert(name.clone(), sum);
        }
        *of_host = Value::map(map);
    }

    /// All of them, by host.
    pub(super) fn all(&self) -> Value {
        Value::map(self.0.clone())
    }
}

/// Two values added; nothing where their types differ.
fn sum(old: &Value, new: &Value) -> Option<Value> {
    Some(match (old, new) {
        (Value::Map(_), Value::Map(_)) => merged(old, new),
        (Value::List(a), Value::List(b)) => Value::list(a.iter().chain(b.iter()).cloned().collect()),
        (Value::Text(a), Value::Text(b)) => Value::data(format!("{a}{b}")),
        (Value::Int(a), Value::Int(b)) => Value::Int(a.checked_add(*b)?),
        (Value::Int(a), Value::Bool(b)) => Value::Int(a.checked_add((*b).into())?),
        (Value::Bool(a), Value::Bool(b)) => Value::Int(i128::from(*a) + i128::from(*b)),
        (Value::Float(a), Value::Float(b)) => Value::Float(a + b),
        _ => return None,
    })
}
