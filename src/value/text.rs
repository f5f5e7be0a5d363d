//! Strings that know whether they may be rendered.

use crate::error::Span;
use std::fmt;
use std::sync::Arc;

/// Where a string came from, which decides whether it may be a template.
///
/// The boundary is that of ansible-core 2.19's "trusted as template": what an author wrote (playbooks, roles,
/// vars, inventories, the command line, vault contents, configuration) is `Source`; what came back from a target
/// or was read (outputs, facts, env, pipe, url and file lookups, template results) is `Data`.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// Written by an author; may be rendered. The span is absent only where no text exists to point at.
    Source(Option<Span>),
    /// Came back or was computed; never rendered.
    Data,
    /// An encrypted value: the characters are the vault, and what is in it is data.
    Vault(Option<Span>),
}

/// A string with its origin. Cheap to clone. Equality is that of the characters.
#[derive(Clone)]
pub struct Text {
    chars: Arc<str>,
    origin: Origin,
}

impl Text {
    /// An author's text, at its place.
    #[must_use]
    pub fn source(chars: impl Into<Arc<str>>, span: impl Into<Option<Span>>) -> Self {
        Text { chars: chars.into(), origin: Origin::Source(span.into()) }
    }

    /// Text that must never be rendered.
    #[must_use]
    pub fn data(chars: impl Into<Arc<str>>) -> Self {
        Text { chars: chars.into(), origin: Origin::Data }
    }

    /// A vault, at its place.
    #[must_use]
    pub fn vault(chars: impl Into<Arc<str>>, span: impl Into<Option<Span>>) -> Self {
        Text { chars: chars.into(), origin: Origin::Vault(span.into()) }
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
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Where it was written.
    #[must_use]
    pub fn span(&self) -> Option<&Span> {
        match &self.origin {
            Origin::Source(span) | Origin::Vault(span) => span.as_ref(),
            Origin::Data => None,
        }
    }

    /// Whether it may be rendered.
    #[must_use]
    pub fn is_source(&self) -> bool {
        matches!(self.origin, Origin::Source(_))
    }

    /// Whether it is a vault, to be decrypted when somebody looks at it.
    #[must_use]
    pub fn is_vault(&self) -> bool {
        matches!(self.origin, Origin::Vault(_))
    }

    /// Whether rendering it can give anything but itself: an author's text with a Jinja opening in it.
    #[must_use]
    pub fn is_template(&self) -> bool {
        self.is_source()
            && (self.chars.contains("{{") || self.chars.contains("{%") || self.chars.contains("{#"))
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
