//! `stat`, `slurp` and `ping`.

use crate::harness::{Agent, inner, msg, value};
use std::fs;
use std::os::unix::fs::symlink;
use warp_agent::python;

#[test]
fn a_file_a_link_and_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (file, link) = (dir.path().join("f"), dir.path().join("l"));
    fs::write(&file, "abc").unwrap();
    symlink("f", &link).unwrap();
    let mut agent = Agent::start();
    let args =
        |path: &std::path::Path, rest: &str| format!(r#"{{"path": {:?}{rest}}}"#, path.display().to_string());
    let outcome = agent.call("stat", &args(&file, r#", "checksum_algorithm": "sha256""#));
    let seen = |name: &str| python::str(&inner(&outcome, "stat", name));
    assert_eq!(seen("checksum"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(
        (seen("exists"), seen("isreg"), seen("size"), seen("mode")),
        ("True".into(), "True".into(), "3".into(), "0644".into())
    );
    let outcome = agent.call("stat", &args(&link, ""));
    let seen = |name: &str| python::str(&inner(&outcome, "stat", name));
    assert_eq!(
        (seen("islnk"), seen("lnk_target"), seen("lnk_source")),
        ("True".into(), "f".into(), file.canonicalize().unwrap().display().to_string())
    );
    let outcome = agent.call("stat", &args(&link, r#", "follow": true"#));
    assert_eq!(inner(&outcome, "stat", "islnk"), false.into());
    let outcome = agent.call("stat", r#"{"path": "/nonexistent"}"#);
    assert_eq!(value(&outcome, "stat"), "{'exists': False}");
}

#[test]
fn slurp_and_ping() {
    let mut agent = Agent::start();
    let outcome = agent.call("slurp", r#"{"src": "/etc/hostname"}"#);
    assert_eq!(
        (value(&outcome, "encoding"), value(&outcome, "source")),
        ("base64".into(), "/etc/hostname".into())
    );
    assert_eq!(msg(&agent.call("slurp", r#"{"src": "/none"}"#)), "File not found: /none");
    assert_eq!(value(&agent.call("ping", "{}"), "ping"), "pong");
    assert_eq!(msg(&agent.call("ping", r#"{"data": "crash"}"#)), "Task failed: Module failed: boom");
}
