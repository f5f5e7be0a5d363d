//! What is known of a text besides its characters: ansible-core's data tags.

use crate::error::Span;
use std::fmt;
use std::sync::Arc;

/// Where a text came from.
#[derive(Clone)]
pub enum Origin {
    /// It was written here.
    At(Span),
    /// It has no place, only a description: `<environment variable 'X'>`.
    Named(Arc<str>),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::At(span) => span.fmt(f),
            Origin::Named(name) => f.write_str(name),
        }
    }
}

/// A text's dealings with vaults.
#[derive(Clone)]
pub enum Sealing {
    /// Its characters are a vault, opened when somebody looks at it.
    Sealed,
    /// It came out of this vault.
    Opened(Arc<str>),
}

/// What is known of a text besides its characters. Most computed texts have none of it.
///
/// The boundary of trust is that of ansible-core 2.19: what an author wrote (playbooks, roles, vars, inventories, the
/// command line, vault contents, configuration) is trusted; what came back from a target, was read (outputs, facts, env,
/// pipe, url and file lookups) or was computed is not. A text that passes through a template as it is keeps its tags; one
/// that was made of others has none of theirs.
#[derive(Clone, Default)]
pub struct Tags {
    /// It may be rendered.
    pub trusted: bool,
    /// Where it came from.
    pub origin: Option<Origin>,
    /// Whether it is, or came out of, a vault.
    pub sealing: Option<Sealing>,
    /// Whether the file it was written in is encrypted.
    pub encrypted_source: bool,
}

impl Tags {
    /// The tags' names as ansible-core has them, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        let tags = [
            ("Origin", self.origin.is_some()),
            ("SourceWasEncrypted", self.encrypted_source),
            ("TrustedAsTemplate", self.trusted),
            ("VaultedValue", matches!(self.sealing, Some(Sealing::Opened(_)))),
        ];
        tags.into_iter().filter(|(_, there)| *there).map(|(name, _)| name).collect()
    }

    /// Whether ansible-core has a tag of this name.
    #[must_use]
    pub fn known(name: &str) -> bool {
        ["Deprecated", "Origin", "SourceWasEncrypted", "TrustedAsTemplate", "VaultedValue"].contains(&name)
    }
}
