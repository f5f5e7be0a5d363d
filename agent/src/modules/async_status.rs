//! `async_status`: what became of a step that nobody waits for.

use crate::args::Args;
use crate::detach;
use crate::errno;
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::python;
use crate::spec::{Arg, Kind, Spec};
use crate::value::{Map, Value};
use std::fs;

/// The module.
pub struct AsyncStatus;

static SPEC: Spec = Spec::new("async_status", "Asks after a step that runs on its own", ARGS);

const ARGS: &[Arg] = &[
    Arg::new("jid", Kind::Str).required().help("The job, as `ansible_job_id` of the step's result."),
    Arg::new("mode", Kind::Str)
        .default("status")
        .choices(&["cleanup", "status"])
        .help("`status` tells how far it is; `cleanup` removes its results."),
    Arg::new("_async_dir", Kind::Str)
        .default("~/.ansible_async")
        .help("Where results are kept; set by the engine."),
];

impl Module for AsyncStatus {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        let jid = args.text("jid");
        let file = detach::results_path(args.text("_async_dir"), jid);
        let shown = file.to_string_lossy().into_owned();
        let cleanup = args.text("mode") == "cleanup";
        let mut outcome = Outcome::ok();
        let values = &mut outcome.values;
        values.insert("started".to_owned(), (!cleanup).into());
        values.insert("finished".to_owned(), false.into());
        for stream in ["stdout", "stderr"] {
            values.insert(stream.to_owned(), "".into());
            values.insert(format!("{stream}_lines"), Value::List(Vec::new()));
        }
        values.insert("ansible_job_id".to_owned(), jid.into());
        values.insert(if cleanup { "erased" } else { "results_file" }.to_owned(), shown.into());
        // A job is a file of that folder, not a path that leads out of it.
        if jid.contains('/') || !file.exists() {
            outcome.failed = true;
            return Ok(outcome
                .with("started", true)
                .with("finished", true)
                .with("msg", "could not find job"));
        }
        if cleanup {
            // Only what the engine itself keeps: so in check mode too, as in Ansible.
            let _ = cx.effects.other();
            fs::remove_file(&file).map_err(|e| Failed::new(errno::python(&e, &[&file])))?;
            return Ok(outcome);
        }
        // One that has just ended may have left its result after the first look.
        for last in [false, true] {
            let text = fs::read_to_string(&file).map_err(|e| Failed::new(errno::python(&e, &[&file])))?;
            let Ok(Value::Map(mut told)) = serde_json::from_str(&text).map(python::from_json) else {
                return Ok(Outcome { failed: true, ..outcome }
                    .with("finished", true)
                    .with("msg", format!("Could not parse job output: {text}")));
            };
            match (detach::orphaned(&mut told), last) {
                (false, _) => return Ok(merged(outcome, told)),
                (true, true) => break,
                (true, false) => {}
            }
        }
        Ok(Outcome { failed: true, ..outcome }.with("finished", true).with("msg", format!("{LOST} {jid}")))
    }
}

/// What is said of a job that will never have a result.
const LOST: &str = "the job was lost: its supervisor was killed, or the host went down, and whether the step came to \
    its end is not known; look at the host before running it again; the job is";

/// The result that a job left, over what is said of every job.
fn merged(mut outcome: Outcome, mut told: Map) -> Outcome {
    if !told.contains_key("started") {
        told.insert("finished".to_owned(), true.into());
    }
    let mut flag = |name: &str| told.shift_remove(name).is_some_and(|v| v.as_bool().unwrap_or(false));
    outcome.changed = flag("changed");
    outcome.failed = flag("failed");
    outcome.skipped = flag("skipped");
    if let Some(Value::List(warnings)) = told.shift_remove("warnings") {
        outcome.warnings = warnings.iter().filter_map(|w| w.as_str().map(str::to_owned)).collect();
    }
    for (key, value) in told {
        outcome.values.insert(key, value);
    }
    for stream in ["stdout", "stderr"] {
        if let Some(text) = outcome.values.get(stream).and_then(Value::as_str) {
            let lines = text.lines().map(Value::from).collect();
            outcome.values.insert(format!("{stream}_lines"), Value::List(lines));
        }
    }
    outcome
}
