//! Made-up calls of modules, one after another on the same few files: each gives the same result, and the files end alike.
//!
//! Real Ansible's modules run in forks of a process that has Python's part of the start behind it; warp's in a playbook.

use super::oracle::Oracle;
use super::{SEED, Verdict, judge};
use crate::support;
use fancy_regex::Regex;
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

/// A module and its arguments.
pub(super) type Call = (String, Map<String, Json>);

#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) calls: Vec<Call>,
    pub(super) check: bool,
}

/// Calls of the modules of a table.
fn call(table: &str) -> BoxedStrategy<Call> {
    let tables: Map<String, Json> = serde_yaml::from_str(table).unwrap();
    let modules = tables.into_iter().map(|(module, table)| {
        let arguments = table.as_object().unwrap().clone().into_iter().map(|(name, row)| {
            let (one_in, values) = row.as_array().unwrap().split_first().unwrap();
            let value =
                prop::sample::select(values.to_vec()).prop_map(move |value| Some((name.clone(), value)));
            match one_in.as_u64().unwrap() {
                1 => value.boxed(),
                one_in => prop_oneof![one_in as u32 - 1 => Just(None), 1 => value].boxed(),
            }
        });
        (arguments.collect::<Vec<_>>())
            .prop_map(move |given| {
                (module.clone(), given.into_iter().flatten().filter(|(_, v)| !v.is_null()).collect())
            })
            .boxed()
    });
    prop::strategy::Union::new(modules.collect::<Vec<_>>()).boxed()
}

/// Sequences of calls of a table's modules.
pub(super) fn cases(table: &str) -> impl Strategy<Value = Case> + use<> {
    (prop::collection::vec(call(table), 1..6), prop::bool::weighted(0.2))
        .prop_map(|(calls, check)| Case { calls, check })
}

