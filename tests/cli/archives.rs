//! Archives that would reach out of where they are unpacked.

use super::bench::Bench;
use std::os::unix::fs::PermissionsExt;

#[test]
fn what_an_archive_brings_in_by_a_link_gets_no_permissions() {
    let bench = Bench::new(
        "archive-link",
        r#"
- hosts: all
  gather_facts: false
  tasks:
    - shell: |
        mkdir -p outside/sub in x/sub; chmod 755 outside/sub
        ln -s "$PWD/outside" l; tar -cf a.tar l; tar -rf a.tar --no-recursion --transform 's,^x,l,' x/sub
        mv l in/l
      args: {chdir: "{{ playbook_dir }}"}
    - unarchive: {src: a.tar, dest: "{{ playbook_dir }}/in", mode: "0700"}
"#,
    );
    let ran = bench.play(&[]);
    assert_eq!(ran.code, 2, "{}", ran.said());
    assert!(ran.said().contains("the member 'l/sub/' of "), "{}", ran.said());
    assert!(ran.said().contains(" leads out of "), "{}", ran.said());
    let mode = std::fs::metadata(bench.path("outside/sub")).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o755);
}
