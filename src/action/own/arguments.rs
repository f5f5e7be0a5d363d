//! The arguments of a module as its file reads them.

use super::super::Context;
use super::payload;
use crate::value::{Map, Value};
use fancy_regex::Regex;
use std::path::Path;
use std::sync::LazyLock;
use warp_agent::value::Value as WireValue;
use warp_agent::{own, python};

/// How a module takes its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// A program: a file of JSON.
    Binary,
    /// Python code for Ansible's library: JSON on standard input, for the library that warp brings along.
    Python,
    /// A script that says WANT_JSON: a file of JSON.
    Json,
    /// Any other script: a file of `name=value` words, which a shell can read.
    Pairs,
    /// A script in which they take the place of a marker.
    Inline,
}

/// What Python code holds that is written for Ansible's library.
static NEEDS_LIBRARY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let imports = [
        r"from +\.{2,} *module_utils.* +import ",
        r"from +ansible_collections\.[^.]+\.[^.]+\.plugins\.module_utils.* +import ",
        r"import +ansible_collections\.[^.]+\.[^.]+\.plugins\.module_utils",
        r"from +ansible\.module_utils.* +import ",
        r"import +ansible\.module_utils\.",
    ];
    Regex::new(&imports.join("|")).ok()
});

/// What stands in older Python code in place of an import of the whole library.
pub(super) const COMMON: &str = "#<<INCLUDE_ANSIBLE_MODULE_COMMON>>";

impl Style {
    /// The style of a module's content.
    pub(super) fn of(content: &[u8]) -> Style {
        let has = |needle: &[u8]| content.windows(needle.len()).any(|window| window == needle);
        let text = |b: &u8| matches!(b, 7..=10 | 12 | 13 | 27 | 0x20..=0x7e | 0x80..=0xff);
        if content.iter().take(1024).any(|b| !text(b)) {
            Style::Binary
        } else if has(COMMON.as_bytes()) || needs_library(content) {
            Style::Python
        } else if has(own::MARKER) {
            Style::Inline
        } else if has(b"WANT_JSON") {
            Style::Json
        } else {
            Style::Pairs
        }
    }
}

fn needs_library(content: &[u8]) -> bool {
    let text = String::from_utf8_lossy(content);
    NEEDS_LIBRARY.as_ref().is_some_and(|imports| imports.is_match(&*text).unwrap_or(false))
}

/// The arguments with those that Ansible adds, as this style writes them.
pub(super) fn written(
    context: &Context<'_>,
    name: &str,
    file: &Path,
    folder: &str,
    args: &Map,
    style: Style,
) -> String {
    let list = |items: &[&str]| WireValue::List(items.iter().map(|i| WireValue::from(*i)).collect());
    let text = |text: &str| WireValue::from(text);
    let added = [
        ("check_mode", WireValue::Bool(context.mode.check)),
        ("no_log", WireValue::Bool(false)),
        ("debug", WireValue::Bool(false)),
        ("diff", WireValue::Bool(context.mode.diff)),
        ("verbosity", WireValue::Int(context.verbosity.into())),
        ("version", context.scope.get("ansible_version").map_or(WireValue::Null, version)),
        ("module_name", text(name)),
        ("syslog_facility", text("LOG_USER")),
        ("selinux_special_fs", list(&["fuse", "nfs", "vboxsf", "ramfs", "9p", "vfat"])),
        ("socket", WireValue::Null),
        ("shell_executable", text("/bin/sh")),
        ("keep_remote_files", WireValue::Bool(false)),
        ("tmpdir", WireValue::from(format!("{folder}/"))),
        ("remote_tmp", text("~/.ansible/tmp")),
        ("ignore_unknown_opts", WireValue::Bool(false)),
        ("target_log_info", WireValue::Null),
        ("tracebacks_for", list(&[])),
    ];
    let own = args.iter().map(|(key, value)| (key.to_string(), WireValue::from(value)));
    let added = added.into_iter().map(|(key, value)| (format!("_ansible_{key}"), value));
    let all: warp_agent::value::Map = own.chain(added).collect();
    match style {
        Style::Pairs => {
            let mut pairs = String::new();
            for (key, value) in &all {
                let value = python::str(value);
                // Only a byte of zero cannot be quoted; no argument of a command can hold one.
                let quoted = shlex::try_quote(&value).unwrap_or_default();
                pairs.push_str(&format!("{key}={quoted} "));
            }
            pairs
        }
        Style::Binary | Style::Json | Style::Inline => python::json(&WireValue::Map(all)),
        Style::Python => {
            let told = [
                ("args".to_owned(), WireValue::Map(all)),
                ("name".to_owned(), payload::module_name(file).into()),
            ];
            python::json(&WireValue::Map(told.into_iter().collect()))
        }
    }
}

fn version(value: Value) -> WireValue {
    value.get("full").map_or(WireValue::Null, WireValue::from)
}
