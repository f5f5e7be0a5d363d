//! ForwardAgent: keys that stay here, used from there.

use crate::far::target;
use crate::sessions;
use crate::sshd::Sshd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// An ssh-agent of a test's own.
pub struct Agent {
    socket: PathBuf,
    child: Child,
}

impl Agent {
    pub fn start(socket: &Path) -> Agent {
        let mut command = Command::new("ssh-agent");
        let child = command.args(["-D", "-a"]).arg(socket).stdout(Stdio::null()).spawn().unwrap();
        while !socket.exists() {
            std::thread::sleep(Duration::from_millis(10));
        }
        Agent { socket: socket.to_owned(), child }
    }

    pub fn add(&self, key: &Path) {
        let mut command = Command::new("ssh-add");
        assert!(command.arg("-q").arg(key).env("SSH_AUTH_SOCK", &self.socket).status().unwrap().success());
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_far_side_asks_the_agent_here() {
    let sshd = Sshd::start("");
    let agent = Agent::start(&sshd.at("agent.sock"));
    agent.add(&sshd.at("id"));
    let fingerprint = Command::new("ssh-keygen").arg("-lf").arg(sshd.at("id.pub")).output().unwrap().stdout;
    let fingerprint = String::from_utf8(fingerprint).unwrap();
    let fingerprint = fingerprint.split(' ').nth(1).unwrap();
    let keys = async |forward: &str| {
        let mut ssh = sshd.ssh();
        ssh.args.extend(["-o".into(), format!("ForwardAgent={forward}")]);
        let out = sessions().raw(&target(ssh), "ssh-add -l 2>&1").await.unwrap();
        String::from_utf8(out.stdout).unwrap()
    };
    let there = keys(&sshd.at("agent.sock").display().to_string()).await;
    assert!(there.contains(fingerprint), "{there}");
    let there = keys("no").await;
    assert!(!there.contains(fingerprint), "{there}");
    // One that is not there is told as ssh-add tells it.
    let there = keys("/no/such/agent").await;
    assert!(!there.contains(fingerprint), "{there}");
}
