//! Who is told how a download goes.

use indicatif::BinaryBytes;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Somebody who is told.
pub trait Watch: Sync {
    /// A few words that stay.
    fn tell(&self, words: &str);
    /// A file of this many bytes comes, where that is known; so many are there.
    fn begin(&self, total: Option<u64>, there: u64);
    /// So many bytes are there.
    fn at(&self, there: u64);
    /// No more come.
    fn end(&self);
}

/// A line now and then, for what is no terminal.
pub struct Lines<'a> {
    tell: &'a (dyn Fn(&str) + Sync),
    state: Mutex<State>,
}

struct State {
    total: Option<u64>,
    told: Instant,
}

/// How long it is silent.
const PAUSE: Duration = Duration::from_secs(10);

impl<'a> Lines<'a> {
    /// Each line is given to `tell`.
    pub fn new(tell: &'a (dyn Fn(&str) + Sync)) -> Self {
        Lines { tell, state: Mutex::new(State { total: None, told: Instant::now() }) }
    }
}

impl Watch for Lines<'_> {
    fn tell(&self, words: &str) {
        (self.tell)(words);
    }

    fn begin(&self, total: Option<u64>, _there: u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = State { total, told: Instant::now() };
    }

    fn at(&self, there: u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.told.elapsed() < PAUSE {
            return;
        }
        state.told = Instant::now();
        let of = state.total.map_or_else(String::new, |total| format!(" of {}", BinaryBytes(total)));
        (self.tell)(&format!("{}{of}", BinaryBytes(there)));
    }

    fn end(&self) {}
}
