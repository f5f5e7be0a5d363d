//! Who we are and who they are: keys, ssh-agent, known_hosts.

use crate::far::target;
use crate::sshd::{Sshd, keygen};
use crate::{call, holds, sessions, unreachable};
use std::fs;
use std::process::Command;
use warp::connect::{Password, SshTarget};

async fn pong(ssh: SshTarget) {
    let outcome = sessions().call(&target(ssh), call("ping", &[("data", "pong")]), None).await.unwrap();
    assert_eq!(outcome.values.get("ping").and_then(|v| v.as_str()), Some("pong"));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_every_kind_log_in() {
    let sshd = Sshd::start("");
    for (kind, name) in [("ed25519", "k1"), ("ecdsa", "k2"), ("rsa", "k3")] {
        keygen(&sshd.at(name), kind, &[]);
        fs::copy(sshd.at(&format!("{name}.pub")), sshd.at("authorized_keys")).unwrap();
        pong(SshTarget { key_file: Some(sshd.at(name)), ..sshd.ssh() }).await;
    }
    // The older format of private keys, too.
    keygen(&sshd.at("k4"), "rsa", &["", "-m", "PEM"]);
    fs::copy(sshd.at("k4.pub"), sshd.at("authorized_keys")).unwrap();
    pong(SshTarget { key_file: Some(sshd.at("k4")), ..sshd.ssh() }).await;
    assert!(!sshd.log().contains("ssh-rsa SHA256"), "{}", sshd.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passphrase_opens_the_key() {
    let sshd = Sshd::start("");
    for (kind, format) in [("ed25519", "RFC4716"), ("rsa", "PEM"), ("ecdsa", "PKCS8")] {
        let name = format!("locked_{kind}");
        keygen(&sshd.at(&name), kind, &["secret", "-m", format]);
        fs::copy(sshd.at(&format!("{name}.pub")), sshd.at("authorized_keys")).unwrap();
        let with = |passphrase: &str| SshTarget {
            key_file: Some(sshd.at(&name)),
            key_passphrase: Some(Password::new(passphrase)),
            ..sshd.ssh()
        };
        pong(with("secret")).await;
        let error = unreachable(sessions().call(&target(with("guess")), call("ping", &[]), None).await);
        holds(&error, &[&format!("{name}: the passphrase is not the right one")]);
        assert!(!error.contains("guess"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_keys_are_named_with_what_the_server_offers() {
    let sshd = Sshd::start("");
    keygen(&sshd.at("stranger"), "ed25519", &[]);
    keygen(&sshd.at("locked"), "ed25519", &["secret"]);
    keygen(&sshd.at("open"), "ed25519", &[]);
    fs::set_permissions(sshd.at("open"), std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let mut ssh = SshTarget { key_file: Some(sshd.at("stranger")), ..sshd.ssh() };
    for name in ["locked", "open", "missing"] {
        ssh.args.extend(["-i".to_owned(), sshd.at(name).display().to_string()]);
    }
    let error = unreachable(sessions().call(&target(ssh), call("ping", &[]), None).await);
    holds(
        &error,
        &[
            &format!("guest (ssh root@127.0.0.1 port {}): the server does not let root in", sshd.port),
            "stranger: refused",
            "locked: encrypted; give its passphrase by ansible_ssh_private_key_passphrase",
            "open: can be read by others (mode 0644)",
            "missing: No such file",
            "the server offers: publickey",
            "help: put the public key into",
        ],
    );

    let sshd =
        Sshd::start("PubkeyAuthentication no\nAuthenticationMethods password\nPasswordAuthentication yes");
    let error = unreachable(sessions().call(&sshd.target(), call("ping", &[]), None).await);
    holds(&error, &["the server offers: password", "help: give the password by ansible_password"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn ssh_agent_holds_the_key() {
    let sshd = Sshd::start("MaxAuthTries 2");
    let socket = sshd.at("agent.sock");
    let mut agent = Command::new("ssh-agent");
    agent.args(["-D", "-a"]).arg(&socket).stdout(std::process::Stdio::null());
    let mut agent = agent.spawn().unwrap();
    while !socket.exists() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let add = |key: &str| {
        let mut command = Command::new("ssh-add");
        assert!(
            command.arg("-q").arg(sshd.at(key)).env("SSH_AUTH_SOCK", &socket).status().unwrap().success()
        );
    };
    for name in ["a1", "a2", "a3"] {
        keygen(&sshd.at(name), "rsa", &[]);
        add(name);
    }
    add("id");
    let mut ssh = SshTarget { key_file: None, ..sshd.ssh() };
    ssh.args.retain(|a| a != "IdentityAgent=none");
    ssh.args.pop();
    ssh.args.extend(["-o".into(), format!("IdentityAgent={}", socket.display())]);
    let run = async |extra: &[&str]| {
        let mut ssh = ssh.clone();
        ssh.args.extend(extra.iter().map(|s| (*s).to_owned()));
        sessions().call(&target(ssh), call("ping", &[]), None).await
    };
    // Three keys that are none of the server's exhaust its patience.
    let error = unreachable(run(&[]).await);
    holds(&error, &["ssh-agent: SHA256:", "IdentitiesOnly"]);
    // Only the public half is at hand: the agent signs.
    fs::rename(sshd.at("id.pub"), sshd.at("only.pub")).unwrap();
    let only = format!("IdentityFile={}", sshd.at("only").display());
    assert!(run(&["-o", "IdentitiesOnly=yes", "-o", &only]).await.is_ok());
    // A configured key goes first even without IdentitiesOnly.
    assert!(run(&["-o", &only]).await.is_ok());
    let _ = agent.kill();
    let _ = agent.wait();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_host_key_is_refused_and_nothing_runs() {
    let sshd = Sshd::start("");
    keygen(&sshd.at("other"), "ed25519", &[]);
    sshd.know("other.pub");
    for more in [&[][..], &["-o", "StrictHostKeyChecking=accept-new"], &["-o", "StrictHostKeyChecking=yes"]] {
        let mut ssh = sshd.ssh();
        ssh.args.extend(more.iter().map(|s| (*s).to_owned()));
        let touched = sshd.at("touched");
        let error = unreachable(sessions().raw(&target(ssh), &format!("touch {}", touched.display())).await);
        holds(
            &error,
            &[
                "the host key has changed",
                "the server has    ssh-ed25519 SHA256:",
                &format!("{}:1 has ssh-ed25519 SHA256:", sshd.at("known_hosts").display()),
                &format!("ssh-keygen -R '[127.0.0.1]:{}' -f {}", sshd.port, sshd.at("known_hosts").display()),
            ],
        );
        assert!(!touched.exists());
        assert!(!sshd.log().contains("Accepted publickey"), "{}", sshd.log());
    }
    // Without checking it goes on, as ssh does.
    pong(SshTarget { host_key_checking: Some(false), ..sshd.ssh() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_host_keys_follow_strict_host_key_checking() {
    let sshd = Sshd::start("");
    let known = sshd.at("known_hosts");
    fs::remove_file(&known).unwrap();
    let with = |value: &str| {
        let mut ssh = sshd.ssh();
        ssh.args.extend(["-o".to_owned(), format!("StrictHostKeyChecking={value}")]);
        ssh
    };
    for value in ["ask", "yes"] {
        let error = unreachable(sessions().call(&target(with(value)), call("ping", &[]), None).await);
        holds(
            &error,
            &["the host key is not known", "SHA256:", &format!("ssh-keyscan -p {} 127.0.0.1", sshd.port)],
        );
        assert!(!known.exists());
    }
    pong(with("accept-new")).await;
    let line = fs::read_to_string(&known).unwrap();
    let key = fs::read_to_string(sshd.at("host_ed25519.pub")).unwrap();
    let key: Vec<&str> = key.split(' ').collect();
    assert_eq!(line, format!("[127.0.0.1]:{} {} {}\n", sshd.port, key[0], key[1]));
    // What was learnt is enough for the strictest, and nothing is learnt twice.
    pong(with("yes")).await;
    assert_eq!(fs::read_to_string(&known).unwrap(), line);
    // OpenSSH finds it too, and hashes it; the hashed name is found.
    let hashed = Command::new("ssh-keygen").args(["-q", "-H", "-f"]).arg(&known).output().unwrap();
    assert!(hashed.status.success());
    assert!(fs::read_to_string(&known).unwrap().starts_with("|1|"));
    pong(with("yes")).await;
    // A hashed name of ours is found by OpenSSH.
    fs::remove_file(&known).unwrap();
    let mut ssh = with("accept-new");
    ssh.args.extend(["-o".to_owned(), "HashKnownHosts=yes".to_owned()]);
    pong(ssh).await;
    let name = format!("[127.0.0.1]:{}", sshd.port);
    let found = Command::new("ssh-keygen").args(["-F", &name, "-f"]).arg(&known).output().unwrap();
    assert!(found.status.success(), "{}", fs::read_to_string(&known).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn known_hosts_lines_are_understood() {
    let sshd = Sshd::start("");
    let key = fs::read_to_string(sshd.at("host_ed25519.pub")).unwrap();
    keygen(&sshd.at("rsa"), "rsa", &[]);
    let other = fs::read_to_string(sshd.at("rsa.pub")).unwrap();
    let port = sshd.port;
    let run = async |lines: String, more: &[&str]| {
        fs::write(sshd.at("known_hosts"), lines).unwrap();
        let mut ssh = sshd.ssh();
        ssh.args.extend(more.iter().map(|s| (*s).to_owned()));
        sessions().call(&target(ssh), call("ping", &[]), None).await
    };
    for lines in [
        format!("# a comment\n\nnot an entry\n[127.0.0.*]:{port} {key}"),
        format!("[127.0.0.1]:{port},other {key}"),
        // OpenSSH takes a key without the port where there is none with it.
        format!("127.0.0.1 {key}"),
        // Of two lines either will do.
        format!("[127.0.0.1]:{port} {other}[127.0.0.1]:{port} {key}"),
        format!("[127.0.0.1]:{port}\t{}", key.replace(' ', "\t")),
    ] {
        assert!(run(lines.clone(), &[]).await.is_ok(), "{lines}");
    }
    assert!(run(format!("alias {key}"), &["-o", "HostKeyAlias=alias"]).await.is_ok());
    let error = unreachable(run(format!("[127.0.0.*]:{port},![127.0.0.1]:{port} {key}"), &[]).await);
    holds(&error, &["the host key is not known"]);
    let error = unreachable(run(format!("@revoked * {key}[127.0.0.1]:{port} {key}"), &[]).await);
    holds(&error, &["marked as revoked", "known_hosts:1:"]);
    let error = unreachable(run(format!("@cert-authority * {key}"), &[]).await);
    holds(&error, &["known_hosts:1 names a certificate authority", "has not signed this key"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_type_that_is_known_is_asked_for() {
    // A server with two keys of which only the less preferred one is known.
    let dir = tempfile::tempdir().unwrap();
    keygen(&dir.path().join("host_rsa"), "rsa", &[]);
    let sshd = Sshd::start(&format!("HostKey {}/host_rsa", dir.path().display()));
    fs::copy(dir.path().join("host_rsa.pub"), sshd.at("host_rsa.pub")).unwrap();
    sshd.know("host_rsa.pub");
    pong(sshd.ssh()).await;
}
