//! A parsed template with the place it was written at, and places inside it.

use super::ast::Parsed;
use crate::error::Span;
use std::path::PathBuf;
use std::sync::Arc;

/// A template at its place. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Template {
    parsed: Arc<Parsed>,
    base: Option<Span>,
}

impl Template {
    pub(crate) fn new(parsed: Arc<Parsed>, base: Option<Span>) -> Self {
        Template { parsed, base }
    }

    pub(crate) fn parsed(&self) -> &Parsed {
        &self.parsed
    }

    /// The folder of the file it was written in.
    pub(crate) fn folder(&self) -> Option<PathBuf> {
        self.base.as_ref().and_then(|b| b.source.name().parent()).map(PathBuf::from)
    }

    /// The place of all of it.
    pub(crate) fn whole(&self) -> Option<&Span> {
        self.base.as_ref()
    }

    /// The line of an offset within the template, from 1.
    pub(crate) fn line(&self, offset: u32) -> usize {
        self.parsed.text.bytes().take(offset as usize).filter(|b| *b == b'\n').count() + 1
    }

    /// The place of a range of the template in the file it was written in.
    pub(crate) fn span(&self, start: u32, end: u32) -> Option<Span> {
        inside(self.base.as_ref()?, &self.parsed.text, start as usize, end as usize)
    }
}

/// The place of `text[start..end]`, when `base` is the place of all of `text`.
///
/// YAML may have folded, unquoted or unindented the text, so that its offsets are not the file's. Tried in turn: the
/// whole text as it stands, then the line it is on, then the words themselves; else `base`.
pub(crate) fn inside(base: &Span, text: &str, start: usize, end: usize) -> Option<Span> {
    let written = base.source.text().get(base.start..base.end)?;
    let words = text.get(start..end).unwrap_or_default();
    let line_start = text.get(..start)?.rfind('\n').map_or(0, |i| i + 1);
    let line = text.get(line_start..)?.lines().next().unwrap_or_default();
    let before = text.get(..line_start)?.lines().filter(|l| l.trim() == line.trim()).count();
    let indent = line.len() - line.trim_start().len();
    let offset = written
        .find(text)
        .map(|at| at + start)
        .or_else(|| {
            let (at, _) = written.match_indices(line.trim()).nth(before)?;
            (!line.trim().is_empty()).then(|| at + (start - line_start).saturating_sub(indent))
        })
        .or_else(|| if words.is_empty() { None } else { written.find(words) });
    let Some(offset) = offset else { return Some(base.clone()) };
    let at = base.start + offset;
    let all = base.source.text();
    let head = all.get(..at)?;
    let column = head.chars().rev().take_while(|c| *c != '\n').count() + 1;
    let line = head.bytes().filter(|b| *b == b'\n').count() + 1;
    Some(Span {
        source: Arc::clone(&base.source),
        start: at,
        end: (at + words.len().max(1)).min(all.len()),
        line: line as u32,
        column: column as u32,
    })
}
