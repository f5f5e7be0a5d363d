//! Real accounts, real passwords, real sudo and su: on a machine of a test's own.

use crate::far::target;
use crate::sshd::Sshd;
use crate::{call, denied, holds, sessions, unreachable};
use std::fs;
use std::time::{Duration, Instant};
use warp::connect::{Become, CallError, Password, SshTarget, Target};

const ACCOUNTS: &[(&str, &str)] = &[("alice", "wonder land"), ("bob", "b'o\"b$"), ("carol", "carol")];

fn login(sshd: &Sshd, user: &str, password: Option<&str>) -> SshTarget {
    SshTarget { user: Some(user.into()), password: password.map(Password::new), ..sshd.ssh() }
}

fn become_(target: Target, method: &str, user: &str, password: Option<&str>) -> Target {
    let become_ = Become {
        method: method.into(),
        user: user.into(),
        flags: None,
        exe: None,
        password: password.map(Password::new),
    };
    Target { become_: Some(become_), ..target }
}

/// The account that a command runs as, by the agent.
async fn who(target: &Target) -> Result<String, CallError> {
    let sessions = sessions();
    let outcome = sessions.call(target, call("command", &[("_raw_params", "id -un")]), None).await?;
    let name = outcome.values.get("stdout").and_then(|v| v.as_str()).unwrap_or_default().trim().to_owned();
    sessions.shutdown(Duration::from_secs(5)).await;
    Ok(name)
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_log_in_by_each_method() {
    for (method, more) in [
        ("password", "PasswordAuthentication yes\nUsePAM no\nPubkeyAuthentication no"),
        ("keyboard-interactive", "KbdInteractiveAuthentication yes\nUsePAM yes\nPubkeyAuthentication no"),
        ("publickey", "PasswordAuthentication yes\nAuthenticationMethods publickey,password"),
    ] {
        let sshd = Sshd::start_with_accounts(more, ACCOUNTS, "");
        for (name, password) in ACCOUNTS {
            let name_ = who(&target(login(&sshd, name, Some(password)))).await;
            assert_eq!(name_.unwrap(), *name, "{method}: {}", sshd.log());
        }
        let begun = Instant::now();
        let error = unreachable(who(&target(login(&sshd, "alice", Some("hunter2")))).await);
        holds(&error, &["the password", "refused"]);
        assert!(!error.contains("hunter2") && !error.contains("wonder"), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(20), "{method}: {:?}", begun.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_another_key_is_sent_no_password() {
    let sshd = Sshd::start_with_accounts("PasswordAuthentication yes", ACCOUNTS, "");
    crate::sshd::keygen(&sshd.at("other"), "ed25519", &[]);
    sshd.know("other.pub");
    let unchecked = |ssh: SshTarget| SshTarget { host_key_checking: Some(false), ..ssh };
    let by_password = SshTarget { key_file: None, ..login(&sshd, "alice", Some("wonder land")) };
    let error = unreachable(who(&target(unchecked(by_password))).await);
    holds(&error, &["the host key is not the known one", "no password is sent"]);
    assert!(!sshd.log().contains("password for alice"), "{}", sshd.log());
    // A key gives nothing away.
    assert_eq!(who(&target(unchecked(login(&sshd, "alice", None)))).await.unwrap(), "alice");
}

#[tokio::test(flavor = "multi_thread")]
async fn sudo_takes_the_password_of_who_logs_in() {
    let sudoers = "alice ALL=(ALL) ALL\nbob ALL=(carol) NOPASSWD: ALL\nDefaults:alice timestamp_timeout=0";
    let sshd = Sshd::start_with_accounts("", ACCOUNTS, sudoers);
    let alice = || target(login(&sshd, "alice", None));
    let bob = || target(login(&sshd, "bob", None));
    for user in ["root", "bob"] {
        let there = who(&become_(alice(), "sudo", user, Some("wonder land"))).await;
        assert_eq!(there.unwrap(), user, "{}", sshd.log());
    }
    // A password that nobody asks for is no answer to anything.
    assert_eq!(who(&become_(bob(), "sudo", "carol", Some("whatever"))).await.unwrap(), "carol");
    assert_eq!(who(&become_(bob(), "sudo", "carol", None)).await.unwrap(), "carol");
    let begun = Instant::now();
    let error = denied(who(&become_(alice(), "sudo", "root", Some("hunter2"))).await);
    holds(&error, &["become root by sudo", "Incorrect sudo password", "ansible_become_password"]);
    assert!(!error.contains("hunter2"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    let error = denied(who(&become_(alice(), "sudo", "root", None)).await);
    holds(&error, &["cannot become root: sudo asks for a password"]);
    let error = denied(who(&become_(bob(), "sudo", "root", None)).await);
    holds(&error, &["become root by sudo"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn su_takes_the_password_of_whom_it_becomes() {
    let sshd = Sshd::start_with_accounts("", ACCOUNTS, "");
    let alice = || target(login(&sshd, "alice", None));
    assert_eq!(who(&become_(alice(), "su", "bob", Some("b'o\"b$"))).await.unwrap(), "bob", "{}", sshd.log());
    // root needs no password for it.
    let root = target(login(&sshd, "root", None));
    assert_eq!(who(&become_(root, "su", "carol", None)).await.unwrap(), "carol");
    let error = denied(who(&become_(alice(), "su", "bob", Some("hunter2"))).await);
    holds(&error, &["become bob by su", "ncorrect"]);
    let error = denied(who(&become_(alice(), "su", "bob", None)).await);
    holds(&error, &["Missing su password"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sudo_that_wants_a_terminal_gets_one() {
    let sudoers = "Defaults requiretty\nalice ALL=(ALL) ALL\nbob ALL=(ALL) NOPASSWD: ALL";
    let sshd = Sshd::start_with_accounts("", ACCOUNTS, sudoers);
    let bob = target(login(&sshd, "bob", None));
    assert_eq!(who(&become_(bob, "sudo", "root", None)).await.unwrap(), "root", "{}", sshd.log());
    let alice = || target(login(&sshd, "alice", None));
    let there = who(&become_(alice(), "sudo", "carol", Some("wonder land"))).await;
    assert_eq!(there.unwrap(), "carol", "{}", sshd.log());
    let error = denied(who(&become_(alice(), "sudo", "root", Some("hunter2"))).await);
    holds(&error, &["Incorrect sudo password"]);
    // A terminal is for becoming only: what runs has pipes, and bytes go through unchanged.
    let sessions = sessions();
    let root = become_(target(login(&sshd, "bob", None)), "sudo", "root", None);
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    let blob = warp::connect::Blob::Bytes(bytes.clone().into());
    let to = sshd.at("bytes");
    let copied = sessions.call(&root, call("copy", &[("dest", &to.display().to_string())]), Some(blob)).await;
    assert!(!copied.as_ref().unwrap().failed, "{copied:?}");
    assert_eq!(fs::read(&to).unwrap(), bytes);
    let tty = sessions.call(&root, call("command", &[("_raw_params", "test -t 0")]), None).await.unwrap();
    assert!(tty.failed);
}
