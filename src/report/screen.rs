//! The screen: a line a result, more where something changed or failed.

use super::terminal::{visible, visible_line};
use super::{diff, values};
use crate::error::Error;
use crate::event::{Event, Recap, Report, Status};
use crate::value::Value;
use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::HashSet;
use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many lines of a failed module's stderr, and stdout where stderr is empty, are shown.
const TAIL: usize = 15;

/// How often the spinner turns.
const TICK: Duration = Duration::from_millis(120);

/// Prints for people.
pub struct Screen {
    out: Box<dyn Write + Send>,
    bar: Option<ProgressBar>,
    verbosity: u8,
    started: Instant,
    warned: HashSet<String>,
    module: Arc<str>,
    /// Results told so far of the running loop's items, so that their sum need not repeat them.
    items: usize,
    output_of: Option<Arc<str>>,
}

impl Screen {
    /// To standard output, in colours and with a spinner where it is a terminal.
    #[must_use]
    pub fn new(verbosity: u8) -> Self {
        let live = std::io::stdout().is_terminal() && std::io::stderr().is_terminal();
        let bar = live.then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
            if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}") {
                bar.set_style(style);
            }
            bar
        });
        Screen { bar, ..Screen::to(Box::new(anstream::stdout()), verbosity) }
    }

    /// To any other place, without a spinner.
    #[must_use]
    pub fn to(out: Box<dyn Write + Send>, verbosity: u8) -> Self {
        Screen {
            out,
            bar: None,
            verbosity,
            started: Instant::now(),
            warned: HashSet::new(),
            module: Arc::from(""),
            items: 0,
            output_of: None,
        }
    }

    fn line(&mut self, text: &str) {
        let out = &mut self.out;
        // Nobody is left to tell when the reader of the output has gone.
        let mut print = || {
            let _ = writeln!(out, "{text}");
            let _ = out.flush();
        };
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    fn indented(&mut self, text: &str, style: Style) {
        for line in visible(text).lines() {
            self.line(&format!("      {style}{line}{style:#}"));
        }
    }

    fn running(&self, what: &str) {
        if let Some(bar) = &self.bar {
            bar.reset();
            bar.enable_steady_tick(TICK);
            bar.set_message(visible_line(what));
        }
    }

    /// Clears the spinner away until the next step.
    fn stand_back(&self) {
        if let Some(bar) = &self.bar {
            bar.disable_steady_tick();
            bar.finish_and_clear();
        }
    }

    /// One result: of a task on a host, or of an item.
    fn result(&mut self, status: Status, who: &str, result: &Value, place: Option<String>) {
        let (word, style) = look(status);
        let went_wrong = !matches!(status, Status::Ok | Status::Changed | Status::Skipped);
        let frame = place.filter(|_| went_wrong);
        // A frame begins with the message.
        let shown = if frame.is_some() { None } else { message(status, result, &self.module) };
        let (beside, below) = match shown {
            Some(text) if text.trim_end().contains('\n') => (String::new(), Some(text)),
            Some(text) => (format!("  {}", visible_line(text.trim_end())), None),
            None => (String::new(), None),
        };
        self.line(&format!("  {style}{word:<11}{style:#} {who}{beside}"));
        if let Some(text) = below {
            self.indented(&text, Style::new());
        }
        if let Some(frame) = frame {
            self.indented(&frame, Style::new());
        }
        if went_wrong && (status != Status::Ignored || self.verbosity > 0) {
            self.tail(result);
        }
        for line in diff::lines(result) {
            let line = visible_line(&line);
            let style = match line.chars().next() {
                Some('+') => AnsiColor::Green.on_default(),
                Some('-') => AnsiColor::Red.on_default(),
                Some('@') => AnsiColor::Cyan.on_default(),
                _ => Style::new(),
            };
            self.line(&format!("      {style}{line}{style:#}"));
        }
        if self.shows_result(result) {
            self.indented(&values::pretty(result), Style::new());
        }
    }

    fn shows_result(&self, result: &Value) -> bool {
        let censored = result.get("censored").is_some();
        self.verbosity > 0 && !censored && &*self.module != "debug"
    }

    /// The end of what a failed module printed.
    fn tail(&mut self, result: &Value) {
        let text = |key: &str| result.get(key).and_then(Value::as_str).filter(|s| !s.trim().is_empty());
        let Some(output) = text("stderr").or_else(|| text("stdout")) else { return };
        let lines: Vec<&str> = output.lines().collect();
        let first = lines.len().saturating_sub(TAIL);
        if first > 0 {
            self.indented(&format!("... {first} lines before"), Style::new().dimmed());
        }
        let tail: Vec<String> = lines.iter().skip(first).map(|l| format!("| {l}")).collect();
        self.indented(&tail.join("\n"), Style::new().dimmed());
    }

    fn recap(&mut self, recap: &[(Arc<str>, Recap)]) {
        let width = recap.iter().map(|(host, _)| host.chars().count()).max().unwrap_or(0);
        self.line("");
        for (host, r) in recap {
            let worst = if r.failed > 0 || r.unreachable > 0 {
                Status::Failed
            } else if r.changed > 0 {
                Status::Changed
            } else {
                Status::Ok
            };
            let (_, style) = look(worst);
            let counts = [
                ("ok", r.ok),
                ("changed", r.changed),
                ("unreachable", r.unreachable.saturating_sub(r.lost)),
                ("lost", r.lost),
                ("failed", r.failed),
                ("skipped", r.skipped),
                ("rescued", r.rescued),
                ("ignored", r.ignored),
            ];
            let told: Vec<String> = counts
                .iter()
                .filter(|(word, n)| *n > 0 || matches!(*word, "ok" | "changed" | "failed"))
                .map(|(word, n)| format!("{word}={n}"))
                .collect();
            let host = visible_line(host);
            self.line(&format!("{style}{host:<width$}{style:#}  {}", told.join(" ")));
        }
        self.line(&format!("took {}", duration(self.started.elapsed())));
    }
}

