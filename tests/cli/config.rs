//! `ansible-config` beside Ansible's own.

use super::bench::Bench;
use super::compat::tool;
use super::support;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Output};

const FILE: &str = "[defaults]\nforks = 7\nroles_path = roles:~/r\nremote_user = \"me\"\n[colors]\nok = blue\n\
                    [galaxy]\nserver_list = one, two\n[galaxy_server.one]\nurl = https://one.example/\ntoken = t\n\
                    [ssh_connection]\npipelining = yes\n";

/// What a command of both says. The folder of Ansible's temporary files has another name each time.
fn both(bench: &Bench, args: &[&str], env: &[(&str, &str)]) -> [Output; 2] {
    let mut theirs = Command::new(support::oracle::bin().join("ansible-config"));
    theirs.current_dir(&bench.0);
    [theirs, tool(bench, "ansible-config")].map(|mut command| {
        for name in std::env::vars().map(|(name, _)| name).filter(|name| name.starts_with("ANSIBLE_")) {
            command.env_remove(name);
        }
        command.args(args).env("LC_ALL", "C.UTF-8").envs(env.iter().copied()).output().unwrap()
    })
}

fn text(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    fancy_regex::Regex::new("/ansible-local-[a-z0-9_]+").unwrap().replace_all(&text, "").into_owned()
}

/// The lines that differ.
fn difference(theirs: &str, ours: &str) -> String {
    similar::TextDiff::from_lines(theirs, ours).unified_diff().context_radius(1).to_string()
}

/// Arguments, and variables of the environment.
type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)]);

#[test]
fn values_are_shown_as_ansible_config_shows_them() {
    let bench = Bench::new("config-dump", "");
    bench.file("ansible.cfg", FILE).file("other.cfg", "[privilege_escalation]\nbecome_flags = -x\n");
    bench.file("empty.cfg", "");
    let cases: &[Case<'_>] = &[
        (&["dump"], &[]),
        (
            &["dump", "--only-changed"],
            &[("ANSIBLE_GATHERING", "smart"), ("ANSIBLE_CALLBACKS_ENABLED", "a, b")],
        ),
        (&["dump", "-t", "all"], &[("ANSIBLE_SSH_RETRIES", "3")]),
        (&["dump", "-t", "all", "--changed-only", "-f", "json"], &[]),
        (&["dump", "-f", "yaml", "-c", "other.cfg"], &[("ANSIBLE_CONFIG", "empty.cfg")]),
        (&["dump", "-t", "connection", "ssh", "nosuch"], &[]),
        (&["dump", "-t", "become", "-f", "json"], &[]),
        (&["view"], &[]),
        (&["view", "-c", "other.cfg"], &[]),
        (&["dump", "--only-changed", "-v"], &[("ANSIBLE_CONFIG", "gone.cfg")]),
    ];
    for (args, env) in cases {
        let [theirs, ours] = both(&bench, args, env);
        let difference = difference(&text(&theirs), &text(&ours));
        assert!(difference.is_empty(), "{args:?}\n{difference}{}", String::from_utf8_lossy(&ours.stderr));
        assert_eq!(ours.status.code(), theirs.status.code(), "{args:?}");
    }
}

#[test]
fn what_is_wrong_ends_as_it_does_in_ansible_config() {
    let bench = Bench::new("config-wrong", "");
    bench.file("good.cfg", FILE).file("bad.cfg", "[defaults]\nforkz = 7\n[nosuch]\na = 1\n").file("none", "");
    let good: &[(&str, &str)] = &[("ANSIBLE_CONFIG", "good.cfg")];
    let bad: &[(&str, &str)] = &[("ANSIBLE_CONFIG", "bad.cfg")];
    let cases: &[Case<'_>] = &[
        (&["validate", "-t", "all"], &[]),
        (&["validate"], good),
        (&["validate", "-t", "all"], bad),
        (&["validate", "-f", "env", "-t", "all"], &[("ANSIBLE_COW_SELECTION", "1")]),
        (&["validate", "-f", "env", "-t", "all"], &[("ANSIBLE_COW_DESTRUCTION", "1")]),
        (&["view"], &[]),
        (&["view", "-c", "gone.cfg"], &[]),
        (&["view", "-c", "none"], &[]),
        (&["dump"], &[("ANSIBLE_FORKS", "many")]),
        (&["dump"], &[("ANSIBLE_GATHERING", "never")]),
        (&["dump", "-t", "nosuch"], &[]),
        (&["list", "-f", "ini"], &[]),
    ];
    for (args, env) in cases {
        let [theirs, ours] = both(&bench, args, env);
        assert_eq!(ours.status.code(), theirs.status.code(), "{args:?} {env:?}");
        assert_eq!(text(&ours), text(&theirs), "{args:?}");
        let first = |output: &Output| {
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            told.lines().find(|line| line.contains("ERROR")).unwrap_or_default().to_owned()
        };
        assert_eq!(first(&ours), first(&theirs), "{args:?} {env:?}");
    }
}

