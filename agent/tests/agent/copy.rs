//! `copy`, with content that is streamed and content that is here.

use crate::harness::{Agent, CHECK, DIFF, msg, value};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use warp_agent::wire::Mode;

const ABC: &str = "a9993e364706816aba3e25717850c26c9cd0d89d";

fn mode_of(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

#[test]
fn content_is_asked_for_only_where_it_differs() {
    let dir = tempfile::tempdir().unwrap();
    let dest = dir.path().join("c");
    let args =
        format!(r#"{{"dest": {:?}, "_checksum": "{ABC}", "mode": "0640"}}"#, dest.display().to_string());
    let mut agent = Agent::start();
    let outcome = agent.call("copy", &args);
    assert_eq!(value(&outcome, "_need_content"), "True");
    let mut outcome = agent.call_in("copy", &args, &CHECK);
    outcome.values.shift_remove("invocation");
    assert!(outcome.changed && outcome.values.is_empty() && !dest.exists());
    let outcome = agent.call_with("copy", &args, &Mode::default(), b"abc");
    for (name, expected) in [
        ("checksum", ABC),
        ("md5sum", "900150983cd24fb0d6963f7d28e17f72"),
        ("mode", "0640"),
        ("size", "3"),
        ("state", "file"),
    ] {
        assert_eq!(value(&outcome, name), expected, "{name}: {outcome:?}");
    }
    assert!(outcome.changed);
    assert_eq!(fs::read(&dest).unwrap(), b"abc");
    // Again: nothing to do; then only the mode differs.
    let outcome = agent.call("copy", &args);
    assert!(!outcome.changed && value(&outcome, "path") == dest.display().to_string());
    fs::set_permissions(&dest, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(agent.call("copy", &args).changed);
    assert_eq!(mode_of(&dest), 0o640);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left behind");
}

#[test]
fn large_content_streams_through() {
    let dir = tempfile::tempdir().unwrap();
    let dest = dir.path().join("big");
    let bytes: Vec<u8> = (0..5_000_000u32).map(|i| (i / 7) as u8).collect();
    let mut agent = Agent::start();
    let args = format!(r#"{{"dest": {:?}}}"#, dest.display().to_string());
    let outcome = agent.call_with("copy", &args, &Mode::default(), &bytes);
    assert!(outcome.changed);
    assert!(fs::read(&dest).unwrap() == bytes);
    let outcome =
        agent.call_with("copy", &args.replace('}', r#", "checksum": "00"}"#), &Mode::default(), b"x");
    assert_eq!(msg(&outcome), "Copied file does not match the expected checksum. Transfer failed.");
    assert!(fs::read(&dest).unwrap() == bytes);
}

#[test]
fn what_is_replaced_hands_down_its_mode_and_is_backed_up_and_shown() {
    let dir = tempfile::tempdir().unwrap();
    let dest = dir.path().join("c");
    fs::write(&dest, "old\n").unwrap();
    fs::set_permissions(&dest, fs::Permissions::from_mode(0o604)).unwrap();
    let mut agent = Agent::start();
    let args = format!(r#"{{"dest": {:?}, "backup": true}}"#, dest.display().to_string());
    let outcome = agent.call_with("copy", &args, &DIFF, b"new\n");
    assert_eq!(mode_of(&dest), 0o604);
    let backup = value(&outcome, "backup_file");
    assert!(backup.starts_with(&format!("{}.", dest.display())) && backup.ends_with('~'), "{backup}");
    assert_eq!(fs::read(&backup).unwrap(), b"old\n");
    assert_eq!((outcome.diff[0].before.as_str(), outcome.diff[0].after.as_str()), ("old\n", "new\n"));
    assert_eq!(outcome.diff[0].before_header, dest.display().to_string());
    let refused = agent.call_with(
        "copy",
        &args.replace('}', r#", "validate": "grep -q good %s"}"#),
        &Mode::default(),
        b"bad",
    );
    assert_eq!((msg(&refused), value(&refused, "exit_status")), ("failed to validate".into(), "1".into()));
    assert_eq!(fs::read(&dest).unwrap(), b"new\n");
}

#[test]
fn directories_links_and_force() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let mut agent = Agent::start();
    let args = format!(
        r#"{{"dest": "{}/a/b/", "_original_basename": "f", "directory_mode": "0750"}}"#,
        dir.path().display()
    );
    agent.call_with("copy", &args, &Mode::default(), b"1");
    assert_eq!(fs::read(at("a/b/f")).unwrap(), b"1");
    assert_eq!((mode_of(&at("a")), mode_of(&at("a/b"))), (0o750, 0o750));
    let missing = format!(r#"{{"dest": "{}/no/f"}}"#, dir.path().display());
    let outcome = agent.call_with("copy", &missing, &Mode::default(), b"1");
    assert_eq!(msg(&outcome), format!("Destination directory {}/no does not exist", dir.path().display()));
    // A link is replaced, or with `follow` written through.
    fs::write(at("target"), "t").unwrap();
    symlink(at("target"), at("link")).unwrap();
    let to_link = format!(r#"{{"dest": "{}/link", "follow": true}}"#, dir.path().display());
    agent.call_with("copy", &to_link, &Mode::default(), b"2");
    assert!(at("link").is_symlink());
    assert_eq!(fs::read(at("target")).unwrap(), b"2");
    agent.call_with("copy", &to_link.replace("true", "false"), &Mode::default(), b"3");
    assert!(!at("link").is_symlink());
    assert_eq!(fs::read(at("target")).unwrap(), b"2");
    let kept = format!(r#"{{"dest": "{}/target", "force": false}}"#, dir.path().display());
    assert!(!agent.call("copy", &kept).changed);
    assert_eq!(fs::read(at("target")).unwrap(), b"2");
}

#[test]
fn a_file_and_a_tree_that_are_here_already() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    fs::create_dir_all(at("src/sub")).unwrap();
    fs::write(at("src/f"), "f").unwrap();
    fs::set_permissions(at("src/f"), fs::Permissions::from_mode(0o700)).unwrap();
    fs::write(at("src/sub/g"), "g").unwrap();
    let mut agent = Agent::start();
    let root = dir.path().display();
    let args = |src: &str, dest: &str, rest: &str| {
        format!(r#"{{"src": "{root}/{src}", "dest": "{root}/{dest}", "remote_src": true{rest}}}"#)
    };
    let outcome = agent.call("copy", &args("src/f", "f", r#", "mode": "preserve""#));
    assert!(outcome.changed);
    assert_eq!((fs::read(at("f")).unwrap(), mode_of(&at("f"))), (b"f".to_vec(), 0o700));
    assert!(!agent.call("copy", &args("src/f", "f", "")).changed);
    let tree = args("src", "dst", "");
    assert!(agent.call_in("copy", &tree, &CHECK).changed && !at("dst").exists());
    assert!(agent.call("copy", &tree).changed);
    assert_eq!(fs::read(at("dst/src/sub/g")).unwrap(), b"g");
    assert_eq!(mode_of(&at("dst/src/f")), 0o700);
    assert!(!agent.call("copy", &tree).changed);
    let outcome = agent.call("copy", &args("none", "x", ""));
    assert_eq!(msg(&outcome), format!("Source {root}/none not found"));
}
