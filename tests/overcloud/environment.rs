//! The variables of the environment that oooq-warp's users set, one test each; those of the undercloud's own stages (TEARDOWN,
//! MAKE_SNAPSHOTS, IMAGECACHE with an image) are in tests/undercloud, with guests.

use super::{Undercloud, ended, keygen};
use crate::support;
use std::fs;
use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};

/// A lab with a playbook of the user's own.
fn with_play(name: &str, text: &str) -> Undercloud {
    let undercloud = Undercloud::new(&format!("env-{name}"));
    fs::write(undercloud.root.join("mine.yml"), text).unwrap();
    undercloud
}

const OPENING: &str = "- hosts: localhost\n  gather_facts: false\n";

/// A playbook that writes what an expression is into `out`.
fn writes(expression: &str) -> String {
    format!(
        "{OPENING}  tasks:\n    - copy: {{content: \"{{{{ {expression} }}}}\", dest: \"{{{{ playbook_dir }}}}/out\"}}\n"
    )
}

/// What the expression is under this environment.
fn value(name: &str, expression: &str, env: &[(&str, &str)]) -> String {
    let undercloud = with_play(name, &writes(expression));
    let env = [&[("PLAY", "mine.yml")], env].concat();
    ended(&undercloud.warp(&["deploy", "undercloud"], &env), 0);
    undercloud.read("out")
}

#[test]
fn lwd() {
    let undercloud = with_play("lwd", &writes("local_working_dir"));
    let there = undercloud.root.join("elsewhere");
    let env = [("PLAY", "mine.yml"), ("LWD", there.to_str().unwrap())];
    ended(&undercloud.warp(&["deploy", "undercloud"], &env), 0);
    assert_eq!(undercloud.read("out"), there.to_str().unwrap());
    assert!(there.join(".warp/lab.yaml").exists());
}

#[test]
fn workspace() {
    assert_eq!(value("workspace", "workspace", &[("WORKSPACE", "/tmp/of-a-test")]), "/tmp/of-a-test");
}

#[test]
fn imagecache() {
    assert_eq!(value("imagecache", "image_cache_dir", &[("IMAGECACHE", "/tmp/of-a-test")]), "/tmp/of-a-test");
}

#[test]
fn user() {
    // What the deployments' plays take it from.
    let common = format!("{}/vars/common.yml", env!("CARGO_MANIFEST_DIR"));
    let play = format!(
        "{OPENING}  vars_files: [{common}]\n  tasks:\n    - copy: {{content: \"{{{{ non_root_user }}}}\", dest: \"{{{{ playbook_dir }}}}/out\"}}\n"
    );
    let undercloud = with_play("user", &play);
    ended(&undercloud.warp(&["deploy", "undercloud"], &[("PLAY", "mine.yml"), ("USER", "somebody")]), 0);
    assert_eq!(undercloud.read("out"), "somebody");
}

#[test]
fn teardown_is_told_to_a_playbook() {
    assert_eq!(value("teardown", "teardown", &[("TEARDOWN", "none")]), "none");
}

#[test]
fn play() {
    let undercloud = with_play("play", &writes("groups['undercloud'] | join"));
    ended(&undercloud.warp(&["deploy", "undercloud"], &[("PLAY", "mine.yml")]), 0);
    assert_eq!(undercloud.read("out"), "undercloud", "the lab's inventory is the playbook's");
    let missing = ended(&undercloud.warp(&["deploy", "undercloud"], &[("PLAY", "other.yml")]), 5);
    assert!(missing.contains("PLAY=other.yml is not there"), "{missing}");
}

#[test]
fn a_play_is_resumed() {
    let text = format!(
        "{OPENING}  tasks:\n    - shell: echo once >> {{{{ playbook_dir }}}}/log; echo out\n      register: r\n    - command: test -e \
         {{{{ playbook_dir }}}}/go\n    - shell: echo {{{{ r.stdout }}}} >> {{{{ playbook_dir }}}}/log\n"
    );
    let undercloud = with_play("play-resumed", &text);
    ended(&undercloud.warp(&["deploy", "undercloud"], &[("PLAY", "mine.yml")]), 2);
    undercloud.say("go");
    ended(&undercloud.warp(&["resume", undercloud.root.join("lwd").to_str().unwrap()], &[]), 0);
    assert_eq!(undercloud.read("log"), "once\nout\n");
}

