//! A step's visit to a host: what the journal has of it, and what is written of it.

use super::execution;
use crate::error::Error;
use crate::event::{Event, Status};
use crate::journal::{self, Place, Record};
use crate::play::{Task, unnumbered};
use crate::run::Shared;
use crate::run::end::{End, Execution, HostEnd};
use crate::run::host_task::{HostTask, status};
use crate::value::Value;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use warp_agent::outcome::Outcome;

/// A step's visit to a host.
#[derive(Clone, Default)]
pub(in crate::run) struct Visit {
    /// The how many-th it is.
    nth: u32,
    /// The item of the loop that is at work.
    item: Option<String>,
    /// Whether a failure is rescued.
    pub rescued: bool,
    /// Whether its end is known from before.
    pub known: bool,
}

/// Names the items of a loop: equal ones by their number.
#[derive(Default)]
pub(in crate::run) struct Items(HashMap<String, u32>);

impl Items {
    pub fn name(&mut self, item: &Value) -> String {
        let json = journal::to_json(item).to_string();
        let hash: String = blake3::hash(json.as_bytes()).to_hex().chars().take(16).collect();
        let number = self.0.entry(hash.clone()).or_default();
        *number += 1;
        format!("{hash}.{number}")
    }
}

impl Shared {
    /// Which of these hosts has been through a step that they do only once, if any has.
    pub(in crate::run) fn been_through<'a>(
        &self,
        task: &Task,
        hosts: &'a [Arc<str>],
    ) -> Option<&'a Arc<str>> {
        let past = self.kept.as_ref()?.past()?;
        hosts.iter().find(|host| {
            let nth = self.visits(&task.id, host, false);
            past.ended(&place(&task.id, host, nth)).is_some()
        })
    }

    /// A step comes to a host.
    pub(in crate::run) fn visit(&self, task: &Task, host: &Arc<str>, rescued: bool) -> Visit {
        let Some(kept) = &self.kept else { return Visit { rescued, ..Visit::default() } };
        let nth = self.visits(&task.id, host, true);
        let known = kept.past().is_some_and(|past| past.ended(&place(&task.id, host, nth)).is_some());
        Visit { nth, item: None, rescued, known }
    }

    /// How often a step has come to a host, with this time, which is counted where that is said.
    fn visits(&self, step: &Arc<str>, host: &Arc<str>, count: bool) -> u32 {
        let Some(kept) = &self.kept else { return 0 };
        let step: Arc<str> = unnumbered(step).into();
        let mut visits = kept.visits.lock().unwrap_or_else(PoisonError::into_inner);
        let visits = visits.entry((step, Arc::clone(host))).or_default();
        *visits += u32::from(count);
        *visits + u32::from(!count)
    }
}

/// A place as it is looked up.
fn place(step: &str, host: &str, nth: u32) -> Place {
    Place { step: unnumbered(step), host: host.to_owned(), nth, item: None }
}

impl HostTask {
    /// The place as it is written.
    fn place(&self) -> Place {
        Place {
            step: self.task.id.to_string(),
            host: self.host.to_string(),
            nth: self.visit.nth,
            item: self.visit.item.clone(),
        }
    }

    /// The end that is known from before, if there is one.
    pub(in crate::run) fn replayed(&self) -> Option<HostEnd> {
        let past = self.play.run.kept.as_ref()?.past()?;
        let (looped, ended) = past.ended(&place(&self.task.id, &self.host, self.visit.nth))?;
        let mut ended = ended.into_iter().map(execution::from).collect::<Option<Vec<_>>>()?;
        let end = if looped { self.sum(ended) } else { self.whole(ended.pop()?) };
        Some(HostEnd { replayed: true, ..end })
    }

    /// This task at an item of its loop, and the item's end if that is known from before.
    pub(in crate::run) fn at_item(&self, item: &Value, items: &mut Items) -> (Self, Option<Execution>) {
        let Some(kept) = &self.play.run.kept else { return (self.clone(), None) };
        let item = Some(items.name(item));
        let known = Place { item: item.clone(), ..place(&self.task.id, &self.host, self.visit.nth) };
        let known = kept.past().and_then(|past| past.item(&known)).and_then(execution::from);
        (HostTask { visit: Visit { item, ..self.visit.clone() }, ..self.clone() }, known)
    }

