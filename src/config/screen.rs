//! The settings of what is printed in Ansible's way.

use super::table::{Found, Row};
use crate::error::Result;
use std::path::PathBuf;

/// The rows of the table.
pub(super) const TABLE: &[Row] = &[
    ("nocolor", &["ANSIBLE_NOCOLOR", "NO_COLOR"], &[("defaults", "nocolor")], Some("false")),
    ("force_color", &["ANSIBLE_FORCE_COLOR"], &[("defaults", "force_color")], Some("false")),
    (
        "deprecation_warnings",
        &["ANSIBLE_DEPRECATION_WARNINGS"],
        &[("defaults", "deprecation_warnings")],
        Some("true"),
    ),
    (
        "display_args_to_stdout",
        &["ANSIBLE_DISPLAY_ARGS_TO_STDOUT"],
        &[("defaults", "display_args_to_stdout")],
        Some("false"),
    ),
    (
        "display_skipped_hosts",
        &["ANSIBLE_DISPLAY_SKIPPED_HOSTS"],
        &[("defaults", "display_skipped_hosts")],
        Some("true"),
    ),
    ("display_ok_hosts", &["ANSIBLE_DISPLAY_OK_HOSTS"], &[("defaults", "display_ok_hosts")], Some("true")),
    (
        "display_failed_stderr",
        &["ANSIBLE_DISPLAY_FAILED_STDERR"],
        &[("defaults", "display_failed_stderr")],
        Some("false"),
    ),
    (
        "show_custom_stats",
        &["ANSIBLE_SHOW_CUSTOM_STATS"],
        &[("defaults", "show_custom_stats")],
        Some("false"),
    ),
    (
        "show_per_host_start",
        &["ANSIBLE_SHOW_PER_HOST_START"],
        &[("defaults", "show_per_host_start")],
        Some("false"),
    ),
    (
        "check_mode_markers",
        &["ANSIBLE_CHECK_MODE_MARKERS"],
        &[("defaults", "check_mode_markers")],
        Some("false"),
    ),
    (
        "show_task_path_on_failure",
        &["ANSIBLE_SHOW_TASK_PATH_ON_FAILURE"],
        &[("defaults", "show_task_path_on_failure")],
        Some("false"),
    ),
    (
        "callback_result_format",
        &["ANSIBLE_CALLBACK_RESULT_FORMAT"],
        &[("defaults", "callback_result_format")],
        Some("json"),
    ),
    (
        "callback_format_pretty",
        &["ANSIBLE_CALLBACK_FORMAT_PRETTY"],
        &[("defaults", "callback_format_pretty")],
        None,
    ),
    ("stdout_callback", &["ANSIBLE_STDOUT_CALLBACK"], &[("defaults", "stdout_callback")], Some("default")),
    (
        "bin_ansible_callbacks",
        &["ANSIBLE_LOAD_CALLBACK_PLUGINS"],
        &[("defaults", "bin_ansible_callbacks")],
        Some("false"),
    ),
    ("callbacks_enabled", &["ANSIBLE_CALLBACKS_ENABLED"], &[("defaults", "callbacks_enabled")], Some("")),
    (
        "verbose_to_stderr",
        &["ANSIBLE_VERBOSE_TO_STDERR"],
        &[("defaults", "verbose_to_stderr")],
        Some("false"),
    ),
    ("log_path", &["ANSIBLE_LOG_PATH"], &[("defaults", "log_path")], None),
    ("log_filter", &["ANSIBLE_LOG_FILTER"], &[("defaults", "log_filter")], Some("")),
    ("log_verbosity", &["ANSIBLE_LOG_VERBOSITY"], &[("defaults", "log_verbosity")], None),
    ("tree_dir", &["ANSIBLE_CALLBACK_TREE_DIR"], &[("callback_tree", "directory")], Some("~/.ansible/tree")),
    ("diff_context", &["ANSIBLE_DIFF_CONTEXT"], &[("diff", "context")], Some("3")),
    ("color_changed", &["ANSIBLE_COLOR_CHANGED"], &[("colors", "changed")], Some("yellow")),
    ("color_debug", &["ANSIBLE_COLOR_DEBUG"], &[("colors", "debug")], Some("dark gray")),
    ("color_deprecate", &["ANSIBLE_COLOR_DEPRECATE"], &[("colors", "deprecate")], Some("purple")),
    ("color_diff_add", &["ANSIBLE_COLOR_DIFF_ADD"], &[("colors", "diff_add")], Some("green")),
    ("color_diff_lines", &["ANSIBLE_COLOR_DIFF_LINES"], &[("colors", "diff_lines")], Some("cyan")),
    ("color_diff_remove", &["ANSIBLE_COLOR_DIFF_REMOVE"], &[("colors", "diff_remove")], Some("red")),
    ("color_error", &["ANSIBLE_COLOR_ERROR"], &[("colors", "error")], Some("red")),
    ("color_included", &["ANSIBLE_COLOR_INCLUDED"], &[("colors", "included")], Some("cyan")),
    ("color_ok", &["ANSIBLE_COLOR_OK"], &[("colors", "ok")], Some("green")),
    ("color_skip", &["ANSIBLE_COLOR_SKIP"], &[("colors", "skip")], Some("cyan")),
    ("color_unreachable", &["ANSIBLE_COLOR_UNREACHABLE"], &[("colors", "unreachable")], Some("bright red")),
    ("color_verbose", &["ANSIBLE_COLOR_VERBOSE"], &[("colors", "verbose")], Some("blue")),
    ("color_warn", &["ANSIBLE_COLOR_WARN"], &[("colors", "warn")], Some("bright purple")),
];

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResultFormat {
    /// As JSON.
    #[default]
    Json,
    /// As YAML.
    Yaml,
}

