//! The one place that draws a source frame.

use super::Span;
pub(super) use annotate_snippets::Level;
use annotate_snippets::{AnnotationKind, Group, Origin, Renderer, Snippet};

/// How wide a frame may be before a long source line is cut around its mark.
const WIDTH: usize = 140;

/// `error: MESSAGE` or `warning: MESSAGE`, then ` --> FILE:LINE:COLUMN` with the marked source line, notes and help.
///
/// Plain text: a report colours it. Only the line of the span's beginning is shown; control characters never reach
/// the terminal.
pub(super) fn draw(
    level: Level<'_>,
    message: &str,
    span: Option<&Span>,
    label: Option<&str>,
    notes: &[String],
    help: &[&str],
) -> String {
    let mut group = Group::with_title(level.primary_title(clean(message)));
    let shown = span.map(|span| (span, clean(&span.source.name().display().to_string()), Marked::new(span)));
    match &shown {
        Some((span, path, Some(marked))) => {
            let snippet = Snippet::source(marked.line.as_str())
                .line_start(span.line as usize)
                .path(path)
                .annotation(AnnotationKind::Primary.span(marked.start..marked.end).label(label.map(clean)));
            group = group.element(snippet);
        }
        Some((span, path, None)) => {
            let origin = Origin::path(path).line(span.line as usize).char_column(span.column as usize);
            group = group.element(origin).element(Level::NOTE.message("source not shown: content encrypted"));
        }
        None => {}
    }
    let notes = notes.iter().map(|n| Level::NOTE.message(clean(n)));
    let help = help.iter().map(|h| Level::HELP.message(clean(h)));
    group = group.elements(notes).elements(help);
    Renderer::plain().term_width(WIDTH).render(&[group]).trim_end().to_owned()
}

/// A source line and the range of its bytes to mark.
struct Marked {
    line: String,
    start: usize,
    end: usize,
}

impl Marked {
    /// The line of a span's beginning, where it may be shown.
    fn new(span: &Span) -> Option<Self> {
        let text = span.source.shown()?;
        let before = text.get(..span.start).unwrap_or(text);
        let begin = before.rfind('\n').map_or(0, |i| i + 1);
        let line = text.get(begin..).and_then(|t| t.lines().next()).unwrap_or_default();
        let start = span.start.min(text.len()).saturating_sub(begin).min(line.len());
        let marked = line.get(start..).unwrap_or_default();
        let length = span.end.saturating_sub(span.start).min(marked.len());
        let length = marked.get(..length).map_or(0, |m| m.trim_end().len());
        Some(Marked { line: clean(line), start, end: start + length })
    }
}

/// Text without characters that steer a terminal, its bytes kept in place: each becomes `?`s of the same length.
fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(c),
            '\u{0}'..='\u{1f}' | '\u{7f}' => out.push('?'),
            '\u{80}'..='\u{9f}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' => {
                out.extend(std::iter::repeat_n('?', c.len_utf8()));
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use crate::error::{Error, Source, Span};

    #[test]
    fn a_frame_marks_its_line_and_escapes_control_characters() {
        let text = "- hosts: all\n\tta\u{1b}sks: é [x]\n";
        let start = text.find("[x]").unwrap();
        let span = Span { source: Source::new("a.yml", text), start, end: start + 3, line: 2, column: 12 };
        let error = Error::input("bad \u{1b}[31m").at(span).label("here").note("one").help("two");
        assert_eq!(
            error.to_string(),
            "error: bad ?[31m\n --> a.yml:2:12\n  |\n2 |     ta?sks: é [x]\n  |               ^^^ here\n  |\n  \
             = note: one\n  = help: two"
        );
        let plain = Error::input("no place").note("one\ntwo");
        assert_eq!(plain.to_string(), "error: no place\n |\n = note: one\n         two");
    }
}
