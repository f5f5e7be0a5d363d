//! `--output minimal` and `--output oneline`: a result a host and nothing around it.

use super::{Default, Told, failure};
use crate::config;
use crate::event::{Event, Report, Status};
use crate::report::display::Stream;
use crate::value::{Value, python_str};

/// Modules whose output is shown as it is.
const RAW: [&str; 3] = ["command", "shell", "raw"];

/// Prints results alone.
pub struct Minimal {
    inner: Default,
    oneline: bool,
}

impl Minimal {
    /// To this process's streams; each result on a line of its own if `oneline`.
    #[must_use]
    pub fn new(verbosity: u8, settings: &config::Screen, oneline: bool) -> Self {
        Minimal { inner: Default::new(verbosity, false, settings), oneline }
    }

    fn done(&mut self, told: &Told<'_>, status: Status, error: Option<String>) {
        let unreachable = matches!(status, Status::Unreachable | Status::Lost)
            || told.result.get("unreachable").is_some_and(Value::truthy);
        let look = &self.inner.look;
        let (word, colour) = match status {
            _ if unreachable => ("UNREACHABLE", look.unreachable.clone()),
            Status::Skipped => ("SKIPPED", look.skip.clone()),
            Status::Ok | Status::Changed => match self.inner.look.ok_or_changed(changed(told)) {
                ("changed", colour) => ("CHANGED", colour),
                (_, colour) => ("SUCCESS", colour),
            },
            _ => ("FAILED", look.error.clone()),
        };
        if !self.oneline {
            self.inner.warnings(told.result);
            self.inner.error(error);
        }
        let host = told.host;
        let key = if word == "FAILED" { "module_stderr" } else { "ansible_job_id" };
        let raw = RAW.contains(&&*told.step.module)
            && matches!(word, "FAILED" | "CHANGED" | "SUCCESS")
            && told.result.get(key).is_none();
        let line = match word {
            "SKIPPED" => format!("{host} | SKIPPED"),
            "UNREACHABLE" if self.oneline => format!("{host} | UNREACHABLE!: {}", text(told, "msg")),
            "FAILED" if self.oneline => {
                if told.result.get("exception").is_some() {
                    self.inner.say(&if raw { self.raw(told, word) } else { exception(told) }, &colour);
                }
                format!("{host} | FAILED! => {}", self.dump(told, false))
            }
            _ if raw => self.raw(told, word),
            "FAILED" | "UNREACHABLE" => format!("{host} | {word}! => {}", self.dump(told, false)),
            _ => format!("{host} | {word} => {}", self.dump(told, !self.oneline)),
        };
        self.inner.say(&line, &colour);
    }

    fn dump(&self, told: &Told<'_>, cleaned: bool) -> String {
        if self.oneline {
            self.inner.results.dump_indented(told, 0, cleaned).replace('\n', "")
        } else {
            self.inner.results.dump_indented(told, 4, cleaned)
        }
    }

    /// The output of a command.
    fn raw(&self, told: &Told<'_>, word: &str) -> String {
        let rc = told.result.get("rc").map_or_else(|| "-1".to_owned(), python_str);
        let host = told.host;
        if !self.oneline {
            let parts = [text(told, "stdout"), text(told, "stderr"), text(told, "msg")];
            return format!("{host} | {word} | rc={rc} >>\n{}\n", parts.concat());
        }
        let one = |key: &str| text(told, key).replace('\n', "\\n").replace('\r', "\\r");
        let stderr = match one("stderr") {
            stderr if stderr.is_empty() => stderr,
            stderr => format!(" (stderr) {stderr}"),
        };
        format!("{host} | {word} | rc={rc} | (stdout) {}{stderr}", one("stdout"))
    }
}

fn changed(told: &Told<'_>) -> bool {
    told.result.get("changed").is_some_and(Value::truthy)
}

fn text(told: &Told<'_>, key: &str) -> String {
    told.result.get(key).map(python_str).unwrap_or_default()
}

fn exception(told: &Told<'_>) -> String {
    let last = text(told, "exception");
    let last = last.trim().lines().last().unwrap_or_default();
    format!(
        "An exception occurred during task execution. To see the full traceback, use -vvv. The error was: {last}"
    )
}

impl Report for Minimal {
    fn event(&mut self, event: &Event) {
        match event {
            Event::StepDone { step, host, delegated_to, status, result, error, by, .. } => {
                let told = Told { step, host, delegated_to: delegated_to.as_deref(), result, by: *by };
                let error = failure::error(step, *by, result, error.as_deref());
                if !self.oneline && told.step.diff && changed(&told) {
                    let colours = self.inner.display.colours.then_some(&self.inner.look);
                    let diff = super::results::diff(result, &self.inner.settings, colours);
                    if !diff.is_empty() {
                        self.inner.display.show(&diff, None, Stream::Out);
                    }
                }
                self.done(&told, *status, error);
            }
            Event::Warning(_)
            | Event::Deprecated { .. }
            | Event::Error(_)
            | Event::Verbose { .. }
            | Event::Said { .. } => {
                self.inner.event(event);
            }
            _ => {}
        }
    }
}
