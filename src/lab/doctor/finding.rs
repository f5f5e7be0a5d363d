//! What a check found.

use super::Mend;
use crate::error::{Error, Exit};

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// A lab works, though worse than it could.
    Warning,
    /// A deployment would fail.
    Error,
}

impl Level {
    /// As it is told.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }
}

/// What is wrong, where, why it matters, and what mends it.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The check's name.
    pub check: &'static str,
    /// How much it matters.
    pub level: Level,
    /// What is wrong.
    pub what: String,
    /// The file, folder or program it was seen in.
    pub place: String,
    /// Why it matters.
    pub why: String,
    /// What a person has to do, where no command can.
    pub advice: Vec<String>,
    /// The commands that mend it, in their order.
    pub mends: Vec<Mend>,
}

impl Finding {
    /// With which a deployment would fail.
    pub(super) fn error(what: impl Into<String>, place: impl Into<String>, why: impl Into<String>) -> Self {
        Finding {
            check: "",
            level: Level::Error,
            what: what.into(),
            place: place.into(),
            why: why.into(),
            advice: Vec::new(),
            mends: Vec::new(),
        }
    }

    /// With which a lab works, though worse.
    pub(super) fn warning(what: impl Into<String>, place: impl Into<String>, why: impl Into<String>) -> Self {
        Finding { level: Level::Warning, ..Finding::error(what, place, why) }
    }

    /// As an error of a deployment that does not begin for it.
    #[must_use]
    pub fn as_error(&self) -> Error {
        let told = Error::new(Exit::HostsFailed, self.what.clone());
        let told = told.note(format!("seen in {}", self.place)).note(self.why.clone());
        let mends = self.mends.iter().map(Mend::shell);
        mends.chain(self.advice.iter().cloned()).fold(told, Error::help)
    }

    pub(super) fn of(self, check: &'static str) -> Self {
        Finding { check, ..self }
    }

    pub(super) fn at(self, level: Level) -> Self {
        Finding { level, ..self }
    }

    pub(super) fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice.push(advice.into());
        self
    }

    pub(super) fn mend(mut self, mend: Mend) -> Self {
        self.mends.push(mend);
        self
    }
}
