//! Journals as people and programs read them.

use crate::error::Result;
use crate::journal::{Ended, Entry, Folder, Place, Record, Run, State, from_json};
use crate::report::{terminal, without};
use crate::value::Value;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value as Json, json};

/// Lists runs.
pub(super) fn runs(folders: &[Folder], as_json: bool) -> Result<()> {
    for folder in folders {
        for run in folder.runs()? {
            let listed = match run.segments() {
                Ok(segments) => {
                    let ends = segments.iter().flat_map(|segment| &segment.entries);
                    let steps = ends.filter(|entry| matches!(entry.record, Record::Ended(_))).count();
                    let first = segments.first();
                    let head = first.and_then(|segment| segment.head());
                    Listed {
                        state: run.state(&segments),
                        steps,
                        begun: first.and_then(|segment| segment.entries.first()).map(|entry| entry.millis),
                        command: head.map(|head| head.command.clone()).unwrap_or_default(),
                        folder: head.map(|head| head.folder.display().to_string()).unwrap_or_default(),
                        warps: segments.len(),
                    }
                }
                Err(e) => {
                    anstream::eprintln!("{}", terminal::visible(&e.as_warning()));
                    continue;
                }
            };
            listed.print(&run, as_json);
        }
    }
    Ok(())
}

struct Listed {
    state: State,
    steps: usize,
    begun: Option<u64>,
    command: Vec<String>,
    folder: String,
    warps: usize,
}

impl Listed {
    fn print(&self, run: &Run, as_json: bool) {
        if as_json {
            let exit = match self.state {
                State::Ended(exit) => Some(exit),
                State::Running | State::Cut => None,
            };
            let object = json!({
                "run": run.id(), "path": run.path(), "state": self.state.word(), "exit": exit, "steps": self.steps,
                "begun": self.begun.and_then(time), "command": self.command, "folder": self.folder,
                "warps": self.warps,
            });
            anstream::println!("{}", terminal::escaped(&object.to_string()));
            return;
        }
        let command = self.command.iter().skip(1).map(String::as_str).collect::<Vec<_>>().join(" ");
        let line = format!("{}  {:<8} {:>6} steps  warp {command}", run.id(), self.state.word(), self.steps);
        anstream::println!("{}", terminal::visible_line(&line));
    }
}

/// Prints what a run did.
pub(super) fn records(run: &Run, as_json: bool) -> Result<()> {
    let segments = run.segments()?;
    let entries = segments.iter().flat_map(|segment| &segment.entries);
    let secrets: Vec<String> = entries
        .filter_map(|entry| match &entry.record {
            Record::Secret(secret) => Some(secret.clone()),
            _ => None,
        })
        .collect();
    let hide = |json: Json| Json::from(&without(&Value::from(json), &secrets));
    for (warp, segment) in segments.iter().enumerate() {
        for entry in &segment.entries {
            if as_json {
                if let Some(mut object) = object(entry) {
                    if let Some(map) = object.as_object_mut() {
                        map.insert("time".to_owned(), time(entry.millis).into());
                        map.insert("warp".to_owned(), warp.into());
                    }
                    anstream::println!("{}", terminal::escaped(&hide(object).to_string()));
                }
            } else if let Some(line) = line(&entry.record) {
                let line = hide(Json::from(line));
                anstream::println!("{}", terminal::visible_line(line.as_str().unwrap_or_default()));
            }
        }
    }
    Ok(())
}

