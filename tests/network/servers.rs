//! Servers of other makes and ages, and ways to them.

use crate::run;
use crate::sshd::Sshd;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An old system's files, fetched once.
fn old_system() -> PathBuf {
    let tree = Path::new(env!("CARGO_TARGET_TMPDIR")).join("old-openssh");
    if !tree.exists() {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/old-openssh");
        let made = Command::new(script).arg(&tree).status().unwrap();
        assert!(made.success(), "the test fetches an old OpenSSH from this machine's archive by mmdebstrap");
    }
    tree
}

/// An old OpenSSH with the shell and the programs of its time, in a tree of its own.
fn old_server() -> Sshd {
    let tree = old_system();
    Sshd::start_on_machine("# as it is: no SetEnv", |dir| {
        let (d, tree) = (dir.display(), tree.display());
        format!(
            "mkdir upper work root; mount -t overlay overlay -o lowerdir={tree},upperdir=upper,workdir=work root
             cd root; mount -t proc proc proc; mount -t tmpfs tmpfs dev; mkdir -p .{d}; mount --bind {d} .{d}
             for n in null zero random urandom; do touch dev/$n; mount --bind /dev/$n dev/$n; done
             exec chroot . /usr/sbin/sshd \"$@\""
        )
    })
}

/// A play that does a bit of everything.
fn everything(server: &Sshd) {
    fs::write(server.at("template.j2"), "{{ inventory_hostname }}\n").unwrap();
    fs::write(
        server.at("play.yml"),
        "- hosts: all
  tasks:
    - copy: {content: \"{{ 'x' * 3000000 }}\", dest: /root/big}
    - template: {src: template.j2, dest: /root/templated, mode: '0600'}
    - command: cat /root/templated
      register: out
    - stat: {path: /root/big}
      register: big
    - fetch: {src: /root/big, dest: '{{ playbook_dir }}/fetched', flat: true}
    - raw: echo raw
    - assert:
        that: out.stdout == 'far' and big.stat.size == 3000000 and ansible_facts.kernel is string
",
    )
    .unwrap();
    let inventory = server.at("inventory");
    fs::write(&inventory, format!("[all]\nfar\n[all:vars]\n{}", server.variables())).unwrap();
    let mut play = crate::support::warp();
    let output = play.arg("play").arg("-i").arg(inventory).arg(server.at("play.yml")).output().unwrap();
    crate::Ran::from(output).went(&[]);
    assert_eq!(fs::read(server.at("fetched")).unwrap(), vec![b'x'; 3_000_000]);
}

#[test]
fn an_old_openssh_and_the_programs_of_its_time() {
    let server = old_server();
    everything(&server);
    let version = run(&server, &server.variables(), &["far"], &["-m", "command", "-a", "/usr/sbin/sshd -?"]);
    version.holds(&["OpenSSH_"]);
    let own = Command::new("ssh").arg("-V").output().unwrap().stderr;
    let own = String::from_utf8(own).unwrap().split([',', ' ']).next().unwrap().to_owned();
    assert!(own.starts_with("OpenSSH_"), "{own}");
    assert!(!version.said.contains(&own), "the server is as new as {own}");
    // RSA keys too are proved by SHA-2 there.
    crate::sshd::keygen(&server.at("rsa"), "rsa", &["", "-b", "3072"]);
    fs::copy(server.at("rsa.pub"), server.at("authorized_keys")).unwrap();
    let by_rsa = server.variables().replace("/id\n", "/rsa\n");
    assert_ne!(by_rsa, server.variables());
    run(&server, &by_rsa, &["far"], &["-m", "ping"]).went(&["pong"]);
}

#[test]
fn dropbear_is_a_server_like_others() {
    let server = Sshd::start_on_machine("", |_| {
        "mount -t tmpfs -o mode=700 tmpfs /root; mkdir -m 700 /root/.ssh; cp authorized_keys /root/.ssh
         dropbearkey -t ed25519 -f hostkey >/dev/null; dropbearkey -y -f hostkey | grep ^ssh- > host_ed25519.pub
         exec dropbear -F -E -s -r hostkey -P none -p 127.0.0.1:$(sed -n 's/^Port //p' sshd_config)"
            .to_owned()
    });
    everything(&server);
}

#[test]
fn jump_hosts_and_commands_lead_to_hosts_behind_them() {
    let (gate, inner) = (Sshd::start("PermitOpen 127.0.0.1:*"), Sshd::start(""));
    let config = gate.at("config");
    let (here, there) = (gate.dir.path().display(), inner.dir.path().display());
    let known = fs::read_to_string(gate.at("known_hosts")).unwrap();
    fs::write(gate.at("known"), known + &fs::read_to_string(inner.at("known_hosts")).unwrap()).unwrap();
    fs::write(
        &config,
        format!(
            "Host gate first second\n  HostName 127.0.0.1\n  Port {}\n  IdentityFile {here}/id\n
             Host second\n  ProxyJump first\n
             Host far farther by-command\n  HostName 127.0.0.1\n  Port {}\n  IdentityFile {there}/id\n
             Host far\n  ProxyJump gate\nHost farther\n  ProxyJump second\n
             Host by-command\n  ProxyCommand ssh -F {here}/config -W %h:%p gate\n
             Host *\n  User root\n  IdentityAgent none\n  GlobalKnownHostsFile none\n  UserKnownHostsFile {here}/known\n",
            gate.port, inner.port
        ),
    )
    .unwrap();
    let variables = format!("ansible_ssh_common_args='-F {}'", config.display());
    for (host, logins) in [("far", 1), ("farther", 2), ("by-command", 1)] {
        fs::write(gate.at("log"), "").unwrap();
        run(&gate, &variables, &[host], &["-m", "ping"]).went(&["pong"]);
        assert_eq!(gate.log().matches("Accepted publickey").count(), logins, "{host}: {}", gate.log());
    }
}
