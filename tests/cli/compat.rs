//! Ansible's names: the same exit codes and last words as the tools themselves.

use super::bench::{Bench, Ran};
use super::support;
use std::process::Command;

const PLAY: &str = "- hosts: all\n  gather_facts: false\n  tasks:\n    - assert: {that: x == 3}\n";

/// The link of this name, made by `warp compat`, run in the bench's folder.
pub fn tool(bench: &Bench, name: &str) -> Command {
    let links = bench.path("links");
    assert!(support::warp().arg("compat").arg(&links).output().unwrap().status.success());
    let mut command = Command::new(links.join(name));
    command.current_dir(&bench.0);
    command
}

#[test]
fn ansible_playbook_takes_and_refuses_what_ansible_playbook_does() {
    let bench = Bench::new("compat", PLAY);
    bench.file("vars.yml", "x: 3\n").file("bad.yml", "- hosts: all\n  taskz: []\n");
    let cases: &[(&[&str], &str)] = &[
        (&["-ilocalhost,", "-c", "local", "-e@vars.yml", "-vvv", "play.yml"], ""),
        (&["play.yml", "-i", "localhost,", "--connection=local", "-e", "x=2", "-Dexx=3", "-C"], ""),
        (&["-ilocalhost,", "-clocal", "--extra", "{x: 3}", "--", "play.yml"], ""),
        (&["-ilocalhost,", "-clocal", "play.yml", "-e", "{x: 4}"], ""),
        (&["-ilocalhost,", "-f", "2", "-f", "3", "--syntax-check", "play.yml", "play.yml"], ""),
        (&["bad.yml"], ""),
        (&[], "error: the following arguments are required: playbook"),
        (&["gone.yml"], "the playbook: gone.yml could not be found"),
        (&["links"], "the playbook: links does not appear to be a file"),
        (&["--nope", "play.yml"], "error: unrecognized arguments: --nope"),
        (&["-f", "x", "play.yml"], "error: argument -f/--forks: invalid"),
        (&["play.yml", "-f"], "error: argument -f/--forks: expected one argument"),
    ];
    for (args, says) in cases {
        let ours = Ran::of(&tool(&bench, "ansible-playbook").args(*args).output().unwrap());
        let mut oracle = support::oracle::ansible("ansible-playbook");
        let theirs = Ran::of(&oracle.current_dir(&bench.0).args(*args).output().unwrap());
        assert_eq!(ours.code, theirs.code, "{args:?}\n{}\n{}", ours.said(), theirs.said());
        assert!(theirs.err.contains(says), "{args:?}: {}", theirs.err);
        assert!(ours.err.contains(says), "{args:?}: {}", ours.err);
    }
}

#[test]
fn links_do_not_replace_files() {
    let bench = Bench::new("compat-files", PLAY);
    bench.file("links/ansible-playbook", "mine");
    let ran = Ran::of(&support::warp().arg("compat").arg(bench.path("links")).output().unwrap());
    assert_eq!(ran.code, 1, "{}", ran.said());
    assert_eq!(bench.read("links/ansible-playbook"), "mine");
}
