//! Settings of single tasks, and of what is left for those that failed.

use super::table::{Found, Row};
use crate::error::Result;
use std::path::PathBuf;

/// Rows of the table of settings.
pub(super) const TABLE: &[Row] = &[
    ("executable", &["ANSIBLE_EXECUTABLE"], &[("defaults", "executable")], Some("/bin/sh")),
    (
        "interpreter_python",
        &["ANSIBLE_PYTHON_INTERPRETER"],
        &[("defaults", "interpreter_python")],
        Some("auto"),
    ),
    ("max_diff_size", &["ANSIBLE_MAX_DIFF_SIZE"], &[("defaults", "max_diff_size")], Some("104448")),
    ("ansible_managed", &[], &[("defaults", "ansible_managed")], Some("Ansible managed")),
    (
        "retry_files_enabled",
        &["ANSIBLE_RETRY_FILES_ENABLED"],
        &[("defaults", "retry_files_enabled")],
        Some("false"),
    ),
    (
        "retry_files_save_path",
        &["ANSIBLE_RETRY_FILES_SAVE_PATH"],
        &[("defaults", "retry_files_save_path")],
        None,
    ),
];

/// The settings of tasks.
#[derive(Clone, Debug)]
pub struct Tasks {
    /// The shell that runs what is not a module.
    pub executable: String,
    /// The Python of targets; none, where it is to be found.
    pub python: Option<String>,
    /// The largest file whose differences are shown, in bytes; none or 0 for any.
    pub max_diff: Option<i64>,
    /// What `ansible_managed` is in template files.
    pub managed: String,
    /// Where hosts that failed are listed, if they are: in this folder, or beside the playbook.
    pub retry: Option<Option<PathBuf>>,
}

impl Tasks {
    pub(super) fn of(found: &Found<'_>) -> Result<Self> {
        let retry = found.boolean("retry_files_enabled")?;
        Ok(Tasks {
            executable: found.text("executable"),
            python: found.optional("interpreter_python").filter(|path| !path.starts_with("auto")),
            max_diff: found.number("max_diff_size")?,
            managed: found.text("ansible_managed"),
            retry: retry.then(|| found.one_path("retry_files_save_path")),
        })
    }
}
