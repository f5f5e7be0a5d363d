//! The life of a link: many calls at once, large files in little memory, and what is said when it is cut.

use crate::sshd::Sshd;
use crate::{call, holds, sessions, unreachable};
use std::fs;
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};
use warp::connect::CallError;

/// The controller's memory in kilobytes.
fn resident(what: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with(what)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_serves_all_at_once() {
    let sshd = Sshd::start("");
    let sessions = Arc::new(sessions());
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (sessions, target) = (sessions.clone(), sshd.target());
        all.spawn(async move { sessions.call(&target, call("ping", &[]), None).await.unwrap().failed });
    }
    assert!(all.join_all().await.iter().all(|failed| !failed));
    assert_eq!(sshd.log().matches("Accepted publickey").count(), 1);
    assert_eq!(sshd.log().matches("Starting session: command").count(), 1);
    // A large file on its way does not hold others up.
    write_file(&sshd, 30);
    let reading = tokio::spawn({
        let (sessions, target) = (sessions.clone(), sshd.target());
        let (from, to) = (sshd.at("large").display().to_string(), sshd.at("copy"));
        async move { sessions.read(&target, &from, &to).await.unwrap() }
    });
    let mut slowest = Duration::ZERO;
    while !reading.is_finished() {
        let begun = Instant::now();
        sessions.call(&sshd.target(), call("ping", &[]), None).await.unwrap();
        slowest = slowest.max(begun.elapsed());
    }
    assert!(!reading.await.unwrap().failed);
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
}

fn write_file(sshd: &Sshd, megabytes: usize) {
    let mut file = fs::File::create(sshd.at("large")).unwrap();
    for n in 0..megabytes {
        let piece: Vec<u8> = (0..1 << 20).map(|i| (i * 31 + n * 7) as u8).collect();
        file.write_all(&piece).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_comes_down_in_little_memory() {
    let sshd = Sshd::start("");
    write_file(&sshd, 100);
    let sessions = sessions();
    sessions.call(&sshd.target(), call("ping", &[]), None).await.unwrap();
    let (from, to) = (sshd.at("large").display().to_string(), sshd.at("copy"));
    let outcome = sessions.read(&sshd.target(), &from, &to).await.unwrap();
    assert!(!outcome.failed, "{outcome:?}");
    assert_eq!(outcome.values.get("size").and_then(|v| v.as_int()), Some(100 << 20));
    assert!(fs::read(&to).unwrap() == fs::read(sshd.at("large")).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_fetched_leaves_nothing() {
    let sshd = Sshd::start("");
    let sessions = sessions();
    let before = fs::read_dir(sshd.dir.path()).unwrap().count();
    let outcome = sessions.read(&sshd.target(), "/no/such/file", &sshd.at("copy")).await.unwrap();
    assert!(outcome.failed);
    let outcome = sessions.read(&sshd.target(), "/etc/passwd", &sshd.at("no/directory")).await.unwrap();
    assert!(outcome.failed);
    assert_eq!(fs::read_dir(sshd.dir.path()).unwrap().count(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_link_loses_the_call_and_the_next_says_unreachable() {
    let mut sshd = Sshd::start("");
    let sessions = Arc::new(sessions());
    let pipe = sshd.at("pipe");
    write_file(&sshd, 100);
    sessions.call(&sshd.target(), call("ping", &[]), None).await.unwrap();
    let running = tokio::spawn({
        let (sessions, target) = (sessions.clone(), sshd.target());
        let from = sshd.at("large").display().to_string();
        let to = pipe.clone();
        async move { sessions.read(&target, &from, &to).await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    sshd.cut();
    match running.await.unwrap() {
        Err(CallError::Lost(error)) => {
            holds(&error.to_string(), &["guest: the link was lost while a step ran"])
        }
        other => panic!("expected lost, got {other:?}"),
    }
    assert!(!pipe.exists());
    let error = unreachable(sessions.call(&sshd.target(), call("ping", &[]), None).await);
    holds(&error, &["Connection refused"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn reset_makes_a_new_connection() {
    let sshd = Sshd::start("");
    let sessions = sessions();
    sessions.call(&sshd.target(), call("ping", &[]), None).await.unwrap();
    sessions.reset("another").await;
    sessions.call(&sshd.target(), call("ping", &[]), None).await.unwrap();
    assert_eq!(sshd.log().matches("Accepted publickey").count(), 1);
    sessions.reset("guest").await;
    sessions.call(&sshd.target(), call("ping", &[]), None).await.unwrap();
    assert_eq!(sshd.log().matches("Accepted publickey").count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_host_is_asked_once_for_all_who_wait() {
    let sshd = Sshd::start("");
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let ssh = warp::connect::SshTarget {
        port: Some(silent.local_addr().unwrap().port()),
        timeout: Some(Duration::from_secs(1)),
        ..sshd.ssh()
    };
    let sessions = Arc::new(sessions());
    let begun = Instant::now();
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (sessions, target) = (sessions.clone(), crate::sshd::target(ssh.clone()));
        all.spawn(async move { unreachable(sessions.call(&target, call("ping", &[]), None).await) });
    }
    all.join_all().await;
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    assert!(resident("VmRSS") > 0);
}
