//! `warp run` and the name `ansible`: single modules.

use super::bench::{Bench, Ran};
use super::compat::tool;
use super::support;

#[test]
fn the_name_ansible_ends_as_ansible_does() {
    let bench = Bench::new("adhoc", "");
    bench.file("hosts", "[g]\na\nb\n[all:vars]\nansible_connection=local\nansible_python_interpreter={{ ansible_playbook_python }}\n");
    let cases: &[&[&str]] = &[
        &["a", "-a", "true"],
        &["a", "-a", "false"],
        &["g", "-m", "shell", "-a", "echo a=b > {{ inventory_hostname }}.out chdir=."],
        &["all", "-m", "debug", "-a", r#"{"msg": "{{ x + 1 }}"}"#, "-e", r#"{"x": 3}"#],
        &["a", "-m", "debug", "-a", "msg={{ nope }}"],
        &["a", "-m", "copy", "-a", "content='a b' dest={{ playbook_dir }}/made", "--playbook-dir", "."],
        &["a", "-m", "file", "-a", "path=never state=touch", "--check"],
        &["localhost", "-m", "ping", "--task-timeout", "5", "-c", "local"],
        &["a", "-a", "sleep 5", "--task-timeout=1"],
        &["nobody", "-m", "ping"],
        &["a", "-m", "ping", "-l", "nobody"],
        &["a", "-m", "command"],
        &["a.yml", "-a", ""],
        &["a", "-m", "import_playbook", "-a", "x"],
        &["a", "-a", "echo \""],
        &["a", "-f", "0"],
        &["a", "b", "-m", "ping"],
        &["a", "-m", "fail"],
    ];
    for args in cases {
        let run = |mut command: std::process::Command| {
            for made in ["a.out", "b.out", "made", "never"] {
                let _ = std::fs::remove_file(bench.path(made));
            }
            let ran =
                Ran::of(&command.current_dir(&bench.0).args(["-i", "hosts"]).args(*args).output().unwrap());
            let made =
                ["a.out", "b.out", "made", "never"].map(|name| bench.has(name).then(|| bench.read(name)));
            (ran, made)
        };
        let (ours, our_files) = run(tool(&bench, "ansible"));
        let (theirs, their_files) = run(support::oracle::ansible("ansible"));
        assert_eq!(ours.code, theirs.code, "{args:?}\n{}\n{}", ours.said(), theirs.said());
        assert_eq!(our_files, their_files, "{args:?}");
    }
}

#[test]
fn hosts_are_listed_as_ansible_lists_them() {
    let bench = Bench::new("adhoc-hosts", "");
    bench.file("hosts", "[g]\na\nb\n[h]\nb\nc\n");
    for pattern in ["all", "g", "g:!h", "nobody", "localhost"] {
        let args = ["-i", "hosts", "--list-hosts", pattern];
        let ours = Ran::of(&tool(&bench, "ansible").args(args).output().unwrap());
        let mut oracle = support::oracle::ansible("ansible");
        let theirs = Ran::of(&oracle.current_dir(&bench.0).args(args).output().unwrap());
        assert_eq!((ours.code, ours.out), (theirs.code, theirs.out), "{pattern}");
    }
}

#[test]
fn warp_run_runs_a_module_and_refuses_what_surely_fails() {
    let bench = Bench::new("run", "");
    let run = |args: &[&str]| {
        let mut command = support::warp();
        command.current_dir(&bench.0).args(["run", "localhost", "-c", "local"]).args(args);
        Ran::of(&command.output().unwrap())
    };
    let ran = run(&["-m", "copy", "-a", "content=x dest={{ playbook_dir }}/made"]);
    assert_eq!((ran.code, bench.read("made").as_str()), (0, "x"), "{}", ran.said());
    let ran = run(&["-m", "copy", "-a", "contents=x dest=/nowhere/at/all"]);
    assert_eq!(ran.code, 4, "{}", ran.said());
    assert!(ran.err.contains("no argument `contents`"), "{}", ran.err);
}
