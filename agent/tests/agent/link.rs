//! The protocol: streams, cancelling, and what the end of the link ends.

use crate::harness::{Agent, call, lives, msg, soon, value};
use std::fs;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use warp_agent::wire::{FIRST, Keep, MAX_FRAME, Mode, Request, ToAgent, ToController, WINDOW};

fn shell(line: &str) -> Request {
    let args = format!("{{\"_raw_params\": {line:?}}}");
    Request::Run { call: call("shell", &args, &Mode::default()), blob: None }
}

#[test]
fn requests_run_side_by_side_and_pings_are_answered_meanwhile() {
    let mut agent = Agent::start();
    let slow = agent.begin(shell("sleep 1; echo slow"));
    let quick = agent.begin(shell("echo quick"));
    agent.send(&ToAgent::Ping(7));
    let mut order = Vec::new();
    while order.len() < 3 {
        match agent.read().unwrap() {
            ToController::Done(id, outcome) => order.push((id, value(&outcome, "stdout"))),
            ToController::Pong(7) => order.push((0, String::new())),
            other => panic!("unexpected {other:?}"),
        }
    }
    assert_eq!(order[2], (slow, "slow".to_owned()));
    assert!(order.contains(&(quick, "quick".to_owned())) && order.contains(&(0, String::new())));
}

#[test]
fn a_file_is_sent_only_as_far_as_it_is_granted() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("big");
    let bytes: Vec<u8> = (0..3_000_000u32).map(|i| i as u8).collect();
    fs::write(&path, &bytes).unwrap();
    let mut agent = Agent::start();
    let id = agent.begin(Request::Read { path: path.to_string_lossy().into_owned() });
    let mut got = Vec::new();
    while (got.len() as u64) < FIRST {
        match agent.read().unwrap() {
            ToController::Data { bytes, .. } => got.extend(bytes),
            other => panic!("unexpected {other:?}"),
        }
    }
    assert_eq!(got.len() as u64, FIRST, "more came than was granted");
    // Nothing comes until more is granted, but the link is not held up.
    agent.send(&ToAgent::Ping(1));
    assert_eq!(agent.read(), Some(ToController::Pong(1)));
    agent.send(&ToAgent::Credit { id, bytes: WINDOW });
    let (outcome, rest) = agent.finish(id);
    got.extend(rest);
    assert!(got == bytes);
    assert_eq!(value(&outcome, "size"), "3000000");
    assert_eq!(value(&outcome, "checksum"), warp_agent::digest::sha1(&path).unwrap());
}

#[test]
fn a_file_that_grows_is_sent_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    fs::write(&path, vec![b'a'; 1 << 20]).unwrap();
    let mut agent = Agent::start();
    let id = agent.begin(Request::Read { path: path.to_string_lossy().into_owned() });
    // It has been opened when the first of it comes.
    let Some(ToController::Data { bytes: mut got, .. }) = agent.read() else { panic!("no data") };
    let mut log = fs::OpenOptions::new().append(true).open(&path).unwrap();
    std::io::Write::write_all(&mut log, &vec![b'b'; 1 << 20]).unwrap();
    agent.send(&ToAgent::Credit { id, bytes: 4 << 20 });
    let (outcome, rest) = agent.finish(id);
    got.extend(rest);
    assert!(got == vec![b'a'; 1 << 20], "{} bytes", got.len());
    assert_eq!(value(&outcome, "size"), (1 << 20).to_string());
}

#[test]
fn what_cannot_be_sent_is_told() {
    let mut agent = Agent::start();
    let mut why = |path: &str| msg(&agent.request(Request::Read { path: path.to_owned() }).0);
    assert_eq!(why("/nonexistent"), "the remote file does not exist: /nonexistent");
    assert_eq!(why("/etc"), "the remote file is a directory, which cannot be read: /etc");
}