/// The names of colours.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each field is the setting of its name in ansible.cfg")]
pub struct Colours {
    pub changed: String,
    pub debug: String,
    pub deprecate: String,
    pub diff_add: String,
    pub diff_lines: String,
    pub diff_remove: String,
    pub error: String,
    pub included: String,
    pub ok: String,
    pub skip: String,
    pub unreachable: String,
    pub verbose: String,
    pub warn: String,
}

/// The settings, typed.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each field is the setting of its name in ansible.cfg")]
pub struct Screen {
    pub nocolor: bool,
    pub force_color: bool,
    pub deprecation_warnings: bool,
    pub display_args_to_stdout: bool,
    pub display_skipped_hosts: bool,
    pub display_ok_hosts: bool,
    pub display_failed_stderr: bool,
    pub show_custom_stats: bool,
    pub show_per_host_start: bool,
    pub check_mode_markers: bool,
    pub show_task_path_on_failure: bool,
    pub result_format: ResultFormat,
    /// Where nobody says, YAML is made readable and JSON is not.
    pub pretty_results: Option<bool>,
    /// The callback that prints.
    pub stdout_callback: String,
    /// Whether a single module run by `ansible` is printed by that callback too.
    pub bin_ansible_callbacks: bool,
    /// The callbacks beside it.
    pub callbacks_enabled: Vec<String>,
    /// Whether what -v adds goes to standard error.
    pub verbose_to_stderr: bool,
    pub log_path: Option<PathBuf>,
    /// Names of loggers that are left out.
    pub log_filter: Vec<String>,
    /// How much the log has, where that is more than is printed.
    pub log_verbosity: Option<u8>,
    /// Where the output `tree` writes.
    pub tree_dir: PathBuf,
    pub diff_context: usize,
    /// What the command line asked for, as -vvvv tells it.
    pub command_line: Vec<String>,
    pub colours: Colours,
}

impl Screen {
    pub(super) fn of(found: &Found<'_>) -> Result<Self> {
        let pretty = found.optional("callback_format_pretty").is_some();
        let path = |name: &str| {
            let setting = found.get(name)?;
            Some(found.path(setting.text.as_deref().filter(|t| !t.is_empty())?, setting))
        };
        Ok(Screen {
            nocolor: found.boolean("nocolor")?,
            force_color: found.boolean("force_color")?,
            deprecation_warnings: found.boolean("deprecation_warnings")?,
            display_args_to_stdout: found.boolean("display_args_to_stdout")?,
            display_skipped_hosts: found.boolean("display_skipped_hosts")?,
            display_ok_hosts: found.boolean("display_ok_hosts")?,
            display_failed_stderr: found.boolean("display_failed_stderr")?,
            show_custom_stats: found.boolean("show_custom_stats")?,
            show_per_host_start: found.boolean("show_per_host_start")?,
            check_mode_markers: found.boolean("check_mode_markers")?,
            show_task_path_on_failure: found.boolean("show_task_path_on_failure")?,
            verbose_to_stderr: found.boolean("verbose_to_stderr")?,
            result_format: match found.text("callback_result_format").as_str() {
                "json" => ResultFormat::Json,
                "yaml" => ResultFormat::Yaml,
                _ => return Err(found.wrong("callback_result_format", "json or yaml")),
            },
            pretty_results: pretty.then(|| found.boolean("callback_format_pretty")).transpose()?,
            stdout_callback: found.text("stdout_callback"),
            bin_ansible_callbacks: found.boolean("bin_ansible_callbacks")?,
            callbacks_enabled: found.list("callbacks_enabled"),
            log_path: path("log_path"),
            log_filter: found.list("log_filter"),
            log_verbosity: found.number("log_verbosity")?,
            tree_dir: path("tree_dir").unwrap_or_default(),
            diff_context: found.number("diff_context")?.unwrap_or(3),
            command_line: Vec::new(),
            colours: Colours {
                changed: found.text("color_changed"),
                debug: found.text("color_debug"),
                deprecate: found.text("color_deprecate"),
                diff_add: found.text("color_diff_add"),
                diff_lines: found.text("color_diff_lines"),
                diff_remove: found.text("color_diff_remove"),
                error: found.text("color_error"),
                included: found.text("color_included"),
                ok: found.text("color_ok"),
                skip: found.text("color_skip"),
                unreachable: found.text("color_unreachable"),
                verbose: found.text("color_verbose"),
                warn: found.text("color_warn"),
            },
        })
    }
}
