//! Steps that are cut off, and steps that survive.

use super::bench::{Bench, Ran, runs};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Waits until something holds.
fn wait(what: &str, holds: impl Fn() -> bool) {
    let limit = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(Instant::now() < limit, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn an_async_step_survives_a_killed_warp_and_its_rerun_collects_it() {
    let play = r#"
- hosts: all
  gather_facts: false
  tasks:
    - shell: |
        echo started >> {{ playbook_dir }}/log
        echo first line
        while [ ! -e {{ playbook_dir }}/go ]; do sleep 0.1; done
        echo last line
      async: 60
      poll: 1
      register: r
    - copy: {content: "{{ r.stdout }}", dest: "{{ playbook_dir }}/collected"}
"#;
    let bench = Bench::new("detached", play);
    let mut first = bench.command(&[]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait("the step to start", || bench.has("log"));
    first.kill().unwrap();
    first.wait().unwrap();
    bench.file("go", "");
    let ran = bench.play(&[]);
    assert_eq!(ran.code, 0, "{}", ran.said());
    assert_eq!(bench.read("log"), "started\n", "it ran twice");
    assert_eq!(bench.read("collected"), "first line\nlast line");
    assert!(ran.out.contains("last line"), "its lines are shown: {}", ran.out);
    // Collected is forgotten: the next run is a new one.
    bench.play(&[]);
    assert_eq!(bench.read("log"), "started\nstarted\n");
}

#[test]
fn an_interrupted_run_ends_its_step_and_exits_99() {
    let marker = format!("5432{}", std::process::id());
    let play = format!("- hosts: all\n  gather_facts: false\n  tasks:\n    - command: sleep {marker}\n");
    let bench = Bench::new("interrupted", &play);
    let sleeping = format!("sleep {marker}");
    let child = bench.command(&[]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait("the step to start", || runs(&sleeping));
    // SAFETY: a signal to a child of this test that has not been waited for.
    assert_eq!(unsafe { libc::kill(child.id().cast_signed(), libc::SIGINT) }, 0);
    let ran = Ran::of(&child.wait_with_output().unwrap());
    assert_eq!(ran.code, 99, "{}", ran.said());
    wait("the step to end", || !runs(&sleeping));
}