impl Report for Screen {
    fn event(&mut self, event: &Event) {
        let bold = Style::new().bold();
        if !matches!(event, Event::Output { .. }) {
            self.output_of = None;
        }
        match event {
            Event::PlayStarted { name, hosts, .. } => {
                let count = match hosts.len() {
                    0 => "no hosts matched".to_owned(),
                    1 => "1 host".to_owned(),
                    n => format!("{n} hosts"),
                };
                self.line(&format!("\n{bold}PLAY {}{bold:#} ({count})", visible_line(name)));
            }
            Event::StepStarted { step } => {
                self.module = Arc::clone(&step.module);
                self.items = 0;
                let word = if step.handler { "HANDLER" } else { "TASK" };
                let name = visible_line(&step.name);
                self.line(&format!("{bold}{word}{bold:#} {name}"));
                self.running(&name);
            }
            Event::ItemDone { host, status, label, result, error, .. } => {
                self.items += 1;
                if *status == Status::Skipped && self.verbosity == 0 {
                    return;
                }
                let who = format!("{} (item={})", visible_line(host), visible_line(&values::inline(label)));
                self.result(*status, &who, result, error.as_ref().map(ToString::to_string));
            }
            Event::Retry { host, attempt, of, .. } => {
                let style = AnsiColor::Yellow.on_default();
                let host = visible_line(host);
                self.line(&format!(
                    "  {style}{:<11}{style:#} {host}  attempt {attempt}, {of} retries",
                    "retrying"
                ));
            }
            Event::Output { host, line, .. } => {
                if self.output_of.as_ref() != Some(host) {
                    self.output_of = Some(Arc::clone(host));
                    self.line(&format!("  {:<11} {}", "output", visible_line(host)));
                }
                let style = Style::new().dimmed();
                self.line(&format!("      {style}| {}{style:#}", visible_line(line)));
            }
            Event::StepDone { step, host, delegated_to, status, result, error, no_log, .. } => {
                let mut who = visible_line(host);
                if let Some(delegate) = delegated_to {
                    who.push_str(&format!(" -> {}", visible_line(delegate)));
                }
                let looped = result.get("results").is_some() && self.items > 0;
                if looped && !matches!(status, Status::Unreachable | Status::Lost) {
                    if *status == Status::Skipped {
                        self.result(*status, &who, &Value::Null, None);
                    }
                    return;
                }
                let place = match (error, &step.span) {
                    (Some(error), _) => Some(error.to_string()),
                    // The task's own text may hold what `no_log` is to hide.
                    (None, Some(span)) if *no_log => Some(format!("{}\n  --> {span}", failure_text(result))),
                    (None, Some(span)) => {
                        Some(Error::other(failure_text(result)).at(span.clone()).to_string())
                    }
                    (None, None) => None,
                };
                self.result(*status, &who, result, place);
            }
            Event::Included { file, hosts, label, .. } => {
                let hosts: Vec<String> = hosts.iter().map(|h| visible_line(h)).collect();
                let item = label.as_ref().map(|l| format!(" (item={})", visible_line(&values::inline(l))));
                let item = item.unwrap_or_default();
                self.line(&format!(
                    "  {:<11} {} for {}{item}",
                    "included",
                    visible_line(file),
                    hosts.join(", ")
                ));
            }
            Event::StageStarted { name } => {
                self.line(&format!("\n{bold}STAGE {}{bold:#}", visible_line(name)));
                self.running(name);
            }
            Event::StageDone { name, skipped, note, seconds } => {
                let word = if *skipped { "already done" } else { "done" };
                let note = if note.is_empty() { String::new() } else { format!(": {}", visible_line(note)) };
                let took = duration(Duration::from_secs_f64(seconds.max(0.0)));
                self.line(&format!("{bold}{}{bold:#} {word}{note} ({took})", visible_line(name)));
            }
            Event::Verbose { level, text } => {
                if self.verbosity >= *level {
                    self.line(&visible_line(text));
                }
            }
            Event::Warning(warning) | Event::Deprecated { what: warning, .. } => {
                let text = warning.as_warning();
                let text = text.strip_prefix("warning: ").unwrap_or(&text).to_owned();
                if self.warned.insert(text.clone()) {
                    let style = AnsiColor::Magenta.on_default();
                    self.line(&format!("{style}warning: {}{style:#}", visible(&text)));
                }
            }
            Event::Finished { recap, .. } => {
                if let Some(bar) = self.bar.take() {
                    bar.finish_and_clear();
                }
                self.recap(recap);
            }
            Event::Said { text, .. } => self.line(&visible(text)),
            Event::Asking => self.stand_back(),
            // The steps that it fails say why.
            Event::Error(_)
            | Event::PlaybookStarted { .. }
            | Event::Detached { .. }
            | Event::HostStarted { .. }
            | Event::NoHostsLeft
            | Event::Notified { .. }
            | Event::Secret(_) => {}
        }
    }
}

