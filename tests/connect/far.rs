//! The private sshd as a target of sessions.

use crate::sshd::Sshd;
use std::sync::Arc;
use warp::connect::{SshTarget, Target, Transport};

impl Sshd {
    /// The arguments that keep a test away from the user's own configuration.
    pub fn args(&self) -> Vec<String> {
        let known = format!("UserKnownHostsFile={}", self.at("known_hosts").display());
        ["-F", "none", "-o", &known, "-o", "GlobalKnownHostsFile=none", "-o", "IdentityAgent=none"]
            .map(str::to_owned)
            .to_vec()
    }

    /// The server's variables, with its key.
    pub fn ssh(&self) -> SshTarget {
        SshTarget {
            address: "127.0.0.1".into(),
            port: Some(self.port),
            user: Some("root".into()),
            key_file: Some(self.at("id")),
            args: self.args(),
            ..SshTarget::default()
        }
    }

    /// The server as a target.
    pub fn target(&self) -> Target {
        target(self.ssh())
    }
}

/// A target named `guest` by these variables.
pub fn target(ssh: SshTarget) -> Target {
    Target { host: Arc::from("guest"), transport: Transport::Ssh(ssh), become_: None }
}
