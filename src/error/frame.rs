//! The one place that draws a source frame.

use super::Span;
use std::fmt;

/// Writes `error: MESSAGE`, then `  --> FILE:LINE:COLUMN` with the marked source line, notes and help.
///
/// Plain text: a report colours it. Control characters of the source are shown as their names.
pub(super) fn draw(
    f: &mut fmt::Formatter<'_>,
    message: &str,
    span: Option<&Span>,
    label: Option<&str>,
    notes: &[String],
    help: &[String],
) -> fmt::Result {
    write!(f, "error: {message}")?;
    if let Some(span) = span {
        write!(f, "\n  --> {span}")?;
        if let Some(line) = span.source.text().lines().nth(span.line.saturating_sub(1) as usize) {
            let number = span.line.to_string();
            let gutter = " ".repeat(number.len());
            let shown: String = line.chars().map(visible).collect();
            let before = span.column.saturating_sub(1) as usize;
            let rest = line.chars().count().saturating_sub(before);
            let marked = span
                .source
                .text()
                .get(span.start..span.end)
                .map_or(1, |t| t.lines().next().map_or(1, |first| first.trim_end().chars().count()));
            write!(f, "\n{gutter} |\n{number} | {shown}\n{gutter} | ")?;
            write!(f, "{}{}", " ".repeat(before), "^".repeat(marked.clamp(1, rest.max(1))))?;
            if let Some(label) = label {
                write!(f, " {label}")?;
            }
        }
    }
    for note in notes {
        write!(f, "\n  note: {note}")?;
    }
    for line in help {
        write!(f, "\n  help: {line}")?;
    }
    Ok(())
}

/// A character as it may be shown on a terminal: one column, never an escape.
fn visible(c: char) -> char {
    match c {
        '\t' => ' ',
        '\0'..='\x1f' => char::from_u32(0x2400 + c as u32).unwrap_or('?'),
        '\x7f' => '\u{2421}',
        '\u{80}'..='\u{9f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '?',
        other => other,
    }
}
