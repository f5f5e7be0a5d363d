//! Strings that know whether they may be rendered.

use super::tags::{Origin, Sealing, Tags};
use crate::error::Span;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A string with its tags. Cheap to clone. Equality is that of the characters.
#[derive(Clone)]
pub struct Text {
    chars: Arc<str>,
    tags: Option<Arc<Tags>>,
}

impl Text {
    /// An author's text, at its place: it may be rendered.
    #[must_use]
    pub fn source(chars: impl Into<Arc<str>>, span: impl Into<Option<Span>>) -> Self {
        let origin = span.into().map(Origin::At);
        Text::tagged(chars, Tags { trusted: true, origin, ..Tags::default() })
    }

    /// Text of which nothing is known, that must never be rendered.
    #[must_use]
    pub fn data(chars: impl Into<Arc<str>>) -> Self {
        Text { chars: chars.into(), tags: None }
    }

    /// Text that must never be rendered, at its place.
    #[must_use]
    pub fn untrusted(chars: impl Into<Arc<str>>, span: Span) -> Self {
        Text::tagged(chars, Tags { origin: Some(Origin::At(span)), ..Tags::default() })
    }

    /// A vault, at its place.
    #[must_use]
    pub fn vault(chars: impl Into<Arc<str>>, span: impl Into<Option<Span>>) -> Self {
        let origin = span.into().map(Origin::At);
        Text::tagged(chars, Tags { origin, sealing: Some(Sealing::Sealed), ..Tags::default() })
    }

    /// A text of which this is known.
    #[must_use]
    pub fn tagged(chars: impl Into<Arc<str>>, tags: Tags) -> Self {
        Text { chars: chars.into(), tags: Some(Arc::new(tags)) }
    }

    /// What was in this vault: data, of which is known where its vault is written.
    pub(super) fn opened(&self, chars: Arc<str>) -> Self {
        let origin = self.origin().cloned();
        Text::tagged(chars, Tags { origin, sealing: Some(Sealing::Opened(self.shared())), ..Tags::default() })
    }

    /// Other characters of which the same is known.
    #[must_use]
    pub fn with_chars(&self, chars: impl Into<Arc<str>>) -> Self {
        Text { chars: chars.into(), tags: self.tags.clone() }
    }

    /// The same characters, of which this is known besides.
    #[must_use]
    pub fn with(&self, change: impl FnOnce(&mut Tags)) -> Self {
        let mut tags = self.tags.as_deref().cloned().unwrap_or_default();
        change(&mut tags);
        Text::tagged(self.shared(), tags)
    }

    /// What is known of it, if anything is.
    #[must_use]
    pub fn tags(&self) -> Option<&Tags> {
        self.tags.as_deref()
    }

    /// The characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.chars
    }

    /// The characters, shared.
    #[must_use]
    pub fn shared(&self) -> Arc<str> {
        Arc::clone(&self.chars)
    }

    /// Where it came from.
    #[must_use]
    pub fn origin(&self) -> Option<&Origin> {
        self.tags()?.origin.as_ref()
    }

    /// Where it was written.
    #[must_use]
    pub fn span(&self) -> Option<&Span> {
        match self.origin()? {
            Origin::At(span) => Some(span),
            Origin::Named(_) => None,
        }
    }

    /// Whether it may be rendered.
    #[must_use]
    pub fn is_source(&self) -> bool {
        self.tags().is_some_and(|t| t.trusted)
    }

    /// Whether it is a vault, to be decrypted when somebody looks at it.
    #[must_use]
    pub fn is_vault(&self) -> bool {
        matches!(self.tags().and_then(|t| t.sealing.as_ref()), Some(Sealing::Sealed))
    }

    /// The vault that it came out of.
    #[must_use]
    pub fn out_of_vault(&self) -> Option<&Arc<str>> {
        match self.tags()?.sealing.as_ref()? {
            Sealing::Opened(vault) => Some(vault),
            Sealing::Sealed => None,
        }
    }

    /// Whether rendering it can give anything but itself: an author's text with a Jinja opening in it.
    #[must_use]
    pub fn is_template(&self) -> bool {
        self.is_source() && self.has_opening()
    }

    /// Whether a Jinja opening is in it.
    #[must_use]
    pub fn has_opening(&self) -> bool {
        self.chars.contains("{{") || self.chars.contains("{%") || self.chars.contains("{#")
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.chars
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.chars == other.chars
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.chars, f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.chars)
    }
}
