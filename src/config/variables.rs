//! Settings of variables and facts.

use super::table::{Found, Row};
use crate::error::{Error, Result};
use std::path::PathBuf;

/// Rows of the table of settings.
pub(super) const TABLE: &[Row] = &[
    ("hash_behaviour", &["ANSIBLE_HASH_BEHAVIOUR"], &[("defaults", "hash_behaviour")], Some("replace")),
    ("fact_caching", &["ANSIBLE_CACHE_PLUGIN"], &[("defaults", "fact_caching")], Some("memory")),
    (
        "fact_caching_connection",
        &["ANSIBLE_CACHE_PLUGIN_CONNECTION"],
        &[("defaults", "fact_caching_connection")],
        None,
    ),
    (
        "fact_caching_prefix",
        &["ANSIBLE_CACHE_PLUGIN_PREFIX"],
        &[("defaults", "fact_caching_prefix")],
        Some(""),
    ),
    (
        "fact_caching_timeout",
        &["ANSIBLE_CACHE_PLUGIN_TIMEOUT"],
        &[("defaults", "fact_caching_timeout")],
        Some("86400"),
    ),
    (
        "inject_facts_as_vars",
        &["ANSIBLE_INJECT_FACT_VARS"],
        &[("defaults", "inject_facts_as_vars")],
        Some("true"),
    ),
    ("private_role_vars", &["ANSIBLE_PRIVATE_ROLE_VARS"], &[("defaults", "private_role_vars")], None),
    (
        "playbook_vars_root",
        &["ANSIBLE_PLAYBOOK_VARS_ROOT"],
        &[("defaults", "playbook_vars_root")],
        Some("top"),
    ),
];

/// Where facts are kept between runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FactCache {
    /// Nowhere: with the run they are gone.
    Memory,
    /// A file of JSON for each host.
    Json {
        /// The folder.
        folder: PathBuf,
        /// What each file's name begins with.
        prefix: String,
        /// After how many seconds they are too old; 0 for never.
        timeout: u64,
    },
}

/// Which folders' group_vars and host_vars count beside the playbook's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VarsRoot {
    /// That of the playbook.
    Top,
    /// The nearest of the task.
    Bottom,
    /// All that the task searches.
    All,
}

/// Settings of variables and facts.
#[derive(Clone, Debug)]
pub struct Variables {
    /// Whether maps of the same name are merged, where one would replace the other.
    pub merge: bool,
    /// Where facts are kept between runs.
    pub fact_cache: FactCache,
    /// Whether facts are variables of their own.
    pub inject_facts: bool,
    /// Whether a role's variables are its own alone, where that is said: else those of imported roles are the play's too.
    pub private_role_vars: Option<bool>,
    /// Which folders' group_vars and host_vars count.
    pub vars_root: VarsRoot,
}

impl Variables {
    pub(super) fn of(found: &Found<'_>) -> Result<Self> {
        Ok(Variables {
            merge: found.choice("hash_behaviour", &[("replace", false), ("merge", true)])?,
            fact_cache: fact_cache(found)?,
            inject_facts: found.boolean("inject_facts_as_vars")?,
            private_role_vars: match found.optional("private_role_vars") {
                Some(_) => Some(found.boolean("private_role_vars")?),
                None => None,
            },
            vars_root: found.choice(
                "playbook_vars_root",
                &[
                    ("top", VarsRoot::Top),
                    ("bottom", VarsRoot::Bottom),
                    ("playbook_dir", VarsRoot::Bottom),
                    ("all", VarsRoot::All),
                ],
            )?,
        })
    }
}

fn fact_cache(found: &Found<'_>) -> Result<FactCache> {
    let plugin = found.text("fact_caching");
    match plugin.strip_prefix("ansible.builtin.").unwrap_or(&plugin) {
        "memory" => Ok(FactCache::Memory),
        "jsonfile" => {
            let Some(setting) = found.get("fact_caching_connection").filter(|s| s.text.is_some()) else {
                return Err(Error::input(
                    "the fact cache 'jsonfile' needs a folder: set fact_caching_connection",
                ));
            };
            let text = setting.text.as_deref().unwrap_or_default();
            Ok(FactCache::Json {
                folder: found.path(text, setting),
                prefix: found.text("fact_caching_prefix"),
                timeout: found.number("fact_caching_timeout")?.unwrap_or(86400),
            })
        }
        other => Err(found
            .wrong("fact_caching", "memory or jsonfile")
            .note(format!("the cache plugin '{other}' is written in Python, which warp does not run"))),
    }
}
