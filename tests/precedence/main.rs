//! The order of precedence: for every pair of layers a variable that both set, read under warp and under real Ansible.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test ends by panicking"
)]

#[path = "../support/mod.rs"]
mod support;

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The layers, and the file or place that gives each its variables.
const LAYERS: [&str; 30] = [
    "role_defaults",
    "dependency_defaults",
    "inventory_all",
    "inventory_parent",
    "inventory_child",
    "inventory_prior",
    "inventory_host",
    "group_vars_all",
    "group_vars_child",
    "play_group_vars_all",
    "play_group_vars_child",
    "host_vars",
    "play_host_vars",
    "facts",
    "play_vars",
    "import_playbook_vars",
    "vars_prompt",
    "vars_files_1",
    "vars_files_2",
    "role_vars",
    "dependency_vars",
    "role_entry_vars",
    "role_params",
    "block_vars",
    "task_vars",
    "include_vars",
    "set_fact",
    "registered",
    "include_params",
    "extra_vars",
];

/// The names of the pairs that a layer is in.
fn names(layer: usize) -> impl Iterator<Item = String> {
    let others = (0..LAYERS.len()).filter(move |other| *other != layer);
    others.map(move |other| format!("p_{}_{}", layer.min(other), layer.max(other)))
}

/// What a layer gives them: a map, of which `hash_behaviour` may keep what the other layer has not.
fn value(layer: usize) -> String {
    format!("{{\"layer\":\"{0}\",\"{0}\":1}}", LAYERS[layer])
}

/// Its variables, as YAML at this depth.
fn yaml(layer: usize, indent: usize) -> String {
    names(layer).map(|name| format!("{:indent$}{name}: {}\n", "", value(layer).replace(':', ": "))).collect()
}

/// As lines of an INI file's section of variables.
fn ini(layer: usize) -> String {
    names(layer).map(|name| format!("{name}={}\n", value(layer))).collect()
}

/// Behind a host's name.
fn inline(layer: usize) -> String {
    names(layer).map(|name| format!(" {name}='{}'", value(layer))).collect()
}

/// A module of the playbook's own that finds facts.
fn facts(layer: usize) -> String {
    let facts: Vec<String> = names(layer).map(|name| format!("\"{name}\":{}", value(layer))).collect();
    format!("#!/bin/sh\n# WANT_JSON\ncat <<'END'\n{{\"ansible_facts\":{{{}}}}}\nEND\n", facts.join(","))
}

