//! What servers put in the way: forced commands, banners, other protocols.

use crate::proxy::{Manner, Proxy};
use crate::run;
use crate::sshd::Sshd;
use std::fs;
use std::time::{Duration, Instant};

#[test]
fn a_forced_command_is_told_of_at_once() {
    let server = Sshd::start("");
    let key = fs::read_to_string(server.at("id.pub")).unwrap();
    for (forced, said) in [
        ("echo only backups here", "it printed: only backups here"),
        ("echo only backups here >&2; exit 9", "exit status 9: only backups here"),
        ("cat", "it repeats what it is sent"),
        ("internal-sftp", "no forced command (command= in authorized_keys, ForceCommand in sshd_config)"),
        ("/no/such/program", "/no/such/program"),
    ] {
        fs::write(server.at("authorized_keys"), format!("command=\"{forced}\" {key}")).unwrap();
        let begun = Instant::now();
        let ran = run(&server, &server.variables(), &["far"], &["-m", "ping"]);
        ran.unreachable(&[said, "no forced command"]);
        assert!(begun.elapsed() < Duration::from_secs(30), "{forced}: {:?}", begun.elapsed());
    }
    // A wrapper that runs what was asked for is none.
    let wrapper =
        "command=\"echo watched; exec sh -c \\\"$SSH_ORIGINAL_COMMAND\\\"\",no-port-forwarding,no-pty";
    fs::write(server.at("authorized_keys"), format!("{wrapper} {key}")).unwrap();
    run(&server, &server.variables(), &["far"], &["-m", "ping"]).went(&["pong"]);
}

#[test]
fn banners_are_neither_obeyed_nor_in_the_way() {
    let banner = "\u{1b}]0;owned\u{7}\u{1b}[2J Authorized use only {{ 1 + 1 }}\n".repeat(50);
    let server = Sshd::start_on_machine("Banner /etc/issue.net\nPrintMotd yes", |dir| {
        fs::write(dir.join("banner"), &banner).unwrap();
        "mount --bind banner /etc/issue.net".to_owned()
    });
    // Lines before the protocol begins, as RFC 4253 allows.
    let proxy = Proxy::before(server.port, Manner::Greeting("\u{1b}[2JWelcome\r\nto this host\r\n"));
    for port in [server.port, proxy.port] {
        let variables = proxy.variables(&server, port);
        let ran = run(&server, &variables, &["far"], &["-m", "ping"]);
        ran.went(&["pong"]);
        assert!(!ran.said.contains('\u{1b}') && !ran.said.contains('\u{7}'), "{:?}", ran.said);
    }
}

#[test]
fn what_does_not_speak_ssh_is_told_of() {
    let server = Sshd::start("");
    let web = Proxy::before(server.port, Manner::Answering("HTTP/1.1 400 Bad Request\r\n\r\n\u{1b}[2J"));
    let ran = run(&server, &web.variables(&server, web.port), &["far"], &["-m", "ping"]);
    ran.unreachable(&["far (ssh root@127.0.0.1 port"]);
    assert!(!ran.said.contains('\u{1b}'), "{:?}", ran.said);
}

#[test]
fn what_was_tried_is_told_on_ansibles_screen() {
    let server = Sshd::start("");
    let variables = server.variables().replace("/id\n", "/missing\n");
    run(&server, &variables, &["far"], &["-m", "ping"]).unreachable(&[
        "missing: No such file",
        "the server offers: publickey",
        "\"msg\": \"Task failed: Failed to connect to the host via ssh: far",
    ]);
}
