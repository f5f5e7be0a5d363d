//! `meta: refresh_inventory`: who leaves the play, who is in the next, what tasks added before.

use super::bench::Bench;
use std::os::unix::fs::PermissionsExt;

const PLAY: &str = r#"
- hosts: web
  gather_facts: false
  tasks:
    - add_host: {name: added, groups: [web]}
    - group_by: {key: "of_{{ inventory_hostname }}"}
    - command: touch second
      delegate_to: localhost
      run_once: true
    - meta: refresh_inventory
    - shell: >-
        echo {{ inventory_hostname }} all={{ ansible_play_hosts_all | join(',') }}
        play={{ ansible_play_hosts | join(',') }} batch={{ ansible_play_batch | join(',') }} >> said
      throttle: 1
- hosts: web
  gather_facts: false
  tasks:
    - shell: echo {{ ansible_play_hosts | join(',') }} {{ groups.keys() | sort | join(',') }} {{ number | default(0) }} >> said
      throttle: 1
"#;

const INVENTORY: &str = r#"#!/bin/sh
if [ -e second ]; then
    echo '{"web": {"hosts": ["two", "three", "four"], "vars": {"ansible_connection": "local", "number": 2}}}'
else
    echo '{"web": {"hosts": ["one", "two", "three"], "vars": {"ansible_connection": "local", "number": 1}}}'
fi
"#;

#[test]
fn a_refreshed_inventory_decides_who_goes_on_as_in_ansible() {
    let bench = Bench::new("refresh", PLAY);
    bench.file("inventory", INVENTORY);
    std::fs::set_permissions(bench.path("inventory"), PermissionsExt::from_mode(0o755)).unwrap();
    let said = |ran: super::bench::Ran| {
        assert_eq!(ran.code, 0, "{}", ran.said());
        let said = bench.read("said");
        ["second", "said"].iter().for_each(|name| std::fs::remove_file(bench.path(name)).unwrap());
        said
    };
    let args = ["-i", "inventory", "-e", "ansible_python_interpreter=/usr/bin/python3"];
    let theirs = said(bench.ansible(&args));
    let ours = said(bench.warp(&args));
    assert_eq!(ours, theirs);
    assert!(!ours.contains("one"), "{ours}");
}
