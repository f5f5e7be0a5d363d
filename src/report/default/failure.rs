//! `[ERROR]:` what failed a step, and where.

use crate::error::{Error, Span};
use crate::event::StepInfo;
use crate::value::Value;

/// Lines of source shown above the one that is marked.
const CONTEXT: usize = 2;

/// The widest line of source, with its number.
const WIDEST: usize = 120;

/// The text that tells why a step failed; none where it did not fail.
pub(super) fn error(step: &StepInfo, result: &Value, error: Option<&Error>) -> Option<String> {
    result.get("exception")?;
    let text = match error {
        Some(error) => error.message().to_owned(),
        None => result.get("msg").and_then(Value::as_str).unwrap_or_default().to_owned(),
    };
    let text = text.strip_prefix("Task failed: ").unwrap_or(&text);
    let origin = step.span.as_ref().map(|span| format!("\n{}", origin(span))).unwrap_or_default();
    Some(lines(&format!("[ERROR]: Task failed: {text}{origin}")))
}

/// A message as it is printed: with an empty line after it if it has several.
pub(super) fn lines(text: &str) -> String {
    let text = text.trim_end();
    if text.contains('\n') { format!("{text}\n\n") } else { text.to_owned() }
}

/// A place, and the lines of source there.
pub(super) fn origin(span: &Span) -> String {
    let mut out = format!("Origin: {}:{}:{}\n", span.source.name().display(), span.line, span.column);
    let last = span.line as usize;
    let first = last.saturating_sub(CONTEXT).max(1);
    let label = last.to_string().len();
    let widest = WIDEST - label - 1;
    let mut usable = widest;
    let shown = span.source.text().split('\n').enumerate().skip(first - 1).take(last + 1 - first);
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
