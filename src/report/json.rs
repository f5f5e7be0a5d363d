//! `--output json`: one object a line, one line an event.
//!
//! Every object has `event`, the name of the event in snake case, and the event's own fields; fields may be added, never
//! renamed. The last is `finished` with the recap.

use super::terminal;
use crate::event::{Event, Recap, Report};
use crate::value::Value;
use serde_json::{Map, json};
use std::io::Write;

/// Writes events as JSON lines.
pub struct Json<W> {
    out: W,
}

impl<W: Write + Send> Json<W> {
    /// To `out`.
    #[must_use]
    pub fn new(out: W) -> Self {
        Json { out }
    }
}

impl<W: Write + Send> Report for Json<W> {
    fn event(&mut self, event: &Event) {
        if let Some(object) = object(event) {
            // Nobody is left to tell when the reader of the output has gone.
            let _ = writeln!(self.out, "{}", terminal::escaped(&object.to_string()));
            let _ = self.out.flush();
        }
    }
}

fn object(event: &Event) -> Option<serde_json::Value> {
    let value = |v: &Value| serde_json::Value::from(v);
    Some(match event {
        Event::PlaybookStarted { path } => json!({"event": "playbook_started", "path": &**path}),
        Event::PlayStarted { name, hosts, check, .. } => {
            json!({"event": "play_started", "name": &**name, "hosts": texts(hosts), "check": check})
        }
        Event::StepStarted { step } => json!({
            "event": "step_started", "name": &*step.name, "module": &*step.written,
            "place": step.span.as_ref().map(ToString::to_string), "handler": step.handler, "no_log": step.no_log,
        }),
        Event::NoHostsLeft => json!({"event": "no_hosts_left"}),
        Event::ItemDone { host, status, label, result, .. } => json!({
            "event": "item_done", "host": &**host, "status": status.word(), "label": value(label),
            "result": value(result),
        }),
        Event::Retry { host, attempt, of, result, .. } => json!({
            "event": "retry", "host": &**host, "attempt": attempt, "of": of, "result": value(result),
        }),
        Event::Output { host, line, .. } => json!({"event": "output", "host": &**host, "line": line}),
        Event::StepDone { step, host, delegated_to, status, result, error, seconds, .. } => json!({
            "event": "step_done", "host": &**host, "delegated_to": delegated_to.as_deref(), "name": &*step.name,
            "module": &*step.module, "status": status.word(), "result": value(result),
            "place": step.span.as_ref().map(ToString::to_string),
            "error": error.as_ref().map(|e| e.message().to_owned()),
            "error_place": error.as_ref().and_then(|e| e.span()).map(ToString::to_string),
            "seconds": seconds,
        }),
        Event::Included { file, hosts, label, .. } => json!({
            "event": "included", "file": &**file, "hosts": texts(hosts), "label": label.as_ref().map(value),
        }),
        Event::StageStarted { name } => json!({"event": "stage_started", "name": &**name}),
        Event::StageDone { name, skipped, note, seconds } => json!({
            "event": "stage_done", "name": &**name, "skipped": skipped, "note": note, "seconds": seconds,
        }),
        Event::Error(error) => json!({
            "event": "error", "text": error.message(),
            "place": error.span().map(ToString::to_string),
        }),
        Event::Deprecated { what, version } => json!({
            "event": "deprecated", "text": what.message(), "version": version.as_deref(),
            "place": what.span().map(ToString::to_string),
        }),
        Event::Detached { host, jid, failed } => {
            json!({"event": "detached", "host": &**host, "jid": &**jid, "failed": failed})
        }
        Event::Warning(warning) => json!({
            "event": "warning", "text": warning.message(),
            "place": warning.span().map(ToString::to_string),
        }),
        Event::Finished { recap, .. } => {
            let hosts: Map<String, serde_json::Value> =
                recap.iter().map(|(host, sums)| (host.to_string(), counts(sums))).collect();
            json!({"event": "finished", "recap": hosts})
        }
        Event::Said { text, .. } => json!({"event": "said", "text": text}),
        // What is told at -v are sentences of a screen.
        Event::Verbose { .. }
        | Event::HostStarted { .. }
        | Event::Notified { .. }
        | Event::Secret(_)
        | Event::Asking => return None,
    })
}

fn texts(items: &[std::sync::Arc<str>]) -> Vec<&str> {
    items.iter().map(AsRef::as_ref).collect()
}

fn counts(r: &Recap) -> serde_json::Value {
    json!({
        "ok": r.ok, "changed": r.changed, "unreachable": r.unreachable, "failed": r.failed, "skipped": r.skipped,
        "rescued": r.rescued, "ignored": r.ignored, "lost": r.lost,
    })
}
