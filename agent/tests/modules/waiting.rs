//! `wait_for`.

use crate::harness::{Agent, CHECK, msg, value};
use crate::oracle::{self, Case};
use std::io::Write;
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

const CASES: &[Case] = &[
    ("echo xabc > f", "wait_for", r#"{"path": "@/f", "timeout": 2, "search_regex": "a(.)(?P<n>c)(z)?"}"#),
    ("", "wait_for", r#"{"path": "@/f", "timeout": 1, "sleep": 1, "state": "absent"}"#),
    ("", "wait_for", r#"{"port": 1, "timeout": 1, "msg": "mine"}"#),
    ("", "wait_for", r#"{"port": 1, "timeout": 2, "state": "stopped"}"#),
    ("", "wait_for", r#"{"path": "/x", "port": 1}"#),
    ("", "wait_for", r#"{"path": "/x", "state": "drained"}"#),
    ("", "wait_for", r#"{"port": 1, "exclude_hosts": ["a"]}"#),
    ("", "wait_for", r#"{"port": 1, "active_connection_states": ["NOPE"]}"#),
    ("", "wait_for", r#"{"path": "/x", "search_regex": "("}"#),
];

#[test]
fn waits_as_ansible_waits() {
    oracle::compare(CASES);
}

#[test]
fn a_port_is_there_once_it_says_what_is_looked_for() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for greeting in ["starting\n", "starting\n", "ready 7\n"] {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(greeting.as_bytes()).unwrap();
        }
    });
    let mut agent = Agent::start();
    let outcome = agent.call(
        "wait_for",
        &format!(r#"{{"port": {port}, "search_regex": "^ready \\d$", "sleep": 0, "timeout": 20}}"#),
    );
    assert!(!outcome.failed, "{}", msg(&outcome));
    assert_eq!(value(&outcome, "state"), "started");
}

#[test]
fn connections_are_counted_until_they_drain() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let client = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    let (server, _) = listener.accept().unwrap();
    let mut agent = Agent::start();
    let args = |timeout: u32| {
        format!(
            r#"{{"port": {port}, "state": "drained", "timeout": {timeout}, "active_connection_states": ["ESTABLISHED"]}}"#
        )
    };
    let outcome = agent.call("wait_for", &args(1));
    assert_eq!(msg(&outcome), format!("Timeout when waiting for 127.0.0.1:{port} to drain"));
    drop((client, server));
    assert!(!agent.call("wait_for", &args(20)).failed);
}

#[test]
fn a_file_that_comes_later_is_waited_for_and_check_mode_does_not_wait() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("later");
    let args = format!(r#"{{"path": "{}", "timeout": 30}}"#, path.display());
    let mut agent = Agent::start();
    let before = Instant::now();
    let outcome = agent.call_in("wait_for", &args, &CHECK);
    assert!(outcome.skipped && before.elapsed() < Duration::from_secs(5));
    let writer = thread::spawn(move || {
        thread::sleep(Duration::from_millis(300));
        std::fs::write(path, "").unwrap();
    });
    assert!(!agent.call("wait_for", &args).failed);
    writer.join().unwrap();
}
