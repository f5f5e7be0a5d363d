//! What a module says when it is done.

use crate::bounded;
use crate::python;
use crate::value::{Map, Value};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

/// A difference, for `--diff`; the fields are those of Ansible's `diff` return value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Diff {
    /// The state before: a file's content, or attributes as text.
    pub before: String,
    /// The state after.
    pub after: String,
    /// What `before` is called.
    pub before_header: String,
    /// What `after` is called.
    pub after_header: String,
    /// Why a side is missing, as Ansible words it: `destination file appears to be binary`.
    #[serde(deserialize_with = "bounded::list")]
    pub skipped: Vec<String>,
}

impl Diff {
    /// A difference of attributes: JSON with sorted keys, as Ansible shows it.
    #[must_use]
    pub fn of_attributes(before: &Map, after: &Map) -> Self {
        let shown = |map: &Map| format!("{}\n", python::json_pretty(&Value::Map(map.clone())));
        Diff { before: shown(before), after: shown(after), ..Self::default() }
    }

    /// As a return value of its own: some modules return one difference, not a list of them.
    #[must_use]
    pub fn into_value(self) -> Value {
        let entries = [
            ("before_header", self.before_header),
            ("after_header", self.after_header),
            ("before", self.before),
            ("after", self.after),
        ];
        Map::from_iter(entries.map(|(name, text)| (name.to_owned(), text.into()))).into()
    }
}

/// The end of a module's run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Whether anything changed (in check mode: would have).
    pub changed: bool,
    /// Whether the module failed.
    pub failed: bool,
    /// Whether the module found nothing to do for a reason of its own (`creates`, check mode).
    pub skipped: bool,
    /// Every other return value, as Ansible names them.
    #[serde(deserialize_with = "bounded::map")]
    pub values: Map,
    /// What changed, where diff mode asked for it.
    #[serde(deserialize_with = "bounded::list")]
    pub diff: Vec<Diff>,
    /// Warnings for the user.
    #[serde(deserialize_with = "bounded::list")]
    pub warnings: Vec<String>,
    /// Why it failed, beneath `msg`: the system's own words. Shown, but as in Ansible not part of the registered result.
    pub cause: Option<String>,
    /// What is wrong with a text of the result that is not UTF-8, as Python says it. The text keeps its bytes ([`crate::utf8`]).
    pub not_utf8: Option<String>,
    /// What was printed, byte for byte, by the name of its return value, where it is not UTF-8.
    #[serde(deserialize_with = "bounded::list")]
    pub raw: Vec<(String, ByteBuf)>,
}

impl Outcome {
    /// Nothing changed.
    #[must_use]
    pub fn ok() -> Self {
        Self::default()
    }

    /// Changed as told.
    #[must_use]
    pub fn changed(changed: bool) -> Self {
        Outcome { changed, ..Self::default() }
    }

    /// Failed, and why.
    #[must_use]
    pub fn failed(msg: impl Into<String>) -> Self {
        Outcome { failed: true, ..Self::default() }.with("msg", msg.into())
    }

    /// With the cause beneath its `msg`.
    #[must_use]
    pub fn because(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// With a difference of attributes to be shown, which is a return value too.
    #[must_use]
    pub fn showing(mut self, before: Map, after: Map) -> Self {
        self.diff.push(Diff::of_attributes(&before, &after));
        let sides = [("before".to_owned(), Value::Map(before)), ("after".to_owned(), Value::Map(after))];
        self.with("diff", Map::from(sides))
    }

    /// With one more return value.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.values.insert(key.to_owned(), value.into());
        self
    }

    /// With what was printed under this name, where it is no text.
    #[must_use]
    pub fn with_raw(mut self, name: &str, bytes: &[u8]) -> Self {
        if std::str::from_utf8(bytes).is_err() {
            self.raw.push((name.to_owned(), ByteBuf::from(bytes)));
        }
        self
    }
}
