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
    let hint = hint(e.problem(), line, mark.column as usize);
    let words = match hint {
        Some((Some(words), _)) => words.to_owned(),
        _ => sentence(&[e.context().unwrap_or_default(), e.problem()]),
    };
    let mut error = failed(&words).at(place);
    if let (Some(context), Some(at)) = (e.context(), e.context_mark())
        && at.line != mark.line
    {
        error =
            error.note(format!("{context} that begins at line {}, column {}", at.line + 1, at.column + 1));
    }
    match hint {
        Some((_, help)) => error.help(help),
        None => error,
    }
}

/// An error in Ansible's words.
fn failed(words: &str) -> Error {
    Error::input(format!("YAML parsing failed: {words}"))
}

/// libyaml's words as a sentence.
fn sentence(parts: &[&str]) -> String {
    let parts: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    let words = parts.join(" ");
    let mut letters = words.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase()).into_iter();
    first.chain(letters).chain(['.']).collect()
}

/// A list or a map used as a key, which is nearly always `{{` without quotes.
pub(super) fn collection_key(key: &Node) -> Error {
    match &key.kind {
        Kind::Map(_) => failed(BRACES.0).at(key.span.clone()).help(BRACES.1),
        _ => failed("Mapping keys must be strings or numbers.").at(key.span.clone()),
    }
}

/// A template without quotes: Ansible's words, and what to do.
const BRACES: (&str, &str) = (
    "This may be an issue with missing quotes around a template block.",
    "a value that begins with `{{` needs quotes: \"{{ variable }}\"",
);

/// The classic mistake behind a complaint about this line: Ansible's words where it has any, and what to do.
fn hint(problem: &str, line: &str, column: usize) -> Option<(Option<&'static str>, &'static str)> {
    let rest: String = line.chars().skip(column).collect();
    let value = line.split_once(": ").map_or(line, |(_, v)| v).trim_start();
    if rest.starts_with('\t') || (line.trim_start_matches(' ').starts_with('\t')) {
        Some((
            Some("Tabs are usually invalid in YAML."),
            "YAML does not allow tabs for indentation; use spaces",
        ))
    } else if value.starts_with("{{") {
        Some((Some(BRACES.0), BRACES.1))
    } else if rest.starts_with(['@', '`', '%']) {
        Some((None, "a value that begins with `@`, `%` or a backquote needs quotes"))
    } else if problem.starts_with("mapping values are not allowed") {
        let colon = value.contains(": ") || value.ends_with(':');
        Some((
            colon.then_some("Colons in unquoted values must be followed by a non-space character."),
            "a value that contains `: ` needs quotes; else check the indentation of this line and the one above",
        ))
    } else if value.starts_with(['"', '\'']) && problem.starts_with("did not find expected") {
        let words = match value.chars().next() == value.chars().next_back() {
            true => "Values starting with a quote must end with the same quote, and not contain that quote.",
            false => "Values starting with a quote must end with the same quote.",
        };
        Some((
            Some(words),
            "text follows the closing quote: quote the whole value, or use the other kind of quotes outside",
        ))
    } else if problem.contains("unexpected end of stream") {
        Some((None, "a quote that was opened is never closed"))
    } else if problem.starts_with("did not find expected") {
        Some((None, "check the indentation: the entries of one list or map begin in the same column"))
    } else {
        None
    }
}

/// A character that YAML does not allow, for which libyaml keeps no mark.
fn unreadable(e: &libyaml_safer::Error, source: &std::sync::Arc<Source>) -> Error {
    let text = source.text();
    let forbidden = |c: char| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}');
    let error = failed(&sentence(&[e.problem()]));
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
