//! `warp deploy overcloud` on servers that exist, seen from outside: exit codes, files, and what was asked of `openstack`.
//!
//! The undercloud of these tests is this machine: an inventory as `warp deploy undercloud` leaves it, with a local connection,
//! a home directory in a scratch folder, and an `openstack` and an `ssh` that write down what they are asked and answer
//! as a file tells them to.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test ends by panicking"
)]

#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "../support/mod.rs"]
mod support;

mod canaries;
mod environment;
mod resumed;
mod traps;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const OPENSTACK: &str = r#"#!/bin/bash
cd "$(dirname "$0")/.."
echo "openstack $*" >>calls
case "$*" in
'overcloud deploy'*)
    [ -e never ] && { echo 'unrecognized arguments'; exit 2; }
    echo 'export OS_PASSWORD=overcloud' >home/overcloudrc
    [ -e fail ] && { echo 'Heat Stack create failed.'; exit 1; } ;;
'stack list'*)
    [ -e never ] && exit 0
    if [ -e fail ]; then echo 'overcloud CREATE_FAILED'; else echo 'overcloud CREATE_COMPLETE'; fi ;;
'stack failures list'*) echo 'overcloud.Controller.0: it broke' ;;
'stack resource list'*) echo 'OS::Heat::StructuredDeployment 1234 CREATE_FAILED' ;;
'software deployment show 1234 -f json')
    echo '{"output_values": {"deploy_stderr": "\u001b[31mError: Puppet stumbled\u001b[0m"}}' ;;
'overcloud status'*) echo DEPLOY_SUCCESS ;;
'token issue'*) [ -e broken ] && exit 1; echo 2030 ;;
esac
exit 0
"#;

const SSH: &str = r#"#!/bin/bash
cd "$(dirname "$0")/.."
echo "ssh $*" >>calls
case "$*" in *127.0.0.2*) [ -e unreachable ] && { echo 'Connection refused'; exit 255; } ;; esac
echo server
exit 0
"#;

/// A key of its own; gives its private half.
fn keygen(path: &Path) -> String {
    let made =
        Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path).status().unwrap();
    assert!(made.success());
    fs::read_to_string(path).unwrap()
}

struct Undercloud {
    root: PathBuf,
}

impl Undercloud {
    fn new(name: &str) -> Self {
        let root = support::scratch(&format!("overcloud-{name}"));
        for dir in ["bin", "home", "lwd"] {
            fs::create_dir_all(root.join(dir)).unwrap();
        }
        for (name, text) in [("openstack", OPENSTACK), ("ssh", SSH)] {
            let file = root.join("bin").join(name);
            fs::write(&file, text).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        }
        fs::write(root.join("home/stackrc"), "").unwrap();
        keygen(&root.join("key"));
        fs::write(
            root.join("lwd/hosts"),
            "localhost ansible_connection=local\n[undercloud]\nundercloud ansible_connection=local\n",
        )
        .unwrap();
        // Nothing listens there: nodes cannot be reached, which must not stop the collecting of logs.
        fs::write(root.join("lwd/ssh.config.local.ansible"), "Host *\n HostName 127.0.0.1\n Port 1\n")
            .unwrap();
        Undercloud { root }
    }

    fn say(&self, word: &str) {
        fs::write(self.root.join(word), "").unwrap();
    }

    fn unsay(&self, word: &str) {
        fs::remove_file(self.root.join(word)).unwrap();
    }

    fn deploy(&self, args: &[&str], env: &[(&str, &str)]) -> Output {
        let logs = format!("{{\"artcl_collect_list\": [\"{}/*.log\"]}}", self.root.join("home").display());
        let mut command = self.command();
        command
            .args(["deploy", "overcloud", "-e", "release=stein", "-e"])
            .arg(format!("working_dir={}", self.root.join("home").display()))
            .arg("-e")
            .arg(logs)
            .args(args)
            .env("SUBNODES_SSH_KEY", self.root.join("key"))
            .envs(env.iter().copied());
        command.output().unwrap()
    }

    /// warp at this lab, with a journal beside it.
    fn command(&self) -> Command {
        let path = format!("{}:{}", self.root.join("bin").display(), std::env::var("PATH").unwrap());
        let mut command = support::warp();
        command.current_dir(&self.root).env("PATH", path).env("LWD", self.root.join("lwd"));
        command.env_remove("WARP_JOURNAL");
        command
    }

    fn warp(&self, args: &[&str], env: &[(&str, &str)]) -> Output {
        self.command().args(args).envs(env.iter().copied()).output().unwrap()
    }

