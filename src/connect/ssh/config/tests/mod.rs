//! The same configuration under `ssh -G` and here.

mod generated;

use super::algorithms::{CIPHERS, KEX, KEYS, MACS};
use super::finish::{DEFAULT_IDENTITIES, finish};
use super::layers::gather;
use super::*;
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::process::Command;
use std::sync::OnceLock;

/// What `ssh -G` says of the algorithms where nothing is configured: they differ between its versions.
fn usual(name: &str) -> Vec<&'static str> {
    static USUAL: OnceLock<HashMap<String, String>> = OnceLock::new();
    let usual = USUAL.get_or_init(|| {
        let text = oracle(&["-F".into(), "none".into()], "web").unwrap();
        text.lines().filter_map(|l| l.split_once(' ')).map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
    });
    usual[name].split(',').collect()
}

/// What `ssh -G` says of the keywords that are honoured, in its own words.
fn oracle(args: &[String], host: &str) -> Result<String, String> {
    let output = Command::new("ssh").arg("-G").args(args).arg(host).output().unwrap();
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let wanted = [
        "user",
        "hostname",
        "port",
        "identityfile",
        "identitiesonly",
        "proxycommand",
        "proxyjump",
        "userknownhostsfile",
        "globalknownhostsfile",
        "stricthostkeychecking",
        "hostkeyalias",
        "connecttimeout",
        "serveraliveinterval",
        "serveralivecountmax",
        "compression",
        "addressfamily",
        "hashknownhosts",
        "connectionattempts",
        "tcpkeepalive",
        "sendenv",
        "setenv",
        "bindaddress",
        "bindinterface",
        "ciphers",
        "macs",
        "kexalgorithms",
        "hostkeyalgorithms",
        "pubkeyacceptedalgorithms",
        "casignaturealgorithms",
        "certificatefile",
        "forwardagent",
        "identityagent",
        "preferredauthentications",
        "passwordauthentication",
        "kbdinteractiveauthentication",
        "pubkeyauthentication",
        "checkhostip",
        "nohostauthenticationforlocalhost",
        "revokedhostkeys",
        "requiredrsasize",
    ];
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines: Vec<&str> =
        text.lines().filter(|l| wanted.contains(&l.split(' ').next().unwrap_or_default())).collect();
    // After a last pass ssh sends a variable twice, which is as good as once.
    let mut seen = HashSet::new();
    lines.retain(|line| seen.insert(*line));
    lines.sort_by_key(|l| l.split(' ').next().unwrap_or_default().to_owned());
    Ok(lines.iter().map(|l| format!("{l}\n")).collect())
}

