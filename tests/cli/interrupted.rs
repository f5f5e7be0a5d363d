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
