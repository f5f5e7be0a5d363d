//! Where ansible.builtin sends the users of modules that it had once.

use crate::error::Error;

/// The table of names, a collection after the other.
const MOVED: &str = include_str!("routing.txt");

/// Modules that went without a successor of the same form: the kind of plugin, what to use instead, and since when.
const REMOVED: [(&str, &str, &str, &str); 4] = [
    ("include", "action plugin", "Use include_tasks or import_tasks instead.", "2023-05-16"),
    (
        "bigip_asm_policy",
        "module",
        "bigip_asm_policy has been removed please use bigip_asm_policy_manage instead.",
        "2019-11-06",
    ),
    (
        "bigip_facts",
        "module",
        "bigip_facts has been removed please use bigip_device_info module.",
        "2019-11-06",
    ),
    (
        "bigip_gtm_facts",
        "module",
        "bigip_gtm_facts has been removed please use bigip_device_info module.",
        "2019-11-06",
    ),
];

/// The full name of what a name of ansible.builtin means now.
pub(super) fn moved(name: &str) -> Option<String> {
    let mut collection = "";
    for line in MOVED.lines().filter(|line| !line.starts_with('#')) {
        if let Some(next) = line.strip_prefix('[') {
            collection = next.trim_end_matches(']');
            continue;
        }
        for entry in line.split_whitespace() {
            let (old, new) = entry.split_once('=').unwrap_or((entry, entry));
            if old == name {
                return Some(format!("{collection}.{new}"));
            }
        }
    }
    None
}

/// The error for a name that is gone.
pub(super) fn removed(name: &str) -> Option<Error> {
    let (_, kind, instead, since) = REMOVED.iter().find(|(gone, ..)| *gone == name)?;
    Some(Error::other(format!(
        "The 'ansible.builtin.{name}' {kind} has been removed. {instead} This feature was removed from ansible-core \
         in a release after {since}."
    )))
}