/// The same from what was gathered here: values are printed as given, before `~` and tokens but for HostName.
fn ours(args: &[String], host: &str) -> Result<String, String> {
    let account = Account::current().unwrap();
    let target = SshTarget { address: host.to_owned(), args: args.to_owned(), ..SshTarget::default() };
    let (values, file) = gather(&target, &account, Path::new("/nonexistent")).map_err(|e| e.to_string())?;
    let options = finish(&target, &account, &values, file).map_err(|e| e.to_string())?;
    let yes = |b: bool| if b { "yes" } else { "no" };
    let flag = |b: bool| if b { "true" } else { "false" };
    let mut lines = vec![
        format!("user {}", options.user),
        format!("hostname {}", options.host),
        format!("port {}", options.port),
        format!("identitiesonly {}", yes(options.identities_only)),
        format!("compression {}", yes(options.compression)),
        format!("hashknownhosts {}", yes(options.hash_known_hosts)),
        format!("tcpkeepalive {}", yes(options.tcp_keepalive)),
        format!("connectionattempts {}", options.attempts),
        format!("serveraliveinterval {}", options.alive_interval.map_or(0, |d| d.as_secs())),
        format!("serveralivecountmax {}", options.alive_count),
        format!(
            "connecttimeout {}",
            match values.word("connecttimeout") {
                Some(_) => options.connect_timeout.as_secs().to_string(),
                None => "none".into(),
            }
        ),
        format!(
            "addressfamily {}",
            match options.family {
                Family::Any => "any",
                Family::V4 => "inet",
                Family::V6 => "inet6",
            }
        ),
        format!(
            "stricthostkeychecking {}",
            match options.strict {
                Strict::Yes => flag(true),
                Strict::No => flag(false),
                Strict::Ask => "ask",
                Strict::AcceptNew => "accept-new",
            }
        ),
    ];
    let joined = |name: &str, default: &str| match values.words(name) {
        Some(words) => format!("{name} {}", words.join(" ")),
        None => format!("{name} {default}"),
    };
    let files: Vec<String> = options.known_hosts.iter().map(|f| f.display().to_string()).collect();
    lines.push(format!("userknownhostsfile {}", files.join(" ")));
    lines.push(joined("globalknownhostsfile", "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2"));
    for name in ["hostkeyalias", "bindaddress", "bindinterface", "preferredauthentications"] {
        lines.extend(values.word(name).map(|w| format!("{name} {w}")));
    }
    for name in ["identityagent", "revokedhostkeys"] {
        lines.extend(values.word(name).map(|w| format!("{name} {w}")));
    }
    for given in values.all("certificatefile") {
        lines.push(format!("certificatefile {}", given.words[0]));
    }
    for (name, default) in [
        ("forwardagent", "no"),
        ("passwordauthentication", "yes"),
        ("kbdinteractiveauthentication", "yes"),
        ("checkhostip", "no"),
        ("nohostauthenticationforlocalhost", "no"),
        ("requiredrsasize", "1024"),
    ] {
        lines.push(format!("{name} {}", values.word(name).unwrap_or(default)));
    }
    lines.push(match values.word("pubkeyauthentication") {
        None => "pubkeyauthentication true".to_owned(),
        Some(word) => format!("pubkeyauthentication {}", if word == "no" { "false" } else { "true" }),
    });
    for (name, family) in [
        ("ciphers", &CIPHERS),
        ("macs", &MACS),
        ("kexalgorithms", &KEX),
        ("hostkeyalgorithms", &KEYS),
        ("pubkeyacceptedalgorithms", &KEYS),
        ("casignaturealgorithms", &KEYS),
    ] {
        lines.push(format!("{name} {}", family.assemble(values.word(name), &usual(name)).join(",")));
    }
    for word in ["proxycommand", "proxyjump"] {
        let value = values.word(word).filter(|w| !w.eq_ignore_ascii_case("none"));
        lines.extend(value.map(|w| format!("{word} {}", w.trim_start_matches("ssh://"))));
    }
    let files: Vec<&str> = values.all("identityfile").iter().map(|g| g.words[0].as_str()).collect();
    for file in if files.is_empty() { DEFAULT_IDENTITIES.to_vec() } else { files } {
        lines.push(format!("identityfile {file}"));
    }
    for (name, value) in values.words("setenv").unwrap_or_default().iter().filter_map(|w| w.split_once('=')) {
        lines.push(format!("setenv {name}={value}"));
    }
    for word in values.all("sendenv").iter().flat_map(|g| &g.words) {
        lines.push(format!("sendenv {word}"));
    }
    lines.sort_by_key(|l| l.split(' ').next().unwrap_or_default().to_owned());
    let mut text = String::new();
    for line in lines {
        writeln!(text, "{line}").unwrap();
    }
    Ok(text)
}

/// Whether both take the configuration, or how they differ.
fn compared(args: &[String], host: &str) -> Result<bool, String> {
    match (oracle(args, host), ours(args, host)) {
        (Err(_), Err(_)) => Ok(false),
        (Ok(theirs), Ok(ours)) if theirs == ours => Ok(true),
        (Ok(theirs), Ok(ours)) => {
            let only = |these: &str, others: &str, mark: &str| -> String {
                let lines = these.lines().filter(|l| !others.lines().any(|o| o == *l));
                lines.map(|l| format!("{mark} {l}\n")).collect()
            };
            Err(only(&theirs, &ours, "ssh:") + &only(&ours, &theirs, "ours:"))
        }
        (Ok(_), Err(why)) => Err(format!("ours only: {why}")),
        (Err(why), Ok(_)) => Err(format!("ssh only: {why}")),
    }
}

