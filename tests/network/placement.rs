//! Where the agent is put, on file systems that do not want it.

use crate::run;
use crate::sshd::Sshd;
use std::path::Path;
use std::time::{Duration, Instant};
use warp::connect::AgentImage;

/// The lines that mount file systems over /var/tmp and /tmp; the server's own directory, which lies in /tmp, stays.
fn elsewhere(dir: &Path, var_tmp: &str, tmp: &str) -> String {
    let d = dir.display();
    format!(
        "mount -t tmpfs -o {var_tmp} tmpfs /var/tmp
         mount -t tmpfs tmpfs /mnt; mkdir /mnt/kept /mnt/tmp; mount --bind {d} /mnt/kept
         mount -t tmpfs -o mode=1777 tmpfs /mnt/tmp; mkdir -p /mnt/tmp{}
         mount --move /mnt/tmp /tmp; mount --move /mnt/kept {d}; mount -o remount,{tmp} /tmp; cd {d}",
        d.to_string().trim_start_matches("/tmp")
    )
}

const WHERE: &[&str] = &["-m", "command", "-a", "sh -c 'pwd; readlink /proc/$PPID/exe'"];

#[test]
fn it_goes_to_the_first_place_that_holds_it() {
    for (home, expected) in [
        ("true", "/home/.cache/warp/agent-"),
        ("mount -t tmpfs -o size=200k,mode=755 tmpfs home", "/var/tmp/warp-0/agent-"),
        ("mount -t tmpfs -o noexec,mode=755 tmpfs home", "/var/tmp/warp-0/agent-"),
        ("mount -t tmpfs -o ro tmpfs home", "/var/tmp/warp-0/agent-"),
        ("mount --bind -o ro home home; mount -o remount,bind,ro home", "/var/tmp/warp-0/agent-"),
        // No inode is left for it.
        ("mount -t tmpfs -o nr_inodes=1,mode=755 tmpfs home", "/var/tmp/warp-0/agent-"),
        ("rmdir home", "/var/tmp/warp-0/agent-"),
        // As a mail spool's: the account's own, and a group's.
        ("chgrp 8 home; chmod 775 home", "/var/tmp/warp-0/agent-"),
    ] {
        let server =
            Sshd::start_on_machine("", |dir| format!("{}\n{home}", elsewhere(dir, "mode=1777", "mode=1777")));
        let first = run(&server, &server.variables(), &["far"], WHERE);
        first.went(&[expected]);
        // What runs begins in the same place whether or not the agent was placed just now.
        let again = run(&server, &server.variables(), &["far"], WHERE);
        assert_eq!(first.said, again.said, "{home}");
    }
}

#[test]
fn every_place_that_does_not_is_told_of_with_its_reason() {
    let server = Sshd::start_on_machine("", |dir| {
        format!(
            "{}\nmount -t tmpfs -o noexec,mode=755 tmpfs home",
            elsewhere(dir, "mode=1777,size=300k", "ro")
        )
    });
    run(&server, &server.variables(), &["far"], &["-m", "ping"]).unreachable(&[
        "found no directory for the agent",
        &format!("{}/home/.cache/warp may hold no programs (noexec)", server.dir.path().display()),
        "/var/tmp/warp-0 has no space",
        "/tmp/warp-0 cannot be made",
        "one is needed that is writable, has 5 MB of space",
    ]);
    // What needs no agent runs.
    run(&server, &server.variables(), &["far"], &["-m", "raw", "-a", "echo so far"]).went(&["so far"]);

    // The way to it, or the place itself, is somebody else's to change.
    let server = Sshd::start_on_machine("", |dir| {
        let others = "mkdir -m 777 home/.cache; mkdir -m 755 /var/tmp/warp-0; ln -s /var /tmp/warp-0";
        format!("{}\n{others}", elsewhere(dir, "mode=1777", "mode=1777"))
    });
    run(&server, &server.variables(), &["far"], &["-m", "ping"]).unreachable(&[
        "home/.cache/warp cannot be made",
        "/var/tmp/warp-0 is not this account's alone",
        "/tmp/warp-0 is a link",
    ]);
}

#[test]
fn a_place_that_takes_a_part_only_is_left_clean_for_the_next() {
    // No file may become larger than 1 MB; what is left of the stream must not be taken for anything else.
    let server =
        Sshd::start_on_machine("ForceCommand ulimit -f 2000; eval \"$SSH_ORIGINAL_COMMAND\"", |dir| {
            elsewhere(dir, "mode=1777", "mode=1777")
        });
    run(&server, &server.variables(), &["far"], &["-m", "ping"]).unreachable(&[
        "home/.cache/warp did not take it whole (full, or a quota is reached)",
        "/var/tmp/warp-0 did not take it whole",
        "/tmp/warp-0 did not take it whole",
    ]);
    let list = "find $HOME/.cache/warp /var/tmp/warp-0 /tmp/warp-0 -type f | wc -l";
    run(&server, &server.variables(), &["far"], &["-m", "raw", "-a", list]).went(&["0"]);
}

