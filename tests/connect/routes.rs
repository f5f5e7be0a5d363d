//! By which way a host is reached: ssh_config, ProxyCommand, ProxyJump, and what is said where there is none.

use crate::far::target;
use crate::sshd::Sshd;
use crate::{call, holds, sessions, unreachable};
use std::fs;
use std::net::TcpListener;
use std::time::{Duration, Instant};
use warp::connect::SshTarget;

/// A target that only has a name; all else is in a configuration file.
fn named(sshd: &Sshd, name: &str, config: &str) -> SshTarget {
    fs::write(sshd.at("config"), config).unwrap();
    SshTarget {
        address: name.into(),
        args: vec!["-F".into(), sshd.at("config").display().to_string()],
        ..SshTarget::default()
    }
}

fn host(sshd: &Sshd, name: &str, more: &str) -> String {
    let dir = sshd.dir.path().display();
    format!(
        "Host {name}\n  HostName 127.0.0.1\n  Port {}\n  User root\n  IdentityFile {dir}/id\n  IdentityAgent none\n  \
         UserKnownHostsFile {dir}/known_hosts\n  GlobalKnownHostsFile none\n  {more}\n",
        sshd.port
    )
}

async fn whoami(ssh: SshTarget) -> Result<String, warp::connect::CallError> {
    let sessions = sessions();
    let pong = sessions.call(&target(ssh.clone()), call("ping", &[]), None).await?;
    assert!(!pong.failed);
    let out = sessions.raw(&target(ssh), "echo $SSH_CONNECTION").await?;
    Ok(String::from_utf8(out.stdout).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_looked_up_in_ssh_config() {
    let sshd = Sshd::start("");
    let ssh = named(&sshd, "web", &host(&sshd, "web", ""));
    assert!(whoami(ssh).await.is_ok());
    let ssh = named(&sshd, "web", "Host web\n  Hostname 127.0.0.1\n  Colour blue\n");
    let error = unreachable(whoami(ssh).await);
    holds(&error, &["unknown ssh_config keyword Colour", "config:3:3", "Colour blue"]);
    let matched = host(&sshd, "other", "").replace("Host other", "Match host web exec \"test %n = web\"");
    assert!(whoami(named(&sshd, "web", &matched)).await.is_ok());
    let ssh = named(&sshd, "web", "Match colour blue\n  Port 22\n");
    holds(&unreachable(whoami(ssh).await), &["Match has no criterion colour", "config:1:1"]);
    let mut ssh = sshd.ssh();
    ssh.args.push("-L80:a:80".into());
    holds(&unreachable(whoami(ssh).await), &["the ssh argument -L is not supported"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn proxy_command_carries_the_connection() {
    let sshd = Sshd::start("");
    // The way through is bash's own: no netcat is needed.
    let through = sshd.at("through");
    fs::write(&through, "exec 3<>/dev/tcp/$1/$2; cat <&3 & exec cat >&3\n").unwrap();
    let proxy = format!("ProxyCommand bash {} %h %p 2>/dev/null", through.display());
    assert!(whoami(named(&sshd, "far", &host(&sshd, "far", &proxy))).await.is_ok());
    let broken = "ProxyCommand sh -c 'echo no way to %h %%d >&2; exit 3'";
    let error = unreachable(whoami(named(&sshd, "far", &host(&sshd, "far", broken))).await);
    holds(&error, &["through the ProxyCommand", "it said: no way to 127.0.0.1 %d"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn proxy_jump_goes_through_every_host_on_the_way() {
    let (first, second, last) = (Sshd::start(""), Sshd::start(""), Sshd::start(""));
    let config = host(&first, "one", "")
        + &host(&second, "two", "ProxyJump one")
        + &host(&last, "three", "ProxyJump two");
    assert!(whoami(named(&last, "three", &config)).await.is_ok());
    for (sshd, name) in [(&first, "first"), (&second, "second"), (&last, "last")] {
        assert!(sshd.log().contains("Accepted publickey for root"), "{name}: {}", sshd.log());
    }
    // A chain in one keyword, overruled by an argument.
    let config =
        host(&first, "one", "") + &host(&second, "two", "") + &host(&last, "three", "ProxyJump nowhere");
    let mut ssh = named(&last, "three", &config);
    ssh.args.extend(["-J".into(), "one,two".into()]);
    assert!(whoami(ssh).await.is_ok());
    // The jump host's own trouble is told as its own.
    first.know("id.pub");
    let mut ssh = named(&last, "three", &config);
    ssh.args.extend(["-J".into(), "one".into()]);
    let error = unreachable(whoami(ssh).await);
    holds(&error, &["guest: jump host one (ssh root@127.0.0.1", "the host key has changed"]);
    // One that allows no forwarding.
    let closed = Sshd::start("AllowTcpForwarding no");
    let config = host(&closed, "one", "") + &host(&last, "three", "ProxyJump one");
    holds(&unreachable(whoami(named(&last, "three", &config)).await), &["no way through jump host one"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_jumps_through_itself_is_refused() {
    let sshd = Sshd::start("");
    let config = "Host a\n ProxyJump b\nHost b\n ProxyJump a\n";
    holds(
        &unreachable(whoami(named(&sshd, "a", config)).await),
        &["guest: ProxyJump goes in a circle through b"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_and_refusal_are_told_in_time() {
    let sshd = Sshd::start("");
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let error = unreachable(whoami(SshTarget { port: Some(closed), ..sshd.ssh() }).await);
    holds(&error, &[&format!("guest (ssh root@127.0.0.1 port {closed})"), "Connection refused"]);
    // Takes connections and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let begun = Instant::now();
    let ssh = SshTarget { port: Some(port), timeout: Some(Duration::from_secs(1)), ..sshd.ssh() };
    holds(&unreachable(whoami(ssh).await), &["no SSH handshake in 1 s", "ConnectTimeout"]);
    assert!(begun.elapsed() < Duration::from_secs(3));
    let error = unreachable(whoami(SshTarget { address: "no-such-host.invalid".into(), ..sshd.ssh() }).await);
    holds(&error, &["cannot resolve no-such-host.invalid"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_names_of_one_server_get_in_despite_max_startups() {
    let sshd = Sshd::start("MaxStartups 4:100:5");
    let sessions = std::sync::Arc::new(sessions());
    let mut all = tokio::task::JoinSet::new();
    for n in 0..50 {
        let (sessions, mut target) = (sessions.clone(), sshd.target());
        target.host = format!("guest{n}").into();
        all.spawn(async move { sessions.call(&target, call("ping", &[]), None).await.map(|o| o.failed) });
    }
    for result in all.join_all().await {
        assert!(!result.unwrap());
    }
    sessions.shutdown(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_host_may_be_named_as_ssh_takes_it() {
    let sshd = Sshd::start("");
    let uri = format!("ssh://root@127.0.0.1:{}", sshd.port);
    for (address, port) in [("root@127.0.0.1", Some(sshd.port)), (&*uri, None)] {
        let ssh = SshTarget { address: address.into(), port, user: None, ..sshd.ssh() };
        let outcome = sessions().call(&target(ssh), call("ping", &[]), None).await;
        assert!(!outcome.unwrap().failed, "{address}");
    }
    // What the variables say goes before it.
    let ssh = SshTarget { address: "nobody@127.0.0.1".into(), ..sshd.ssh() };
    assert!(sessions().call(&target(ssh), call("ping", &[]), None).await.is_ok());
    for (address, help) in [
        ("[::1]:22", "ansible_port to the port"),
        ("127.0.0.1:22", "ansible_port to the port"),
        ("[::1]", "without brackets"),
    ] {
        let ssh = SshTarget { address: address.into(), ..sshd.ssh() };
        let error = unreachable(sessions().call(&target(ssh), call("ping", &[]), None).await);
        holds(&error, &["cannot resolve", help]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_jump_host_of_the_same_address_is_another_server() {
    let sshd = Sshd::start("");
    let mut ssh = sshd.ssh();
    ssh.args.extend(["-J".to_owned(), "root@127.0.0.1:1".to_owned()]);
    let error = unreachable(sessions().call(&target(ssh), call("ping", &[]), None).await);
    holds(&error, &["jump host 127.0.0.1", "127.0.0.1:1", "refused"]);
    // The very same one is no way to itself.
    let mut ssh = sshd.ssh();
    ssh.args.extend(["-J".to_owned(), format!("127.0.0.1:{}", sshd.port)]);
    assert!(sessions().call(&target(ssh), call("ping", &[]), None).await.is_ok());
}
