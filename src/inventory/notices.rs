//! What reading inventories has to tell besides errors.

use super::Inventory;
use crate::config::GroupNames;
use crate::value::{Value, is_variable_name, python_repr};
use indexmap::IndexSet;
use std::mem;

/// Something to tell.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Notice {
    /// A warning.
    Warning(String),
    /// A form that Ansible is going to drop.
    Deprecated(String),
    /// What is told to those who ask for more: from this many `-v` on.
    Remark(u8, String),
}

/// Notices in order, each once.
#[derive(Clone, Debug, Default)]
pub(super) struct Notices {
    waiting: Vec<Notice>,
    told: IndexSet<Notice>,
}

impl Inventory {
    /// What there is to tell since this was last asked.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        mem::take(&mut self.notices.waiting)
    }

    pub(super) fn notice(&mut self, notice: Notice) {
        if self.notices.told.insert(notice.clone()) {
            self.notices.waiting.push(notice);
        }
    }

    pub(super) fn warn(&mut self, text: impl Into<String>) {
        self.notice(Notice::Warning(text.into()));
    }

    pub(super) fn deprecate(&mut self, text: &str) {
        self.notice(Notice::Deprecated(text.to_owned()));
    }

    pub(super) fn remark(&mut self, level: u8, text: String) {
        self.notice(Notice::Remark(level, text));
    }

    /// Tells of a variable that no template could name.
    pub(super) fn check_name(&mut self, name: &str) {
        if !is_variable_name(name) {
            self.deprecate(&format!("Accepting inventory variable with invalid name '{name}'."));
        }
    }

    /// A group's name, with what no variable's name may have replaced where the settings say so.
    pub(super) fn safe_group_name(&mut self, name: &str) -> String {
        let allowed = |(at, c): (usize, char)| c == '_' || c.is_alphabetic() || (c.is_numeric() && at > 0);
        if name.char_indices().all(allowed) {
            return name.to_owned();
        }
        let replaces = matches!(self.settings.group_names, GroupNames::Always | GroupNames::Silently);
        let warning = match self.settings.group_names {
            GroupNames::Always => Some("automatically replaced"),
            GroupNames::Never => Some("not replaced"),
            GroupNames::Silently | GroupNames::Ignore => None,
        };
        if let Some(end) = warning {
            let given: std::collections::BTreeSet<char> =
                name.char_indices().filter(|c| !allowed(*c)).map(|(_, c)| c).collect();
            let given: Vec<String> = given.iter().map(|c| python_repr(&Value::data(c.to_string()))).collect();
            let done = if replaces { "Replacing" } else { "Not replacing" };
            let given = given.join(", ");
            self.remark(4, format!("{done} invalid character(s) \"{{{given}}}\" in group name ({name})"));
            let link = if end == "not replaced" { "but" } else { "and" };
            self.warn(format!(
                "Invalid characters were found in group names {link} {end}, use -vvvv to see details"
            ));
        }
        match replaces {
            true => name.char_indices().map(|(at, c)| if allowed((at, c)) { c } else { '_' }).collect(),
            false => name.to_owned(),
        }
    }
}
