//! `--output junit`: a file in JUnit's form, beside what is printed.

mod xml;

use super::Told;
use super::failure;
use super::results::Results;
use crate::config;
use crate::event::{Event, Report, Status, StepInfo};
use crate::value::{Value, normal, python_str};
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use xml::{Case, Verdict};

/// A step's cases, a host each.
struct Task {
    id: Arc<str>,
    hosts: Vec<Arc<str>>,
    cases: Vec<Case>,
}

/// Writes the file at the end of the run.
pub struct Junit {
    settings: config::Junit,
    results: Results,
    playbook: String,
    play: Arc<str>,
    started: HashMap<Arc<str>, Instant>,
    tasks: Vec<Task>,
    next: Box<dyn Report>,
}

impl Junit {
    /// Into the folder of the settings; `next` prints, and is told what cannot be written.
    #[must_use]
    pub fn new(verbosity: u8, settings: &config::Settings, next: Box<dyn Report>) -> Self {
        Junit {
            settings: settings.junit.clone(),
            results: Results { settings: settings.screen.clone(), verbosity },
            playbook: String::new(),
            play: Arc::from(""),
            started: HashMap::new(),
            tasks: Vec::new(),
            next,
        }
    }

    /// Adds a case of a step; a step that runs again for the same host is another one.
    fn add(&mut self, step: &StepInfo, host: &Arc<str>, verdict: Verdict) {
        if &*step.module == "setup" && !self.settings.include_setup_tasks_in_report {
            return;
        }
        let mut name = step.name.trim().to_owned();
        if !step.no_log && !self.settings.hide_task_arguments && !step.args.is_empty() {
            name = format!("{name} {}", step.args);
        }
        let verdict = toggled(&name, verdict);
        let failed = matches!(verdict, Verdict::Failed(..) | Verdict::Error(..));
        if !name.starts_with(&self.settings.test_case_prefix) && !failed {
            return;
        }
        let case = Case {
            class: self.class(step),
            name: format!("[{host}] {}: {name}", self.play),
            seconds: self.started.get(&step.id).map_or(0.0, |at| at.elapsed().as_secs_f64()),
            verdict,
        };
        match self.tasks.iter_mut().rev().find(|t| t.id == step.id && !t.hosts.contains(host)) {
            Some(task) => {
                task.hosts.push(Arc::clone(host));
                task.cases.push(case);
            }
            None => self.tasks.push(Task {
                id: Arc::clone(&step.id),
                hosts: vec![Arc::clone(host)],
                cases: vec![case],
            }),
        }
    }

    /// Adds what an include brought in: one case for all that it does.
    fn included(&mut self, step: &StepInfo, said: String) {
        let told = self.tasks.iter_mut().rev().find(|t| t.id == step.id).and_then(|t| t.cases.last_mut());
        match told.map(|case| &mut case.verdict) {
            Some(Verdict::Passed(text)) => {
                text.push('\n');
                text.push_str(&said);
            }
            _ => self.add(step, &Arc::from("include"), Verdict::Passed(said)),
        }
    }

    fn class(&self, step: &StepInfo) -> String {
        let Some(span) = &step.span else { return String::new() };
        let path = PathBuf::from(format!("{}:{}", span.source.name().display(), span.line));
        let mut class = match &self.settings.task_relative_path {
            Some(base) => relative(&normal(&path), base),
            None => path,
        };
        if let Some(place) =
            self.settings.replace_out_of_tree_path.as_deref().filter(|_| class.starts_with(".."))
        {
            class =
                PathBuf::from(format!("{place}{}", class.file_name().unwrap_or_default().to_string_lossy()));
        }
        let class = class.display().to_string();
        match class.rsplit_once(".yml:") {
            Some((file, _)) if self.settings.task_class => file.to_owned(),
            _ => class,
        }
    }