#[test]
fn cancelling_ends_the_whole_process_group() {
    let dir = tempfile::tempdir().unwrap();
    let pid = dir.path().join("pid");
    let mut agent = Agent::start();
    // The inner process ignores SIGTERM.
    let line =
        format!("(trap '' TERM; sh -c 'echo $$ > {0}.new; mv {0}.new {0}; sleep 100; true')", pid.display());
    let id = agent.begin(shell(&line));
    assert!(soon(|| pid.exists()));
    assert!(lives(&pid));
    let start = Instant::now();
    agent.send(&ToAgent::Cancel(id));
    let (outcome, _) = agent.finish(id);
    assert!(outcome.failed);
    assert_eq!(msg(&outcome), "the step was cancelled");
    assert!(start.elapsed() < Duration::from_secs(8));
    assert!(soon(|| !lives(&pid)));
}

#[test]
fn a_cut_link_ends_what_runs_but_not_what_a_finished_step_left() {
    let dir = tempfile::tempdir().unwrap();
    let (left, running) = (dir.path().join("left"), dir.path().join("running"));
    let mut agent = Agent::start();
    let start = Instant::now();
    let line = format!("sleep 60 & echo $! > {}", left.display());
    let (outcome, _) = agent.request(shell(&line));
    assert!(!outcome.failed);
    // Its pipes stay open in the background; they are not waited for.
    assert!(start.elapsed() < Duration::from_secs(10));
    agent.begin(shell(&format!("echo $$ > {0}.new; mv {0}.new {0}; sleep 100; true", running.display())));
    assert!(soon(|| running.exists()));
    agent.cut();
    assert!(!lives(&running));
    assert!(lives(&left));
    let pid = fs::read_to_string(&left).unwrap();
    Command::new("kill").arg(pid.trim()).status().unwrap();
}

#[test]
fn goodbye_lets_what_runs_finish() {
    let mut agent = Agent::start();
    let id = agent.begin(shell("sleep 1; echo done"));
    agent.send(&ToAgent::Bye);
    assert_eq!(value(&agent.finish(id).0, "stdout"), "done");
    assert_eq!(agent.read(), None);
    assert!(agent.child.wait().unwrap().success());
}

#[test]
fn broken_frames_end_the_agent_with_a_reason() {
    let huge = u32::try_from(MAX_FRAME + 1).unwrap().to_le_bytes();
    for (bytes, why) in [
        (&huge[..], "allowed"),
        (&[1, 0, 0, 0, 99][..], "cannot be read"),
        (&[9, 0, 0, 0, 1][..], "within a frame"),
    ] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_warp-agent"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(bytes).unwrap();
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(said.contains(why), "{said}");
        assert!(!child.wait().unwrap().success());
    }
}

#[test]
fn more_than_was_granted_is_refused() {
    let mut agent = Agent::start();
    let blob = Some(3 * WINDOW);
    // A module that reads no stream, and takes its time.
    let id = agent.begin(Request::Run {
        call: call("command", r#"{"_raw_params": "sleep 30"}"#, &Mode::default()),
        blob,
    });
    let mut sent = 0;
    while sent <= WINDOW {
        agent.send(&ToAgent::Data { id, bytes: vec![0; 1 << 16], last: false });
        sent += 1 << 16;
    }
    while agent.read().is_some() {}
    assert!(!agent.child.wait().unwrap().success());
}

/// Has an agent outlive its link by this name.
fn keep(agent: &mut Agent, session: &str, limit_secs: u64) {
    let keep = Keep { owner: owner(session), session: session.to_owned(), limit_secs, silence_secs: 60 };
    agent.send(&ToAgent::Keep(keep));
    agent.send(&ToAgent::Ping(1));
    assert_eq!(agent.read(), Some(ToController::Pong(1)));
}

/// Asks for a session of which the pong has come.
fn resume(session: &str) -> ToAgent {
    ToAgent::Resume { owner: owner(session), session: session.to_owned(), had: 1 }
}

/// Whose a session is: what is before its number.
fn owner(session: &str) -> String {
    session.split('#').next().unwrap().to_owned()
}

fn session(name: &str) -> String {
    format!("{name}-{}", std::process::id())
}

#[test]
fn another_link_takes_over_from_one_that_was_cut_or_hangs() {
    for cut in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        let (log, name) = (dir.path().join("log"), session(&format!("taken-{cut}")));
        let mut agent = Agent::start();
        keep(&mut agent, &name, 20);
        let id = agent.begin(shell(&format!("echo ran >> {}; sleep 1; echo answer", log.display())));
        assert!(soon(|| log.exists()));
        if cut {
            drop(agent.input.take());
        }
        // Of what it sent the pong alone has come; of what it was sent the three frames have.
        let mut relay = Agent::start();
        relay.send(&resume(&name));
        assert_eq!(relay.read(), Some(ToController::Resumed { had: 3 }));
        assert_eq!(value(&relay.finish(id).0, "stdout"), "answer");
        // Again: the answer that was not acknowledged comes again, and the step does not run again.
        let mut another = Agent::start();
        another.send(&resume(&name));
        assert_eq!(another.read(), Some(ToController::Resumed { had: 3 }));
        assert_eq!(value(&another.finish(id).0, "stdout"), "answer");
        // The link before is over.
        assert_eq!(relay.read(), None);
        another.send(&ToAgent::Bye);
        assert_eq!(another.read(), None);
        assert!(another.child.wait().unwrap().success() && agent.child.wait().unwrap().success());
        assert_eq!(fs::read_to_string(log).unwrap(), "ran\n");
    }
}

