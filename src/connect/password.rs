//! Passwords: never printed, and wiped when the last owner is gone.

use std::fmt;
use std::sync::Arc;
use zeroize::Zeroizing;

/// A password.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Arc<Zeroizing<String>>);

impl Password {
    /// These characters.
    #[must_use]
    pub fn new(chars: impl Into<String>) -> Self {
        Password(Arc::new(Zeroizing::new(chars.into())))
    }

    pub(super) fn chars(&self) -> &str {
        &self.0
    }
}

impl std::hash::Hash for Password {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.as_str().hash(state);
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<password>")
    }
}
