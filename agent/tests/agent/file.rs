//! `file` and `tempfile`.

use crate::harness::{Agent, CHECK, DIFF, inner, msg, value};
use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;
use warp_agent::python;

fn mode_of(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

fn args(path: &Path, rest: &str) -> String {
    format!(r#"{{"path": {:?}, {rest}}}"#, path.display().to_string())
}

#[test]
fn directories_are_made_with_their_parents_and_set_through() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a/b");
    let mut agent = Agent::start();
    let made = args(&path, r#""state": "directory", "mode": "0710""#);
    assert!(agent.call_in("file", &made, &CHECK).changed && !path.exists());
    let outcome = agent.call("file", &made);
    assert!(outcome.changed && value(&outcome, "state") == "directory");
    assert_eq!((mode_of(&path), mode_of(path.parent().unwrap())), (0o710, 0o710));
    assert!(!agent.call("file", &made).changed);
    fs::write(path.join("f"), "").unwrap();
    let deep = args(dir.path(), r#""state": "directory", "recurse": true, "mode": "u=rwX,go=rX""#);
    assert!(agent.call("file", &deep).changed);
    assert_eq!((mode_of(&path), mode_of(&path.join("f"))), (0o755, 0o644));
    assert!(!agent.call("file", &deep).changed);
    let outcome = agent.call("file", &args(&path.join("f"), r#""state": "directory""#));
    assert_eq!(msg(&outcome), format!("{}/f already exists as a file", path.display()));
}

#[test]
fn a_file_must_exist_and_its_attributes_show_in_the_difference() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    let mut agent = Agent::start();
    let outcome = agent.call("file", &args(&path, r#""state": "file""#));
    assert_eq!(msg(&outcome), format!("file ({}) is absent, cannot continue", path.display()));
    fs::write(&path, "").unwrap();
    agent.call("file", &args(&path, r#""mode": 420"#));
    let outcome = agent.call_in("file", &args(&path, r#""mode": "0600""#), &DIFF);
    assert_eq!(
        python::repr(&inner(&outcome, "diff", "before")),
        format!("{{'path': '{}', 'mode': '0644'}}", path.display())
    );
    assert!(outcome.diff[0].after.contains("\"mode\": \"0600\""));
    assert_eq!(mode_of(&path), 0o600);
    let outcome = agent.call("file", &args(&path, r#""owner": "no-such-user""#));
    assert_eq!(msg(&outcome), "chown failed: failed to look up user no-such-user");
    let outcome = agent.call("file", &args(&path, r#""mode": "banana""#));
    assert_eq!(msg(&outcome), "mode must be in octal or symbolic form");
}

#[test]
fn touch_sets_times_and_absent_removes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    let mut agent = Agent::start();
    let touch = |rest: &str| args(&path, &format!(r#""state": "touch"{rest}"#));
    let outcome = agent.call_in("file", &touch(""), &CHECK);
    assert!(outcome.changed && !path.exists());
    assert!(agent.call("file", &touch("")).changed && path.exists());
    assert!(agent.call("file", &touch("")).changed, "now is always later");
    let then = r#", "modification_time": "202001020304.05", "access_time": "preserve""#;
    assert!(agent.call("file", &touch(then)).changed);
    assert!(!agent.call("file", &touch(then)).changed);
    let wrong = agent.call("file", &touch(r#", "access_time": "yesterday""#));
    assert!(msg(&wrong).starts_with("Error while obtaining timestamp for time yesterday"));
    let gone = args(dir.path(), r#""state": "absent""#);
    assert!(agent.call_in("file", &gone, &CHECK).changed && path.exists());
    let outcome = agent.call("file", &gone);
    assert!(outcome.changed && value(&outcome, "state") == "absent" && !dir.path().exists());
    assert!(!agent.call("file", &gone).changed);
}

#[test]
fn links_are_made_changed_and_refused() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    fs::write(at("one"), "1").unwrap();
    fs::write(at("two"), "2").unwrap();
    let mut agent = Agent::start();
    let link =
        |src: &str, rest: &str| args(&at("link"), &format!(r#""state": "link", "src": "{src}"{rest}"#));
    assert!(agent.call("file", &link("one", "")).changed);
    assert!(!agent.call("file", &link("one", "")).changed);
    let outcome = agent.call("file", &link("two", ""));
    assert!(outcome.changed && value(&outcome, "dest") == at("link").display().to_string());
    assert_eq!(fs::read(at("link")).unwrap(), b"2");
    assert!(
        msg(&agent.call("file", &link("nowhere", "")))
            .starts_with("src file does not exist, use 'force=yes'")
    );
    let outcome = agent.call("file", &link("nowhere", r#", "force": true"#));
    assert!(outcome.changed && !outcome.warnings.is_empty());
    let onto = args(&at("one"), r#""state": "link", "src": "two""#);
    assert!(msg(&agent.call("file", &onto)).starts_with("refusing to convert from file to symlink for"));
    let hard = args(&at("hard"), &format!(r#""state": "hard", "src": "{}""#, at("one").display()));
    assert!(agent.call("file", &hard).changed);
    assert!(!agent.call("file", &hard).changed);
    assert_eq!(fs::metadata(at("hard")).unwrap().ino(), fs::metadata(at("one")).unwrap().ino());
}

#[test]
fn recursion_does_not_run_in_circles() {
    let dir = tempfile::tempdir().unwrap();
    symlink(dir.path(), dir.path().join("self")).unwrap();
    let mut agent = Agent::start();
    let outcome =
        agent.call("file", &args(dir.path(), r#""state": "directory", "recurse": true, "mode": "0700""#));
    assert!(!outcome.failed, "{outcome:?}");
}

#[test]
fn temporary_files_are_private() {
    let dir = tempfile::tempdir().unwrap();
    let mut agent = Agent::start();
    let outcome = agent.call("tempfile", &args(dir.path(), r#""suffix": ".x""#));
    let path = value(&outcome, "path");
    assert!(outcome.changed && path.contains("/ansible.") && path.ends_with(".x"));
    assert_eq!(mode_of(Path::new(&path)), 0o600);
    let outcome = agent.call_in("tempfile", &args(dir.path(), r#""state": "directory""#), &CHECK);
    assert!(outcome.skipped && msg(&outcome) == "remote module (tempfile) does not support check mode");
}
