//! Certificates: of accounts, beside their keys, named or held by ssh-agent; of hosts.

use crate::far::target;
use crate::sshd::{Sshd, keygen};
use crate::{call, holds, sessions, unreachable};
use std::fs;
use std::path::Path;
use std::process::Command;
use warp::connect::SshTarget;

/// Has `ca` sign a key; `more` are arguments of ssh-keygen.
fn sign(ca: &Path, key: &Path, principals: &str, more: &[&str]) {
    let mut command = Command::new("ssh-keygen");
    command.args(["-q", "-s"]).arg(ca).args(["-I", "an id", "-n", principals]).args(more).arg(key);
    assert!(command.status().unwrap().success());
}

async fn reach(ssh: SshTarget) -> Result<(), warp::connect::CallError> {
    sessions().call(&target(ssh), call("ping", &[]), None).await.map(|_| ())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_proved_by_a_certificate() {
    let dir = tempfile::tempdir().unwrap();
    let ca = dir.path().join("ca");
    keygen(&ca, "ed25519", &[]);
    let sshd = Sshd::start(&format!("TrustedUserCAKeys {}.pub", ca.display()));
    fs::write(sshd.at("authorized_keys"), "").unwrap();
    for kind in ["ed25519", "ecdsa", "rsa"] {
        let key = sshd.at(&format!("user_{kind}"));
        keygen(&key, kind, &[]);
        let with = |more: &[String]| {
            let mut ssh = SshTarget { key_file: Some(key.clone()), ..sshd.ssh() };
            ssh.args.extend(more.iter().flat_map(|o| ["-o".to_owned(), o.clone()]));
            ssh
        };
        assert!(reach(with(&[])).await.is_err(), "the key alone is not authorized");
        // Beside its key.
        sign(&ca, &key, "root", &[]);
        assert!(reach(with(&[])).await.is_ok(), "{kind}: {}", sshd.log());
        // Elsewhere, and named.
        let beside = sshd.at(&format!("user_{kind}-cert.pub"));
        fs::rename(&beside, sshd.at("elsewhere")).unwrap();
        assert!(reach(with(&[])).await.is_err());
        let named = format!("CertificateFile={}", sshd.at("elsewhere").display());
        assert!(reach(with(std::slice::from_ref(&named))).await.is_ok(), "{kind}: {}", sshd.log());
        // For somebody else.
        fs::remove_file(sshd.at("elsewhere")).unwrap();
        sign(&ca, &key, "nobody", &[]);
        let error = unreachable(reach(with(&[])).await);
        holds(&error, &[&format!("user_{kind}-cert.pub: refused"), &format!("user_{kind}: refused")]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ssh_agent_holds_the_certificate() {
    let dir = tempfile::tempdir().unwrap();
    let ca = dir.path().join("ca");
    keygen(&ca, "ed25519", &[]);
    let sshd = Sshd::start(&format!("TrustedUserCAKeys {}.pub", ca.display()));
    fs::write(sshd.at("authorized_keys"), "").unwrap();
    keygen(&sshd.at("user"), "rsa", &[]);
    sign(&ca, &sshd.at("user"), "root", &[]);
    let agent = crate::forwarding::Agent::start(&sshd.at("agent.sock"));
    agent.add(&sshd.at("user"));
    for name in ["user", "user-cert.pub", "user.pub"] {
        fs::remove_file(sshd.at(name)).unwrap();
    }
    let mut ssh = SshTarget { key_file: None, ..sshd.ssh() };
    ssh.args.retain(|a| a != "IdentityAgent=none");
    ssh.args.pop();
    ssh.args.extend(["-o".into(), format!("IdentityAgent={}", sshd.at("agent.sock").display())]);
    assert!(reach(ssh).await.is_ok(), "{}", sshd.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_is_proved_by_a_certificate() {
    let dir = tempfile::tempdir().unwrap();
    let ca = dir.path().join("ca");
    keygen(&ca, "ecdsa", &[]);
    let host = dir.path().join("host");
    keygen(&host, "ed25519", &[]);
    let authority = |patterns: &str| {
        format!("@cert-authority {patterns} {}", fs::read_to_string(ca.with_extension("pub")).unwrap())
    };
    for (principals, more, expected) in [
        ("127.0.0.1,web", &["-h"][..], None),
        ("*.0.0.1", &["-h"], None),
        ("db", &["-h"], Some("is not for 127.0.0.1, but for db")),
        ("127.0.0.1", &["-h", "-V", "20200101:20210101"], Some("has expired")),
        ("127.0.0.1", &[], Some("is one of users, not of hosts")),
    ] {
        sign(&ca, &host, principals, more);
        let sshd = Sshd::start(&format!("HostKey {0}\nHostCertificate {0}-cert.pub", host.display()));
        fs::write(sshd.at("known_hosts"), authority("[127.0.0.*]:*")).unwrap();
        match (reach(sshd.ssh()).await, expected) {
            (Ok(()), None) => {}
            (result @ Err(_), Some(why)) => {
                holds(&unreachable(result), &["host certificate", why, "known_hosts:1"]);
            }
            (result, expected) => panic!("{principals}: {result:?} {expected:?} {}", sshd.log()),
        }
        if expected.is_none() {
            let mut ssh = sshd.ssh();
            ssh.args.extend(["-o".into(), "CASignatureAlgorithms=ssh-ed25519".into()]);
            holds(&unreachable(reach(ssh).await), &["signed by ecdsa-sha2-nistp256"]);
            // Where no authority is known, the key itself is looked up.
            fs::write(sshd.at("known_hosts"), "").unwrap();
            holds(&unreachable(reach(sshd.ssh()).await), &["the host key is not known"]);
        }
    }
}