/// Settings and what is known of them, without Ansible's prose.
fn facts(listed: &Value) -> BTreeMap<String, String> {
    let names = |source: &Value, key: &str| -> Vec<String> {
        source.as_array().into_iter().flatten().map(|entry| entry[key].to_string()).collect()
    };
    let mut all = BTreeMap::new();
    for (name, of) in listed.as_object().unwrap() {
        if name == "PLUGINS" || name == "GALAXY_SERVERS" {
            continue;
        }
        let choices: BTreeSet<String> = match &of["choices"] {
            Value::Object(map) => map.keys().map(|name| format!("{name:?}")).collect(),
            other => other.as_array().into_iter().flatten().map(Value::to_string).collect(),
        };
        let ini = [names(&of["ini"], "section"), names(&of["ini"], "key")];
        let sources = [names(&of["env"], "name"), names(&of["vars"], "name"), names(&of["cli"], "name")];
        all.insert(
            name.clone(),
            format!("{} {ini:?} {sources:?} {choices:?} {}", of["type"], of["version_added"]),
        );
    }
    all
}

#[test]
fn every_setting_of_ansible_config_list_is_in_the_table() {
    let bench = Bench::new("config-list", "");
    let [theirs, ours] = both(&bench, &["list", "-f", "json"], &[]);
    let [theirs, ours] =
        [theirs, ours].map(|output| serde_json::from_slice::<Value>(&output.stdout).unwrap());
    let lines = |listed: &Value| -> String {
        facts(listed).into_iter().map(|(name, facts)| format!("{name} {facts}\n")).collect()
    };
    let difference = difference(&lines(&theirs), &lines(&ours));
    assert!(difference.is_empty(), "{difference}");
    assert!(facts(&theirs).len() > 200);
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference/settings.md");
    let page = std::fs::read_to_string(page).unwrap();
    let without: Vec<String> =
        facts(&theirs).into_keys().filter(|name| !page.contains(&format!("| `{name}` |"))).collect();
    assert!(without.is_empty(), "docs/reference/settings.md says nothing of {without:?}");
}

#[test]
fn a_configuration_to_begin_with_has_the_keys_of_ansible_configs() {
    let bench = Bench::new("config-init", "");
    for args in [&["init", "-t", "all"][..], &["init", "--disabled"], &["init", "-f", "env"]] {
        let [theirs, ours] = both(&bench, args, &[]).map(|output| {
            let keys = |line: &str| {
                let line = line.trim_start_matches("#ANSIBLE").trim_start_matches("# ");
                Some(line.split_once('=')?.0.to_owned()).filter(|_| !line.starts_with('#'))
            };
            text(&output)
                .lines()
                .filter(|l| !l.starts_with("# "))
                .filter_map(keys)
                .collect::<BTreeSet<String>>()
        });
        let known = |names: &BTreeSet<String>| -> BTreeSet<String> {
            names.iter().filter(|name| !name.contains(' ')).cloned().collect()
        };
        let missing: Vec<String> = known(&theirs).difference(&known(&ours)).cloned().collect();
        assert!(missing.is_empty() && known(&theirs).len() > 100, "{args:?} {missing:?}");
    }
}

#[test]
fn a_setting_that_cannot_be_honoured_is_refused_by_name() {
    let bench = Bench::new("config-refused", "- hosts: localhost\n  gather_facts: false\n  tasks: []\n");
    bench.file("ansible.cfg", "[defaults]\nplugin_filters_cfg = filters.yml\n");
    let ran = tool(&bench, "ansible-playbook").arg("play.yml").output().unwrap();
    let told = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!(ran.status.code(), Some(5), "{told}");
    assert!(told.contains("PLUGIN_FILTERS_CFG") && told.contains("ansible.cfg"), "{told}");
    // Its default is no such value.
    bench.file("ansible.cfg", "[defaults]\ninvalid_task_attribute_failed = yes\n");
    assert!(tool(&bench, "ansible-playbook").arg("play.yml").status().unwrap().success());
}

#[test]
fn a_tree_of_results_is_what_ansible_writes() {
    let bench = Bench::new("config-tree", "");
    for args in [&["-m", "debug", "-a", "msg=hi"][..], &["-o", "-m", "ping"]] {
        let mut theirs = Command::new(support::oracle::bin().join("ansible"));
        theirs.current_dir(&bench.0);
        let [theirs, ours] =
            [(theirs, "theirs"), (tool(&bench, "ansible"), "ours")].map(|(mut command, tree)| {
                command.args(["x1,", "-i", "x1,", "-c", "local", "--tree", tree]).args(args);
                command.env("ANSIBLE_PYTHON_INTERPRETER", support::oracle::bin().join("python"));
                let output = command.env("LC_ALL", "C.UTF-8").env("ANSIBLE_NOCOLOR", "1").output().unwrap();
                let written = std::fs::read_to_string(bench.path(tree).join("x1")).unwrap();
                let told = String::from_utf8_lossy(&output.stderr).into_owned();
                (text(&output), told, written)
            });
        assert_eq!(ours, theirs, "{args:?}");
    }
}
