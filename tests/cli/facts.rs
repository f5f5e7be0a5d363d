//! Facts that outlive a run, and where variables come from: both through the binary.

use super::bench::{Bench, Ran};
use super::compat::tool;
use super::support;
use std::process::Command;

const GATHER: &str = r#"
- hosts: all
  gather_subset: ['!all', '!min', pkg_mgr]
  tasks:
    - set_fact: {kept: of a run, cacheable: true}
    - set_fact: {lost: with it}
"#;

const USE: &str = r#"
- hosts: all
  gather_facts: false
  tasks:
    - debug:
        msg: >-
          {{ ansible_facts.kept | default('none') }} {{ kept | default('none') }} {{ lost | default('none') }}
          {{ ansible_pkg_mgr | default('none') }} {{ hostvars.h2.ansible_facts | length }}
- hosts: all
  tasks: [{debug: {msg: "{{ ansible_facts.pkg_mgr | default('none') }}"}}]
"#;

/// Each side reads the facts that the other one keeps, and passes over those that are too old.
#[test]
fn facts_are_kept_as_ansible_keeps_them() {
    let bench = Bench::new("facts", USE);
    bench.file("gather.yml", GATHER);
    let run = |mut command: Command, play: &str, cache: &str, timeout: &str| {
        let command = command
            .current_dir(&bench.0)
            .args([
                "-i",
                "h1,h2",
                "-c",
                "local",
                "-f",
                "1",
                "-e",
                "ansible_python_interpreter=/usr/bin/python3",
            ])
            .env("ANSIBLE_CACHE_PLUGIN", "jsonfile")
            .env("ANSIBLE_CACHE_PLUGIN_CONNECTION", bench.path(cache))
            .env("ANSIBLE_CACHE_PLUGIN_TIMEOUT", timeout)
            .env("ANSIBLE_GATHERING", "smart");
        let ran = Ran::of(&command.arg(play).output().unwrap());
        assert_eq!(ran.code, 0, "{}", ran.said());
        ran.out
    };
    let ours = || tool(&bench, "ansible-playbook");
    let theirs = || support::oracle::ansible("ansible-playbook");
    run(ours(), "gather.yml", "ours", "0");
    run(theirs(), "gather.yml", "theirs", "0");
    let said = run(theirs(), "play.yml", "theirs", "0");
    assert!(said.contains("of a run of a run none apt") && !said.contains("Gathering"), "{said}");
    assert_eq!(run(ours(), "play.yml", "ours", "0"), said);
    assert_eq!(run(ours(), "play.yml", "theirs", "0"), said);
    assert_eq!(run(theirs(), "play.yml", "ours", "0"), said);
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(1000);
    for entry in std::fs::read_dir(bench.path("ours")).unwrap() {
        let file = std::fs::File::options().write(true).open(entry.unwrap().path()).unwrap();
        file.set_modified(long_ago).unwrap();
    }
    let said = run(ours(), "play.yml", "ours", "600");
    assert!(said.contains("none none none none 0") && said.contains("Gathering"), "{said}");
}

#[test]
fn every_layer_of_a_variable_is_told_with_its_place() {
    let play = "- hosts: web\n  vars: {port: 8}\n  vars_files: [more.yml]\n  roles: [r]\n  tasks:\n    - debug:\n      vars: {port: 9}\n";
    let bench = Bench::new("explain", play);
    bench.file("hosts", "[web]\nh1 port=1\n").file("group_vars/web.yml", "port: 4\n");
    bench.file("host_vars/h1.yml", "base: 1\nport: \"{{ base }}5\"\n").file("more.yml", "port: 10\n");
    bench.file("roles/r/defaults/main.yml", "port: 6\n").file("roles/r/tasks/main.yml", "[]\n");
    let explain = |args: &[&str]| {
        let mut command = support::warp();
        command.current_dir(&bench.0).args(["vars", "explain"]).args(args).args(["-i", "hosts"]);
        Ran::of(&command.output().unwrap())
    };
    let place = |name: &str| bench.path(name).display().to_string();
    let (host, group) = (place("host_vars/h1.yml:2:7"), place("group_vars/web.yml:1:7"));
    let told = explain(&["port", "h1"]);
    let expected = format!(
        "port of h1: \"15\"\n* host_vars of h1     \"{{{{ base }}}}5\"  {host}\n  inventory, host h1  1  {}\n  group_vars of web   4  {group}\n",
        place("hosts:2:4")
    );
    assert_eq!((told.code, told.out), (0, expected));
    let told = explain(&["port", "h1", "play.yml"]);
    let layers: Vec<&str> =
        told.out.lines().map(|line| line.split("  ").find(|w| !w.is_empty()).unwrap()).collect();
    assert_eq!(
        layers,
        [
            "port of h1 in the play web: 10",
            "* vars_files",
            "vars of the play",
            "host_vars of h1",
            "inventory, host h1",
            "group_vars of web",
            "defaults of the role r",
            &format!("for the task debug ({}):", place("play.yml:6:7")),
            "* vars of the task and its blocks",
        ],
        "{}",
        told.said()
    );
    // Values that are no texts are found as well: in the play, the task, the role, the file of extra variables.
    let places: Vec<&str> =
        told.out.lines().filter_map(|line| line.rsplit_once("  ")).map(|(_, at)| at).collect();
    let group = place("group_vars/web.yml:1:7");
    for at in ["more.yml:1:7", "play.yml:2:16", "roles/r/defaults/main.yml:1:7", "play.yml:7:20"].map(place) {
        assert!(places.contains(&&*at) && places.contains(&&*group), "{at}: {}", told.said());
    }
    bench.file("extra.yml", "x: 1\nport: [{deep: 1}]\n");
    let told = explain(&["port", "h1", "play.yml", "-e", "@extra.yml"]);
    assert!(told.out.contains("extra.yml:2:7\n"), "{}", told.said());
    let gone = explain(&["port", "h2"]);
    assert_eq!(gone.code, 4);
    assert!(gone.err.contains("the inventory has no host `h2`"), "{}", gone.err);
}
