//! Links that are away for a while, or for good, while a step runs.

use crate::proxy::Proxy;
use crate::sshd::Sshd;
use crate::{Ran, support};
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn until_there(path: &Path) {
    let begun = Instant::now();
    while !path.exists() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{} did not come", path.display());
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn play(options: &[&str]) -> Command {
    let mut command = support::warp();
    command.arg("play").args(options);
    command
}

/// Runs one task of a play over a way that `strike` does something to as soon as the task runs.
fn struck(
    server: &Sshd,
    mut command: Command,
    variables: &str,
    task: &str,
    strike: impl FnOnce(&Proxy),
) -> Ran {
    let way = Proxy::start(server.port);
    let runs = server.at("shared/runs");
    let _ = fs::remove_file(&runs);
    let (play, inventory) = (server.at("away.yml"), server.at("inventory"));
    fs::write(&play, format!("- hosts: all\n  gather_facts: false\n  tasks:\n{task}")).unwrap();
    let all = way.variables(server, way.port);
    fs::write(&inventory, format!("far\n[all:vars]\n{all}{variables}\n")).unwrap();
    command.arg("-i").arg(inventory).arg(play);
    let running = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until_there(&runs);
    strike(&way);
    Ran::from(running.wait_with_output().unwrap())
}

/// A folder that every account may write to.
fn share(server: &Sshd) {
    assert!(Command::new("mkdir").args(["-m", "1777"]).arg(server.at("shared")).status().unwrap().success());
}

#[test]
fn what_is_lost_is_lost_to_warp_and_unreachable_to_ansible() {
    let server = Sshd::start("");
    share(&server);
    let task = format!("    - shell: touch {}/shared/runs; sleep 60\n", server.dir.path().display());
    let cut = |way: &Proxy| way.cut(Duration::from_secs(600));
    let lose = |command| struck(&server, command, "warp_ssh_reconnect=0", &task, cut);
    let own = lose(play(&[]));
    assert_eq!(own.code, Some(7), "{}", own.said);
    own.holds(&["the link was lost while a step ran", "lost=1"]);
    // Ansible has no word for it; the exit code is warp's under warp's name.
    let mut playbook = support::warp();
    playbook.arg0("ansible-playbook");
    for (command, code) in [(play(&["--output", "default"]), 7), (playbook, 4)] {
        let ran = lose(command);
        assert_eq!(ran.code, Some(code), "{}", ran.said);
        ran.holds(&["fatal: [far]: UNREACHABLE! =>", "the link was lost while a step ran", "unreachable=1"]);
        assert!(!ran.said.contains("lost="), "{}", ran.said);
    }
}

#[test]
fn another_account_goes_on_though_its_agent_is_no_longer_there() {
    let server = Sshd::start_with_accounts("", &[("other", "secret")], "");
    share(&server);
    let d = server.dir.path().display();
    let task = format!(
        "    - shell: echo once >>{d}/shared/times; touch {d}/shared/runs; sleep 3; id -un >{d}/shared/who
      become: true
      become_user: other
"
    );
    let cache = server.at("other/.cache/warp");
    struck(&server, play(&[]), "", &task, |way| {
        fs::remove_dir_all(&cache).unwrap();
        way.cut(Duration::from_secs(1));
    })
    .went(&[]);
    assert_eq!(fs::read_to_string(server.at("shared/times")).unwrap(), "once\n");
    assert_eq!(fs::read_to_string(server.at("shared/who")).unwrap(), "other\n");
}
