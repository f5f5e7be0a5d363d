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

#[test]
fn a_killed_supervisor_is_told_of_at_once_and_leaves_nothing_running() {
    // The parent of the shell is the supervisor. The shell does not heed what asks it to end.
    let step = "trap '' TERM; echo $$ > {{ playbook_dir }}/pid; kill -9 $PPID; sleep 60 & wait; sleep 60";
    let waited = format!(
        "- hosts: all\n  gather_facts: false\n  tasks:\n    - shell: \"{step}\"\n      async: 50\n      poll: 1\n"
    );
    let asked = format!(
        "- hosts: all\n  gather_facts: false\n  tasks:\n    - shell: \"{step}\"\n      async: 50\n      poll: 0\n      register: job
    - async_status: {{jid: '{{{{ job.ansible_job_id }}}}'}}\n      register: it\n      until: it is finished\n      retries: 100\n      delay: 1\n"
    );
    for (name, play, code, told) in [
        ("detached-supervisor", waited, 7, "a detached step was lost"),
        ("detached-asked", asked, 2, "the job was lost: its supervisor was killed"),
    ] {
        let bench = Bench::new(name, &play);
        let begun = Instant::now();
        let ran = bench.play(&[]);
        assert!(ran.said().contains(told) && ran.code == code, "{}: {}", ran.code, ran.said());
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
        let pid = bench.read("pid").trim().to_owned();
        wait("the step's end", || !std::path::Path::new("/proc").join(&pid).exists());
    }
}

#[test]
fn runs_at_once_do_not_share_their_async_steps() {
    let play = r#"
- hosts: all
  gather_facts: false
  tasks:
    - shell: |
        echo {{ run }} >> {{ playbook_dir }}/log
        while [ ! -e {{ playbook_dir }}/go ]; do sleep 0.1; done
        echo {{ run }}
      async: 60
      poll: 1
      register: r
    - copy: {content: "{{ r.stdout }}", dest: "{{ playbook_dir }}/collected-{{ run }}"}
"#;
    let bench = Bench::new("detached-at-once", play);
    let start = |run: &str| {
        let mut command = bench.command(&["-e", &format!("run={run}")]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let lines = || std::fs::read_to_string(bench.path("log")).unwrap_or_default().lines().count();
    let first = start("first");
    wait("the first run's step", || lines() == 1);
    let mut killed = start("killed");
    wait("the second run's step", || lines() == 2);
    killed.kill().unwrap();
    killed.wait().unwrap();
    // Beside the first run, this one comes after the one that was killed, and collects what that left.
    let again = start("again");
    std::thread::sleep(Duration::from_secs(2));
    bench.file("go", "");
    for run in [first, again] {
        let output = run.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
    assert_eq!(bench.read("log"), "first\nkilled\n");
    assert_eq!(bench.read("collected-first"), "first");
    assert_eq!(bench.read("collected-again"), "killed");
}