    fn verdict(&self, told: &Told<'_>, status: Status, error: Option<String>) -> Verdict {
        let dump = self.results.dump_indented(told, 0, false);
        let changed = told.result.get("changed").is_some_and(Value::truthy);
        match status {
            Status::Skipped => Verdict::Skipped(
                told.result.get("skip_reason").map_or_else(|| "skipped".to_owned(), python_str),
            ),
            Status::Ok | Status::Changed if !(changed && self.settings.fail_on_change) => {
                Verdict::Passed(dump)
            }
            Status::Ignored if !self.settings.fail_on_ignore => Verdict::Passed(dump),
            _ => match error {
                Some(whole) => {
                    let whole = whole.trim_start_matches("[ERROR]: ").to_owned();
                    let message = whole.lines().next().unwrap_or_default().to_owned();
                    Verdict::Error(message, whole)
                }
                None => {
                    let rc = told.result.get("rc").map_or_else(|| "0".to_owned(), python_str);
                    let message = told.result.get("msg").map_or_else(|| format!("rc={rc}"), python_str);
                    Verdict::Failed(message, dump)
                }
            },
        }
    }

    fn write(&mut self) -> std::io::Result<()> {
        let cases: Vec<Case> = self.tasks.drain(..).flat_map(|t| t.cases).collect();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        std::fs::create_dir_all(&self.settings.output_dir)?;
        let file = self.settings.output_dir.join(format!("{}-{now}.xml", self.playbook));
        std::fs::write(file, xml::file(&self.playbook, &cases))
    }
}

impl Report for Junit {
    fn event(&mut self, event: &Event) {
        match event {
            Event::PlaybookStarted { path } => {
                let stem = Path::new(&**path).file_stem().unwrap_or_default();
                self.playbook = stem.to_string_lossy().into_owned();
            }
            Event::PlayStarted { name, .. } => self.play = Arc::clone(name),
            Event::StepStarted { step } => {
                self.started.insert(Arc::clone(&step.id), Instant::now());
            }
            // A host that cannot be reached has no case, as in Ansible.
            Event::StepDone { status: Status::Unreachable | Status::Lost, .. } => {}
            Event::StepDone { step, host, status, result, error, by, .. } => {
                let told = Told { step, host, delegated_to: None, result, by: *by };
                let verdict =
                    self.verdict(&told, *status, failure::error(step, *by, result, error.as_deref()));
                self.add(step, host, verdict);
            }
            Event::Included { step, file, hosts, .. } => {
                let said = format!("{file}: [{}]", hosts.join(", "));
                self.included(step, said);
            }
            Event::Finished { .. } => {
                if let Err(e) = self.write() {
                    let folder = self.settings.output_dir.display();
                    self.next.event(&Event::warning(format!("cannot write to {folder}: {e}")));
                }
            }
            _ => {}
        }
        self.next.event(event);
    }
}

/// What the words of a task's name make of its end.
fn toggled(name: &str, verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Failed(message, text) | Verdict::Error(message, text)
            if name.contains("EXPECTED FAILURE") || name.contains("TOGGLE RESULT") =>
        {
            Verdict::Passed(if text.is_empty() { message } else { text })
        }
        Verdict::Passed(text) if name.contains("TOGGLE RESULT") => Verdict::Failed(message_of(&text), text),
        other => other,
    }
}

/// The message of a result that is to count as failed.
fn message_of(dump: &str) -> String {
    let result = serde_json::from_str::<serde_json::Value>(dump).map(Value::from).unwrap_or_default();
    let rc = result.get("rc").map_or_else(|| "0".to_owned(), python_str);
    result.get("msg").map_or_else(|| format!("rc={rc}"), python_str)
}

/// A path as seen from a folder.
fn relative(path: &Path, base: &Path) -> PathBuf {
    let (path, base): (Vec<_>, Vec<_>) = (path.components().collect(), base.components().collect());
    let shared = path.iter().zip(&base).take_while(|(a, b)| a == b).count();
    let up = base.iter().skip(shared).map(|_| Component::ParentDir);
    up.chain(path.iter().skip(shared).copied()).collect()
}
