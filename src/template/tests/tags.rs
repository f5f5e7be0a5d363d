//! Tests on what is known of a value besides itself.

use super::Test;
use crate::template::PROTOMATTER;
use crate::template::fail::Fail;
use crate::template::val::Val;
use crate::value::Tags;

pub(super) const TABLE: &[Test] = &[
    Test::new("tagged", &[], |_, v, _| Ok(v.tags().is_some_and(|t| !t.names().is_empty()))).of(PROTOMATTER),
    Test::new("tagged_with", &["tag_name"], |_, v, b| {
        let name = b.need_text("tag_name")?;
        if !Tags::known(&name) {
            return Err(Fail::new(format!("Unknown tag name '{name}'.")));
        }
        Ok(v.tags().is_some_and(|t| t.names().contains(&&*name)))
    })
    .of(PROTOMATTER),
];

impl Val {
    /// What is known of it besides itself.
    pub(in crate::template) fn tags(&self) -> Option<&Tags> {
        match self {
            Val::Str(text) => text.tags(),
            _ => None,
        }
    }
}
