//! Servers that take one algorithm only, and configurations that ask for one.

use crate::far::target;
use crate::sshd::{Sshd, keygen};
use crate::{call, holds, sessions, unreachable};
use std::fs;
use warp::connect::SshTarget;

async fn reach(sshd: &Sshd, options: &[&str]) -> Result<(), warp::connect::CallError> {
    let mut ssh = sshd.ssh();
    ssh.args.extend(options.iter().flat_map(|o| ["-o".to_owned(), (*o).to_owned()]));
    sessions().call(&target(ssh), call("ping", &[]), None).await.map(|_| ())
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_of_one_algorithm_are_reached() {
    for only in [
        "KexAlgorithms curve25519-sha256",
        "KexAlgorithms ecdh-sha2-nistp256",
        "KexAlgorithms ecdh-sha2-nistp521",
        "KexAlgorithms diffie-hellman-group14-sha256",
        "KexAlgorithms diffie-hellman-group-exchange-sha256",
        "Ciphers aes128-ctr\nMACs hmac-sha2-512-etm@openssh.com",
        "Ciphers aes256-ctr\nMACs hmac-sha2-256",
        "Ciphers aes256-ctr\nMACs hmac-sha1",
        "Ciphers chacha20-poly1305@openssh.com",
        "Ciphers aes128-gcm@openssh.com",
        "Compression delayed",
    ] {
        let sshd = Sshd::start(only);
        // aes128-gcm is not among the first choices, but it is built.
        let asked = ["Ciphers=+aes128-gcm@openssh.com", "Compression=yes"];
        assert!(reach(&sshd, &asked).await.is_ok(), "{only}: {}", sshd.log());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_configured_is_what_is_offered() {
    let sshd = Sshd::start("KexAlgorithms +diffie-hellman-group14-sha1\nLogLevel DEBUG1");
    let asked = ["Ciphers=^aes256-ctr", "MACs=hmac-sha2-512", "KexAlgorithms=diffie-hellman-group14-sha1"];
    assert!(reach(&sshd, &asked).await.is_ok(), "{}", sshd.log());
    holds(
        &sshd.log(),
        &["kex: algorithm: diffie-hellman-group14-sha1", "cipher: aes256-ctr MAC: hmac-sha2-512"],
    );
    let error = unreachable(reach(&sshd, &["MACs=umac-64@openssh.com"]).await);
    holds(&error, &["none of the MACs umac-64@openssh.com is built in warp", "help: add one to MACs"]);
    let sshd = Sshd::start("Ciphers aes256-ctr");
    let error = unreachable(reach(&sshd, &["Ciphers=aes128-ctr"]).await);
    holds(&error, &["no common algorithm (Cipher)", "the server offers aes256-ctr, warp aes128-ctr"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_proved_by_the_algorithms_that_are_accepted() {
    let sshd = Sshd::start("PubkeyAcceptedAlgorithms +ssh-rsa\nLogLevel DEBUG1");
    keygen(&sshd.at("rsa"), "rsa", &["", "-b", "2048"]);
    fs::copy(sshd.at("rsa.pub"), sshd.at("authorized_keys")).unwrap();
    let rsa = |more: &[&str]| {
        let mut ssh = SshTarget { key_file: Some(sshd.at("rsa")), ..sshd.ssh() };
        ssh.args.extend(more.iter().flat_map(|o| ["-o".to_owned(), (*o).to_owned()]));
        ssh
    };
    for (accepted, seen) in [
        ("rsa-sha2-256", "sigtype rsa-sha2-256"),
        ("rsa-sha2-512", "sigtype rsa-sha2-512"),
        ("ssh-rsa", "sigtype ssh-rsa"),
    ] {
        fs::write(sshd.at("log"), "").unwrap();
        let option = format!("PubkeyAcceptedAlgorithms={accepted}");
        let done = sessions().call(&target(rsa(&[&option])), call("ping", &[]), None).await;
        assert!(done.is_ok(), "{accepted}: {done:?} {}", sshd.log());
        assert!(sshd.log().contains(&seen.replace("sigtype ", "")), "{accepted}: {}", sshd.log());
    }
    let none = rsa(&["PubkeyAcceptedAlgorithms=ssh-ed25519", "IdentitiesOnly=yes"]);
    let error = unreachable(sessions().call(&target(none), call("ping", &[]), None).await);
    holds(&error, &["rsa: the server takes no signature that PubkeyAcceptedAlgorithms has for RSA keys"]);
    let long = rsa(&["RequiredRSASize=4096", "IdentitiesOnly=yes"]);
    let error = unreachable(sessions().call(&target(long), call("ping", &[]), None).await);
    holds(&error, &["rsa: has fewer bits than RequiredRSASize"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn host_keys_follow_their_keywords() {
    let sshd = Sshd::start("");
    // Configured, the order is the user's: what the server does not have is not asked for in vain.
    assert!(reach(&sshd, &["HostKeyAlgorithms=ecdsa-sha2-nistp256,ssh-ed25519"]).await.is_ok());
    let error = unreachable(reach(&sshd, &["HostKeyAlgorithms=ecdsa-sha2-nistp256"]).await);
    holds(&error, &["no common algorithm (Key)", "ssh-ed25519"]);

    let revoked = sshd.at("revoked");
    fs::copy(sshd.at("host_ed25519.pub"), &revoked).unwrap();
    let option = format!("RevokedHostKeys={}", revoked.display());
    holds(
        &unreachable(reach(&sshd, &[&option]).await),
        &["marked as revoked", "revoked:1: ssh-ed25519 SHA256:"],
    );
    fs::copy(sshd.at("id.pub"), &revoked).unwrap();
    assert!(reach(&sshd, &[&option]).await.is_ok());
    let error = unreachable(reach(&sshd, &["RevokedHostKeys=/no/such/file"]).await);
    holds(&error, &["RevokedHostKeys /no/such/file: No such file", "no host key is trusted"]);

    // The address has a line of its own, which says otherwise.
    let known = fs::read_to_string(sshd.at("known_hosts")).unwrap();
    let other = fs::read_to_string(sshd.at("id.pub")).unwrap();
    let key = known.split_once(' ').unwrap().1;
    fs::write(sshd.at("known_hosts"), format!("alias {key}[127.0.0.1]:{} {other}", sshd.port)).unwrap();
    let named = ["HostKeyAlias=alias", "HostName=localhost", "AddressFamily=inet"];
    assert!(reach(&sshd, &named).await.is_ok());
    let mut checked = named.to_vec();
    checked.push("CheckHostIP=yes");
    holds(&unreachable(reach(&sshd, &checked).await), &["the host key has changed", "CheckHostIP"]);
    fs::write(sshd.at("known_hosts"), "").unwrap();
    assert!(reach(&sshd, &["NoHostAuthenticationForLocalhost=yes"]).await.is_ok());
}
