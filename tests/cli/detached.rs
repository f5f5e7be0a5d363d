//! Steps that are cut off, and steps that survive.

use super::bench::Bench;
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
