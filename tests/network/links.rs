//! Slow links, and links that break.

use crate::proxy::{Manner, Proxy};
use crate::run;
use crate::sshd::Sshd;
use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

#[test]
fn a_slow_link_carries_all_of_it() {
    let server = Sshd::start("Compression yes");
    // 4 Mbit/s and 200 ms there and back.
    let slow = Proxy::before(server.port, Manner::Slow { bytes_a_second: 500 << 10, delay_ms: 100 });
    let variables = slow.variables(&server, slow.port);
    fs::write(server.at("big"), vec![b'x'; 3 << 20]).unwrap();
    let (from, to) = (server.at("big"), server.at("there"));
    let args = format!("src={} dest={}", from.display(), to.display());
    let compressed = variables.replace("-F none", "-F none -o Compression=yes");
    run(&server, &compressed, &["far"], &["-m", "copy", "-a", &args]).went(&["far"]);
    assert_eq!(fs::read(&to).unwrap(), fs::read(&from).unwrap());
    // The agent went packed, and three megabytes of one letter as next to nothing.
    assert!(slow.carried() < 3 << 20, "{} bytes", slow.carried());
}

#[test]
fn a_server_that_drops_connections_at_once_is_tried_again() {
    let server = Sshd::start("");
    let moody = Proxy::before(server.port, Manner::DroppingFirst(3));
    run(&server, &moody.variables(&server, moody.port), &["far"], &["-m", "ping"]).went(&["pong"]);
    assert_eq!(moody.connections(), 4);
}

#[test]
fn a_killed_warp_takes_its_proxy_along() {
    // A server that says nothing and never closes, as one whose machine is paused.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let lab = tempfile::tempdir().unwrap();
    std::fs::create_dir(lab.path().join(".warp")).unwrap();
    std::fs::write(lab.path().join(".warp/lab.yaml"), "version: 1\nid: 0123456789abcdef\ndaemon: system\n")
        .unwrap();
    let proxy =
        format!("{} proxy --lab {} 127.0.0.1 {port}", env!("CARGO_BIN_EXE_warp"), lab.path().display());
    let variables = format!("ansible_ssh_common_args='-F none -o ProxyCommand=\"{proxy}\"'");
    let server = Sshd::start("");
    let mut warp = crate::command(&server, &variables, &["far"], &["-m", "ping"]);
    let mut warp = warp.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let running = || {
        let all = std::fs::read_dir("/proc").unwrap().flatten();
        let lines = all.filter_map(|entry| std::fs::read_to_string(entry.path().join("cmdline")).ok());
        lines.filter(|line| line.replace('\0', " ").trim() == proxy).count()
    };
    let _held = silent.accept().unwrap();
    assert_eq!(running(), 1);
    warp.kill().unwrap();
    warp.wait().unwrap();
    let limit = Instant::now() + Duration::from_secs(5);
    while running() > 0 {
        assert!(Instant::now() < limit, "the proxy goes on");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_link_cut_at_any_time_leaves_nothing_half_done() {
    let server = Sshd::start("");
    for after in [10, 3000, 20_000, 600_000] {
        let cut = Proxy::before(server.port, Manner::CutAfter(after));
        let begun = Instant::now();
        let ran = run(&server, &cut.variables(&server, cut.port), &["far"], &["-m", "ping"]);
        ran.unreachable(&["far (ssh root@127.0.0.1 port"]);
        assert!(begun.elapsed() < Duration::from_secs(30), "cut after {after}: {:?}", begun.elapsed());
        let cache = server.at("home/.cache/warp");
        let left = || fs::read_dir(&cache).map_or(0, Iterator::count);
        // The shell over there hears of it a moment later.
        let until = Instant::now() + Duration::from_secs(10);
        while left() > 0 {
            assert!(Instant::now() < until, "cut after {after} bytes: {} files", left());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    run(&server, &server.variables(), &["far"], &["-m", "ping"]).went(&["pong"]);
}

#[test]
fn a_host_is_tried_again_as_often_as_its_variable_says() {
    let server = Sshd::start("");
    // Where the server hangs up at once, one attempt is eight tries.
    for retries in [0, 1] {
        let moody = Proxy::before(server.port, Manner::DroppingFirst(8));
        let variables = moody.variables(&server, moody.port) + &format!("ansible_ssh_retries={retries}\n");
        let ran = run(&server, &variables, &["far"], &["-m", "ping"]);
        match retries {
            0 => ran.unreachable(&["see the server's log; it may limit connections (MaxStartups)"]),
            _ => ran.went(&["pong"]),
        }
        assert_eq!(moody.connections(), 8 + retries, "{}", ran.said);
    }
}