#[test]
fn oooq_path() {
    let undercloud = Undercloud::new("env-oooq-path");
    let checkout = undercloud.root.join("quickstart");
    for (file, text) in [
        ("playbooks/mine.yml", "- hosts: localhost\n  gather_facts: false\n  roles: [of-the-checkout]\n"),
        ("roles/of-the-checkout/tasks/main.yml", "- own:\n"),
        ("library/own", "#!/bin/sh\n# WANT_JSON\ntouch ran\necho '{\"changed\": true}'\n"),
    ] {
        let file = checkout.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    let env = [("PLAY", "mine.yml"), ("OOOQ_PATH", checkout.to_str().unwrap())];
    ended(&undercloud.warp(&["deploy", "undercloud"], &env), 0);
    assert!(checkout.join("playbooks/ran").exists(), "its module ran, in the playbook's folder");
}

/// A repository whose branches have a role that writes their names, and its address.
fn repository(undercloud: &Undercloud) -> String {
    let folder = undercloud.root.join("extras.git");
    fs::create_dir_all(folder.join("roles/branch/tasks")).unwrap();
    let git = |args: &[&str]| {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"];
        let status = Command::new("git").current_dir(&folder).args(identity).args(args).status().unwrap();
        assert!(status.success(), "git {args:?}");
    };
    git(&["init", "-q", "-b", "master"]);
    for branch in ["master", "queens"] {
        if branch != "master" {
            git(&["checkout", "-q", "-b", branch]);
        }
        let role = format!("- copy: {{content: {branch}, dest: \"{{{{ playbook_dir }}}}/out\"}}\n");
        fs::write(folder.join("roles/branch/tasks/main.yml"), role).unwrap();
        git(&["add", "-A"]);
        git(&["commit", "-qm", branch]);
    }
    folder.to_str().unwrap().to_owned()
}

#[test]
fn oooqe_fork() {
    let undercloud = with_play("fork", &format!("{OPENING}  roles: [branch]\n"));
    let address = repository(&undercloud);
    ended(&undercloud.warp(&["deploy", "undercloud"], &[("PLAY", "mine.yml"), ("OOOQE_FORK", &address)]), 0);
    assert_eq!(undercloud.read("out"), "master");
}

#[test]
fn oooqe_branch() {
    let undercloud = with_play("branch", &format!("{OPENING}  roles: [branch]\n"));
    let address = repository(&undercloud);
    let env = [("PLAY", "mine.yml"), ("OOOQE_FORK", &*address), ("OOOQE_BRANCH", "queens")];
    ended(&undercloud.warp(&["deploy", "undercloud"], &env), 0);
    assert_eq!(undercloud.read("out"), "queens");
}

#[test]
fn log_level() {
    let undercloud =
        with_play("log-level", &format!("{OPENING}  tasks:\n    - command: echo shown{{{{ '-' }}}}only\n"));
    let said = |level: &str| {
        ended(&undercloud.warp(&["deploy", "undercloud"], &[("PLAY", "mine.yml"), ("LOG_LEVEL", level)]), 0)
    };
    assert!(
        !said("").contains("shown-only")
            && said("-v").contains("shown-only")
            && said("-vvv").contains("shown-only")
    );
    let wrong = undercloud.warp(&["deploy", "undercloud"], &[("LOG_LEVEL", "loud")]);
    assert!(ended(&wrong, 5).contains("LOG_LEVEL=loud"));
}

#[test]
fn ansible_forks() {
    let play = "- hosts: localhost\n  gather_facts: false\n  tasks:\n    - add_host: {name: \"h{{ item }}\", groups: many, \
                ansible_connection: local}\n      loop: [1, 2, 3]\n- hosts: many\n  gather_facts: false\n  tasks:\n    - shell: mkdir \
                {{ playbook_dir }}/held && sleep 0.5 && rmdir {{ playbook_dir }}/held\n";
    let undercloud = with_play("forks", play);
    let env = |forks| [("PLAY", "mine.yml"), ("ANSIBLE_FORKS", forks)];
    ended(&undercloud.warp(&["deploy", "undercloud"], &env("1")), 0);
    ended(&undercloud.warp(&["deploy", "undercloud"], &env("3")), 2);
}

#[test]
fn ansible_timeout() {
    // It takes connections and says nothing.
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let play = format!(
        "- hosts: localhost\n  gather_facts: false\n  tasks:\n    - add_host: {{name: mute, ansible_host: 127.0.0.1, \
         ansible_port: {}}}\n- hosts: mute\n  gather_facts: false\n  tasks:\n    - command: whoami\n",
        mute.local_addr().unwrap().port()
    );
    let undercloud = with_play("timeout", &play);
    let began = Instant::now();
    let said = undercloud.warp(&["deploy", "undercloud"], &[("PLAY", "mine.yml"), ("ANSIBLE_TIMEOUT", "1")]);
    assert!(!said.status.success(), "{}", support::streams(&said));
    assert!(
        began.elapsed() < Duration::from_secs(9),
        "the limit is 1 s, and 10 s without it: {:?}",
        began.elapsed()
    );
}

#[test]
fn interactive() {
    let undercloud = Undercloud::new("env-interactive");
    fs::create_dir_all(undercloud.root.join("lwd/.warp")).unwrap();
    fs::write(undercloud.root.join("lwd/.warp/lab.yaml"), "version: 1\nid: 00000000feedbeef\n").unwrap();
    let env = [("TEARDOWN", "nodes"), ("CUSTOM", "")];
    let asked = ended(&undercloud.warp(&["deploy", "undercloud"], &env), 5);
    assert!(asked.contains("INTERACTIVE=false"), "{asked}");
    // Nobody is asked: it goes on to the next thing that is wrong.
    fs::write(undercloud.root.join("custom.yaml"), "undercloud_image_url: file:///no/such/image\n").unwrap();
    let cache = undercloud.root.join("images");
    let env = [("TEARDOWN", "all"), ("INTERACTIVE", "false"), ("IMAGECACHE", cache.to_str().unwrap())];
    let said = undercloud.warp(&["deploy", "undercloud"], &env);
    let said = support::streams(&said);
    assert!(!said.contains("no terminal to ask on") && said.contains("/no/such/image"), "{said}");
    // What was to be removed was, before anything that can be wrong was looked at.
    assert!(!undercloud.read("lwd/.warp/lab.yaml").contains("feedbeef"));
}

#[test]
fn venv_and_vpath_are_told_to_mean_nothing() {
    let undercloud = with_play("venv", &writes("1"));
    let env = [("PLAY", "mine.yml"), ("VENV", "local"), ("VPATH", "/opt")];
    let said = ended(&undercloud.warp(&["deploy", "undercloud"], &env), 0);
    assert!(said.contains("VENV is set, and means nothing") && said.contains("VPATH is set"), "{said}");
}

#[test]
fn controller_hosts_compute_hosts_ext_net_cidr_and_subnodes_ssh_key() {
    let undercloud = Undercloud::new("env-servers");
    let key = undercloud.root.join("other-key");
    let another = keygen(&key);
    let env = [
        ("CONTROLLER_HOSTS", "127.0.0.1"),
        ("COMPUTE_HOSTS", "127.0.0.2,127.0.0.3"),
        ("EXT_NET_CIDR", "10.9.0.0/24"),
        ("SUBNODES_SSH_KEY", key.to_str().unwrap()),
    ];
    ended(&undercloud.deploy(&[], &env), 0);
    let topology = undercloud.read("home/overcloud-topology-config.yaml");
    assert!(topology.contains("ControllerCount: 1") && topology.contains("ComputeCount: 2"), "{topology}");
    assert!(undercloud.read("home/network-environment.yaml").contains("10.9.0.0/24"));
    assert_eq!(undercloud.read("home/.ssh/id_rsa"), another);
}
