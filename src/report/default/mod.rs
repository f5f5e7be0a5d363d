//! `--output default`: the screen of ansible-playbook, as its callback `default` prints it.

mod failure;
mod junit;
mod look;
mod minimal;
mod recap;
mod results;
mod stats;
mod tree;

pub use junit::Junit;
pub use minimal::Minimal;
pub use tree::Tree;

use super::colour;
use super::display::{Display, Stream};
use super::log::Grade;
use super::values::inline_python;
use crate::config;
use crate::error::Error;
use crate::event::{By, Event, Report, Status, StepInfo};
use crate::value::Value;
use look::Look;
use results::Results;
use std::collections::HashMap;
use std::sync::Arc;

/// Prints what ansible-playbook prints.
pub struct Default {
    display: Display,
    settings: config::Screen,
    look: Look,
    results: Results,
    verbosity: u8,
    /// Whether `--check` was given.
    dry: bool,
    lockstep: bool,
    /// The step whose banner was printed last.
    banner_of: Option<Arc<str>>,
    /// The name of the step that runs in lockstep.
    name: Option<Arc<str>>,
    /// Steps that are handlers.
    handlers: HashMap<Arc<str>, bool>,
}

/// One end of a step or of an item, with what is printed of it.
struct Told<'a> {
    step: &'a StepInfo,
    host: &'a str,
    delegated_to: Option<&'a str>,
    result: &'a Value,
    by: By,
}

impl Default {
    /// To this process's streams.
    #[must_use]
    pub fn new(verbosity: u8, dry: bool, settings: &config::Screen) -> Self {
        let display = Display::of_process(colour::wanted(settings), settings);
        let results = Results { settings: settings.clone(), verbosity };
        Default {
            look: Look::of(&settings.colours),
            display,
            results,
            settings: settings.clone(),
            verbosity,
            dry,
            lockstep: true,
            banner_of: None,
            name: None,
            handlers: HashMap::new(),
        }
    }

    /// Prints the errors that ended a run.
    pub fn end(&mut self, errors: &[Error]) {
        for error in errors {
            self.display.once(&failure::ending(error), Some(&self.look.error), Stream::Err);
        }
    }

    fn say(&mut self, text: &str, colour: &str) {
        self.display.show(text, Some(&colour.to_owned()), Stream::Out);
    }

    /// A line for those who ask for more, which no log keeps.
    fn remark(&mut self, text: &str) {
        let colour = self.look.verbose.clone();
        self.display.show_only(text, Some(&colour), Stream::Out);
    }

    /// The banner of a step, unless it was the last one printed.
    fn banner(&mut self, step: &StepInfo) {
        if self.banner_of.as_ref() != Some(&step.id) {
            self.print_banner(step);
        }
    }

    fn print_banner(&mut self, step: &StepInfo) {
        let word =
            if self.handlers.get(&step.id).copied().unwrap_or(false) { "RUNNING HANDLER" } else { "TASK" };
        let name = self.name.clone().unwrap_or_else(|| Arc::clone(&step.name));
        let marker = if step.check && self.settings.check_mode_markers { " [CHECK MODE]" } else { "" };
        self.display.banner(&format!("{word} [{}]{marker}", name.trim()));
        if self.verbosity >= 2 {
            self.path(step);
        }
        self.banner_of = Some(Arc::clone(&step.id));
    }

    fn path(&mut self, step: &StepInfo) {
        if let Some(span) = &step.span {
            let text = format!("task path: {}:{}", span.source.name().display(), span.line);
            let colour = self.look.debug.clone();
            self.say(&text, &colour);
        }
    }

    fn step_started(&mut self, step: &StepInfo) {
        self.handlers.insert(Arc::clone(&step.id), step.handler);
        if !self.lockstep {
            self.name = None;
            return;
        }
        self.name = Some(step.name.trim().into());
        if self.settings.display_skipped_hosts && self.settings.display_ok_hosts {
            self.print_banner(step);
        }
    }

    fn failed_stream(&self) -> Stream {
        if self.settings.display_failed_stderr { Stream::Err } else { Stream::Out }
    }

    /// The differences of a result that changed something.
    fn diff(&mut self, told: &Told<'_>) {
        if !told.step.diff || !told.result.get("changed").is_some_and(Value::truthy) {
            return;
        }
        let text = results::diff(told.result, &self.settings, self.display.colours.then_some(&self.look));
        if !text.is_empty() {
            self.banner(told.step);
            self.display.show(&text, None, Stream::Out);
        }
    }

    fn warnings(&mut self, result: &Value) {
        for warning in result.get("warnings").and_then(Value::as_list).unwrap_or_default() {
            self.warning(&inline_python(warning));
        }
    }

    fn warning(&mut self, text: &str) {
        let text = failure::lines(&format!("[WARNING]: {}", text.trim()));
        self.display.once(&text, Some(&self.look.warn), Stream::Err);
    }

