//! The one place that hides secrets.

use crate::error::Error;
use crate::event::{Event, Report, StepInfo};
use crate::value::{Key, Map, Text, Value, python_str, vault};
use std::sync::Arc;

/// What stands for a secret.
const HIDDEN: &str = "********";

/// What stands for the label of an item.
const HIDDEN_ITEM: &str = "(censored due to no_log)";

/// What stands for the result of a task with `no_log`.
const CENSORED: &str =
    "the output has been hidden due to the fact that 'no_log: true' was specified for this result";

/// A secret shorter than this, in bytes, is hidden only where a value is nothing else: hiding every `1` would tell it.
const SHORTEST_INSIDE: usize = 4;

/// Entries of a result that `no_log` leaves: they say how it ended, not what it was.
const OPEN: [&str; 7] = ["attempts", "changed", "retries", "exception", "warnings", "failed", "skipped"];

/// Hides secrets from reports.
pub struct Redacting {
    secrets: Vec<Arc<str>>,
    /// How much of what came out of vaults is among them; nothing where that is shown, as Ansible shows it.
    held: Option<usize>,
    reports: Vec<Box<dyn Report>>,
}

impl Redacting {
    /// Stands before these reports.
    #[must_use]
    pub fn new(reports: Vec<Box<dyn Report>>) -> Self {
        Redacting { secrets: Vec::new(), held: None, reports }
    }

    /// Hides what came out of vaults, too.
    #[must_use]
    pub fn with_vaults(self) -> Self {
        Redacting { held: Some(0), ..self }
    }

    /// Takes in what came out of vaults since.
    fn keep_up(&mut self) {
        let Some(known) = self.held else { return };
        let new = vault::held(known);
        if !new.is_empty() {
            self.held = Some(known + new.len());
            self.secrets.extend(new);
            self.sort();
        }
    }

    /// Longer ones first: one secret may hold another.
    fn sort(&mut self) {
        self.secrets.sort_by_key(|s| std::cmp::Reverse(s.len()));
    }

    fn text(&self, text: &str) -> Arc<str> {
        let mut shown = text.to_owned();
        for secret in &self.secrets {
            if text == &**secret {
                return HIDDEN.into();
            }
            if secret.len() >= SHORTEST_INSIDE && shown.contains(&**secret) {
                shown = shown.replace(&**secret, HIDDEN);
            }
        }
        shown.into()
    }

    fn value(&self, value: &Value) -> Value {
        match value {
            Value::Text(t) => Value::Text(Text::data(self.text(t.as_str()))),
            Value::List(l) => Value::list(l.iter().map(|v| self.value(v)).collect()),
            Value::Map(m) => {
                let key = |k: &Key| k.as_str().map_or_else(|| k.clone(), |s| Key::from(self.text(s)));
                Value::map(m.iter().map(|(k, v)| (key(k), self.value(v))).collect())
            }
            Value::Int(_) | Value::Float(_) if !self.secrets.is_empty() => {
                let digits = python_str(value);
                let hidden = self.secrets.iter().any(|secret| **secret == *digits);
                if hidden { Value::data(HIDDEN) } else { value.clone() }
            }
            other => other.clone(),
        }
    }

    /// The event as reports may see it.
    fn redacted(&self, event: &Event) -> Event {
        let mut event = event.clone();
        match &mut event {
            Event::ItemDone { step, label, result, error, no_log, .. } => {
                self.step(step);
                if *no_log {
                    *label = Value::data(HIDDEN_ITEM);
                    *error = None;
                }
                *label = self.value(label);
                *result = self.result(result, *no_log);
                self.drop_error(error);
            }
            Event::Retry { step, result, no_log, .. } => {
                self.step(step);
                *result = self.result(result, *no_log);
            }
            Event::Output { line, no_log, .. } => {
                *line = if *no_log { HIDDEN.to_owned() } else { self.text(line).to_string() };
            }
            Event::StepDone { step, result, error, no_log, .. } => {
                self.step(step);
                if *no_log {
                    *error = None;
                }
                *result = self.result(result, *no_log);
                self.drop_error(error);
            }
            Event::StepStarted { step } | Event::HostStarted { step, .. } => self.step(step),
            Event::PlayStarted { name, .. } | Event::StageStarted { name } => *name = self.text(name),
            Event::Included { step, label, .. } => {
                self.step(step);
                let hidden = step.no_log;
                *label =
                    label.as_ref().map(|l| if hidden { Value::data(HIDDEN_ITEM) } else { self.value(l) });
            }
            Event::StageDone { note, .. } => *note = self.text(note).to_string(),
            Event::Notified { handler, .. } => *handler = self.text(handler),
            Event::Said { text, no_log: true } => HIDDEN_ITEM.clone_into(text),
            Event::Said { text, .. } | Event::Verbose { text, .. } => *text = self.text(text).to_string(),
            Event::Warning(warning) | Event::Error(warning) | Event::Deprecated { what: warning, .. } => {
                if self.betrays(warning) {
                    *warning = Arc::new(Error::other(&*self.text(warning.message())));
                }
            }
            Event::PlaybookStarted { .. }
            | Event::Detached { .. }
            | Event::NoHostsLeft
            | Event::Secret(_)
            | Event::Asking
            | Event::Finished { .. } => {}
        }
        event
    }

