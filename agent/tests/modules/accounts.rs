//! `user`, `group` and `authorized_key`, on accounts of a sandbox.

use crate::harness::{CHECK, DIFF, msg, value};
use crate::sandbox::Sandbox;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

fn line(text: &str, name: &str) -> String {
    text.lines().find(|line| line.starts_with(&format!("{name}:"))).unwrap_or_default().to_owned()
}

#[test]
fn an_account_is_made_changed_left_alone_and_removed() {
    let Some(mut sandbox) = Sandbox::start(&["/etc", "/home"], "groupadd -g 4711 wg") else { return };
    let hash = format!("$6$abcdefgh${}", "x".repeat(86));
    let args = format!(
        r#"{{"name": "wu", "uid": 4712, "groups": ["wg"], "shell": "/bin/sh", "comment": "W U", "password": "{hash}"}}"#
    );
    let early = sandbox.agent.call_in("user", &args, &CHECK);
    // Nothing is told of an account that is not there.
    let told: Vec<&String> = early.values.keys().filter(|k| *k != "invocation").collect();
    assert!(early.changed && told.is_empty(), "{told:?}");
    let outcome = sandbox.agent.call("user", &args);
    assert!(outcome.changed, "{}", msg(&outcome));
    assert_eq!(value(&outcome, "home"), "/home/wu");
    assert_eq!(line(&sandbox.written("/etc", "passwd"), "wu"), "wu:x:4712:4712:W U:/home/wu:/bin/sh");
    assert!(line(&sandbox.written("/etc", "shadow"), "wu").starts_with(&format!("wu:{hash}:")));
    assert!(line(&sandbox.written("/etc", "group"), "wg").ends_with(":wu"));
    assert_eq!(sandbox.place("/home", "wu").metadata().unwrap().uid(), 4712);
    assert!(!sandbox.agent.call("user", &args).changed);
    let outcome = sandbox
        .agent
        .call("user", r#"{"name": "wu", "groups": [], "password_lock": true, "expires": 86400}"#);
    assert!(outcome.changed, "{}", msg(&outcome));
    assert!(line(&sandbox.written("/etc", "group"), "wg").ends_with(':'));
    let shadow = line(&sandbox.written("/etc", "shadow"), "wu");
    assert!(shadow.starts_with("wu:!$6$") && shadow.ends_with(":1:"), "{shadow}");
    assert!(sandbox.agent.call("user", r#"{"name": "wu", "state": "absent", "remove": true}"#).changed);
    assert_eq!(line(&sandbox.written("/etc", "passwd"), "wu"), "");
}

#[test]
fn a_key_is_made_with_its_passphrase_and_belongs_to_the_account() {
    let Some(mut sandbox) = Sandbox::start(&["/etc", "/home"], "") else { return };
    let args = r#"{"name": "wu", "generate_ssh_key": true, "ssh_key_type": "ed25519", "ssh_key_passphrase": "a b c"}"#;
    let outcome = sandbox.agent.call("user", args);
    assert!(outcome.changed, "{}", msg(&outcome));
    let key = sandbox.place("/home", "wu/.ssh/id_ed25519");
    let meta = key.metadata().unwrap();
    assert_eq!((meta.permissions().mode() & 0o777, meta.uid() != 0), (0o600, true));
    let read = |phrase: &str| {
        let output =
            std::process::Command::new("ssh-keygen").args(["-y", "-P", phrase, "-f"]).arg(&key).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    assert!(value(&outcome, "ssh_public_key").starts_with(read("a b c").trim()));
    assert_eq!(read("wrong"), "");
    let again = sandbox.agent.call("user", args);
    assert!(!again.changed && again.warnings[0].contains("Found existing ssh key private file"));
}

#[test]
fn a_group_is_made_once() {
    let Some(mut sandbox) = Sandbox::start(&["/etc"], "") else { return };
    let args = r#"{"name": "wg", "gid": 4711}"#;
    assert!(sandbox.agent.call_in("group", args, &CHECK).changed);
    assert!(sandbox.agent.call("group", args).changed);
    assert!(!sandbox.agent.call("group", args).changed);
    assert_eq!(line(&sandbox.written("/etc", "group"), "wg"), "wg:x:4711:");
    let outcome = sandbox.agent.call("group", r#"{"name": "other", "gid": 4711}"#);
    assert_eq!(msg(&outcome), "groupadd: GID '4711' already exists\n");
}

#[test]
fn keys_are_added_once_and_exclusively() {
    let Some(mut sandbox) = Sandbox::start(&["/etc", "/home"], "useradd -m wu") else { return };
    let args = |rest: &str| format!(r#"{{"user": "wu", "key": "{KEY} one"{rest}}}"#);
    let outcome = sandbox.agent.call_in("authorized_key", &args(""), &DIFF);
    assert!(outcome.changed, "{}", msg(&outcome));
    assert_eq!(value(&outcome, "keyfile"), "/home/wu/.ssh/authorized_keys");
    assert_eq!(sandbox.written("/home", "wu/.ssh/authorized_keys"), format!("{KEY} one\n"));
    let meta = sandbox.place("/home", "wu/.ssh").metadata().unwrap();
    assert_eq!((meta.permissions().mode() & 0o777, meta.uid() != 0), (0o700, true));
    assert!(!sandbox.agent.call("authorized_key", &args("")).changed);
    let other = KEY.replace("aaa", "bbb");
    let both = format!(r##"{{"user": "wu", "key": "# both\n{other}\n{KEY} one", "key_options": "no-pty"}}"##);
    assert!(sandbox.agent.call("authorized_key", &both).changed);
    assert!(sandbox.agent.call("authorized_key", &args(r#", "exclusive": true"#)).changed);
    assert_eq!(sandbox.written("/home", "wu/.ssh/authorized_keys"), format!("{KEY} one\n"));
    assert!(sandbox.agent.call("authorized_key", &args(r#", "state": "absent""#)).changed);
    assert_eq!(sandbox.written("/home", "wu/.ssh/authorized_keys"), "");
}

#[test]
fn root_does_not_follow_where_an_account_leads() {
    let trap = "useradd -m wu; mkdir -m 700 /etc/trap; echo keep > /etc/trap/authorized_keys; \
                ln -s /etc/trap /home/wu/.ssh; chown -h wu: /home/wu/.ssh";
    let Some(mut sandbox) = Sandbox::start(&["/etc", "/home"], trap) else { return };
    let outcome = sandbox.agent.call("authorized_key", &format!(r#"{{"user": "wu", "key": "{KEY}"}}"#));
    assert!(outcome.failed, "it wrote through the link");
    assert_eq!(sandbox.written("/etc", "trap/authorized_keys"), "keep\n");
    assert_eq!(sandbox.place("/etc", "trap").metadata().unwrap().uid(), 0);
}
