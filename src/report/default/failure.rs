//! `[ERROR]:` what failed a step, and where.

use crate::error::{Error, Span};
use crate::event::{By, StepInfo};
use crate::value::{Value, python_str};

/// Lines of source shown above the one that is marked.
const CONTEXT: usize = 2;

/// The widest line of source, with its number.
const WIDEST: usize = 120;

/// The text that tells why a step failed; none where it did not fail.
pub(super) fn error(step: &StepInfo, by: By, result: &Value, error: Option<&Error>) -> Option<String> {
    result.get("exception")?;
    let who = match by {
        By::Task => return Some(lines(&format!("[ERROR]: {}", of_task(step, result, error)))),
        By::Action | By::Display => "Action failed.",
        By::Module => "Module failed.",
    };
    let msg = result.get("msg").map_or_else(|| "Unknown error.".to_owned(), python_str);
    // With the system's own words beneath the message, where there are any.
    let told = error
        .map(|error| error.message().to_owned())
        .filter(|told| told.starts_with(msg.trim_end_matches('.')));
    let msg = told.unwrap_or(msg);
    let censored = result.get("censored").is_some();
    let text = if censored { who.to_owned() } else { joined(who, &msg) };
    let text = if msg.starts_with(TASK) { msg } else { joined("Task failed.", &text) };
    Some(lines(&format!("[ERROR]: {text}{}", place(step.span.as_ref()))))
}

/// The words that begin what fails a task.
const TASK: &str = "Task failed: ";

/// A failure of the engine's own: what surrounds it, part by part at their places, then itself at its own.
fn of_task(step: &StepInfo, result: &Value, error: Option<&Error>) -> String {
    let Some(error) = error else {
        let msg = result.get("msg").map_or_else(String::new, python_str);
        return joined("Task failed.", &msg) + &place(step.span.as_ref());
    };
    // A connection's failure says all that it knows, as Ansible shows what ssh said.
    let notes = if result.get("unreachable").is_some() { error.note_lines() } else { &[] };
    let help = [notes, error.help_lines()].concat().join("\n");
    let own = Part { words: error.own().to_owned(), span: error.text() };
    let mut parts: Vec<Part<'_>> = Vec::new();
    let outer = error.outer().iter().map(|o| Part { words: format!("{}.", o.words), span: o.span.as_ref() });
    let innermost = error.outer().len();
    for (at, part) in outer.chain([own]).enumerate() {
        // What has no place of its own, but help, stands by itself.
        let apart = at == innermost && part.span.is_none() && !help.is_empty();
        match parts.last_mut() {
            Some(last) if !apart && (part.span.is_none() || place(part.span) == place(last.span)) => {
                last.words = joined(&last.words, &part.words);
            }
            _ => parts.push(part),
        }
    }
    let count = parts.len();
    let told = parts.into_iter().enumerate().map(|(index, part)| {
        let help = if index + 1 == count { help.as_str() } else { "" };
        with_help(&part.words, part.span, help)
    });
    let told: Vec<String> = told.collect();
    let told = told.join("\n\n<<< caused by >>>\n\n");
    if count > 1 { format!("{}\n\n{told}", error.message()) } else { told }
}

/// A part of a failure, and its place.
struct Part<'a> {
    words: String,
    span: Option<&'a Span>,
}

/// A warning, with its place.
pub(super) fn warning(warning: &Error) -> String {
    with_help(warning.message(), warning.text(), &warning.help_lines().join("\n"))
}

/// An error that ends a run, with its place and its circumstances.
pub(super) fn ending(error: &Error) -> String {
    let notes: String = error.note_lines().iter().map(|note| format!("\n\n{note}")).collect();
    lines(&format!("[ERROR]: {}{notes}", warning(error)))
}

/// What is deprecated, until which version of ansible-core where that is said, and where.
pub(super) fn deprecation(what: &Error, version: Option<&str>) -> String {
    let message = what.message().trim_end();
    let end = if message.ends_with(['.', '!', '?']) { "" } else { "." };
    let until = version.map_or("in a future release".to_owned(), |version| format!("version {version}"));
    let message = format!("{message}{end} This feature will be removed from ansible-core {until}.");
    with_help(&message, what.text(), &what.help_lines().join("\n"))
}

/// A message, its place and what to do about it; on one line where it has no place.
fn with_help(message: &str, span: Option<&Span>, help: &str) -> String {
    match (help, span) {
        ("", span) => format!("{message}{}", place(span)),
        (help, None) if !message.contains('\n') && !help.contains('\n') => format!("{message} {help}"),
        (help, span) => format!("{message}{}\n\n{help}", place(span)),
    }
}

/// Two parts of a message, unless the first ends with the second.
fn joined(first: &str, second: &str) -> String {
    if first.ends_with(second) {
        return first.to_owned();
    }
    format!("{}: {second}", first.trim_end_matches(['.', ' ']))
}

fn place(span: Option<&Span>) -> String {
    span.map(|span| format!("\n{}", origin(span))).unwrap_or_default()
}

/// A message as it is printed: with its line's end, and an empty line after it if it has several.
pub(super) fn lines(text: &str) -> String {
    let text = text.trim_end();
    if text.contains('\n') { format!("{text}\n\n") } else { format!("{text}\n") }
}

/// A place, and the lines of source there.
pub(super) fn origin(span: &Span) -> String {
    let name = span.source.name().display();
    if span.source.is_unknown() {
        return format!("Origin: {name}\n\n{}", span.source.text());
    }
    if span.start == 0 && span.end == span.source.text().len() {
        return format!("Origin: {name}");
    }
    let mut out = format!("Origin: {name}:{}:{}\n", span.line, span.column);
    let Some(text) = span.source.shown() else {
        out.push_str("\n(source not shown: content encrypted)");
        return out;
    };
    let last = span.line as usize;
    let first = last.saturating_sub(CONTEXT).max(1);
    let label = last.to_string().len();
    let widest = WIDEST - label - 1;
    let mut usable = widest;
    let shown = text.split('\n').enumerate().skip(first - 1).take(last + 1 - first);
    for (index, line) in shown {
        let mut line = line.trim_end_matches('\r').replace('\t', " ");
        if line.chars().count() > widest {
            usable = widest - 3;
            line = line.chars().take(usable).chain("...".chars()).collect();
        }
        let gap = if line.is_empty() { "" } else { " " };
        out.push_str(&format!("\n{:>label$}{gap}{line}", index + 1));
    }
    let column = span.column as usize;
    if (1..=usable).contains(&column) {
        let text = format!("column {column}");
        let at = column - 1;
        let mark = if at + 2 + text.len() > widest {
            format!("{}{text} ^", " ".repeat(at.saturating_sub(text.len() + 1)))
        } else {
            format!("{}^ {text}", " ".repeat(at))
        };
        out.push_str(&format!("\n{} {mark}", " ".repeat(label)));
    }
    out
}
