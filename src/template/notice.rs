//! What templates tell without failing.

use crate::error::Error;
use crate::event::Event;
use std::sync::Arc;

/// Something that a template tells without failing.
#[derive(Clone, Debug)]
pub enum Notice {
    /// A warning.
    Warning(Arc<Error>),
    /// Something that Ansible will no longer do.
    Deprecated {
        /// What, and where.
        what: Arc<Error>,
        /// The version of ansible-core that will not.
        version: &'static str,
    },
    /// What is told to those who ask for more: from this many `-v` on.
    Verbose(u8, String),
}

impl Notice {
    pub(crate) fn warning(text: impl Into<String>) -> Self {
        Notice::Warning(Arc::new(Error::other(text)))
    }

    pub(crate) fn deprecated(what: Error, version: &'static str) -> Self {
        Notice::Deprecated { what: Arc::new(what), version }
    }
}

/// As the run tells it.
impl From<Notice> for Event {
    fn from(notice: Notice) -> Self {
        match notice {
            Notice::Warning(what) => Event::Warning(what),
            Notice::Deprecated { what, version } => Event::Deprecated { what, version: Some(version.into()) },
            Notice::Verbose(level, text) => Event::Verbose { level, text },
        }
    }
}
