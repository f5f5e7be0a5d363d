//! The settings of the output `junit`, which has only variables of the environment.

use super::table::{Found, Row};
use std::path::PathBuf;

/// The rows of the table.
pub(super) const TABLE: &[Row] = &[
    ("junit_output_dir", &["JUNIT_OUTPUT_DIR"], &[], Some("~/.ansible.log")),
    ("junit_task_class", &["JUNIT_TASK_CLASS"], &[], Some("False")),
    ("junit_task_relative_path", &["JUNIT_TASK_RELATIVE_PATH"], &[], None),
    ("junit_replace_out_of_tree_path", &["JUNIT_REPLACE_OUT_OF_TREE_PATH"], &[], None),
    ("junit_fail_on_change", &["JUNIT_FAIL_ON_CHANGE"], &[], Some("False")),
    ("junit_fail_on_ignore", &["JUNIT_FAIL_ON_IGNORE"], &[], Some("False")),
    ("junit_include_setup_tasks_in_report", &["JUNIT_INCLUDE_SETUP_TASKS_IN_REPORT"], &[], Some("True")),
    ("junit_hide_task_arguments", &["JUNIT_HIDE_TASK_ARGUMENTS"], &[], Some("False")),
    ("junit_test_case_prefix", &["JUNIT_TEST_CASE_PREFIX"], &[], None),
];

/// The settings, typed.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each field is the variable JUNIT_ and its name")]
pub struct Junit {
    pub output_dir: PathBuf,
    pub task_class: bool,
    pub task_relative_path: Option<PathBuf>,
    pub replace_out_of_tree_path: Option<String>,
    pub fail_on_change: bool,
    pub fail_on_ignore: bool,
    pub include_setup_tasks_in_report: bool,
    pub hide_task_arguments: bool,
    pub test_case_prefix: String,
}

impl Junit {
    pub(super) fn of(found: &Found<'_>) -> Self {
        // Anything but this word is no, as in Ansible.
        let flag = |name: &str| found.text(name).eq_ignore_ascii_case("true");
        Junit {
            output_dir: found.one_path("junit_output_dir").unwrap_or_default(),
            task_class: flag("junit_task_class"),
            task_relative_path: found.one_path("junit_task_relative_path"),
            replace_out_of_tree_path: found
                .get("junit_replace_out_of_tree_path")
                .and_then(|s| s.text.clone()),
            fail_on_change: flag("junit_fail_on_change"),
            fail_on_ignore: flag("junit_fail_on_ignore"),
            include_setup_tasks_in_report: !found
                .text("junit_include_setup_tasks_in_report")
                .eq_ignore_ascii_case("false"),
            hide_task_arguments: flag("junit_hide_task_arguments"),
            test_case_prefix: found.text("junit_test_case_prefix"),
        }
    }
}