    fn step(&self, step: &mut Arc<StepInfo>) {
        let betrayed = step.span.as_ref().is_some_and(|s| self.betrays(&Error::other("").at(s.clone())));
        let (name, args) = (self.text(&step.name), self.text(&step.args));
        if betrayed || name != step.name || args != step.args {
            let shown = Arc::make_mut(step);
            shown.name = name;
            shown.args = args;
            if betrayed {
                shown.span = None;
            }
        }
    }

    fn result(&self, result: &Value, no_log: bool) -> Value {
        if !no_log {
            return self.value(result);
        }
        let mut open = Map::new();
        open.insert(Key::from("censored"), Value::data(CENSORED));
        for key in OPEN {
            if let Some(value) = result.get(key) {
                open.insert(Key::from(key), self.value(value));
            }
        }
        // That there was a loop is no secret.
        if let Some(items) = result.get("results").and_then(Value::as_list) {
            let items = items.iter().map(|item| self.result(item, true)).collect();
            open.insert(Key::from("results"), Value::list(items));
        }
        Value::map(open)
    }

    /// An error whose text holds a secret is not drawn: its frame shows a source that is not ours to change.
    fn drop_error(&self, error: &mut Option<Arc<Error>>) {
        if error.as_ref().is_some_and(|e| self.betrays(e)) {
            *error = None;
        }
    }

    /// Whether an error, drawn with its frame, would show a secret.
    fn betrays(&self, error: &Error) -> bool {
        let drawn = error.to_string();
        *self.text(&drawn) != *drawn
    }
}

/// A text without what came out of vaults, for what is told beside the reports.
#[must_use]
pub fn without_vaults(text: &str) -> String {
    let mut redacting = Redacting::new(Vec::new()).with_vaults();
    redacting.keep_up();
    redacting.text(text).to_string()
}

/// A value without these texts.
#[must_use]
pub fn without(value: &Value, secrets: &[String]) -> Value {
    let mut redacting = Redacting::new(Vec::new());
    redacting.secrets = secrets.iter().map(|secret| secret.as_str().into()).collect();
    redacting.sort();
    redacting.value(value)
}

impl Report for Redacting {
    fn event(&mut self, event: &Event) {
        if let Event::Secret(secret) = event {
            if !secret.is_empty() && !self.secrets.contains(secret) {
                self.secrets.push(Arc::clone(secret));
                self.sort();
            }
            return;
        }
        self.keep_up();
        let event = self.redacted(event);
        for report in &mut self.reports {
            report.event(&event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    struct Keep(Arc<Mutex<Vec<String>>>);

    impl Report for Keep {
        fn event(&mut self, event: &Event) {
            self.0.lock().unwrap().push(format!("{event:?}"));
        }
    }

    #[test]
    fn a_secret_is_hidden_in_every_place_it_turns_up() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let mut redacting = Redacting::new(vec![Box::new(Keep(Arc::clone(&seen)))]);
        redacting.event(&Event::Secret("hunter2".into()));
        redacting.event(&Event::warning("password hunter2 is weak"));
        let item = Value::map([(Key::from("x"), Value::data("-phunter2"))].into_iter().collect());
        redacting.event(&Event::ItemDone {
            step: Arc::new(StepInfo {
                id: "s".into(),
                name: "set".into(),
                written: "set_fact".into(),
                module: "set_fact".into(),
                args: "x=hunter2".into(),
                span: None,
                handler: false,
                no_log: false,
                check: false,
                diff: false,
                looped: true,
            }),
            host: "h".into(),
            delegated_to: None,
            status: crate::event::Status::Ok,
            label: Value::list(vec![Value::data("hunter2")]),
            result: item,
            error: None,
            by: crate::event::By::Task,
            no_log: false,
        });
        let seen = seen.lock().unwrap().join("\n");
        assert!(!seen.contains("hunter2"), "{seen}");
        assert!(seen.contains("-p********"), "{seen}");
    }
}
