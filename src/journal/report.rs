//! What of a run's events its journal holds as they are told. The ends of steps are written by the engine, before they
//! are told, with all that is needed to take the run up.

use super::{Journal, Record};
use crate::event::{Event, Report};
use std::sync::Arc;

/// Writes events into a journal.
pub struct Told(Journal);

impl Told {
    /// Into this journal.
    #[must_use]
    pub fn new(journal: Journal) -> Self {
        Told(journal)
    }
}

impl Report for Told {
    fn event(&mut self, event: &Event) {
        let texts = |hosts: &[Arc<str>]| hosts.iter().map(ToString::to_string).collect();
        let record = match event {
            Event::PlaybookStarted { path } => Record::Playbook { path: path.to_string() },
            Event::PlayStarted { name, hosts, .. } => {
                Record::Play { name: name.to_string(), hosts: texts(hosts) }
            }
            Event::Retry { host, attempt, of, .. } => {
                Record::Retry { host: host.to_string(), attempt: *attempt, of: *of }
            }
            Event::Output { host, line, .. } => Record::Output { host: host.to_string(), line: line.clone() },
            Event::Secret(secret) => Record::Secret(secret.to_string()),
            Event::StageStarted { name } => Record::Stage { name: name.to_string() },
            Event::StageDone { name, skipped, note, .. } => {
                Record::StageDone { name: name.to_string(), skipped: *skipped, note: note.clone() }
            }
            Event::Warning(warning) => Record::Warning(warning.message().to_owned()),
            _ => return,
        };
        self.0.write(&record, false);
    }
}