#[test]
fn a_link_that_nobody_follows_ends_what_runs_in_time() {
    let dir = tempfile::tempdir().unwrap();
    let running = dir.path().join("running");
    let (mut agent, name) = (Agent::start(), session("late"));
    keep(&mut agent, &name, 1);
    agent.begin(shell(&format!("echo $$ > {0}.new; mv {0}.new {0}; sleep 100; true", running.display())));
    assert!(soon(|| running.exists()));
    let begun = Instant::now();
    agent.cut();
    assert!(begun.elapsed() >= Duration::from_secs(1) && !lives(&running));
    // Who comes too late is told so, and served anew.
    let mut late = Agent::start();
    late.send(&resume(&name));
    assert_eq!(late.read(), Some(ToController::Gone));
    assert_eq!(value(&late.request(shell("echo new")).0, "stdout"), "new");
}

#[test]
fn an_agent_that_is_killed_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let (running, there) = (dir.path().join("running"), dir.path().join("there"));
    fs::create_dir(&there).unwrap();
    let mut agent = Agent::start();
    agent.begin(shell(&format!("echo $$ > {0}.new; mv {0}.new {0}; sleep 100; true", running.display())));
    // A file of which the last part never comes.
    let args = format!("{{\"dest\": \"{}/file\"}}", there.display());
    let id = agent.begin(Request::Run { call: call("copy", &args, &Mode::default()), blob: Some(100_000) });
    agent.send(&ToAgent::Data { id, bytes: vec![1; 50_000], last: false });
    let files = || fs::read_dir(&there).unwrap().count();
    assert!(soon(|| running.exists() && files() > 0));
    agent.child.kill().unwrap();
    agent.child.wait().unwrap();
    assert!(soon(|| !lives(&running)), "a program");
    assert!(soon(|| files() == 0), "{:?}", fs::read_dir(&there).unwrap().collect::<Vec<_>>());
}

#[test]
fn the_next_run_ends_what_one_that_was_killed_left() {
    let dir = tempfile::tempdir().unwrap();
    let name = session("owned");
    let begin = |number: u32| {
        let running = dir.path().join(number.to_string());
        let mut agent = Agent::start();
        keep(&mut agent, &format!("{name}#{number}"), 8);
        let line = format!("echo $$ > {0}.new; mv {0}.new {0}; sleep 100; true", running.display());
        agent.begin(shell(&line));
        assert!(soon(|| running.exists()));
        (agent, running)
    };
    let (mut orphan, left) = begin(1);
    // A sibling whose link is there stays.
    let (_sibling, kept) = begin(2);
    drop(orphan.input.take());
    std::thread::sleep(Duration::from_millis(300));
    assert!(lives(&left));
    let mut next = Agent::start();
    let begun = Instant::now();
    keep(&mut next, &format!("{name}#3"), 8);
    assert!(!lives(&left) && lives(&kept) && begun.elapsed() < Duration::from_secs(4));
    assert!(orphan.child.wait().is_ok());
}