const CONFIGS: &[&str] = &[
    "",
    "Host web\n Port 2222\n User deploy\n",
    "Host *\n Port 1\nHost web\n Port 2\n",
    "Host web\n Port 2\nHost *\n Port 1\n User all\n",
    "Host web db\n User both\n",
    "Host w?b\n User mark\nHost w*\n Port 7\n",
    "Host * !web\n User notweb\nHost web\n User web\n",
    "Host !web\n User never\n",
    "Host *.example.com\n HostName %h.internal\nHost web\n HostName %h.lan\n",
    "Host web\n HostName 10.0.0.%%1\n",
    "Host=web\nPort=22\n  User = spaced\n",
    "port 33\nHOST WEB\nUser upper\n",
    "Host \"web\"\n User \"quoted\"\n IdentityFile \"~/my keys/id\"\n",
    "Host web # the web server\n Port 44 # its port\n",
    "Host web\n IdentityFile ~/.ssh/a\n IdentityFile /b/%h\nHost *\n IdentityFile ~/.ssh/c\n IdentityFile ~/.ssh/a\n",
    "IdentitiesOnly yes\nIdentitiesOnly no\n",
    "ProxyCommand nc -X 5 %h %p # not a comment\n",
    "Host web\n ProxyCommand none\nHost *\n ProxyCommand nc %h %p\n",
    "Host web\n ProxyJump bastion\nHost *\n ProxyCommand nc %h %p\n",
    "Host web\n ProxyCommand nc %h %p\nHost *\n ProxyJump bastion\n",
    "Host web\n ProxyJump none\nHost *\n ProxyJump bastion\n",
    "ProxyJump a,me@b:2200,[::1]:22\n",
    "ProxyJump ssh://me@b:2200\n",
    "UserKnownHostsFile /dev/null\nGlobalKnownHostsFile /a /b\n",
    "UserKnownHostsFile ~/a \"/b c\"\n",
    "StrictHostKeyChecking no\n",
    "StrictHostKeyChecking off\n",
    "StrictHostKeyChecking accept-new\nHostKeyAlias other\n",
    "StrictHostKeyChecking yes\nCompression yes\n",
    "ConnectTimeout 1m30s\nServerAliveInterval 15\nServerAliveCountMax 4\n",
    "AddressFamily inet6\nConnectionAttempts 3\nTCPKeepAlive no\nHashKnownHosts yes\n",
    "SendEnv LANG LC_*\nSendEnv FOO\nSetEnv A=b C=d\n",
    "Match all\n User everyone\n",
    "Host other\n Port 5\nMatch all\n User everyone\n",
    "ControlMaster auto\nControlPath ~/.ssh/%C\nControlPersist 60s\nGSSAPIAuthentication yes\nLogLevel QUIET\n",
    "ForwardAgent no\nForwardX11 no\nRequestTTY no\nVisualHostKey yes\nUpdateHostKeys no\nCheckHostIP no\n",
    "IgnoreUnknown Colour,Sh*\nColour blue\nShape round\nUser me\n",
    "BindAddress 127.0.0.1\nBindInterface lo\n",
    "Ciphers aes256-ctr,aes128-ctr\nMACs +hmac-md5\nKexAlgorithms ^ecdh-sha2-nistp521\n",
    "Ciphers -aes*,chacha*\nMACs -*\nKexAlgorithms -diffie-hellman-*\n",
    "HostKeyAlgorithms +ssh-rsa,ssh-dss\nPubkeyAcceptedAlgorithms ^rsa-*\nPubkeyAcceptedKeyTypes ssh-rsa\n",
    "HostKeyAlgorithms ecdsa-*\nCASignatureAlgorithms -rsa*\n",
    "CertificateFile /a-cert.pub\nCertificateFile ~/b-cert.pub\nIdentityAgent none\nForwardAgent yes\n",
    "IdentityAgent /run/agent\nForwardAgent no\nRevokedHostKeys /etc/revoked\nRequiredRSASize 2048\n",
    "PreferredAuthentications password,publickey\nPasswordAuthentication no\nPubkeyAuthentication no\n",
    "KbdInteractiveAuthentication no\nCheckHostIP yes\nNoHostAuthenticationForLocalhost yes\n",
    "Match host web\n User matched\nMatch host db*\n User db\n",
    "Match host=web\n User equals\n",
    "HostName inner\nMatch host inner\n User inner\nMatch originalhost web\n Port 7\n",
    "HostName %h.lan\nMatch host *.lan user root,me\n Port 8\n",
    "User me\nMatch user me\n Port 9\nMatch !user me\n Port 10\n",
    "Match localuser root\n Port 11\nMatch localuser nobody\n Port 12\n",
    "Match exec \"test %h = web\"\n Port 13\nMatch exec \"exit 1\"\n User never\nMatch !exec false\n User sure\n",
    "Match host other exec \"touch INCLUDED.ran\"\n Port 1\n",
    "HostName final.lan\nMatch final host final.lan\n User last\nHost final.lan\n Port 14\n",
    "Match final all\n Port 15\nHost web\n HostName x.%h\nHost x.web\n User x\n",
    "Match canonical\n Port 16\nMatch final\n User f\nMatch canonical all\n Port 17\n",
    "Match !final\n Port 18\n",
    "Match originalhost WEB\n Port 19\nMatch host W*\n User w\n",
    "UserKnownHostsFile /k/%C\n",
    "User a\\b\n",
    "\tUser\ttabs\n",
    "User crlf\r\nPort 99\r\n",
    "Include INCLUDED\nUser later\n",
    "Host other\n Include INCLUDED\nHost web\n User mine\n",
    "Host web\n Include INCLUDED\n Port 4\n",
    // Refused by both.
    "Colour blue\n",
    "Port none\n",
    "Port 70000\n",
    "Compression maybe\n",
    "StrictHostKeyChecking perhaps\n",
    "User\n",
    "Host\n",
    "User a b\n",
    "User \"a\n",
    "ConnectTimeout soon\n",
    "ServerAliveCountMax -1\n",
    "Host other\n Colour blue\n",
    "ProxyJump @\n",
    "HostName %q\n",
    "Match\n",
    "Match host\n",
    "Match all user me\n",
    "Match user me all\n",
    "Match colour blue\n",
    "Ciphers aes*\n",
    "Ciphers +nonsense\n",
    "KexAlgorithms none-such\n",
    "HostKeyAlgorithms nonsense*\n",
    "RequiredRSASize many\n",
];