    fn deprecated(&mut self, what: &Error, version: Option<&str>) {
        if !self.settings.deprecation_warnings {
            return;
        }
        self.warning(
            "Deprecation warnings can be disabled by setting `deprecation_warnings=False` in ansible.cfg.",
        );
        let text = failure::lines(&format!("[DEPRECATION WARNING]: {}", failure::deprecation(what, version)));
        self.display.once(&text, Some(&self.look.deprecate), Stream::Err);
    }

    fn item_done(&mut self, told: &Told<'_>, status: Status, label: &Value, error: Option<String>) {
        let label = inline_python(label);
        let who = host_label(told);
        match status {
            Status::Skipped => {
                if !self.settings.display_skipped_hosts {
                    return;
                }
                self.banner(told.step);
                self.warnings(told.result);
                let mut line = format!("skipping: [{}] => (item={label}) ", told.host);
                if self.results.shown(told, 0) {
                    line.push_str(&format!(" => {}", self.results.dump(told)));
                }
                let colour = self.look.skip.clone();
                self.say(&line, &colour);
            }
            Status::Ok | Status::Changed => {
                if includes(told.step) {
                    return;
                }
                let changed = told.result.get("changed").is_some_and(Value::truthy);
                if !changed && !self.settings.display_ok_hosts {
                    return;
                }
                self.diff(told);
                self.banner(told.step);
                self.warnings(told.result);
                self.error(error);
                let (word, colour) = self.look.ok_or_changed(changed);
                let mut line = format!("{word}: [{who}] => (item={label})");
                if self.results.shown(told, 0) {
                    line.push_str(&format!(" => {}", self.results.dump(told)));
                }
                self.say(&line, &colour);
            }
            _ => {
                self.banner(told.step);
                self.warnings(told.result);
                self.error(error);
                let dumped = self.results.dump(told);
                let line = format!("failed: [{who}] (item={label}) => {dumped}");
                self.display.show(&line, Some(&self.look.error), self.failed_stream());
            }
        }
    }

    fn error(&mut self, error: Option<String>) {
        if let Some(text) = error {
            self.display.once(&text, Some(&self.look.error), self.failed_stream());
        }
    }

    fn step_done(&mut self, told: &Told<'_>, status: Status, error: Option<String>) {
        let of_items = told.step.looped && told.result.get("results").is_some();
        let who = host_label(told);
        let unreachable = matches!(status, Status::Unreachable | Status::Lost)
            || told.result.get("unreachable").is_some_and(Value::truthy);
        match status {
            Status::Skipped => {
                if !self.settings.display_skipped_hosts {
                    return;
                }
                self.banner(told.step);
                self.warnings(told.result);
                let mut line = format!("skipping: [{}]", told.host);
                if self.results.shown(told, 0) {
                    line.push_str(&format!(" => {}", self.results.dump_sum(told, of_items)));
                }
                let colour = self.look.skip.clone();
                self.say(&line, &colour);
            }
            Status::Ok | Status::Changed => {
                if !of_items {
                    self.diff(told);
                }
                if includes(told.step) {
                    self.banner(told.step);
                    return;
                }
                let changed = told.result.get("changed").is_some_and(Value::truthy);
                if !changed && !self.settings.display_ok_hosts {
                    return;
                }
                self.banner(told.step);
                self.warnings(told.result);
                self.error(error);
                if of_items {
                    return;
                }
                let (word, colour) = self.look.ok_or_changed(changed);
                let mut line = format!("{word}: [{who}]");
                if self.results.shown(told, 0) {
                    line.push_str(&format!(" => {}", self.results.dump(told)));
                }
                self.say(&line, &colour);
            }
            _ => {
                self.banner(told.step);
                self.warnings(told.result);
                self.error(error);
                let stream = self.failed_stream();
                if unreachable {
                    let line = format!("fatal: [{who}]: UNREACHABLE! => {}", self.results.dump(told));
                    self.display.show(&line, Some(&self.look.unreachable), stream);
                } else if !of_items || results::debug_message(told) {
                    if self.verbosity < 2 && self.settings.show_task_path_on_failure {
                        self.path(told.step);
                    }
                    let line = format!("fatal: [{who}]: FAILED! => {}", self.results.dump(told));
                    self.display.show(&line, Some(&self.look.error), stream);
                }
                if status == Status::Ignored {
                    let colour = self.look.skip.clone();
                    self.say("...ignoring", &colour);
                }
            }
        }
    }

    fn play_started(&mut self, name: &str, check: bool, matched: bool) {
        let marker = if check && self.settings.check_mode_markers { " [CHECK MODE]" } else { "" };
        let name = name.trim();
        self.display.banner(&match name {
            "" => format!("PLAY{marker}"),
            name => format!("PLAY [{name}]{marker}"),
        });
        if !matched {
            let colour = self.look.skip.clone();
            self.say("skipping: no hosts matched", &colour);
        }
    }
}