    fn calls(&self) -> String {
        fs::read_to_string(self.root.join("calls")).unwrap_or_default()
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.root.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    fn outcome(&self) -> serde_json::Value {
        serde_json::from_str(&self.read("lwd/overcloud_deployment_result.json")).unwrap()
    }
}

const SERVERS: [&str; 4] = ["--controllers", "127.0.0.1", "--computes", "127.0.0.2,127.0.0.3"];

#[track_caller]
fn ended(output: &Output, code: i32) -> String {
    let said = support::streams(output);
    assert_eq!(output.status.code(), Some(code), "{said}");
    said
}

#[test]
fn servers_become_an_overcloud_once() {
    let undercloud = Undercloud::new("servers");
    ended(&undercloud.deploy(&SERVERS, &[("EXT_NET_CIDR", "10.7.0.0/24")]), 0);
    assert_eq!(undercloud.outcome()["overcloud_deploy_result"], "passed");
    let calls = undercloud.calls();
    for address in ["127.0.0.1", "127.0.0.2", "127.0.0.3"] {
        assert!(calls.contains(&format!("stack@{address}")), "{calls}");
    }
    assert!(
        calls.contains("deployed-server-environment.yaml") && calls.contains("--overcloud-ssh-user stack"),
        "{calls}"
    );
    assert!(!calls.contains("node import"), "servers are not Ironic's: {calls}");
    assert!(undercloud.read("home/network-environment.yaml").contains("10.7.0.0/24"));
    assert!(undercloud.read("home/overcloud-topology-config.yaml").contains("ComputeCount: 2"));
    assert_eq!(undercloud.read("lwd/overcloudrc"), undercloud.read("home/overcloudrc"));
    let key = fs::metadata(undercloud.root.join("home/.ssh/id_rsa")).unwrap();
    assert_eq!(key.permissions().mode() & 0o777, 0o600);
    let log = undercloud.read("home/overcloud_deploy.log");
    assert!(log.lines().all(|l| l.starts_with("20") && l.contains(" | ")), "{log}");
    let hosts = undercloud.read("lwd/hosts");
    assert!(hosts.contains("[overcloud]\ncontroller-0\ncompute-0\ncompute-1\n"), "{hosts}");
    assert!(undercloud.read("lwd/ssh.config.overcloud").contains("ProxyJump undercloud"));

    // A second time there is nothing to deploy; another argument is another deployment.
    let deploys = |calls: &str| calls.matches("openstack overcloud deploy").count();
    ended(&undercloud.deploy(&SERVERS, &[("EXT_NET_CIDR", "10.7.0.0/24")]), 0);
    assert_eq!(deploys(&undercloud.calls()), 1);
    ended(&undercloud.deploy(&[&SERVERS[..], &["-e", "deploy_timeout=30"]].concat(), &[]), 0);
    assert_eq!(deploys(&undercloud.calls()), 2);
}

#[test]
fn outcomes_are_told_apart() {
    let undercloud = Undercloud::new("outcomes");
    undercloud.say("unreachable");
    let said = ended(&undercloud.deploy(&SERVERS, &[]), 2);
    assert!(said.contains("not prepared: compute-0") && said.contains("Connection refused"), "{said}");
    assert!(!undercloud.calls().contains("openstack"), "nothing was asked of OpenStack");
    undercloud.unsay("unreachable");

    undercloud.say("never");
    let said = ended(&undercloud.deploy(&SERVERS, &[]), 8);
    assert!(said.contains("never started") && said.contains("unrecognized arguments"), "{said}");
    assert_eq!(undercloud.outcome()["outcome"], "never started");
    undercloud.unsay("never");

    undercloud.say("fail");
    let said = ended(&undercloud.deploy(&SERVERS, &[]), 9);
    assert!(said.contains("it broke") && said.contains("Puppet stumbled"), "the failures are shown: {said}");
    assert!(undercloud.read("lwd/hosts").contains("controller-0"), "nodes are inventoried all the same");
    let collected = undercloud.root.join("lwd/collected_files/undercloud");
    let log = collected.join(undercloud.root.strip_prefix("/").unwrap()).join("home/overcloud_deploy.log");
    assert!(log.exists(), "{} was not collected: {said}", log.display());
    undercloud.unsay("fail");

    undercloud.say("broken");
    let said = ended(&undercloud.deploy(&SERVERS, &[]), 10);
    assert!(said.contains("does not work"), "{said}");
    assert_eq!(undercloud.outcome()["outcome"], "deployed");
    undercloud.unsay("broken");
    ended(&undercloud.deploy(&SERVERS, &[]), 0);
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let undercloud = Undercloud::new("refused");
    ended(&undercloud.deploy(&[], &[]), 5);
    ended(&undercloud.deploy(&["--controllers", "1", "--computes", "127.0.0.1"], &[]), 5);
    ended(&undercloud.deploy(&["--controllers", "many"], &[]), 5);
    ended(&undercloud.deploy(&[], &[("CONTROLLER_HOSTS", "not-an-address")]), 5);
    // The environment's lists are taken where no option names nodes.
    let taken = undercloud
        .deploy(&[], &[("CONTROLLER_HOSTS", "127.0.0.1"), ("COMPUTE_HOSTS", "127.0.0.2 127.0.0.3")]);
    ended(&taken, 0);
    assert!(undercloud.read("lwd/hosts").contains("compute-1"));

    fs::remove_file(undercloud.root.join("lwd/hosts")).unwrap();
    let said = ended(&undercloud.deploy(&SERVERS, &[]), 5);
    assert!(said.contains("warp deploy undercloud"), "{said}");
}
