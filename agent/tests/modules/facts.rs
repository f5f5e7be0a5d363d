//! `setup`.

use crate::harness::{Agent, inner, msg};
use crate::oracle;
use std::fs;
use std::path::Path;
use std::process::Command;
use warp_agent::value::{Map, Value};
use warp_agent::wire::Mode;

fn facts(args: &str) -> Map {
    let outcome = Agent::start().call("setup", args);
    assert!(!outcome.failed, "{}", msg(&outcome));
    outcome.values.get("ansible_facts").and_then(Value::as_map).unwrap().clone()
}

/// Facts that are other a moment later, or that only Python has.
const FLEETING: &[&str] = &[
    "ansible_date_time",
    "ansible_uptime_seconds",
    "ansible_memfree_mb",
    "ansible_memory_mb",
    "ansible_swapfree_mb",
    "ansible_loadavg",
    "ansible_mounts",
    "ansible_env",
    "ansible_python",
    "ansible_python_version",
    "ansible_selinux",
    "ansible_selinux_python_present",
];

#[test]
fn facts_are_those_of_ansible() {
    let Some(python) = oracle::python() else { return };
    let theirs = oracle::ask(Path::new(&python), "setup", "{}", &Mode::default());
    let theirs = warp_agent::python::from_json(serde_json::from_str(&theirs).unwrap());
    let theirs = theirs.as_map().unwrap()["ansible_facts"].as_map().unwrap().clone();
    let ours = facts("{}");
    let mut different = Vec::new();
    for name in theirs.keys().chain(ours.keys()).filter(|name| !FLEETING.contains(&name.as_str())) {
        let plain = |map: &Map| map.get(name).map(unordered);
        if plain(&theirs) != plain(&ours) {
            different.push(format!("{name}: {:?} but {:?}", theirs.get(name), ours.get(name)));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

/// Lists that come in whatever order the kernel or a set has them.
fn unordered(value: &Value) -> Value {
    match value {
        Value::List(items) if items.iter().all(|item| item.as_str().is_some()) => {
            let mut texts: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            texts.sort_unstable();
            texts.into()
        }
        Value::Map(map) => {
            let mut entries: Vec<(String, Value)> =
                map.iter().map(|(k, v)| (k.clone(), unordered(v))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Map(entries.into_iter().collect())
        }
        other => other.clone(),
    }
}

#[test]
fn facts_are_what_the_machine_says_elsewhere() {
    let facts = facts(r#"{"gather_subset": ["!all", "hardware", "network"]}"#);
    let output = |words: &[&str]| {
        let output = Command::new(words[0]).args(&words[1..]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let text = |name: &str| facts.get(name).map(warp_agent::python::str).unwrap_or_default();
    assert_eq!(text("ansible_kernel"), output(&["uname", "-r"]));
    assert_eq!(text("ansible_architecture"), output(&["uname", "-m"]));
    assert_eq!(text("ansible_processor_nproc"), output(&["nproc"]));
    assert_eq!(text("ansible_user_uid"), output(&["id", "-u"]));
    assert!(fs::read_to_string("/etc/os-release").unwrap().contains(&text("ansible_distribution")));
    assert!(!facts.contains_key("ansible_virtualization_type"));
}

#[test]
fn subsets_and_filters_choose() {
    let names = |args: &str| facts(args).keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(r#"{"gather_subset": ["!all", "!min"]}"#), ["gather_subset", "module_setup"]);
    assert_eq!(names(r#"{"filter": "distribution_*release"}"#), ["ansible_distribution_release"]);
    let only = names(r#"{"gather_subset": ["!all", "!min", "pkg_mgr"], "filter": ["ansible_*"]}"#);
    // What a subset builds on comes with it.
    assert!(only.contains(&"ansible_pkg_mgr".to_owned()) && only.contains(&"ansible_os_family".to_owned()));
    let outcome = Agent::start().call("setup", r#"{"gather_subset": "nope"}"#);
    assert!(
        msg(&outcome)
            .starts_with("Bad subset 'nope' given to Ansible. gather_subset options allowed: all, all_ipv4")
    );
}

#[test]
fn local_facts_are_programs_json_or_ini() {
    let dir = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
    put("ini.fact", "[a]\nb = 1\nC: x y\n  z\n[DEFAULT]\nd = %(b)s\n");
    put("json.fact", r#"{"x": [1, null]}"#);
    put("bad.fact", "neither");
    put("run.fact", "#!/bin/sh\necho '{\"e\": true}'");
    assert!(Command::new("chmod").arg("+x").arg(dir.path().join("run.fact")).status().unwrap().success());
    let args = format!(
        r#"{{"gather_subset": ["!all", "!min", "local"], "fact_path": "{}", "filter": "local"}}"#,
        dir.path().display()
    );
    let outcome = Agent::start().call("setup", &args);
    let local = inner(&outcome, "ansible_facts", "ansible_local");
    let bad = format!(
        "error loading facts as JSON or ini - please check content: {}/bad.fact",
        dir.path().display()
    );
    let expected = format!(
        r#"{{"bad": "{bad}", "ini": {{"a": {{"b": "1", "c": "x y\nz", "d": "1"}}}}, "json": {{"x": [1, null]}}, "run": {{"e": true}}}}"#
    );
    assert_eq!(warp_agent::python::json(&local), expected);
    assert_eq!(outcome.warnings, [bad]);
}
