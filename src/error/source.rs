//! Where a piece of text came from.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The name of what has no place.
const UNKNOWN: &str = "<unknown>";

/// A text that was read, kept so that errors can show it.
#[derive(Debug)]
pub struct Source {
    name: PathBuf,
    text: String,
    encrypted: bool,
}

impl Source {
    /// A file's text under its path, or any other text under a name in angle brackets (`<extra vars>`).
    #[must_use]
    pub fn new(name: impl Into<PathBuf>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Source { name: name.into(), text: text.into(), encrypted: false })
    }

    /// The text of a file that is encrypted: errors tell places in it, and show none of it.
    #[must_use]
    pub fn decrypted(name: impl Into<PathBuf>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Source { name: name.into(), text: text.into(), encrypted: true })
    }

    /// A value that stands in no file, as it is printed.
    #[must_use]
    pub fn unknown(text: impl Into<String>) -> Arc<Self> {
        Source::new(UNKNOWN, text)
    }

    /// Whether it is such a value.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.name == Path::new(UNKNOWN)
    }

    /// This source with another text in place of its own.
    #[must_use]
    pub fn with_text(&self, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Source { name: self.name.clone(), text: text.into(), encrypted: self.encrypted })
    }

    /// The path or name.
    #[must_use]
    pub fn name(&self) -> &Path {
        &self.name
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text that may be shown, if any.
    #[must_use]
    pub fn shown(&self) -> Option<&str> {
        (!self.encrypted).then_some(&*self.text)
    }
}

/// A place in a source: a range of bytes, with the 1-based line and column of its beginning.
#[derive(Clone)]
pub struct Span {
    /// The text it is in.
    pub source: Arc<Source>,
    /// The first byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// The line of `start`, from 1.
    pub line: u32,
    /// The column of `start` in characters, from 1.
    pub column: u32,
}

impl Span {
    /// The place of a range of bytes.
    #[must_use]
    pub fn within(source: &Arc<Source>, range: std::ops::Range<usize>) -> Self {
        let before = source.text().get(..range.start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Span {
            source: Arc::clone(source),
            start: range.start,
            end: range.end,
            line: before.matches('\n').count() as u32 + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() as u32 + 1,
        }
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.source.name().display(), self.line, self.column)
    }
}

impl PartialEq for Span {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.source, &other.source) && self.start == other.start && self.end == other.end
    }
}
