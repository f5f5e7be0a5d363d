//! What went wrong in a YAML text, with hints for the classic mistakes.

use super::yaml::{Kind, Node};
use crate::error::{Error, Source, Span};
use libyaml_safer::Mark;

/// libyaml's complaint as an error with its place.
pub(super) fn explain(
    e: &libyaml_safer::Error,
    span: impl Fn(Mark, Mark) -> Span,
    source: &std::sync::Arc<Source>,
) -> Error {
    let Some(mark) = e.problem_mark().or_else(|| e.context_mark()) else {
        return unreadable(e, source);
    };
    let place = span(mark, mark);
    let line = source.text().lines().nth(mark.line as usize).unwrap_or_default();
    let mut error = Error::input(format!("malformed YAML: {}", e.problem())).at(place);
    if let (Some(context), Some(at)) = (e.context(), e.context_mark())
        && at.line != mark.line
    {
        error =
            error.note(format!("{context} that begins at line {}, column {}", at.line + 1, at.column + 1));
    }
    match hint(e.problem(), line, mark.column as usize) {
        Some(hint) => error.help(hint),
        None => error,
    }
}

/// A list or a map used as a key, which is nearly always `{{` without quotes.
pub(super) fn collection_key(key: &Node) -> Error {
    let error = Error::input("malformed YAML: a map's key must be a string or a number").at(key.span.clone());
    match &key.kind {
        Kind::Map(_) => error.help("a value that begins with `{{` needs quotes: \"{{ variable }}\""),
        _ => error,
    }
}

/// The classic mistake behind a complaint about this line.
fn hint(problem: &str, line: &str, column: usize) -> Option<&'static str> {
    let rest: String = line.chars().skip(column).collect();
    let value = line.split_once(": ").map_or(line, |(_, v)| v).trim_start();
    if rest.starts_with('\t') || (line.trim_start_matches(' ').starts_with('\t')) {
        Some("YAML does not allow tabs for indentation; use spaces")
    } else if value.starts_with("{{") {
        Some("a value that begins with `{{` needs quotes: \"{{ variable }}\"")
    } else if rest.starts_with(['@', '`', '%']) {
        Some("a value that begins with `@`, `%` or a backquote needs quotes")
    } else if problem.starts_with("mapping values are not allowed") {
        Some(
            "a value that contains `: ` needs quotes; else check the indentation of this line and the one above",
        )
    } else if value.starts_with(['"', '\'']) && problem.starts_with("did not find expected") {
        Some("text follows the closing quote: quote the whole value, or use the other kind of quotes outside")
    } else if problem.contains("unexpected end of stream") {
        Some("a quote that was opened is never closed")
    } else if problem.starts_with("did not find expected") {
        Some("check the indentation: the entries of one list or map begin in the same column")
    } else {
        None
    }
}

/// A character that YAML does not allow, for which libyaml keeps no mark.
fn unreadable(e: &libyaml_safer::Error, source: &std::sync::Arc<Source>) -> Error {
    let text = source.text();
    let forbidden = |c: char| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}');
    let error = Error::input(format!("malformed YAML: {}", e.problem()));
    match text.char_indices().find(|(_, c)| forbidden(*c)) {
        Some((start, c)) => {
            let before = text.get(..start).unwrap_or_default();
            let line = before.rsplit('\n').next().unwrap_or_default();
            error
                .at(Span {
                    source: std::sync::Arc::clone(source),
                    start,
                    end: start + c.len_utf8(),
                    line: before.matches('\n').count() as u32 + 1,
                    column: line.chars().count() as u32 + 1,
                })
                .note(format!(
                    "the control character U+{:04X} may only be written as an escape in double quotes",
                    c as u32
                ))
        }
        None => error.note(source.name().display().to_string()),
    }
}
