//! The arguments of a module as its file reads them.

use super::super::Context;
use crate::value::{Map, Value};
use warp_agent::python;
use warp_agent::value::Value as WireValue;

/// How a module takes its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// A program: a file of JSON.
    Binary,
    /// A script that says WANT_JSON: a file of JSON.
    Json,
    /// Any other script: a file of `name=value` words, which a shell can read.
    Pairs,
    /// A script in which they take the place of a marker.
    Inline,
}

/// What a script holds where its arguments are to be put in.
const MARKER: &[u8] = b"<<INCLUDE_ANSIBLE_MODULE_JSON_ARGS>>";

impl Style {
    /// The style of a module's content.
    pub(super) fn of(content: &[u8]) -> Style {
        let has = |needle: &[u8]| content.windows(needle.len()).any(|window| window == needle);
        let text = |b: &u8| matches!(b, 7..=10 | 12 | 13 | 27 | 0x20..=0x7e | 0x80..=0xff);
        if content.iter().take(1024).any(|b| !text(b)) {
            Style::Binary
        } else if has(MARKER) {
            Style::Inline
        } else if has(b"WANT_JSON") {
            Style::Json
        } else {
            Style::Pairs
        }
    }
}

/// The arguments with those that Ansible adds, as this style writes them.
pub(super) fn written(context: &Context<'_>, name: &str, folder: &str, args: &Map, style: Style) -> String {
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
    }
}

fn version(value: Value) -> WireValue {
    value.get("full").map_or(WireValue::Null, WireValue::from)
}

/// A script with its arguments in place of the marker.
pub(super) fn replaced(content: &[u8], args: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() + args.len());
    let mut rest = content;
    while let Some(at) = rest.windows(MARKER.len()).position(|window| window == MARKER) {
        let (before, from) = rest.split_at(at);
        out.extend_from_slice(before);
        out.extend_from_slice(args.as_bytes());
        rest = from.get(MARKER.len()..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    out
}
