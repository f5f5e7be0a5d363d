//! The keys of maps.

use indexmap::Equivalent;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A key of a map. Nearly always a string; `str` looks such keys up directly.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// Null.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i128),
    /// A float, by its bits.
    Float(u64),
    /// A string.
    Str(Arc<str>),
}

impl Key {
    /// The characters of a string key.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Key::Str(s) => Some(s),
            _ => None,
        }
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            // Exactly as `str` hashes, so that `Equivalent<Key> for str` holds.
            Key::Str(s) => (**s).hash(state),
            Key::Null => 0u8.hash(state),
            Key::Bool(b) => b.hash(state),
            Key::Int(i) => i.hash(state),
            Key::Float(bits) => bits.hash(state),
        }
    }
}

impl Equivalent<Key> for str {
    fn equivalent(&self, key: &Key) -> bool {
        key.as_str() == Some(self)
    }
}

impl From<&str> for Key {
    fn from(s: &str) -> Self {
        Key::Str(s.into())
    }
}

impl From<String> for Key {
    fn from(s: String) -> Self {
        Key::Str(s.into())
    }
}

impl From<Arc<str>> for Key {
    fn from(s: Arc<str>) -> Self {
        Key::Str(s)
    }
}

/// As JSON and Python's `str` spell it.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Null => f.write_str("null"),
            Key::Bool(b) => write!(f, "{b}"),
            Key::Int(i) => write!(f, "{i}"),
            Key::Float(bits) => write!(f, "{}", f64::from_bits(*bits)),
            Key::Str(s) => f.write_str(s),
        }
    }
}
