//! Plays killed at random moments, and resumed: every step ran once, or is told to have been cut off in its midst.
//!
//! `SOAK_PLAYS` kills (100), seeded by `SOAK_SEED`.

use super::{Random, number, support};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const PLAY: &str = r#"
- hosts: all
  gather_facts: false
  vars: {log: "{{ playbook_dir }}/log-{{ inventory_hostname }}"}
  tasks:
    - name: first
      shell: echo first >> {{ log }}; date +%N
      register: r
      notify: told
    - name: loop
      shell: echo loop-{{ item }} >> {{ log }}
      loop: [a, b, c]
    - block:
        - name: fails
          shell: echo fails >> {{ log }}; false
      rescue:
        - name: rescues
          shell: echo rescues >> {{ log }}
      always:
        - name: always
          shell: echo always >> {{ log }}
    - include_tasks: more.yml
    - name: async
      shell: echo async >> {{ log }}
      async: 60
      poll: 1
    - name: same
      shell: echo {{ r.stdout }} > {{ log }}-first; sleep 0.05
    - name: last
      shell: test $(cat {{ log }}-first) = {{ r.stdout }} && echo last >> {{ log }}
  handlers:
    - name: told
      shell: echo told >> {{ log }}
"#;

const HOSTS: [&str; 3] = ["one", "two", "three"];

/// How often each line is in a host's log.
fn lines(dir: &Path, host: &str) -> BTreeMap<String, usize> {
    let mut lines = BTreeMap::new();
    for line in std::fs::read_to_string(dir.join(format!("log-{host}"))).unwrap_or_default().lines() {
        *lines.entry(line.to_owned()).or_default() += 1;
    }
    lines
}

fn fresh(name: &str) -> PathBuf {
    let dir = support::scratch(name);
    std::fs::write(dir.join("play.yml"), PLAY).unwrap();
    std::fs::write(dir.join("more.yml"), "- name: more\n  shell: echo more >> {{ log }}\n").unwrap();
    std::fs::create_dir(dir.join("journal")).unwrap();
    std::fs::set_permissions(dir.join("journal"), std::fs::Permissions::from_mode(0o700)).unwrap();
    dir
}

fn warp(dir: &Path, args: &[&str]) -> Command {
    let mut command = support::warp();
    command.current_dir(dir).env("WARP_JOURNAL", dir.join("journal")).args(args).stdin(Stdio::null());
    command
}

const RUN: [&str; 6] = ["play", "-i", "one,two,three,", "-e", "ansible_connection=local", "play.yml"];

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_play_killed_at_any_moment_is_taken_up() {
    let seed = number("SOAK_SEED")
        .unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs())
        .max(1);
    let rounds = number("SOAK_PLAYS").unwrap_or(100);
    println!("SOAK_SEED={seed} SOAK_PLAYS={rounds}");
    let mut random = Random(seed);
    let whole = fresh("soak-plays-whole");
    let began = Instant::now();
    let ran = warp(&whole, &RUN).output().unwrap();
    assert!(ran.status.success(), "{}", support::streams(&ran));
    let took = began.elapsed().as_millis() as u64;
    let mut told = 0;
    for round in 1..=rounds {
        let dir = fresh("soak-plays");
        let moment = Duration::from_millis(random.below(took));
        let mut child = warp(&dir, &RUN).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(moment);
        child.kill().unwrap();
        child.wait().unwrap();
        let mut resumed = warp(&dir, &["resume"]).output().unwrap();
        if resumed.status.code() == Some(5) {
            // It was killed before there was a journal, or had ended.
            if HOSTS.iter().all(|host| lines(&dir, host).is_empty()) {
                resumed = warp(&dir, &RUN).output().unwrap();
            } else {
                assert!(lines(&dir, "three").contains_key("told"), "round {round}: {}", said(&resumed));
                continue;
            }
        }
        assert!(resumed.status.success(), "round {round}, killed after {moment:?}: {}", said(&resumed));
        let text = said(&resumed);
        for host in HOSTS {
            let (expected, found) = (lines(&whole, host), lines(&dir, host));
            for (line, times) in &found {
                let step = line.split('-').next().unwrap();
                let lost = text.contains(&format!("'{step}' was running on {host} when"));
                told += usize::from(lost && *times == 2);
                assert!(
                    Some(times) == expected.get(line) || (lost && *times == 2),
                    "round {round}, killed after {moment:?}: {host} did {line} {times} times\n{text}"
                );
            }
            assert_eq!(found.len(), expected.len(), "round {round}, {host}: {text}");
        }
    }
    println!("{rounds} kills; {told} steps had ended when warp was killed, and were told and run again");
}
