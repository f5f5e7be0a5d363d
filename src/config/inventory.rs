//! Settings of inventories and of the variables that lie beside them.

use super::table::{Found, Row};
use crate::error::Result;

/// What becomes of characters in a group's name that no variable's name may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupNames {
    /// Kept, without a word.
    Ignore,
    /// Kept, with a warning.
    Never,
    /// Replaced by `_`, with a warning.
    Always,
    /// Replaced by `_`, without a word.
    Silently,
}

/// What a host pattern that matches nothing comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// A warning.
    Warning,
    /// An error.
    Error,
    /// Nothing.
    Ignore,
}

/// When the files of group_vars and host_vars are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VarsStage {
    /// Whenever variables are asked for.
    All,
    /// When the inventory is read.
    Inventory,
    /// When a task runs.
    Task,
}

/// Rows of the table of settings.
pub(super) const TABLE: &[Row] = &[
    (
        "inventory_enabled",
        &["ANSIBLE_INVENTORY_ENABLED"],
        &[("inventory", "enable_plugins")],
        Some("host_list,script,auto,yaml,ini,toml"),
    ),
    (
        "inventory_unparsed_is_failed",
        &["ANSIBLE_INVENTORY_UNPARSED_FAILED"],
        &[("inventory", "unparsed_is_failed")],
        Some("false"),
    ),
    (
        "inventory_unparsed_warning",
        &["ANSIBLE_INVENTORY_UNPARSED_WARNING"],
        &[("inventory", "inventory_unparsed_warning")],
        Some("true"),
    ),
    ("localhost_warning", &["ANSIBLE_LOCALHOST_WARNING"], &[("defaults", "localhost_warning")], Some("true")),
    (
        "inventory_any_unparsed_is_failed",
        &["ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED"],
        &[("inventory", "any_unparsed_is_failed")],
        Some("false"),
    ),
    (
        "inventory_ignore_exts",
        &["ANSIBLE_INVENTORY_IGNORE"],
        &[("defaults", "inventory_ignore_extensions"), ("inventory", "ignore_extensions")],
        Some(".pyc,.pyo,.swp,.bak,~,.rpm,.md,.txt,.rst,.orig,.cfg,.retry"),
    ),
    (
        "inventory_ignore_patterns",
        &["ANSIBLE_INVENTORY_IGNORE_REGEX"],
        &[("defaults", "inventory_ignore_patterns"), ("inventory", "ignore_patterns")],
        Some(""),
    ),
    (
        "inventory_script_stderr",
        &["ANSIBLE_INVENTORY_PLUGIN_SCRIPT_STDERR"],
        &[("inventory_plugin_script", "always_show_stderr")],
        Some("true"),
    ),
    (
        "inventory_use_extra_vars",
        &["ANSIBLE_INVENTORY_USE_EXTRA_VARS"],
        &[("inventory_plugins", "use_extra_vars")],
        Some("false"),
    ),
    ("inventory_export", &["ANSIBLE_INVENTORY_EXPORT"], &[("inventory", "export")], Some("false")),
    (
        "host_pattern_mismatch",
        &["ANSIBLE_HOST_PATTERN_MISMATCH"],
        &[("inventory", "host_pattern_mismatch")],
        Some("warning"),
    ),
    (
        "transform_invalid_group_chars",
        &["ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS"],
        &[("defaults", "force_valid_group_names")],
        Some("never"),
    ),
    (
        "yaml_extensions",
        &["ANSIBLE_YAML_FILENAME_EXT"],
        &[("defaults", "yaml_valid_extensions")],
        Some(".yml,.yaml,.json"),
    ),
    (
        "inventory_yaml_extensions",
        &["ANSIBLE_YAML_FILENAME_EXT", "ANSIBLE_INVENTORY_PLUGIN_EXTS"],
        &[("defaults", "yaml_valid_extensions"), ("inventory_plugin_yaml", "yaml_valid_extensions")],
        Some(".yaml,.yml,.json"),
    ),
    (
        "variable_precedence",
        &["ANSIBLE_PRECEDENCE"],
        &[("defaults", "precedence")],
        Some(
            "all_inventory,groups_inventory,all_plugins_inventory,all_plugins_play,groups_plugins_inventory,\
             groups_plugins_play",
        ),
    ),
    (
        "vars_plugins_enabled",
        &["ANSIBLE_VARS_ENABLED"],
        &[("defaults", "vars_plugins_enabled")],
        Some("host_group_vars"),
    ),
    ("run_vars_plugins", &["ANSIBLE_RUN_VARS_PLUGINS"], &[("defaults", "run_vars_plugins")], Some("demand")),
    ("vars_plugin_stage", &["ANSIBLE_VARS_PLUGIN_STAGE"], &[("vars_host_group_vars", "stage")], None),
];

