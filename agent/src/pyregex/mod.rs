//! Python's regular expressions: its pattern syntax, its replacement templates, its `search` and `subn`.

mod expand;
mod translate;

pub use translate::{Flags, Subject};

use fancy_regex::{BytesMode, Regex, RegexBuilder};
use std::fmt;
use std::ops::Range;

/// Why a pattern or a template is refused, in the words of Python's `re.error` where it has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError(pub String);

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for PatternError {}

/// How many steps a match may take before it is given up: Python has no limit, a host has to have one.
const STEPS: usize = 50_000_000;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Pattern {
    regex: Regex,
    subject: Subject,
    flags: Flags,
}

/// Where a pattern matched: group 0 and every other group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    groups: Vec<Option<Range<usize>>>,
}

impl Found {
    /// Where the whole pattern matched.
    #[must_use]
    pub fn whole(&self) -> Range<usize> {
        self.groups.first().cloned().flatten().unwrap_or(0..0)
    }

    /// Where a group matched, if it took part.
    #[must_use]
    pub fn group(&self, index: usize) -> Option<Range<usize>> {
        self.groups.get(index).cloned().flatten()
    }
}

impl Pattern {
    /// Compiles a pattern as Python would.
    ///
    /// # Errors
    /// A malformed pattern.
    pub fn new(pattern: &str, subject: Subject, flags: Flags) -> Result<Self, PatternError> {
        let (translated, flags) = translate::translate(pattern, subject, flags)?;
        let regex = RegexBuilder::new(&translated)
            .bytes_mode(match subject {
                Subject::Bytes => BytesMode::Ascii,
                Subject::Text => BytesMode::UnicodeBytes,
            })
            .backtrack_limit(STEPS)
            .build()
            .map_err(|e| PatternError(e.to_string()))?;
        Ok(Pattern { regex, subject, flags })
    }

    /// The first match.
    ///
    /// # Errors
    /// The match was given up after too many steps.
    pub fn search(&self, subject: &[u8]) -> Result<Option<Found>, PatternError> {
        self.search_from(subject, 0)
    }

    /// The first match at or after a byte offset.
    ///
    /// # Errors
    /// The match was given up after too many steps.
    pub fn search_from(&self, subject: &[u8], from: usize) -> Result<Option<Found>, PatternError> {
        let captures =
            self.regex.captures_from_pos(subject, from).map_err(|e| PatternError(e.to_string()))?;
        Ok(captures.map(|captures| Found {
            groups: (0..captures.len()).map(|i| captures.get(i).map(|m| m.range())).collect(),
        }))
    }

    /// Whether the pattern matches somewhere.
    ///
    /// # Errors
    /// The match was given up after too many steps.
    pub fn is_match(&self, subject: &[u8]) -> Result<bool, PatternError> {
        Ok(self.search(subject)?.is_some())
    }

    /// The flags it was compiled with and those that it starts with.
    #[must_use]
    pub fn flags(&self) -> Flags {
        self.flags
    }

    /// How many groups there are besides the whole.
    #[must_use]
    pub fn group_count(&self) -> usize {
        self.regex.captures_len().saturating_sub(1)
    }

    /// The named groups and their numbers.
    #[must_use]
    pub fn group_names(&self) -> Vec<(String, usize)> {
        let names = self.regex.capture_names().enumerate();
        names.filter_map(|(i, name)| Some((name?.to_owned(), i))).collect()
    }

    /// A match's expansion of a template: Python's `Match.expand`.
    ///
    /// # Errors
    /// A malformed template, or one that names a group the pattern does not have.
    pub fn expand(&self, subject: &[u8], found: &Found, template: &str) -> Result<Vec<u8>, PatternError> {
        Ok(fill(&self.template(template)?, subject, found))
    }

    /// Replaces every match: Python's `subn`, the new bytes and how many matches there were.
    ///
    /// # Errors
    /// A malformed template, or a match given up after too many steps.
    pub fn subn(&self, subject: &[u8], template: &str) -> Result<(Vec<u8>, usize), PatternError> {
        let template = self.template(template)?;
        let (mut out, mut count, mut copied, mut from) = (Vec::new(), 0, 0, 0);
        let mut last_empty = None;
        while from <= subject.len() {
            let Some(found) = self.search_from(subject, from)? else {
                break;
            };
            let range = found.whole();
            // An empty match is taken once at a place, also right after a match that was not empty.
            if range.is_empty() && last_empty == Some(range.start) {
                from = self.next_position(subject, range.start);
                last_empty = None;
                continue;
            }
            out.extend_from_slice(subject.get(copied..range.start).unwrap_or_default());
            out.extend_from_slice(&fill(&template, subject, &found));
            copied = range.end;
            count += 1;
            from = range.end;
            last_empty = range.is_empty().then_some(range.end);
        }
        out.extend_from_slice(subject.get(copied..).unwrap_or_default());
        Ok((out, count))
    }

    fn template(&self, template: &str) -> Result<Vec<expand::Piece>, PatternError> {
        let names = self.group_names();
        expand::parse(template, self.group_count(), |name| {
            names.iter().find(|(n, _)| n == name).map(|(_, i)| *i)
        })
    }

    /// The next byte, or in text the next code point.
    fn next_position(&self, subject: &[u8], at: usize) -> usize {
        let mut next = at + 1;
        while self.subject == Subject::Text && subject.get(next).is_some_and(|b| b & 0xc0 == 0x80) {
            next += 1;
        }
        next
    }
}

fn fill(template: &[expand::Piece], subject: &[u8], found: &Found) -> Vec<u8> {
    let mut out = Vec::new();
    for piece in template {
        match piece {
            expand::Piece::Literal(bytes) => out.extend_from_slice(bytes),
            expand::Piece::Group(group) => {
                let range = found.group(*group).unwrap_or(0..0);
                out.extend_from_slice(subject.get(range).unwrap_or_default());
            }
        }
    }
    out
}
