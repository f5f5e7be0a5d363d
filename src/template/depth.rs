//! Ends what would never end before the stack does.

use super::fail::{Fail, R};
use std::cell::Cell;

/// How deep templates may call templates: a variable that needs itself is found here.
const TEMPLATES: usize = 160;

/// How deep expressions and statements may nest.
pub(crate) const EXPRESSIONS: usize = 250;

/// How deep containers may nest: a list that was appended to itself is found here.
const CONTAINERS: usize = 200;

thread_local! {
    static TEMPLATES_NOW: Cell<usize> = const { Cell::new(0) };
    static CONTAINERS_NOW: Cell<usize> = const { Cell::new(0) };
}

/// Does work that may go as deep as these limits, on a stack with room for it, whatever the thread's own is.
pub(crate) fn roomy<T>(work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(256 << 10, 2 << 20, work)
}

/// Reads a text with minijinja's parser, which goes a few frames deeper at each bracket and whose trees are as deep as
/// a chain of operators is long.
pub(crate) fn roomy_for<T>(text: &str, work: impl FnOnce() -> T) -> T {
    let room = (4 << 20) + 256 * text.len().min(1 << 20);
    stacker::maybe_grow(room, room, work)
}

fn enter(now: &Cell<usize>, limit: usize) -> bool {
    let inside = now.get() < limit;
    if inside {
        now.set(now.get() + 1);
    }
    inside
}

/// One template deeper, undone when dropped.
pub(crate) struct Deeper;

impl Deeper {
    pub(crate) fn enter(what: &str) -> R<Deeper> {
        if TEMPLATES_NOW.with(|now| enter(now, TEMPLATES)) {
            return Ok(Deeper);
        }
        Err(Fail::finished(format!("Recursive loop detected in {what}.")))
    }
}

impl Drop for Deeper {
    fn drop(&mut self) {
        TEMPLATES_NOW.with(|now| now.set(now.get().saturating_sub(1)));
    }
}

/// One container deeper, undone when dropped.
pub(crate) struct Nested;

impl Nested {
    pub(crate) fn enter() -> R<Nested> {
        if CONTAINERS_NOW.with(|now| enter(now, CONTAINERS)) {
            return Ok(Nested);
        }
        Err(Fail::new("lists and maps are nested too deeply, or hold themselves"))
    }
}

impl Drop for Nested {
    fn drop(&mut self) {
        CONTAINERS_NOW.with(|now| now.set(now.get().saturating_sub(1)));
    }
}
