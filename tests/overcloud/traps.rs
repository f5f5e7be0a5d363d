//! The traps of tripleo-quickstart and oooq-warp that docs/design/traps.md decides on, as far as no other test has them.

use super::{SERVERS, Undercloud, ended};
use crate::support;
use std::fs;
use std::path::Path;

fn here(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn every_trap_is_decided_and_its_test_is_there() {
    let page = fs::read_to_string(here("docs/design/traps.md")).unwrap();
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| trap") && !line.starts_with("| ---"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert_eq!(rows.len(), 18);
    for row in rows {
        let (file, name) = row[2].trim_matches('`').split_once("::").unwrap_or_else(|| panic!("{row:?}"));
        let text = fs::read_to_string(here(file)).unwrap_or_else(|e| panic!("{file}: {e}"));
        assert!(text.contains(&format!("fn {name}(")), "{file} has no {name}");
    }
}

#[test]
fn an_extra_variable_that_a_play_computes_anew_is_told_to_stay() {
    let undercloud = Undercloud::new("trap-frozen");
    let play = "- hosts: localhost\n  gather_facts: false\n  tasks:\n    - set_fact: {args: computed}\n    - copy: {content: \"{{ \
                args }}\", dest: \"{{ playbook_dir }}/out\"}\n";
    fs::write(undercloud.root.join("mine.yml"), play).unwrap();
    fs::write(undercloud.root.join("custom.yaml"), "args: given\n").unwrap();
    let said = ended(&undercloud.warp(&["deploy", "undercloud"], &[("PLAY", "mine.yml")]), 0);
    assert_eq!(undercloud.read("out"), "given");
    assert!(said.contains("args was given as an extra variable"), "{said}");
}

#[test]
fn sizes_of_custom_yaml_are_those_of_the_machine() {
    let undercloud = Undercloud::new("trap-sizes");
    fs::remove_file(undercloud.root.join("lwd/hosts")).unwrap();
    fs::write(undercloud.root.join("custom.yaml"), "undercloud_memory: 640\nundercloud_vcpu: 3\n").unwrap();
    let plan = ended(&undercloud.warp(&["plan", "undercloud", "--json"], &[]), 0);
    assert!(plan.contains("640</memory>") && plan.contains("3</vcpu>"), "{plan}");
}

#[test]
fn nodes_are_planned_before_there_is_anything() {
    let undercloud = Undercloud::new("trap-plan");
    let args = ["plan", "overcloud", "--controllers", "1", "--computes", "1", "--json"];
    let planned = undercloud.warp(&args, &[]);
    assert_eq!(planned.status.code(), Some(0), "{}", support::streams(&planned));
    let plan: serde_json::Value = serde_json::from_slice(&planned.stdout).unwrap();
    let objects = plan["objects"].as_array().unwrap();
    let domains: Vec<_> = objects.iter().filter(|o| o["kind"] == "domain").map(|o| &o["name"]).collect();
    assert_eq!(domains.len(), 2, "{plan}");
    assert!(objects.iter().all(|o| o["actions"] == serde_json::json!(["create"])), "{plan}");
    assert!(!undercloud.root.join("lwd/.warp").exists(), "a plan made something");
    // Servers are not made, and somebody has to say how many of what.
    ended(&undercloud.warp(&["plan", "overcloud", "--controllers", "127.0.0.1"], &[]), 5);
    ended(&undercloud.warp(&["plan", "overcloud"], &[]), 5);
    ended(&undercloud.warp(&["plan", "undercloud", "--controllers", "1"], &[]), 5);
}

#[test]
fn a_flavor_has_one_name() {
    let undercloud = Undercloud::new("trap-flavors");
    let map = "flavor_map={\"blockstorage\": \"slow\", \"objectstorage\": \"wide\"}";
    ended(
        &undercloud
            .deploy(&[&SERVERS[..], &["-e", &format!("{{{}}}", map.replacen('=', ": ", 1))]].concat(), &[]),
        0,
    );
    let calls = undercloud.calls();
    assert!(
        calls.contains("--block-storage-flavor slow") && calls.contains("--swift-storage-flavor wide"),
        "{calls}"
    );
}

#[test]
fn the_address_of_a_repositorys_hash_changes_nothing() {
    let undercloud = Undercloud::new("trap-hash-url");
    let template = here("templates/repo_setup.sh.j2");
    let repo =
        |more: &str| format!("{{type: generic, filename: a.repo, reponame: a, baseurl: 'http://a'{more}}}");
    let play = format!(
        "- hosts: localhost\n  gather_facts: false\n  vars: {{release: stein, repo_cmd_before: '', repo_cmd_after: ''}}\n  tasks:\n    - \
         copy: {{content: \"{{{{ lookup('template', '{0}') }}}}\", dest: \"{{{{ playbook_dir }}}}/one\"}}\n      vars: {{repos: [{1}]}}\n    \
         - copy: {{content: \"{{{{ lookup('template', '{0}') }}}}\", dest: \"{{{{ playbook_dir }}}}/two\"}}\n      vars: {{repos: [{2}]}}\n",
        template.display(),
        repo(""),
        repo(", hash_url: 'http://hash'")
    );
    fs::write(undercloud.root.join("mine.yml"), play).unwrap();
    ended(&undercloud.warp(&["deploy", "undercloud"], &[("PLAY", "mine.yml")]), 0);
    assert!(undercloud.read("one").contains("baseurl=http://a"));
    assert_eq!(undercloud.read("one"), undercloud.read("two"));
}

#[test]
fn an_unknown_release_is_told_and_is_the_newest() {
    let undercloud = Undercloud::new("trap-release");
    // What comes of it does not matter: the stand-in for `openstack` is of an older one.
    let said =
        support::streams(&undercloud.deploy(&[&SERVERS[..], &["-e", "release=zanzibar"]].concat(), &[]));
    assert!(said.contains("the release zanzibar is not known, and counts as"), "{said}");
    let calls = undercloud.calls();
    assert!(calls.contains("openstack overcloud deploy"), "{calls}");
    assert!(!calls.contains("-flavor "), "the newest have no options for flavors");
}

#[test]
fn the_callers_environment_does_not_leak_into_the_deploy_command() {
    let undercloud = Undercloud::new("trap-leak");
    ended(&undercloud.deploy(&SERVERS, &[("DEPLOY_ENV_YAML", "/leaked.yaml")]), 0);
    let deploy = undercloud.calls();
    assert!(deploy.contains("overcloud deploy") && !deploy.contains("leaked"), "{deploy}");
}