impl Report for Default {
    fn event(&mut self, event: &Event) {
        match event {
            Event::PlaybookStarted { path } => {
                if self.verbosity > 1 {
                    let name = path.rsplit('/').next().unwrap_or(path);
                    self.display.banner(&format!("PLAYBOOK: {name}"));
                }
                if self.verbosity > 3 {
                    for line in self.settings.command_line.clone() {
                        self.remark(&line);
                    }
                }
                if self.dry && self.settings.check_mode_markers {
                    self.display.banner("DRY RUN");
                }
            }
            Event::PlayStarted { name, hosts, check, lockstep } => {
                self.lockstep = *lockstep;
                self.play_started(name, *check, !hosts.is_empty());
            }
            Event::StepStarted { step } => self.step_started(step),
            Event::HostStarted { step, host } => {
                if self.settings.show_per_host_start {
                    let colour = self.look.ok.clone();
                    self.say(&format!(" [started TASK: {} on {host}]", step.name), &colour);
                }
            }
            Event::ItemDone { step, host, delegated_to, status, label, result, error, by, .. } => {
                let told = Told { step, host, delegated_to: delegated_to.as_deref(), result, by: *by };
                let error = failure::error(step, *by, result, error.as_deref());
                self.item_done(&told, *status, label, error);
            }
            Event::Retry { step, host, attempt, of, result, by, .. } => {
                let told = Told { step, host, delegated_to: None, result, by: *by };
                let left = of + 1 - attempt;
                let mut line = format!("FAILED - RETRYING: [{host}]: {} ({left} retries left).", step.name);
                if self.results.shown(&told, 2) {
                    line.push_str(&format!("Result was: {}", self.results.dump_whole(&told)));
                }
                let colour = self.look.debug.clone();
                self.say(&line, &colour);
            }
            Event::StepDone { step, host, delegated_to, status, result, error, by, .. } => {
                let told = Told { step, host, delegated_to: delegated_to.as_deref(), result, by: *by };
                let error = failure::error(step, *by, result, error.as_deref());
                self.step_done(&told, *status, error);
            }
            Event::Included { step, file, hosts, label } => {
                self.banner(step);
                let mut line = format!("included: {file} for {}", hosts.join(", "));
                if let Some(label) = label.as_ref().filter(|l| l.truthy()) {
                    line.push_str(&format!(" => (item={})", inline_python(label)));
                }
                let colour = self.look.included.clone();
                self.say(&line, &colour);
            }
            Event::Detached { host, jid, failed } => {
                let line = match failed {
                    None => format!("ASYNC POLL on {host}: jid={jid} started=True finished=False"),
                    Some(true) => format!("ASYNC FAILED on {host}: jid={jid}"),
                    Some(false) => format!("ASYNC OK on {host}: jid={jid}"),
                };
                let colour = self.look.debug.clone();
                self.say(&line, &colour);
            }
            Event::Notified { handler, host } => {
                if self.verbosity > 1 {
                    self.remark(&format!("NOTIFIED HANDLER {handler} for {host}"));
                }
            }
            Event::Verbose { level, text } => {
                if self.verbosity >= *level {
                    let stream = if self.settings.verbose_to_stderr { Stream::Err } else { Stream::Out };
                    self.display.show(text, Some(&self.look.verbose), stream);
                } else if self.settings.log_verbosity.is_some_and(|most| most >= *level) {
                    self.display.log(text, Grade::Info);
                }
            }
            Event::Said { text, .. } => self.display.show(text, None, Stream::Out),
            Event::Warning(warning) => self.warning(&failure::warning(warning)),
            Event::Error(error) => {
                let text = failure::lines(&format!("[ERROR]: {}", failure::warning(error)));
                self.display.once(&text, Some(&self.look.error), Stream::Err);
            }
            Event::Deprecated { what, version } => self.deprecated(what, version.as_deref()),
            Event::NoHostsLeft => self.display.banner("NO MORE HOSTS LEFT"),
            // A run that broke off has no recap in Ansible.
            Event::Finished { broken: true, .. } => {}
            Event::Finished { recap, stats, .. } => {
                self.recap(recap);
                if self.settings.show_custom_stats {
                    self.custom_stats(stats);
                }
                if self.dry && self.settings.check_mode_markers {
                    self.display.banner("DRY RUN");
                }
            }
            // A stage is warp's own: Ansible knows none. Nor does it tell lines of a step that still runs.
            Event::StageStarted { .. }
            | Event::StageDone { .. }
            | Event::Output { .. }
            | Event::Asking
            | Event::Secret(_) => {}
        }
    }
}

/// Whether a step brings in others: its result is told when they are known.
fn includes(step: &StepInfo) -> bool {
    matches!(&*step.module, "include_tasks" | "include_role")
}

/// The host, and the one delegated to.
fn host_label(told: &Told<'_>) -> String {
    match told.delegated_to {
        Some(delegate) => format!("{} -> {delegate}", told.host),
        None => told.host.to_owned(),
    }
}
