//! The settings beneath command-line options.

use super::table::{Found, Row};
use crate::error::Result;
use std::path::PathBuf;

/// The rows of the table.
pub(super) const TABLE: &[Row] = &[
    ("verbosity", &["ANSIBLE_VERBOSITY"], &[("defaults", "verbosity")], Some("0")),
    ("playbook_dir", &["ANSIBLE_PLAYBOOK_DIR"], &[("defaults", "playbook_dir")], None),
    ("module_name", &[], &[("defaults", "module_name")], Some("command")),
    ("module_args", &["ANSIBLE_MODULE_ARGS"], &[("defaults", "module_args")], None),
    ("ask_pass", &["ANSIBLE_ASK_PASS"], &[("defaults", "ask_pass")], Some("false")),
    (
        "connection_password_file",
        &["ANSIBLE_CONNECTION_PASSWORD_FILE"],
        &[("defaults", "connection_password_file")],
        None,
    ),
    (
        "become_ask_pass",
        &["ANSIBLE_BECOME_ASK_PASS"],
        &[("privilege_escalation", "become_ask_pass")],
        Some("false"),
    ),
    (
        "become_password_file",
        &["ANSIBLE_BECOME_PASSWORD_FILE"],
        &[("defaults", "become_password_file")],
        None,
    ),
    (
        "agnostic_become_prompt",
        &["ANSIBLE_AGNOSTIC_BECOME_PROMPT"],
        &[("privilege_escalation", "agnostic_become_prompt")],
        Some("true"),
    ),
    (
        "enable_task_debugger",
        &["ANSIBLE_ENABLE_TASK_DEBUGGER"],
        &[("defaults", "enable_task_debugger")],
        Some("false"),
    ),
    (
        "task_debugger_ignore_errors",
        &["ANSIBLE_TASK_DEBUGGER_IGNORE_ERRORS"],
        &[("defaults", "task_debugger_ignore_errors")],
        Some("true"),
    ),
];

/// The settings, typed.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each field is the setting of its name in ansible.cfg")]
pub struct Command {
    pub verbosity: u8,
    pub playbook_dir: Option<PathBuf>,
    pub module_name: String,
    pub module_args: String,
    pub ask_pass: bool,
    pub connection_password_file: Option<PathBuf>,
    pub become_ask_pass: bool,
    pub become_password_file: Option<PathBuf>,
    pub agnostic_become_prompt: bool,
    pub enable_task_debugger: bool,
    pub task_debugger_ignore_errors: bool,
}

impl Command {
    pub(super) fn of(found: &Found<'_>) -> Result<Self> {
        Ok(Command {
            verbosity: found.number("verbosity")?.unwrap_or(0),
            playbook_dir: found.one_path("playbook_dir"),
            module_name: found.text("module_name"),
            module_args: found.text("module_args"),
            ask_pass: found.boolean("ask_pass")?,
            connection_password_file: found.one_path("connection_password_file"),
            become_ask_pass: found.boolean("become_ask_pass")?,
            become_password_file: found.one_path("become_password_file"),
            agnostic_become_prompt: found.boolean("agnostic_become_prompt")?,
            enable_task_debugger: found.boolean("enable_task_debugger")?,
            task_debugger_ignore_errors: found.boolean("task_debugger_ignore_errors")?,
        })
    }
}