/// The files that the calls are about.
pub(super) fn plant(root: &Path) {
    if root.exists() {
        fs::remove_dir_all(root).unwrap();
    }
    for folder in ["dir/sub", "parts", "empty_dir"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    let files: [(&str, &[u8], u32); 11] = [
        ("a.txt", b"one\ntwo\nthree\ntwo\n", 0o644),
        ("dir/b.conf", b"[s]\nkey = 1\n\n# key = 0\nlast", 0o600),
        ("dir/sub/c.txt", b"key\n", 0o644),
        ("empty", b"", 0o644),
        ("exec.sh", b"#!/bin/sh\necho hello\n", 0o755),
        ("binary", b"\x00\xff\xfetwo\n\x80", 0o640),
        ("crlf", b"one\r\ntwo\r\n", 0o644),
        ("block", b"x\n# BEGIN ANSIBLE MANAGED BLOCK\nold\n# END ANSIBLE MANAGED BLOCK\ny\n", 0o644),
        ("parts/1", b"first\n", 0o644),
        ("parts/2", b"second", 0o644),
        ("parts/.3", b"hidden\n", 0o644),
    ];
    for (name, bytes, mode) in files {
        fs::write(root.join(name), bytes).unwrap();
        fs::set_permissions(root.join(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    for (name, target) in [("link", "a.txt"), ("broken", "nowhere"), ("dirlink", "dir")] {
        symlink(target, root.join(name)).unwrap();
    }
}

/// What any two runs differ in: temporary files and folders, and the names of backups.
static PASSING: LazyLock<Regex> = LazyLock::new(|| {
    let patterns = [
        r"/\S*/\.ansible/tmp/ansible-tmp-[^/]*/(source|tmp\w{8})",
        r"/tmp/\.warp[-_]\w+(/source)?",
        r"/\S*/\.source(?=\.|$)",
        // The folder that a script was copied to, in what its shell says of it.
        r"/\S*/\.ansible/tmp/ansible-tmp-[^/]*(?=/)",
        r"/\S*/ansible-local-[^/]*/[^/]*(?=/)",
        r"(p-|made up|ansible\.)[a-zA-Z0-9_]{8}",
        r"\.\d+\.\d{4}-\d\d-\d\d@[^~]*~",
    ];
    Regex::new(&patterns.join("|")).unwrap()
});

/// A result without what any two runs differ in, and without what a play adds to every result.
pub(super) fn comparable(module: &str, mut result: Json) -> Json {
    fn walk(value: &mut Json) {
        match value {
            Json::Object(map) => {
                for name in [
                    "invocation",
                    "start",
                    "end",
                    "delta",
                    "atime",
                    "mtime",
                    "ctime",
                    "inode",
                    "dev",
                    "version",
                ] {
                    map.remove(name);
                }
                map.values_mut().for_each(walk);
            }
            Json::Array(items) => items.iter_mut().for_each(walk),
            Json::String(text) => {
                // Their module's name is that of the file which ran it.
                *text = PASSING.replace_all(text, "RANDOM").replace("(basic.py)", "(tempfile)");
            }
            _ => {}
        }
    }
    walk(&mut result);
    let Some(map) = result.as_object_mut() else { return result };
    map.retain(|name, _| !name.ends_with("_lines"));
    map.entry("changed").or_insert(json!(false));
    let failed = module == "command" && map.get("rc").is_some_and(|rc| *rc != json!(0) && !rc.is_null());
    map.entry("failed").or_insert(json!(failed));
    for told in ["warnings", "deprecations", "exception", "_diff_peek"] {
        map.remove(told);
    }
    // Ansible tries the programs in no order.
    if let Some(Json::String(msg)) = map.get_mut("msg")
        && msg.starts_with("Failed to find handler")
    {
        let mut lines: Vec<_> = msg.lines().filter(|l| !l.is_empty()).map(str::to_owned).collect();
        lines.sort();
        *msg = lines.join("\n");
    }
    if let Some(Json::Array(files)) = map.get_mut("files") {
        files.sort_by_key(|file| file["path"].to_string());
    }
    result
}

/// A file's name, without what backups add to it.
pub(super) fn lasting(name: &str) -> String {
    PASSING.replace_all(name, "RANDOM").into_owned()
}

pub(super) fn placed(value: &Json, root: &str) -> Json {
    match value {
        Json::String(text) => {
            static T: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\bT(?=/|$)").unwrap());
            json!(T.replace_all(text, root))
        }
        Json::Array(items) => items.iter().map(|item| placed(item, root)).collect(),
        other => other.clone(),
    }
}

#[test]
fn modules_do_what_ansibles_do() {
    let (oracle, dir) = (Oracle::start("calls"), support::scratch("made-up-calls"));
    let (root, results) = (dir.join("T"), dir.join("results.json"));
    let place = root.display().to_string();
    let verdict = |case: &Case| {
        let calls: Vec<Call> = case
            .calls
            .iter()
            .map(|(module, given)| {
                let mut given: Map<String, Json> =
                    given.iter().map(|(name, value)| (name.clone(), placed(value, &place))).collect();
                // A play's modules run in its own folder, those that are asked alone in the oracle's.
                if matches!(module.as_str(), "command" | "shell") {
                    given.entry("chdir").or_insert_with(|| json!(place));
                }
                (module.clone(), given)
            })
            .collect();
        plant(&root);
        let theirs: Vec<Json> = calls
            .iter()
            .map(|(module, given)| {
                let mut args = given.clone();
                args.insert("_ansible_check_mode".into(), json!(case.check));
                args.insert("_ansible_diff".into(), json!(true));
                let answer =
                    oracle.ask(&json!({ "ask": "module", "module": module, "args": args, "cwd": root }));
                let said = answer["out"].as_str().unwrap();
                comparable(module, serde_json::from_str(said).unwrap_or_else(|_| json!({ "said": answer })))
            })
            .collect();
        let tree = super::super::tree(&root);
        plant(&root);
        let mut tasks: Vec<Json> = calls.iter().enumerate().map(|(number, (module, given))| {
            // What looks like a template is text here, as for the modules alone.
            json!({ format!("ansible.builtin.{module}"): given, "register": format!("r{number}"), "ignore_errors": true })
        }).collect();
        let all: Vec<_> = (0..calls.len()).map(|number| format!("r{number}")).collect();
        tasks.push(json!({
            "ansible.builtin.copy": { "dest": results, "content": format!("{{{{ [{}] | to_json }}}}", all.join(", ")) },
            "check_mode": false, "diff": false,
        }));
        let play = json!([{ "hosts": "localhost", "gather_facts": false, "tasks": tasks }]);
        fs::write(dir.join("play.yml"), play.to_string()).unwrap();
        let _ = fs::remove_file(&results);
        let mut command: Command = support::warp();
        command
            .args(["play", "-i", "localhost,", "-c", "local", "--diff"])
            .args(case.check.then_some("--check"));
        let output = command.arg(dir.join("play.yml")).current_dir(&root).output().unwrap();
        let ours: Vec<Json> =
            fs::read(&results).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        if ours.len() != calls.len() {
            return Verdict::Differs { mark: "no results".into(), how: support::streams(&output) };
        }
        for (((module, given), theirs), ours) in calls.iter().zip(theirs).zip(ours) {
            let ours = comparable(module, ours);
            // Python's module ended with a traceback.
            if theirs.get("said").is_some() && ours["failed"] == json!(true) {
                return Verdict::Same;
            }
            if theirs != ours
                && let Some(reason) = known(module, given, &theirs, &ours)
            {
                return Verdict::Known(reason);
            }
            if theirs != ours {
                return Verdict::Differs {
                    mark: mark(module, &theirs, &ours),
                    how: format!("  {module}\n  ansible: {theirs}\n  warp:    {ours}"),
                };
            }
        }
        let mine = super::super::tree(&root);
        let temporary =
            |name: &String| calls.iter().any(|(module, _)| module == "tempfile") && !tree.contains_key(name);
        match tree
            .iter()
            .find(|(name, what)| mine.get(*name) != Some(what))
            .map(|(name, _)| name)
            .or_else(|| mine.keys().find(|name| !tree.contains_key(*name) && !temporary(name)))
        {
            None => Verdict::Same,
            Some(_) if calls.iter().any(|(module, _)| module == "tempfile") && tree.len() == mine.len() => {
                Verdict::Same
            }
            Some(name) => Verdict::Differs {
                mark: format!("tree {}", calls.last().unwrap().0),
                how: format!("  {name}\n  ansible: {:?}\n  warp:    {:?}", tree.get(name), mine.get(name)),
            },
        }
    };
    judge("calls", (SEED, 40), cases(include_str!("calls.yml")), verdict, |case| {
        let calls: Vec<_> =
            case.calls.iter().map(|(module, given)| format!("{module}: {}", json!(given))).collect();
        format!("check: {}\n{}", case.check, calls.join("\n"))
    });
}

/// Differences that docs/compatibility.md names.
fn known(module: &str, given: &Map<String, Json>, theirs: &Json, ours: &Json) -> Option<&'static str> {
    let is =
        |name: &str, value: &str| given.get(name).and_then(Json::as_str).is_some_and(|v| v.ends_with(value));
    if module == "copy"
        && is("src", "/link")
        && (is("dest", "/link") || is("dest", "/a.txt"))
        && theirs["size"] == json!(0)
    {
        return Some("a file that is copied onto itself through a link is empty afterwards");
    }
    if module == "file" && is("path", "/broken") && is("state", "touch") && ours["failed"] == json!(true) {
        return Some("`touch` of a link that leads nowhere, with times preserved, does nothing");
    }
    // Python writes into a pipe whose reader may have ended.
    if module == "command"
        && given.contains_key("stdin")
        && theirs["msg"] == json!("Error executing command.")
    {
        return Some("a command that ends before its stdin is written may fail");
    }
    None
}

/// The module and the first thing in which its results differ.
pub(super) fn mark(module: &str, theirs: &Json, ours: &Json) -> String {
    let keys =
        |of: &Json| of.as_object().map(|map| map.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
    let key = [keys(theirs), keys(ours)].concat().into_iter().find(|key| theirs.get(key) != ours.get(key));
    let words = |text: &str| text.split(['\'', '/']).next().unwrap_or_default().to_owned();
    let said = theirs["msg"].as_str().filter(|_| theirs["msg"] != ours["msg"]).map(words).unwrap_or_default();
    format!("{module} {} {said}", key.unwrap_or_default())
}