/// A status as its word and colour.
fn look(status: Status) -> (&'static str, Style) {
    let (word, colour) = match status {
        Status::Ok => ("ok", AnsiColor::Green),
        Status::Changed => ("changed", AnsiColor::Yellow),
        Status::Skipped => ("skipped", AnsiColor::Cyan),
        Status::Failed => ("FAILED", AnsiColor::Red),
        Status::Rescued => ("rescued", AnsiColor::Red),
        Status::Ignored => ("ignored", AnsiColor::Blue),
        Status::Unreachable => ("UNREACHABLE", AnsiColor::Red),
        Status::Lost => ("LOST", AnsiColor::Red),
    };
    (word, colour.on_default())
}

/// What is worth saying beside a result.
fn message(status: Status, result: &Value, module: &str) -> Option<String> {
    match status {
        Status::Failed | Status::Rescued | Status::Ignored | Status::Unreachable | Status::Lost => {
            Some(failure_text(result))
        }
        Status::Skipped => {
            let reason = result.get("msg").or_else(|| result.get("skipped_reason"));
            reason.map(values::inline)
        }
        Status::Ok | Status::Changed if module == "debug" => debug_text(result),
        Status::Ok | Status::Changed => None,
    }
}

fn failure_text(result: &Value) -> String {
    let text = ["msg", "message", "reason", "censored"].iter().find_map(|key| result.get(key));
    let text = text.map(values::inline).unwrap_or_else(|| "failed".to_owned());
    match result.get("rc").and_then(Value::as_int) {
        Some(rc) => format!("{text} (rc={rc})"),
        None => text,
    }
}

/// What `debug` shows: its message, or the expression with its value.
fn debug_text(result: &Value) -> Option<String> {
    let own = ["changed", "failed", "warnings", "skipped"];
    let map = result.as_map()?;
    let (key, value) = map.iter().find(|(k, _)| k.as_str().is_none_or(|k| !own.contains(&k)))?;
    let text = match value {
        Value::List(_) | Value::Map(_) => values::pretty(value),
        _ => values::inline(value),
    };
    Some(match key.as_str() {
        Some("msg") => text,
        _ if text.contains('\n') => format!("{key}:\n{text}"),
        _ => format!("{key}: {text}"),
    })
}

fn duration(d: Duration) -> String {
    let seconds = d.as_secs();
    match seconds {
        0..=9 => format!("{:.1} s", d.as_secs_f64()),
        10..=59 => format!("{seconds} s"),
        60..=3599 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}