#[test]
fn configurations_mean_what_ssh_says() {
    let dir = tempfile::tempdir().unwrap();
    let included = dir.path().join("included");
    std::fs::write(&included, "Port 77\nHost web\n IdentityFile /from/included\nHost no\n Port 1\n").unwrap();
    let file = dir.path().join("config");
    let mut wrong = String::new();
    let args: [&[&str]; 5] = [
        &[],
        &["-p", "2022", "-l", "me", "-o", "Port=1"],
        &["-i", "/etc/passwd", "-oIdentityFile=/other", "-o", "IdentitiesOnly yes"],
        &["-J", "jump", "-C", "-q", "-v"],
        &["-o", "ProxyCommand=nc %h %p", "-o", "StrictHostKeyChecking=no", "-4"],
    ];
    for config in CONFIGS {
        std::fs::write(&file, config.replace("INCLUDED", &included.display().to_string())).unwrap();
        for more in args {
            let mut all = vec!["-F".to_owned(), file.display().to_string()];
            all.extend(more.iter().map(|s| (*s).to_owned()));
            for host in ["web", "db.example.com"] {
                if let Err(why) = compared(&all, host) {
                    writeln!(wrong, "{config:?} {more:?} {host}\n{why}").unwrap();
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn what_would_change_the_way_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config");
    for (config, expected) in [
        ("Host web\n  Tunnel yes\n", "config:2:3"),
        ("Match sessiontype shell\n", "Match sessiontype is not supported"),
        ("Ciphers rot13\n", "rot13 is not the name of an algorithm"),
        ("RemoteCommand tmux\n", "RemoteCommand tmux is not supported yet"),
        ("ProxyJump a b\n", "b is one word too many"),
        ("IdentityFiel x\n", "did you mean identityfile?"),
    ] {
        std::fs::write(&file, config).unwrap();
        let said = ours(&["-F".into(), file.display().to_string()], "web").unwrap_err();
        assert!(said.contains(expected), "{said}");
    }
    // Where it does not concern the host, it does not matter.
    std::fs::write(&file, "Host other\n Tunnel yes\n").unwrap();
    assert!(ours(&["-F".into(), file.display().to_string()], "web").is_ok());
    for args in [&["-L", "80:a:80"][..], &["-o"], &["host"], &["-F", "/no/such/file"]] {
        assert!(ours(&args.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>(), "web").is_err(), "{args:?}");
    }
}