#[test]
fn many_names_of_one_file_system_race_safely() {
    let server = Sshd::start("MaxStartups 100");
    let names: Vec<String> = (0..25).map(|n| format!("guest{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let start = |first: &str| {
        let hosts: Vec<&str> = std::iter::once(first).chain(names.iter().copied()).collect();
        let args = ["-f", "30", "-m", "ping"];
        let mut command = crate::command(&server, &server.variables(), &hosts, &args);
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap()
    };
    for run in [start("one"), start("other")].map(std::process::Child::wait_with_output) {
        crate::Ran::from(run.unwrap()).went(&["guest24"]);
    }
    let cache = server.at("home/.cache/warp");
    let files: Vec<_> = std::fs::read_dir(&cache).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(files, [cache.join(format!("agent-{}", AgentImage::embedded().sha256()))]);
    assert_eq!(std::fs::read(&files[0]).unwrap(), AgentImage::embedded().bytes().unwrap());
}

/// A machine on which this program first does something else, once.
fn with_trap(program: &str, trap: &str) -> Sshd {
    Sshd::start_on_machine("", |dir| {
        let d = dir.display();
        format!(
            "cp /usr/bin/{program} real
             printf '#!/bin/sh\\nif mkdir {d}/sprung 2>/dev/null; then {trap}; fi\\nexec {d}/real \"$@\"\\n' > trap
             chmod 755 trap; mount --bind trap /usr/bin/{program}"
        )
    })
}

#[test]
fn a_shell_that_is_killed_while_it_places_the_agent_leaves_nothing() {
    // In the middle of the upload, of which a part is in its file then; and when all of it is, before it is renamed.
    for (program, trap) in [
        ("gzip", "head -c 100000; kill -9 $(ps -o ppid= -p $PPID); sleep 1"),
        ("dd", "kill -9 $PPID; sleep 0.5"),
    ] {
        let server = with_trap(program, trap);
        let log = server.at("log-of-steps");
        let line = format!("echo ran >> {}", log.display());
        let step = || run(&server, &server.variables(), &["far"], &["-m", "shell", "-a", &line]);
        step().unreachable(&["could not start the agent", "KILL"]);
        assert!(server.at("sprung").exists() && !log.exists(), "{program}");
        let placed = || std::fs::read_dir(server.at("home/.cache/warp")).unwrap().count();
        let limit = Instant::now() + Duration::from_secs(10);
        while placed() > 0 {
            assert!(Instant::now() < limit, "{program}: a part of the agent is left behind");
            std::thread::sleep(Duration::from_millis(50));
        }
        // The next run comes to its end.
        step().went(&[]);
        assert_eq!(std::fs::read_to_string(&log).unwrap(), "ran\n");
        assert_eq!(placed(), 1);
    }
}

#[test]
fn what_a_killed_placing_left_behind_long_ago_goes() {
    let server = Sshd::start("");
    let cache = server.at("home/.cache/warp");
    std::fs::create_dir_all(&cache).unwrap();
    std::fs::set_permissions(&cache, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    for (name, age) in [(".0123456789abcdef", 660), (".fedcba9876543210", 0)] {
        let file = std::fs::File::create(cache.join(name)).unwrap();
        file.set_modified(std::time::SystemTime::now() - Duration::from_secs(age)).unwrap();
    }
    run(&server, &server.variables(), &["far"], &["-m", "ping"]).went(&["pong"]);
    // One that is being made just now is another warp's.
    assert!(!cache.join(".0123456789abcdef").exists() && cache.join(".fedcba9876543210").exists());
}

#[test]
fn another_processor_is_refused_by_name() {
    let server = Sshd::start_on_machine("", |_| {
        "printf '#!/bin/sh\\necho Linux riscv64\\n' > uname; chmod 755 uname; mount --bind uname /usr/bin/uname"
            .to_owned()
    });
    run(&server, &server.variables(), &["far"], &["-m", "ping"]).unreachable(&[
        "the agent does not run on Linux riscv64: this warp carries one for Linux x86_64",
        "which needs no agent",
    ]);
    let left = std::fs::read_dir(server.at("home/.cache/warp")).unwrap().count();
    assert_eq!(left, 0);
    run(&server, &server.variables(), &["far"], &["-m", "raw", "-a", "uname"]).went(&["riscv64"]);
}
