//! Settings of templates.

use super::table::{Found, Row};
use crate::error::Result;

/// Rows of the table of settings.
pub(super) const TABLE: &[Row] = &[
    (
        "allow_broken_conditionals",
        &["ANSIBLE_ALLOW_BROKEN_CONDITIONALS"],
        &[("defaults", "allow_broken_conditionals")],
        Some("false"),
    ),
    (
        "untrusted_template_behavior",
        &["_ANSIBLE_TEMPLAR_UNTRUSTED_TEMPLATE_BEHAVIOR"],
        &[("testing", "_templar_untrusted_template_behavior")],
        Some("ignore"),
    ),
];

/// The settings of templates.
#[derive(Clone, Copy, Debug, Default)]
pub struct Templates {
    /// Whether conditionals that are no booleans, or empty, are told and taken for what Python makes of them.
    pub broken_conditionals: bool,
    /// What becomes of a text with a template that may not be rendered.
    pub untrusted: Untrusted,
}

/// What becomes of a text with a template that may not be rendered: it always stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Untrusted {
    /// Nothing is told.
    #[default]
    Ignored,
    /// It is a warning.
    Warned,
    /// It is an error.
    Refused,
}

impl Templates {
    pub(super) fn of(found: &Found<'_>) -> Result<Self> {
        let untrusted =
            [("ignore", Untrusted::Ignored), ("warning", Untrusted::Warned), ("error", Untrusted::Refused)];
        Ok(Templates {
            broken_conditionals: found.boolean("allow_broken_conditionals")?,
            untrusted: found.choice("untrusted_template_behavior", &untrusted)?,
        })
    }
}
