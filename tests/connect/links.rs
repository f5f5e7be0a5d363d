//! The life of a link: many calls at once, large files in little memory, and what is said when it is cut.

use crate::sshd::Sshd;
use crate::{call, holds, sessions, unreachable};
use std::fs;
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};
use warp::connect::CallError;

/// The most memory that a process has held, in KiB.
fn peak(pid: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|l| l.starts_with("VmHWM")).unwrap();
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

/// Runs in a process of its own, so that its memory is that of the transfers alone.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by large_files_go_both_ways_in_little_memory"]
async fn large_files_alone() {
    // Keys are exchanged anew many times on the way.
    let sshd = Sshd::start("RekeyLimit 16M");
    write_file(&sshd, 100);
    let same = |name: &str| {
        let compared = std::process::Command::new("cmp").args([sshd.at("large"), sshd.at(name)]).status();
        compared.unwrap().success()
    };
    let sessions = sessions();
    let target = sshd.target();
    sessions.call(&target, call("ping", &[]), None).await.unwrap();
    fs::write("/proc/self/clear_refs", "5").unwrap();

    let begun = Instant::now();
    let dest = sshd.at("up").display().to_string();
    let copy = call("copy", &[("dest", &dest)]);
    let blob = warp::connect::Blob::File(sshd.at("large"));
    let outcome = sessions.call(&target, copy, Some(blob)).await.unwrap();
    assert!(!outcome.failed && outcome.changed, "{outcome:?}");
    let up = begun.elapsed();

    let begun = Instant::now();
    let large = sshd.at("large").display().to_string();
    let outcome = sessions.read(&target, &large, &sshd.at("down")).await.unwrap();
    assert!(!outcome.failed, "{outcome:?}");
    assert_eq!(outcome.values.get("size").and_then(|v| v.as_int()), Some(100 << 20));
    println!("100 MiB up {up:?}, down {:?}", begun.elapsed());

    let agent = crate::agents::running_from(&sshd.at("home"));
    println!("memory: controller {} KiB, agent {} KiB", peak("self"), peak(&agent.to_string()));
    assert!(peak("self") < 60 << 10, "controller: {} KiB", peak("self"));
    assert!(peak(&agent.to_string()) < 16 << 10, "agent: {} KiB", peak(&agent.to_string()));
    assert!(same("up") && same("down"));
}

#[test]
fn large_files_go_both_ways_in_little_memory() {
    let mut alone = std::process::Command::new(std::env::current_exe().unwrap());
    alone.args(["--exact", "links::large_files_alone", "--ignored", "--nocapture"]);
    let output = alone.output().unwrap();
    print!("{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn compression_is_used_where_it_is_asked_for() {
    let sshd = Sshd::start("LogLevel DEBUG1");
    let mut ssh = sshd.ssh();
    ssh.args.push("-C".into());
    let sessions = sessions();
    write_file(&sshd, 8);
    let (from, to) = (sshd.at("large").display().to_string(), sshd.at("copy"));
    let outcome = sessions.read(&crate::far::target(ssh), &from, &to).await.unwrap();
    assert!(!outcome.failed, "{outcome:?}");
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

/// A command that says it runs and then does for a long time; its text marks its processes.
fn long_command(sshd: &Sshd) -> (warp_agent::wire::Call, String) {
    let seconds = format!("3{}", sshd.port);
    let text = format!("touch {}; exec sleep {seconds}", sshd.at("runs").display());
    (call("shell", &[("_raw_params", &text)]), seconds)
}

fn sleeping(seconds: &str) -> bool {
    let line = format!("sleep\0{seconds}\0");
    let mut all = fs::read_dir("/proc").unwrap().flatten();
    all.any(|entry| fs::read(entry.path().join("cmdline")).is_ok_and(|found| found == line.as_bytes()))
}

async fn until(what: &str, is: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what} did not come about");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_ends_with_the_link_it_came_by() {
    let mut sshd = Sshd::start("");
    let sessions = Arc::new(sessions());
    let (call, seconds) = long_command(&sshd);
    let running = tokio::spawn({
        let (sessions, target) = (sessions.clone(), sshd.target());
        async move { sessions.call(&target, call, None).await }
    });
    until("the command's start", || sshd.at("runs").exists() && sleeping(&seconds)).await;
    sshd.cut();
    match running.await.unwrap() {
        Err(CallError::Lost(error)) => {
            holds(
                &error.to_string(),
                &[": the link was lost while a step ran", "is not known", "look at the host"],
            );
        }
        other => panic!("expected lost, got {other:?}"),
    }
    until("the command's end", || !sleeping(&seconds)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_given_up_ends_its_command() {
    let sshd = Sshd::start("");
    let here = warp::connect::Target {
        transport: warp::connect::Transport::Local(std::path::PathBuf::new()),
        ..sshd.target()
    };
    for target in [sshd.target(), here] {
        let sessions = sessions();
        let (call, seconds) = long_command(&sshd);
        let limited = tokio::time::timeout(Duration::from_secs(3), sessions.call(&target, call, None));
        assert!(limited.await.is_err());
        assert!(fs::remove_file(sshd.at("runs")).is_ok(), "the command did not start");
        until("the command's end", || !sleeping(&seconds)).await;
        // The session goes on.
        assert!(!sessions.call(&target, crate::call("ping", &[]), None).await.unwrap().failed);
        // And what still runs ends with the session.
        let (call, seconds) = long_command(&sshd);
        let sessions = Arc::new(sessions);
        let running = tokio::spawn({
            let (sessions, target) = (sessions.clone(), target.clone());
            async move { sessions.call(&target, call, None).await }
        });
        until("the command's start", || fs::remove_file(sshd.at("runs")).is_ok()).await;
        running.abort();
        let _ = running.await;
        drop(sessions);
        until("the command's end", || !sleeping(&seconds)).await;
    }
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
        Err(CallError::Lost(error)) => holds(&error.to_string(), &[": the link was lost while a step ran"]),
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
        let (sessions, target) = (sessions.clone(), crate::far::target(ssh.clone()));
        all.spawn(async move { unreachable(sessions.call(&target, call("ping", &[]), None).await) });
    }
    all.join_all().await;
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
}
