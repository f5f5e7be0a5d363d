//! An interrupt ends what templates started on this machine, lets nothing else begin, and tells no more results.

use super::bench::Bench;
use super::compat::tool;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// The processes of this machine whose command line has this text.
fn with(text: &str) -> usize {
    let lines = std::fs::read_dir("/proc").unwrap().flatten();
    lines
        .filter(|e| {
            std::fs::read(e.path().join("cmdline"))
                .is_ok_and(|line| String::from_utf8_lossy(&line).contains(text))
        })
        .count()
}

fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let limit = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < limit, "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn an_interrupt_ends_what_lookups_started() {
    // A number that nothing else on the machine waits for.
    let mark = format!("33.{:07}", std::process::id());
    let play = r#"
- hosts: all
  gather_facts: false
  tasks:
    - debug: {msg: '{{ lookup("pipe", "sleep " ~ mark ~ "; true") }}'}
"#;
    let bench = Bench::new("interrupted-lookups", play);
    let mut command = tool(&bench, "ansible-playbook");
    command.args(["-i", "a,b,c,d,e,f,g,h,i,j,k,l", "-c", "local", "-f", "10", "play.yml"]);
    // Not on the command line: this is looked for there.
    std::fs::write(bench.0.join("extra.yml"), format!("mark: \"{mark}\"\n")).unwrap();
    let child =
        command.args(["-e", "@extra.yml"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A shell and its child for each of ten hosts.
    wait_until("ten hosts at once", || with(&mark) == 20);
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(99));
    assert_eq!(with(&mark), 0, "something lingers");
    let screen = String::from_utf8_lossy(&output.stdout);
    assert!(!screen.contains("fatal") && !screen.contains("ok: ["), "{screen}");
}

/// A run that is signalled to while its first task runs, and how long it took to end.
fn signalled(name: &str, signals: &[Signal]) -> (Bench, Option<i32>, String, Duration) {
    let bench = Bench::new(
        name,
        r#"
- hosts: all
  gather_facts: false
  tasks:
    - shell: touch begun-{{ inventory_hostname }}; sleep 4; touch finished-{{ inventory_hostname }}
      args: {chdir: "{{ playbook_dir }}"}
    - file: {path: "{{ playbook_dir }}/next", state: touch}
"#,
    );
    let mut command = crate::support::warp();
    command.current_dir(&bench.0).args(["play", "-i", "a,b,c,", "-c", "local", "-f", "2", "play.yml"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("two hosts at once", || bench.has("begun-a") && bench.has("begun-b"));
    let begun = Instant::now();
    for signal in signals {
        kill(Pid::from_raw(child.id().cast_signed()), *signal).unwrap();
        std::thread::sleep(Duration::from_millis(300));
    }
    let output = child.wait_with_output().unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (bench, output.status.code(), said, begun.elapsed())
}

#[test]
fn a_first_signal_lets_finish_what_runs() {
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let (bench, code, said, _) = signalled("interrupted-once", &[signal]);
        assert_eq!(code, Some(99), "{said}");
        assert!(bench.has("finished-a") && bench.has("finished-b"), "{said}");
        assert!(!bench.has("begun-c") && !bench.has("next"), "{said}");
        assert!(said.contains("interrupt again to cancel what runs"), "{said}");
        assert!(said.contains("a  ok=1 changed=1 failed=0"), "{said}");
    }
}

#[test]
fn a_second_signal_cancels_what_runs() {
    let (bench, code, said, took) = signalled("interrupted-twice", &[Signal::SIGINT; 2]);
    assert_eq!(code, Some(99), "{said}");
    assert!(took < Duration::from_secs(4), "{took:?} {said}");
    // What was started has ended with its step.
    std::thread::sleep(Duration::from_secs(4).saturating_sub(took));
    assert!(!bench.has("finished-a") && !bench.has("finished-b"), "{said}");
}
