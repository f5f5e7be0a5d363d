//! Detached calls: they outlive the link, and are collected once.

use crate::harness::{Agent, call, msg, soon, value};
use std::fs;
use std::path::Path;
use std::process::Command;
use warp_agent::outcome::Outcome;
use warp_agent::wire::{Detach, Mode, Request, ResultsFile};

fn detach(key: &str, line: &str, limit_secs: u64) -> Request {
    let args = format!("{{\"_raw_params\": {line:?}}}");
    let results = ResultsFile { dir: String::new(), jid: String::new() };
    let call = call("shell", &args, &Mode::default());
    Request::Detach(Detach { key: key.to_owned(), call, limit_secs, results, waited: true })
}

/// A key that no other run of the tests has, for calls live in a place that all share.
fn key(dir: &Path) -> String {
    format!("test {}", dir.display())
}

/// Polls to the end; gives the outcome, all output, and how it was when first seen.
fn collect(agent: &mut Agent, key: &str) -> (Outcome, String) {
    let (mut output, mut last) = (Vec::new(), Outcome::ok());
    let finished = soon(|| {
        let offset = output.len() as u64;
        let (outcome, piece) = agent.request(Request::Poll { key: key.to_owned(), offset });
        output.extend(piece);
        assert_eq!(value(&outcome, "offset"), output.len().to_string());
        last = outcome;
        value(&last, "finished") == "1"
    });
    assert!(finished, "{last:?}");
    (last, String::from_utf8(output).unwrap())
}

fn forget(agent: &mut Agent, key: &str) -> Outcome {
    agent.request(Request::Forget { key: key.to_owned() }).0
}

#[test]
fn it_survives_the_agent_runs_once_and_is_collected_by_another() {
    let dir = tempfile::tempdir().unwrap();
    let (key, go, runs) = (key(dir.path()), dir.path().join("go"), dir.path().join("runs"));
    let line = format!(
        "echo begun; echo x >> {}; while [ ! -e {} ]; do sleep 0.05; done; echo ended; exit 3",
        runs.display(),
        go.display()
    );
    let mut first = Agent::start();
    let (outcome, _) = first.request(detach(&key, &line, 60));
    assert_eq!((outcome.failed, value(&outcome, "attached").as_str()), (false, "False"), "{outcome:?}");
    let mut seen = Vec::new();
    assert!(soon(|| {
        seen.extend(first.request(Request::Poll { key: key.clone(), offset: seen.len() as u64 }).1);
        seen == b"begun\n"
    }));
    first.child.kill().unwrap();
    drop(first);

    let mut second = Agent::start();
    let (outcome, _) = second.request(detach(&key, &line, 60));
    assert_eq!(value(&outcome, "attached"), "True");
    assert!(forget(&mut second, &key).failed, "it still runs");
    fs::write(&go, "").unwrap();
    let (outcome, output) = collect(&mut second, &key);
    assert_eq!(output, "begun\nended\n");
    assert_eq!((outcome.failed, value(&outcome, "rc").as_str()), (true, "3"));
    assert_eq!(value(&outcome, "stdout_lines"), "['begun', 'ended']");
    assert_eq!(fs::read_to_string(&runs).unwrap(), "x\n");

    assert!(!forget(&mut second, &key).failed);
    let (outcome, _) = collect(&mut second, &key);
    assert!(msg(&outcome).contains("not known here"), "{outcome:?}");
}

#[test]
fn its_time_limit_ends_it() {
    let dir = tempfile::tempdir().unwrap();
    let key = key(dir.path());
    let mut agent = Agent::start();
    agent.request(detach(&key, "sleep 60", 1));
    let (outcome, _) = collect(&mut agent, &key);
    assert_eq!(msg(&outcome), "Job reached maximum time limit of 1 seconds.");
    forget(&mut agent, &key);
}

#[test]
fn a_supervisor_that_was_killed_is_an_honest_loss() {
    let dir = tempfile::tempdir().unwrap();
    let (key, pid) = (key(dir.path()), dir.path().join("pid"));
    let mut agent = Agent::start();
    // The parent of the shell is the supervisor.
    let line = format!("echo $PPID $$ > {0}.new; mv {0}.new {0}; exec sleep 60", pid.display());
    agent.request(detach(&key, &line, 60));
    assert!(soon(|| pid.exists()));
    for pid in fs::read_to_string(&pid).unwrap().split_whitespace() {
        Command::new("kill").args(["-KILL", pid]).status().unwrap();
    }
    let (outcome, _) = collect(&mut agent, &key);
    assert_eq!(value(&outcome, "lost"), "True", "{outcome:?}");
    forget(&mut agent, &key);
}