fn at(name: &str) -> usize {
    LAYERS.iter().position(|layer| *layer == name).unwrap()
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// The tree: an inventory with its folders, a playbook with its folders and roles.
fn generate(root: &Path) {
    let file = |path: &str, layer: &str| write(root, path, &yaml(at(layer), 0));
    file("inventory/group_vars/all.yml", "group_vars_all");
    file("inventory/group_vars/child.yml", "group_vars_child");
    file("inventory/host_vars/h.yml", "host_vars");
    file("group_vars/all.yml", "play_group_vars_all");
    file("group_vars/child.yml", "play_group_vars_child");
    file("host_vars/h.yml", "play_host_vars");
    file("first.yml", "vars_files_1");
    file("second.yml", "vars_files_2");
    file("included.yml", "include_vars");
    file("extra.yml", "extra_vars");
    file("roles/own/defaults/main.yml", "role_defaults");
    file("roles/own/vars/main.yml", "role_vars");
    file("roles/dependency/defaults/main.yml", "dependency_defaults");
    file("roles/dependency/vars/main.yml", "dependency_vars");
    write(root, "roles/own/meta/main.yml", "dependencies: [dependency]\n");
    let own = inline(at("inventory_host"));
    write(root, "library/find_facts", &facts(at("facts")));
    let inventory = format!(
        "[child]\nh ansible_connection=local ansible_python_interpreter='{{{{ ansible_playbook_python }}}}' {own}\n[prior]\nh\n[parent:children]\nchild\n[prior:vars]\n\
         ansible_group_priority=10\n{}[all:vars]\n{}[parent:vars]\n{}[child:vars]\n{}",
        ini(at("inventory_prior")),
        ini(at("inventory_all")),
        ini(at("inventory_parent")),
        ini(at("inventory_child")),
    );
    write(root, "inventory/hosts", &inventory);
    let mut pairs = String::new();
    for (a, one) in LAYERS.iter().enumerate() {
        for (b, other) in LAYERS.iter().enumerate().skip(a + 1) {
            writeln!(pairs, "{one} + {other} = {{{{ p_{a}_{b} | to_json(sort_keys=true) }}}}").unwrap();
        }
    }
    write(root, "roles/own/templates/pairs.j2", &pairs);
    let registered: String = names(at("registered"))
        .map(|name| format!("- debug: {{msg: registered}}\n  register: {name}\n"))
        .collect();
    let tasks = format!(
        "- find_facts:\n- include_vars: {root}/included.yml\n- set_fact:\n{}{registered}- block:\n    - include_tasks: inner.yml\n      vars:\n{}  \
         vars:\n{}",
        yaml(at("set_fact"), 4),
        yaml(at("include_params"), 8),
        yaml(at("block_vars"), 4),
        root = root.display(),
    );
    write(root, "roles/own/tasks/main.yml", &tasks);
    let inner = format!(
        "- template: {{src: pairs.j2, dest: \"{{{{ out }}}}\"}}\n  vars:\n{}",
        yaml(at("task_vars"), 4)
    );
    write(root, "roles/own/tasks/inner.yml", &inner);
    // Where nobody can be asked, what is asked for is what it is by default.
    let prompts: String = names(at("vars_prompt"))
        .map(|name| format!("    - {{name: {name}, default: vars_prompt}}\n"))
        .collect();
    let play = format!(
        "- hosts: h\n  gather_facts: false\n  vars_prompt:\n{prompts}  vars:\n{}  vars_files: [first.yml, second.yml]\n  roles:\n    - role: own\n      \
         vars:\n{}{}",
        yaml(at("play_vars"), 4),
        yaml(at("role_entry_vars"), 8),
        yaml(at("role_params"), 6),
    );
    write(root, "imported.yml", &play);
    let import = "- import_playbook: imported.yml\n  vars:\n";
    write(root, "site.yml", &(import.to_owned() + &yaml(at("import_playbook_vars"), 4)));
}

fn pairs(mut command: Command, root: &Path, name: &str, settings: &[(&str, &str)]) -> String {
    let out = root.join(name);
    let output = command
        .current_dir(root)
        .envs(settings.iter().copied())
        .args(["-i", "inventory/hosts", "-e", "@extra.yml", "-e"])
        .arg(format!("out={}", out.display()))
        .arg("site.yml")
        .output()
        .unwrap();
    assert!(output.status.success(), "{name}: {}", support::streams(&output));
    fs::read_to_string(out).unwrap()
}

#[test]
fn every_pair_of_layers_is_as_in_ansible() {
    let root = support::scratch("precedence");
    generate(&root);
    let precedence = "groups_plugins_play,all_plugins_inventory,groups_inventory,all_inventory,\
                      groups_plugins_inventory,all_plugins_play";
    for (round, settings) in
        [&[][..], &[("ANSIBLE_PRECEDENCE", precedence)], &[("ANSIBLE_HASH_BEHAVIOUR", "merge")]]
            .into_iter()
            .enumerate()
    {
        let ansible = support::oracle::ansible("ansible-playbook");
        let theirs = pairs(ansible, &root, &format!("ansible-{round}"), settings);
        let mut warp = support::warp();
        warp.arg("play");
        let ours = pairs(warp, &root, &format!("warp-{round}"), settings);
        let count = LAYERS.len() * (LAYERS.len() - 1) / 2;
        assert_eq!(theirs.lines().count(), count);
        let differences: Vec<String> = theirs
            .lines()
            .zip(ours.lines())
            .filter(|(theirs, ours)| theirs != ours)
            .map(|(theirs, ours)| format!("ansible: {theirs}\nwarp:    {ours}"))
            .collect();
        assert!(differences.is_empty(), "settings {settings:?}\n{}", differences.join("\n"));
        assert_eq!(ours.lines().count(), count);
    }
}
