//! What one side of a session keeps, so that a link may be cut and another go on where it was: the frames that the other
//! side has not acknowledged, and the count of those that came from there.

use crate::wire::ACKNOWLEDGE;
use std::collections::VecDeque;

/// What keeping a frame costs beside its bytes: small ones are not to pile up either.
const COST: usize = 128;

/// Frames to be written, and, where links are followed by others, those written and not acknowledged.
///
/// Each carries a `T`, let go with it.
#[derive(Debug)]
pub struct Backlog<T> {
    frames: VecDeque<(Vec<u8>, T)>,
    /// The number of the first frame in here.
    first: u64,
    /// How many of those in here were written.
    written: usize,
    keeps: bool,
}

impl<T> Default for Backlog<T> {
    fn default() -> Self {
        Backlog { frames: VecDeque::new(), first: 0, written: 0, keeps: false }
    }
}

impl<T> Backlog<T> {
    /// Whether frames are kept from now on until they are acknowledged.
    pub fn keep(&mut self, keeps: bool) {
        self.keeps = keeps;
    }

    /// Adds a frame.
    pub fn push(&mut self, bytes: Vec<u8>, with: T) {
        self.frames.push_back((bytes, with));
    }

    /// Whether all there is has been written.
    #[must_use]
    pub fn is_written(&self) -> bool {
        self.written == self.frames.len()
    }

    /// The next frames to be written, together: at least one, and no more than fit in `most` bytes.
    pub fn next(&mut self, most: usize) -> Option<Vec<u8>> {
        let (first, _) = self.frames.get(self.written)?;
        let mut bytes = first.clone();
        self.written += 1;
        while let Some((more, _)) = self.frames.get(self.written)
            && bytes.len() + more.len() <= most
        {
            bytes.extend_from_slice(more);
            self.written += 1;
        }
        if !self.keeps {
            self.first += self.written as u64;
            self.frames.drain(..self.written);
            self.written = 0;
        }
        Some(bytes)
    }

    /// Forgets what the other side has had: so many frames in all.
    pub fn acknowledge(&mut self, had: u64) {
        while self.first < had && self.written > 0 {
            self.frames.pop_front();
            self.first += 1;
            self.written -= 1;
        }
    }

    /// Begins to write anew after as many frames as the other side has had; false where that cannot be.
    pub fn resume(&mut self, had: u64) -> bool {
        let possible = had >= self.first && had - self.first <= self.written as u64;
        if possible {
            self.acknowledge(had);
            self.written = 0;
        }
        possible
    }
}

/// The count of frames that came.
#[derive(Debug, Default)]
pub struct Received {
    had: u64,
    /// Bytes of frames that were not acknowledged.
    owed: usize,
}

impl Received {
    /// How many came.
    #[must_use]
    pub fn had(&self) -> u64 {
        self.had
    }

    /// One more came; gives the count where it is to be acknowledged now.
    pub fn count(&mut self, size: usize, of_stream: bool) -> Option<u64> {
        self.had += 1;
        self.owed = self.owed.saturating_add(size).saturating_add(COST);
        let due = of_stream || self.owed >= ACKNOWLEDGE;
        due.then(|| {
            self.owed = 0;
            self.had
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_acknowledged_is_written_again() {
        let mut backlog = Backlog::default();
        backlog.keep(true);
        for byte in 0..5 {
            backlog.push(vec![byte; 2], ());
        }
        assert_eq!(backlog.next(4), Some(vec![0, 0, 1, 1]));
        assert_eq!(backlog.next(1), Some(vec![2, 2]));
        backlog.acknowledge(1);
        // Nobody can have had what was not written, or want what was acknowledged.
        assert!(!backlog.resume(4) && !backlog.resume(0));
        assert!(backlog.resume(2));
        assert_eq!(backlog.next(100), Some(vec![2, 2, 3, 3, 4, 4]));
        assert!(backlog.is_written() && backlog.next(100).is_none());
        backlog.acknowledge(5);
        assert!(backlog.frames.is_empty() && backlog.resume(5));
    }

    #[test]
    fn nothing_is_kept_unasked() {
        let mut backlog = Backlog::default();
        backlog.push(vec![1], ());
        assert_eq!(backlog.next(100), Some(vec![1]));
        assert!(backlog.frames.is_empty() && backlog.next(100).is_none());
        assert!(backlog.resume(1));
    }
}
