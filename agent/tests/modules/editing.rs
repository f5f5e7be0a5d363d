//! `lineinfile`, `replace` and `blockinfile`.

use crate::harness::{Agent, CHECK, DIFF, msg, value};
use std::fs;

#[test]
fn a_line_is_added_replaced_removed_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    fs::write(&path, "one=1\ntwo=2\n").unwrap();
    let mut agent = Agent::start();
    let args = |rest: &str| format!(r#"{{"path": "{}", {rest}}}"#, path.display());
    let text = || fs::read_to_string(&path).unwrap();
    let three = args(r#""line": "three=3", "insertafter": "^one""#);
    let outcome = agent.call_in("lineinfile", &three, &CHECK);
    assert!(outcome.changed && text() == "one=1\ntwo=2\n");
    assert_eq!(msg(&agent.call("lineinfile", &three)), "line added");
    assert_eq!(text(), "one=1\nthree=3\ntwo=2\n");
    assert!(!agent.call("lineinfile", &three).changed);
    let doubled =
        args(r#""regexp": "^(two)=(\\d)$", "line": "\\g<1>=\\2\\2", "backrefs": true, "backup": true"#);
    let outcome = agent.call("lineinfile", &doubled);
    assert_eq!(msg(&outcome), "line replaced");
    assert_eq!(text(), "one=1\nthree=3\ntwo=22\n");
    assert_eq!(fs::read_to_string(value(&outcome, "backup")).unwrap(), "one=1\nthree=3\ntwo=2\n");
    let gone = args(r#""regexp": "^t", "state": "absent""#);
    assert_eq!(msg(&agent.call("lineinfile", &gone)), "2 line(s) removed");
    assert_eq!(text(), "one=1\n");
}

#[test]
fn a_line_after_one_without_an_end_stands_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    fs::write(&path, "last").unwrap();
    let args = format!(r#"{{"path": "{}", "line": "new", "insertafter": "^last"}}"#, path.display());
    assert!(Agent::start().call("lineinfile", &args).changed);
    // Ansible 2.19 makes one line of the two.
    assert_eq!(fs::read_to_string(&path).unwrap(), "last\nnew\n");
}

#[test]
fn a_file_that_a_command_refuses_stays_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    fs::write(&path, "a\n").unwrap();
    let args = format!(
        r#"{{"path": "{}", "regexp": "a", "replace": "b", "validate": "grep -q a %s"}}"#,
        path.display()
    );
    let outcome = Agent::start().call("replace", &args);
    assert_eq!(msg(&outcome), "failed to validate: rc:1 error:");
    assert_eq!(fs::read_to_string(&path).unwrap(), "a\n");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn a_block_comes_changes_and_goes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    let args = |rest: &str| format!(r#"{{"path": "{}", {rest}}}"#, path.display());
    let text = || fs::read_to_string(&path).unwrap();
    let mut agent = Agent::start();
    let create = args(r#""block": "x\ny", "create": true, "mode": "0600""#);
    let outcome = agent.call("blockinfile", &create);
    assert_eq!(msg(&outcome), "File created and ownership, perms or SE linux context changed");
    assert_eq!(text(), "# BEGIN ANSIBLE MANAGED BLOCK\nx\ny\n# END ANSIBLE MANAGED BLOCK\n");
    assert!(!agent.call("blockinfile", &create).changed);
    let outcome = agent.call_in("blockinfile", &args(r#""block": "z""#), &DIFF);
    assert_eq!(msg(&outcome), "Block inserted");
    assert!(value(&outcome, "diff").contains("\\nz\\n"));
    assert_eq!(msg(&agent.call("blockinfile", &args(r#""state": "absent""#))), "Block removed");
    assert_eq!(text(), "");
}