/// Settings of inventories and of the variables that lie beside them.
#[derive(Clone, Debug)]
pub struct Inventory {
    /// The kinds of inventory that are tried, in order.
    pub enabled: Vec<String>,
    /// Whether it is an error when no source could be read.
    pub unparsed_is_failed: bool,
    /// Whether that is told.
    pub unparsed_warning: bool,
    /// Whether it is told that there are no hosts but the implicit localhost.
    pub localhost_warning: bool,
    /// Whether it is an error when one source could not be read.
    pub any_unparsed_is_failed: bool,
    /// Endings of files in an inventory's folder that are passed over.
    pub ignored_endings: Vec<String>,
    /// Regular expressions of such names.
    pub ignored_patterns: Vec<String>,
    /// Whether what a script says on standard error is shown although it succeeds.
    pub script_stderr: bool,
    /// Whether constructed inventories see extra vars.
    pub use_extra_vars: bool,
    /// Whether `inventory --list` is for export by default.
    pub export: bool,
    /// What a host pattern that matches nothing comes to.
    pub mismatch: Mismatch,
    /// Characters in group names.
    pub group_names: GroupNames,
    /// Extensions of files of variables, besides none.
    pub vars_extensions: Vec<String>,
    /// Extensions of inventories in YAML.
    pub yaml_extensions: Vec<String>,
    /// The order in which variables of groups are put over each other.
    pub precedence: Vec<String>,
    /// Whether the files of group_vars and host_vars count at all.
    pub vars_enabled: bool,
    /// Whether they are read when the inventory is, and not for tasks.
    pub vars_at_start: bool,
    /// What goes above that.
    pub vars_stage: Option<VarsStage>,
}

impl Inventory {
    /// Whether the files of group_vars and host_vars count at this stage; `All` is that of showing an inventory.
    #[must_use]
    pub fn reads_vars(&self, stage: VarsStage) -> bool {
        let wanted = match self.vars_stage {
            Some(own) => own == VarsStage::All || own == stage,
            None => match stage {
                VarsStage::All => true,
                VarsStage::Inventory => self.vars_at_start,
                VarsStage::Task => !self.vars_at_start,
            },
        };
        self.vars_enabled && wanted
    }

    pub(super) fn of(found: &Found<'_>) -> Result<Self> {
        let extensions = |name: &str| std::iter::once(String::new()).chain(found.list(name)).collect();
        Ok(Inventory {
            enabled: found.list("inventory_enabled"),
            unparsed_is_failed: found.boolean("inventory_unparsed_is_failed")?,
            unparsed_warning: found.boolean("inventory_unparsed_warning")?,
            localhost_warning: found.boolean("localhost_warning")?,
            any_unparsed_is_failed: found.boolean("inventory_any_unparsed_is_failed")?,
            ignored_endings: found.list("inventory_ignore_exts"),
            ignored_patterns: found.list("inventory_ignore_patterns"),
            script_stderr: found.boolean("inventory_script_stderr")?,
            use_extra_vars: found.boolean("inventory_use_extra_vars")?,
            export: found.boolean("inventory_export")?,
            mismatch: found.choice(
                "host_pattern_mismatch",
                &[("warning", Mismatch::Warning), ("error", Mismatch::Error), ("ignore", Mismatch::Ignore)],
            )?,
            group_names: found.choice(
                "transform_invalid_group_chars",
                &[
                    ("never", GroupNames::Never),
                    ("always", GroupNames::Always),
                    ("ignore", GroupNames::Ignore),
                    ("silently", GroupNames::Silently),
                ],
            )?,
            vars_extensions: extensions("yaml_extensions"),
            yaml_extensions: extensions("inventory_yaml_extensions"),
            precedence: found.list("variable_precedence"),
            vars_enabled: found
                .list("vars_plugins_enabled")
                .iter()
                .any(|n| HOST_GROUP_VARS.contains(&n.as_str())),
            vars_at_start: found.choice("run_vars_plugins", &[("demand", false), ("start", true)])?,
            vars_stage: match found.optional("vars_plugin_stage") {
                None => None,
                Some(_) => Some(found.choice(
                    "vars_plugin_stage",
                    &[
                        ("all", VarsStage::All),
                        ("inventory", VarsStage::Inventory),
                        ("task", VarsStage::Task),
                    ],
                )?),
            },
        })
    }
}

/// The names under which group_vars and host_vars are switched on.
const HOST_GROUP_VARS: [&str; 3] =
    ["host_group_vars", "ansible.builtin.host_group_vars", "ansible.legacy.host_group_vars"];

impl Default for Inventory {
    /// What holds where nothing is configured.
    fn default() -> Self {
        let list = |text: &str| -> Vec<String> { text.split(',').map(str::to_owned).collect() };
        let default = |name: &str| {
            let row = TABLE.iter().find(|row| row.0 == name);
            list(row.and_then(|row| row.3).unwrap_or_default())
        };
        let extensions = |name: &str| std::iter::once(String::new()).chain(default(name)).collect();
        Inventory {
            enabled: default("inventory_enabled"),
            unparsed_is_failed: false,
            unparsed_warning: true,
            localhost_warning: true,
            any_unparsed_is_failed: false,
            ignored_endings: default("inventory_ignore_exts"),
            ignored_patterns: Vec::new(),
            script_stderr: true,
            use_extra_vars: false,
            export: false,
            mismatch: Mismatch::Warning,
            group_names: GroupNames::Never,
            vars_extensions: extensions("yaml_extensions"),
            yaml_extensions: extensions("inventory_yaml_extensions"),
            precedence: default("variable_precedence"),
            vars_enabled: true,
            vars_at_start: false,
            vars_stage: None,
        }
    }
}
