//! Servers that allow little at a time.

use crate::sshd::Sshd;
use crate::{run, support};
use std::fs;

#[test]
fn one_session_a_connection_is_enough() {
    let server = Sshd::start("MaxSessions 1");
    fs::write(
        server.at("play.yml"),
        "- hosts: all
  gather_facts: false
  tasks:
    - command: id -un
      register: plain
    - command: id -un
      become: true
      become_user: nobody
      register: other
    - raw: echo raw
      register: raw
    - copy: {content: here, dest: '{{ playbook_dir }}/made'}
    - assert:
        that: plain.stdout == 'root' and other.stdout == 'nobody' and raw.stdout == 'raw\\n'
",
    )
    .unwrap();
    let inventory = server.at("inventory");
    fs::write(&inventory, format!("[all]\nfar\n[all:vars]\n{}", server.variables())).unwrap();
    let output =
        support::warp().arg("play").arg("-i").arg(inventory).arg(server.at("play.yml")).output().unwrap();
    crate::Ran::from(output).went(&[]);
    assert_eq!(fs::read_to_string(server.at("made")).unwrap(), "here");
    // One connection for each session that is open at the same time.
    assert_eq!(server.log().matches("Accepted publickey").count(), 3, "{}", server.log());
}

#[test]
fn a_server_without_sessions_says_so() {
    let server = Sshd::start("MaxSessions 0");
    run(&server, &server.variables(), &["far"], &["-m", "ping"])
        .unreachable(&["cannot start a command", "the server allows no sessions at all: see MaxSessions"]);
}

#[test]
fn more_names_than_may_log_in_at_once_get_in() {
    let server = Sshd::start("MaxStartups 4:100:5");
    let names: Vec<String> = (0..50).map(|n| format!("guest{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    run(&server, &server.variables(), &names, &["-f", "50", "-m", "ping"]).went(&["guest49"]);
}
