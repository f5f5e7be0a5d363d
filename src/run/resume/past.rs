//! What earlier warps did of a run.

use crate::journal::{Place, Record, Segment, from_json};
use crate::play::unnumbered;
use crate::value::Value;
use serde_json::Value as Json;
use serde_json::value::RawValue;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What earlier warps did of a run: which ends of steps are kept, and what was begun and has no end.
///
/// What a host did after it had failed is not kept: the steps of an always section, or handlers that were forced. They
/// belong to the failure, and come again after the step that is run again.
#[derive(Default)]
pub struct Past {
    ends: HashMap<Place, End>,
    /// What was called and is not known to have ended.
    begun: HashSet<Place>,
    /// The steps as they were written, by where they stood and on which host.
    written: HashMap<(String, String), HashSet<String>>,
    /// What detached steps came to whose ends were not noted, one for each attempt.
    collected: Mutex<HashMap<Place, VecDeque<String>>>,
    answers: HashMap<String, Json>,
    secrets: Vec<String>,
}

/// An end that is kept.
enum End {
    /// Of a task or item: its execution.
    Whole(Box<RawValue>),
    /// Of a loop: its items.
    Looped(Vec<String>),
}

/// A place as it is looked up: a step keeps its identity when one of the same name is put before it.
fn known(place: Place) -> Place {
    Place { step: unnumbered(&place.step), ..place }
}

/// Records that count only if the host's errors are cleared later.
#[derive(Default)]
struct Aside(HashMap<String, Vec<crate::journal::Ended>>);

impl Past {
    /// Reads what was written.
    #[must_use]
    pub fn of(segments: Vec<Segment>) -> Self {
        let mut past = Past::default();
        for segment in segments {
            let mut aside = Aside::default();
            for entry in segment.entries {
                past.take(entry.record, &mut aside);
            }
        }
        past
    }

    /// The texts that no report may show.
    #[must_use]
    pub fn secrets(&self) -> &[String] {
        &self.secrets
    }

    /// How many steps need not be run again.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.ends.keys().filter(|place| place.item.is_none()).count()
    }

    fn take(&mut self, record: Record, aside: &mut Aside) {
        match record {
            Record::Started(place) => {
                self.begun.insert(known(place));
            }
            Record::Collected { place, outcome } => {
                self.outcomes().entry(known(place)).or_default().push_back(outcome);
            }
            Record::Item(ended) | Record::Ended(ended) => {
                let here = known(ended.place.clone());
                self.begun.remove(&here);
                self.outcomes().remove(&here);
                let host = ended.place.host.clone();
                if let Some(held) = aside.0.get_mut(&host) {
                    held.push(ended);
                } else if ended.keep {
                    self.put(ended);
                } else if ended.place.item.is_none() {
                    self.written(&ended.place);
                    aside.0.insert(host, vec![ended]);
                }
            }
            Record::Out(hosts) => {
                for host in hosts {
                    aside.0.entry(host).or_default();
                }
            }
            Record::Forgiven(hosts) => {
                let held = hosts.iter().filter_map(|host| aside.0.remove(host)).flatten().collect::<Vec<_>>();
                held.into_iter().for_each(|ended| self.put(ended));
            }
            Record::Answer { prompt, value } => {
                self.answers.insert(prompt, value);
            }
            Record::Secret(secret) => self.secrets.push(secret),
            _ => {}
        }
    }

    fn put(&mut self, ended: crate::journal::Ended) {
        self.written(&ended.place);
        let end = match (ended.items, ended.execution) {
            (Some(items), _) => End::Looped(items),
            (None, Some(execution)) => End::Whole(execution),
            (None, None) => return,
        };
        self.ends.insert(known(ended.place), end);
    }

    /// Keeps that a step was written so.
    fn written(&mut self, place: &Place) {
        if let Some((path, hash)) = place.step.rsplit_once('@') {
            let at = (path.to_owned(), place.host.clone());
            self.written.entry(at).or_default().insert(hash.to_owned());
        }
    }

    /// The executions of a step that need not be run again: one, or those of its loop's items. `place` has no numbers.
    pub(super) fn ended(&self, place: &Place) -> Option<(bool, Vec<&RawValue>)> {
        match self.ends.get(place)? {
            End::Whole(execution) => Some((false, vec![&**execution])),
            End::Looped(items) => {
                let of_item = |item: &String| self.item(&Place { item: Some(item.clone()), ..place.clone() });
                Some((true, items.iter().map(of_item).collect::<Option<_>>()?))
            }
        }
    }

    /// The execution of a loop's item that need not be run again.
    pub(super) fn item(&self, place: &Place) -> Option<&RawValue> {
        match self.ends.get(place)? {
            End::Whole(execution) => Some(&**execution),
            End::Looped(_) => None,
        }
    }

    /// What the next attempt of a detached step came to, if that is known and its end was not noted.
    pub(super) fn collected(&self, place: &Place) -> Option<String> {
        self.outcomes().get_mut(place)?.pop_front()
    }

    fn outcomes(&self) -> MutexGuard<'_, HashMap<Place, VecDeque<String>>> {
        self.collected.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a module was called here and nobody knows what came of it.
    pub(super) fn is_lost(&self, place: &Place) -> bool {
        self.begun.contains(place)
    }

    /// Whether something else stood where this step stands.
    pub(super) fn is_edited(&self, step: &str, host: &str) -> bool {
        let Some((path, hash)) = step.rsplit_once('@') else { return false };
        let written = self.written.get(&(path.to_owned(), host.to_owned()));
        written.is_some_and(|written| !written.contains(hash))
    }

    pub(super) fn answer(&self, prompt: &str) -> Option<Value> {
        self.answers.get(prompt).cloned().map(from_json)
    }
}
