//! Large files both ways: what they cost in memory, as the kernel counts it.

use crate::sshd::Sshd;
use crate::{Ran, support};
use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;

/// The largest that an agent may become, in KiB.
const AGENT: u64 = 8 << 10;

/// The largest that the controller may become with one host or fifty, in KiB; without optimisation its code takes more.
const CONTROLLER: u64 = if cfg!(debug_assertions) { 92 << 10 } else { 60 << 10 };

/// Copies a file of so many MiB to each host and fetches it again; gives the largest resident set of any agent and of
/// the controller.
fn there_and_back(hosts: usize, mib: usize, more: &str) -> (u64, u64) {
    let server = Sshd::start("MaxStartups 100\nCompression yes");
    let d = server.dir.path().display();
    // What cannot be packed.
    let mut big = fs::File::create(server.at("big")).unwrap();
    let mut noise = vec![0; 1 << 20];
    for _ in 0..mib {
        fs::File::open("/dev/urandom").unwrap().read_exact(&mut noise).unwrap();
        big.write_all(&noise).unwrap();
    }
    let names: String = (0..hosts).map(|n| format!("guest{n}\n")).collect();
    let variables = server.variables().replace("-F none", &format!("-F none {more}"));
    fs::write(server.at("inventory"), format!("[all]\n{names}[all:vars]\n{variables}")).unwrap();
    fs::write(
        server.at("play.yml"),
        format!(
            "- hosts: all
  gather_facts: false
  tasks:
    - copy: {{src: {d}/big, dest: '{d}/up-{{{{ inventory_hostname }}}}'}}
    - fetch: {{src: '{d}/up-{{{{ inventory_hostname }}}}', dest: '{d}/down-{{{{ inventory_hostname }}}}', flat: true}}
    - shell: sed -n 's/^VmHWM://p' /proc/$PPID/status >{d}/agent-{{{{ inventory_hostname }}}}
    # The agent of this machine is a child of the controller.
    - shell: sed -n 's/^VmHWM://p' /proc/$(sed -n 's/^PPid:\\t//p' /proc/$PPID/status)/status >{d}/controller
      delegate_to: localhost
      run_once: true
"
        ),
    )
    .unwrap();
    let mut play = support::warp();
    play.args(["play", "-f", "50", "-i"]).arg(server.at("inventory")).arg(server.at("play.yml"));
    Ran::from(play.output().unwrap()).went(&[]);
    let expected = digest(&server.at("big"));
    let mut agents = Vec::new();
    for n in 0..hosts {
        for way in ["up", "down"] {
            assert_eq!(digest(&server.at(&format!("{way}-guest{n}"))), expected, "{way} {n}");
        }
        agents.push(kib(&server.at(&format!("agent-guest{n}"))));
    }
    (agents.into_iter().max().unwrap(), kib(&server.at("controller")))
}

fn digest(path: &Path) -> String {
    let output = Command::new("sha256sum").stdin(fs::File::open(path).unwrap()).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn kib(path: &Path) -> u64 {
    fs::read_to_string(path).unwrap().trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn a_large_file_takes_little_memory_on_both_sides() {
    for more in ["", "-o Compression=yes"] {
        let (agent, controller) = there_and_back(1, 100, more);
        println!("1 host, 100 MiB {more}: agent {agent} KiB, controller {controller} KiB");
        assert!(
            agent < AGENT && controller < CONTROLLER,
            "{more}: agent {agent}, controller {controller} KiB"
        );
    }
}

#[test]
fn fifty_hosts_at_once_take_no_more() {
    // Far more in each file than anything on the way may hold.
    let (agent, controller) = there_and_back(50, 6, "");
    println!("50 hosts, 6 MiB: agent {agent} KiB, controller {controller} KiB");
    assert!(agent < AGENT && controller < CONTROLLER, "agent {agent}, controller {controller} KiB");
}
