//! What came out of vaults, for those who show things to hide it.

use crate::value::{Value, python_str};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A line of a text of several lines that is shorter, in bytes, may well be found elsewhere.
const SHORTEST_LINE: usize = 8;

/// A value of a file that is shorter, in bytes, may well be found elsewhere.
const SHORTEST_VALUE: usize = 4;

static HELD: Mutex<Vec<Arc<str>>> = Mutex::new(Vec::new());

fn all() -> MutexGuard<'static, Vec<Arc<str>>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What came out of vaults so far, but for the first `known`: without ends of lines, for what prints it often drops
/// them; of texts of several lines each line too.
#[must_use]
pub fn held(known: usize) -> Vec<Arc<str>> {
    all().get(known..).unwrap_or_default().to_vec()
}

/// Remembers what a vault held.
pub(super) fn hold(text: &str) {
    let whole = text.trim_end();
    let lines = whole.lines().map(str::trim).filter(|line| *line != whole && line.len() >= SHORTEST_LINE);
    let mut all = all();
    for held in std::iter::once(whole).chain(lines) {
        if !held.is_empty() && !all.iter().any(|known| **known == *held) {
            all.push(held.into());
        }
    }
}

/// Remembers a value of a file of variables that is a vault as a whole, with all values in it.
pub fn hold_variables(value: &Value) {
    match value {
        Value::List(items) => items.iter().for_each(hold_variables),
        Value::Map(entries) => entries.values().for_each(hold_variables),
        Value::Text(text) if text.is_vault() => {}
        // What templates give is not known; what stands beside them is.
        Value::Text(text) if text.is_template() => {
            let beside = text
                .split("{{")
                .flat_map(|part| part.split_once("}}").map_or(part, |(_, rest)| rest).lines());
            beside.map(str::trim).filter(|part| part.len() >= SHORTEST_LINE).for_each(hold);
        }
        Value::Text(text) if text.len() >= SHORTEST_VALUE => hold(text),
        Value::Int(_) | Value::Float(_) => {
            let digits = python_str(value);
            if digits.len() >= SHORTEST_VALUE {
                hold(&digits);
            }
        }
        _ => {}
    }
}
