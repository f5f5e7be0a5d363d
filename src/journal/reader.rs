//! Journals as they are read.

use super::{Head, Record};

/// A record, and when it was written.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Milliseconds since 1970.
    pub millis: u64,
    /// The record.
    pub record: Record,
}

/// What one warp wrote: the first, or one that took the run up.
#[derive(Clone, Debug, Default)]
pub struct Segment {
    /// The records, in order.
    pub entries: Vec<Entry>,
}

impl Segment {
    /// What it began with.
    #[must_use]
    pub fn head(&self) -> Option<&Head> {
        self.entries.iter().find_map(|entry| match &entry.record {
            Record::Begun(head) => Some(&**head),
            _ => None,
        })
    }

    /// The exit code it ended with, if it came to its end.
    #[must_use]
    pub fn exit(&self) -> Option<u8> {
        self.entries.iter().rev().find_map(|entry| match &entry.record {
            Record::Finished { exit } => Some(*exit),
            _ => None,
        })
    }
}