    /// The name of the item that is at work.
    pub(in crate::run) fn item(&self) -> Option<&String> {
        self.visit.item.as_ref()
    }

    /// Whether an earlier warp called its module and did not see it end.
    pub(in crate::run) fn was_begun(&self) -> bool {
        let Some(kept) = &self.play.run.kept else { return false };
        let place = self.place();
        kept.keep.past.is_lost(&Place { step: unnumbered(&place.step), ..place })
    }

    /// What an earlier warp collected of this detached step, whose end it did not note.
    pub(in crate::run) fn collected(&self) -> Option<Outcome> {
        let here = self.place();
        let past = self.play.run.kept.as_ref()?.past()?;
        let told = past.collected(&Place { step: unnumbered(&here.step), ..here })?;
        postcard::from_bytes(&STANDARD.decode(told).ok()?).ok()
    }

    /// A detached step came to this, and is to be forgotten where it ran.
    pub(in crate::run) fn note_collected(&self, outcome: &Outcome) {
        // Values alone: it cannot fail.
        let Ok(bytes) = postcard::to_stdvec(outcome) else { return };
        let record = || Record::Collected { place: self.place(), outcome: STANDARD.encode(bytes) };
        self.play.run.note(record, true);
        crate::failpoint::reach("step-collected");
    }

    /// A module is about to be called.
    pub(in crate::run) fn note_start(&self) {
        let run = &self.play.run;
        let Some(kept) = &run.kept else { return };
        let here = self.place();
        let known = Place { step: unnumbered(&here.step), ..here.clone() };
        crate::failpoint::reach("step-begins");
        let past = kept.past();
        if past.is_some_and(|past| past.is_lost(&known)) && self.task.async_limit.is_none() {
            let text = format!(
                "'{}' was running on {} when the run was cut off, and what it did is not known: it is run again",
                self.step.name, self.host
            );
            run.events.emit(&Event::Warning(Arc::new(Error::other(text).at(self.task.span.clone()))));
        } else if past.is_some_and(|past| past.is_edited(&self.task.id, &self.host)) {
            let text =
                format!("'{}' is not what it was when {} ran it: it is run", self.step.name, self.host);
            run.events.emit(&Event::Warning(Arc::new(Error::other(text).at(self.task.span.clone()))));
        }
        run.note(|| Record::Started(here), false);
        crate::failpoint::reach("step-noted");
    }

    /// An item of the loop ended.
    pub(in crate::run) fn note_item(&self, execution: &Execution) {
        crate::failpoint::reach("item-ran");
        let keep = match execution.end {
            End::Ok | End::Skipped => true,
            End::Failed => execution.ignore_errors,
            End::Unreachable | End::Lost => execution.ignore_unreachable,
        };
        let status = status(execution.end, execution.ignore_errors, &execution.result);
        let ended = self.ended(status, keep, 0.0);
        let changed = status == Status::Changed;
        let execution = || execution::of(execution);
        self.play.run.note(|| Record::Item(journal::Ended { execution: execution(), ..ended }), changed);
        crate::failpoint::reach("item-kept");
    }

    /// The step ended: with its one execution, or with these items.
    pub(in crate::run) fn note_end(&self, end: &HostEnd) {
        crate::failpoint::reach("step-ran");
        let (ignored, keep) = match end.end {
            End::Ok | End::Skipped => (false, true),
            End::Failed => (end.ignore_errors, end.ignore_errors || self.visit.rescued),
            End::Unreachable | End::Lost => (end.ignore_unreachable, end.ignore_unreachable),
        };
        let mut status = status(end.end, ignored, &end.result);
        if status == Status::Failed && self.visit.rescued {
            status = Status::Rescued;
        }
        let ended = self.ended(status, keep, end.seconds);
        let record = || {
            let execution = if end.items.is_some() { None } else { execution::of_end(end) };
            Record::Ended(journal::Ended { execution, items: end.items.clone(), ..ended })
        };
        self.play.run.note(record, end.changed);
        crate::failpoint::reach("step-kept");
    }

    fn ended(&self, status: Status, keep: bool, seconds: f64) -> journal::Ended {
        journal::Ended {
            place: self.place(),
            name: self.step.name.to_string(),
            module: self.step.written.to_string(),
            at: self.step.span.as_ref().map(ToString::to_string),
            status: status.word().to_owned(),
            keep,
            seconds,
            items: None,
            execution: None,
        }
    }
}