/// As RFC 3339 has it.
fn time(millis: u64) -> Option<String> {
    let moment = Timestamp::from_millisecond(i64::try_from(millis).ok()?).ok()?;
    Some(moment.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
}

/// A record as its object; nothing for what is nobody's to see.
fn object(entry: &Entry) -> Option<Json> {
    Some(match &entry.record {
        Record::Begun(head) => json!({
            "record": "begun", "command": head.command, "folder": head.folder, "pid": head.pid, "version": head.version,
        }),
        Record::Playbook { path } => json!({"record": "playbook", "path": path}),
        Record::Play { name, hosts } => json!({"record": "play", "name": name, "hosts": hosts}),
        Record::Stage { name } => json!({"record": "stage", "name": name}),
        Record::StageDone { name, skipped, note } => {
            json!({"record": "stage_done", "name": name, "skipped": skipped, "note": note})
        }
        Record::Started(place) => {
            let mut object = json!({"record": "started"});
            place_into(&mut object, place);
            object
        }
        Record::Item(ended) => ended_object("item", ended),
        Record::Ended(ended) => ended_object("ended", ended),
        Record::Retry { host, attempt, of } => {
            json!({"record": "retry", "host": host, "attempt": attempt, "of": of})
        }
        Record::Output { host, line } => json!({"record": "output", "host": host, "line": line}),
        Record::Out(hosts) => json!({"record": "out", "hosts": hosts}),
        Record::Forgiven(hosts) => json!({"record": "forgiven", "hosts": hosts}),
        Record::Warning(text) => json!({"record": "warning", "text": text}),
        Record::Finished { exit } => json!({"record": "finished", "exit": exit}),
        Record::Answer { .. } | Record::Secret(_) | Record::Collected { .. } => return None,
    })
}

fn place_into(object: &mut Json, place: &Place) {
    if let Some(map) = object.as_object_mut() {
        map.insert("step".to_owned(), place.step.clone().into());
        map.insert("host".to_owned(), place.host.clone().into());
        map.insert("nth".to_owned(), place.nth.into());
        map.insert("item".to_owned(), place.item.clone().into());
    }
}

/// The end of a step. What `no_log` hides stays hidden here, too.
fn ended_object(record: &str, ended: &Ended) -> Json {
    let mut object = json!({"record": record});
    place_into(&mut object, &ended.place);
    let execution: Option<Json> = ended.execution.as_ref().and_then(|e| serde_json::from_str(e.get()).ok());
    let field = |name: &str| execution.as_ref().and_then(|e| e.get(name)).cloned();
    let hidden = field("no_log") == Some(Json::Bool(true));
    let shown = |value: Option<Json>| value.filter(|_| !hidden);
    if let Some(map) = object.as_object_mut() {
        map.insert("name".to_owned(), ended.name.clone().into());
        map.insert("module".to_owned(), ended.module.clone().into());
        map.insert("place".to_owned(), ended.at.clone().into());
        map.insert("status".to_owned(), ended.status.clone().into());
        map.insert("kept".to_owned(), ended.keep.into());
        map.insert("seconds".to_owned(), ended.seconds.into());
        map.insert("no_log".to_owned(), hidden.into());
        let result = shown(field("result")).map(|json| Json::from(&Value::clone(&from_json(json))));
        map.insert("result".to_owned(), result.unwrap_or_default());
        // Pairs of a return value's name and what was printed, byte for byte.
        let raw: serde_json::Map<String, Json> = shown(field("raw"))
            .and_then(|raw| serde_json::from_value::<Vec<(String, String)>>(raw).ok())
            .unwrap_or_default()
            .into_iter()
            .map(|(name, bytes)| (name, bytes.into()))
            .collect();
        map.insert("raw".to_owned(), Json::Object(raw));
    }
    object
}

fn line(record: &Record) -> Option<String> {
    Some(match record {
        Record::Begun(head) => format!("warp {} (process {})", head.command.get(1..)?.join(" "), head.pid),
        Record::Playbook { path } => format!("PLAYBOOK {path}"),
        Record::Play { name, hosts } => format!("PLAY {name}: {}", hosts.join(" ")),
        Record::Stage { name } => format!("STAGE {name}"),
        Record::StageDone { name, skipped, note } => {
            format!("STAGE {name} {}: {note}", if *skipped { "skipped" } else { "done" })
        }
        Record::Ended(ended) => {
            format!("  {:<11} {:<16} {} ({:.1} s)", ended.status, ended.place.host, ended.name, ended.seconds)
        }
        Record::Warning(text) => format!("WARNING {text}"),
        Record::Finished { exit } => format!("exit {exit}"),
        _ => return None,
    })
}
