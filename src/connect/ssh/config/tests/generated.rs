//! Made-up configurations under `ssh -G` and here.

use super::compared;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::cell::Cell;

/// How many: the whole set takes about ten seconds.
const CASES: u32 = 500;

const HOSTS: &[&str] = &["web", "*", "db*", "w?b", "!web", "*.example.com", "inner.lan", "WEB"];

const CRITERIA: &[&str] = &[
    "host web",
    "host w*,db*",
    "host inner.lan",
    "!host web",
    "host !web,*",
    "originalhost WEB",
    "originalhost *.example.com",
    "user me",
    "user root,deploy",
    "!user root",
    "localuser root",
    "localuser nobody",
    "exec \"case %h:%n:%r:%p in *inner.lan*) ;; *) exit 1; esac\"",
    "exec \"case %h:%n:%r:%p in web:*) ;; *) exit 1; esac\"",
    "exec \"case %h:%n:%r:%p in *:22) ;; *) exit 1; esac\"",
    "final",
    "!final",
    "canonical",
];

const SETTINGS: &[(&str, &[&str])] = &[
    ("HostName", &["inner.lan", "%h.lan", "10.0.0.1", "a%%b"]),
    ("Port", &["1", "2222", "65535"]),
    ("User", &["me", "root", "deploy", "\"two words\""]),
    ("IdentityFile", &["~/.ssh/a", "~/.ssh/b", "/keys/%h"]),
    ("CertificateFile", &["~/.ssh/a-cert.pub", "/c/%r"]),
    ("IdentitiesOnly", &["yes", "no"]),
    ("IdentityAgent", &["none", "SSH_AUTH_SOCK", "/run/agent"]),
    ("ProxyJump", &["none", "bastion", "me@b:2200", "a,b,c"]),
    ("ProxyCommand", &["none", "nc %h %p", "ssh -W %h:%p gate"]),
    ("HostKeyAlias", &["alias", "web"]),
    ("Ciphers", &["aes256-ctr", "+3des-cbc", "^aes128-ctr,aes256-ctr", "-aes*", "-chacha*,aes1*"]),
    ("MACs", &["hmac-sha2-256,hmac-md5", "+hmac-md5", "^umac-64@openssh.com", "-*etm*"]),
    (
        "KexAlgorithms",
        &["curve25519-sha256", "+diffie-hellman-group14-sha1", "^ecdh-sha2-nistp256", "-ecdh*"],
    ),
    ("HostKeyAlgorithms", &["ssh-ed25519,rsa-*", "+ssh-rsa", "^ecdsa-*-cert-*", "-*cert*"]),
    ("PubkeyAcceptedKeyTypes", &["ssh-rsa", "+ssh-rsa,ssh-dss", "-rsa*"]),
    ("StrictHostKeyChecking", &["yes", "no", "ask", "accept-new", "off"]),
    ("UserKnownHostsFile", &["/dev/null", "~/.ssh/k /etc/k"]),
    ("GlobalKnownHostsFile", &["/etc/g", "/a /b"]),
    ("ConnectTimeout", &["5", "1m", "2h5s"]),
    ("ConnectionAttempts", &["1", "3"]),
    ("ServerAliveInterval", &["0", "15", "1m"]),
    ("ServerAliveCountMax", &["1", "7"]),
    ("Compression", &["yes", "no"]),
    ("ForwardAgent", &["yes", "no"]),
    ("CheckHostIP", &["yes", "no"]),
    ("TCPKeepAlive", &["yes", "no"]),
    ("HashKnownHosts", &["yes", "no"]),
    ("PasswordAuthentication", &["yes", "no"]),
    ("PubkeyAuthentication", &["yes", "no"]),
    ("KbdInteractiveAuthentication", &["yes", "no"]),
    ("PreferredAuthentications", &["publickey", "password,publickey"]),
    ("SetEnv", &["A=1 B=2", "C=\"x y\""]),
    ("SendEnv", &["LANG LC_*", "FOO"]),
    ("AddressFamily", &["any", "inet", "inet6"]),
    ("BindAddress", &["127.0.0.1", "::1"]),
    ("RequiredRSASize", &["1024", "4096"]),
    ("RevokedHostKeys", &["/etc/revoked"]),
    // What is said of terminals and people changes nothing.
    ("RequestTTY", &["no"]),
    ("ControlPath", &["~/.ssh/%C"]),
    ("GSSAPIAuthentication", &["yes"]),
    // Refused by both.
    ("Port", &["none"]),
];

fn opening() -> impl Strategy<Value = String> {
    let hosts = prop::collection::vec(prop::sample::select(HOSTS), 1..3);
    let criteria = prop::collection::vec(prop::sample::select(CRITERIA), 1..3);
    let whole = prop::sample::select(&["Match all", "Match final all", "host=\"web\"", "MATCH host=web"][..]);
    prop_oneof![
        3 => hosts.prop_map(|h| format!("Host {}", h.join(" "))),
        3 => criteria.prop_map(|c| format!("Match {}", c.join(" "))),
        1 => whole.prop_map(str::to_owned),
    ]
}

/// A keyword, in any letters, and one of its values.
fn setting() -> impl Strategy<Value = (String, &'static str)> {
    (prop::sample::select(SETTINGS), any::<prop::sample::Index>(), 0..4).prop_map(
        |((keyword, values), i, letters)| {
            let keyword = if letters == 0 { keyword.to_lowercase() } else { keyword.to_owned() };
            (keyword, *i.get(values))
        },
    )
}

fn configuration() -> impl Strategy<Value = String> {
    let block = (opening(), prop::collection::vec(setting(), 0..5)).prop_map(|(opening, settings)| {
        settings.iter().fold(format!("{opening}\n"), |text, (k, v)| format!("{text}  {k} {v}\n"))
    });
    let before = prop::collection::vec(setting(), 0..3);
    (before, prop::collection::vec(block, 0..5)).prop_map(|(before, blocks)| {
        before.iter().fold(String::new(), |text, (k, v)| format!("{text}{k}\t{v}\n")) + &blocks.concat()
    })
}

fn arguments() -> impl Strategy<Value = Vec<String>> {
    let option = prop_oneof![
        Just(vec!["-p".to_owned(), "2022".to_owned()]),
        Just(vec!["-l".to_owned(), "me".to_owned()]),
        Just(vec!["-J".to_owned(), "gate".to_owned()]),
        Just(vec!["-i".to_owned(), "/etc/passwd".to_owned()]),
        Just(vec!["-A".to_owned()]),
        Just(vec!["-4C".to_owned()]),
        setting().prop_map(|(k, v)| vec!["-o".to_owned(), format!("{k}={v}")]),
    ];
    prop::collection::vec(option, 0..3).prop_map(|all| all.concat())
}

#[test]
fn made_up_configurations_mean_what_ssh_says() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config");
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let host = prop::sample::select(&["web", "db.example.com", "inner.lan"][..]);
    let agreed = Cell::new(0);
    TestRunner::new_with_rng(config, rng)
        .run(&(configuration(), arguments(), host), |(text, more, host)| {
            std::fs::write(&file, &text).unwrap();
            let mut args = vec!["-F".to_owned(), file.display().to_string()];
            args.extend(more);
            match compared(&args, host) {
                Ok(both) => agreed.set(agreed.get() + u32::from(both)),
                Err(why) => return Err(TestCaseError::fail(format!("{text}\n{args:?} {host}\n{why}"))),
            }
            Ok(())
        })
        .unwrap();
    // Most of them must be such as ssh takes, or little was compared.
    assert!(agreed.get() > CASES * 3 / 4, "{} of {CASES}", agreed.get());
}
