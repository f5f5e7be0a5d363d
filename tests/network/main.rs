//! A network of servers of several kinds, as warp's own commands meet them.
//!
//! Each server is real, on loopback, with files, accounts or a whole old system of its own in a mount namespace; slow
//! and broken links are made by a proxy between. Every check runs the binary and looks at what it did.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of a test may fail as the test does"
)]

#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "each test program uses a part of it")]
mod support;

#[path = "../support/proxy.rs"]
#[allow(dead_code, reason = "each test program uses a part of it")]
mod proxy;

#[path = "../support/sshd.rs"]
#[allow(dead_code, reason = "each test program uses a part of it")]
mod sshd;

mod away;
mod limits;
mod links;
mod obstacles;
mod placement;
mod servers;
mod shells;
mod transfers;

use sshd::Sshd;
use std::process::Output;

/// Runs a module, as `ansible` does, on hosts that these variables lead to: all names in `hosts`.
fn run(server: &Sshd, variables: &str, hosts: &[&str], args: &[&str]) -> Ran {
    command(server, variables, hosts, args).output().unwrap().into()
}

/// The command that does so.
fn command(server: &Sshd, variables: &str, hosts: &[&str], args: &[&str]) -> std::process::Command {
    let inventory = server.at(&format!("inventory-{}", hosts[0]));
    std::fs::write(&inventory, format!("[all]\n{}\n[all:vars]\n{variables}\n", hosts.join("\n"))).unwrap();
    let mut command = support::warp();
    // Under this name the screen has all that a module says.
    std::os::unix::process::CommandExt::arg0(&mut command, "ansible");
    command.arg("-i").arg(inventory).arg("all").args(args).current_dir(server.dir.path());
    command
}

/// What a run came to.
struct Ran {
    code: Option<i32>,
    said: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Ran {
        Ran { code: output.status.code(), said: support::streams(&output) }
    }
}

impl Ran {
    /// It ended well, and said all of this.
    #[track_caller]
    fn went(&self, parts: &[&str]) {
        assert_eq!(self.code, Some(0), "{}", self.said);
        self.holds(parts);
    }

    /// The host was unreachable, and it said all of this.
    #[track_caller]
    fn unreachable(&self, parts: &[&str]) {
        assert_eq!(self.code, Some(4), "{}", self.said);
        self.holds(parts);
    }

    #[track_caller]
    fn holds(&self, parts: &[&str]) {
        // Long lines are broken on the screen.
        let said = self.said.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in parts {
            assert!(said.contains(part), "no `{part}` in:\n{}", self.said);
        }
    }
}
