//! `make bench`: warp beside real Ansible, in one run, on the same plays, over real OpenSSH.
//!
//! A private sshd listens in a network namespace of this program's own; each host is another loopback address, so each is
//! a connection of its own. Runners take turns (A B A B), the median counts, figures are ratios to the first runner. A
//! run that does not end with exit status 0 is printed as failed and never timed; runners must leave the same files.
//!
//! `cargo test --release --test bench -- [SCENARIO ...]`; `BENCH_RUNS` sets the runs (3).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test ends by panicking"
)]

#[path = "../support/mod.rs"]
mod support;

mod resume;
mod scenario;
#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "../support/sshd.rs"]
mod sshd;

use scenario::{SCENARIOS, Scenario};
use std::collections::BTreeMap;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// A runner: its name, and its command up to the inventory.
type Runner = (&'static str, fn() -> Command);

const RUNNERS: &[Runner] = &[("ansible", ansible), ("ansible+pipelining", pipelining), ("warp", warp)];

fn ansible() -> Command {
    support::oracle::ansible("ansible-playbook")
}

fn pipelining() -> Command {
    let mut command = ansible();
    command.env("ANSIBLE_PIPELINING", "True");
    command
}

fn warp() -> Command {
    let mut command = support::warp();
    command.arg("play");
    command
}

fn main() {
    if std::env::var_os("WARP_BENCH_NETNS").is_none() {
        // The oracle comes from the network, so it is installed before the network goes.
        support::oracle::bin();
        let error = Command::new("unshare")
            .args(["--net", "sh", "-c", "ip link set lo up && exec \"$0\" \"$@\""])
            .arg(std::env::current_exe().expect("this program"))
            .args(std::env::args_os().skip(1))
            .env("WARP_BENCH_NETNS", "1")
            .exec();
        panic!("unshare: {error}");
    }
    let asked: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let runs: usize = std::env::var("BENCH_RUNS").ok().and_then(|n| n.parse().ok()).unwrap_or(3);
    let root = support::scratch("bench");
    let server = sshd::Sshd::start(
        "ListenAddress 0.0.0.0\nMaxSessions 1000\nMaxStartups 1000:30:2000\nSubsystem sftp internal-sftp",
    );
    println!("{:<10} {:<20} {:>9} {:>9} {:>8}  ratio", "scenario", "runner", "wall s", "cpu s", "MiB");
    for scenario in SCENARIOS.iter().filter(|s| asked.is_empty() || asked.iter().any(|a| a == s.name)) {
        compare(scenario, &root, &server, runs);
    }
    if asked.is_empty() || asked.iter().any(|a| a == "resume") {
        resume::time(&root);
    }
}

struct Figures {
    wall: f64,
    cpu: f64,
    mib: f64,
}

fn compare(scenario: &Scenario, root: &Path, server: &sshd::Sshd, runs: usize) {
    let mut figures: BTreeMap<&str, Vec<Figures>> = BTreeMap::new();
    let mut trees: BTreeMap<&str, BTreeMap<String, Vec<u8>>> = BTreeMap::new();
    for _ in 0..runs {
        for (name, command) in RUNNERS {
            let work = root.join("work");
            let left = root.join("left");
            for dir in [&work, &left] {
                let _ = std::fs::remove_dir_all(dir);
                std::fs::create_dir_all(dir).expect("a scratch folder");
            }
            scenario.write(&work, &left, server);
            match timed(command(), &work) {
                Ok(run) => figures.entry(name).or_default().push(run),
                Err(said) => println!("{:<10} {name:<20} FAILED: {said}", scenario.name),
            }
            trees.insert(name, scenario::files(&left));
        }
    }
    let mut first = None;
    for (name, _) in RUNNERS {
        let Some(runs) = figures.get_mut(name) else { continue };
        let wall = median(runs.iter().map(|r| r.wall).collect());
        let cpu = median(runs.iter().map(|r| r.cpu).collect());
        let mib = median(runs.iter().map(|r| r.mib).collect());
        let base = *first.get_or_insert(wall);
        println!("{:<10} {name:<20} {wall:>9.3} {cpu:>9.3} {mib:>8.0}  x{:.1}", scenario.name, base / wall);
    }
    let mut seen = trees.values();
    if let Some(one) = seen.next()
        && seen.any(|other| other != one)
    {
        println!("{:<10} THE RUNNERS LEFT DIFFERENT FILES", scenario.name);
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Runs to the end, with the processor time and peak memory of the process and what it waited for.
fn timed(mut command: Command, work: &Path) -> Result<Figures, String> {
    let log = work.join("said");
    let out = std::fs::File::create(&log).map_err(|e| e.to_string())?;
    let err = out.try_clone().map_err(|e| e.to_string())?;
    command
        .current_dir(work)
        .args(["-i", "inventory", "-f", "50", "play.yml"])
        .env("ANSIBLE_HOST_KEY_CHECKING", "False")
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err);
    let began = Instant::now();
    let child = command.spawn().map_err(|e| e.to_string())?;
    let (mut status, mut usage) = (0, unsafe { std::mem::zeroed::<libc::rusage>() });
    // wait4 gives what this one child used, as getrusage(RUSAGE_CHILDREN) would not.
    let pid = unsafe { libc::wait4(child.id() as i32, &raw mut status, 0, &raw mut usage) };
    let wall = began.elapsed().as_secs_f64();
    if pid < 0 || status != 0 {
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        return Err(said.chars().rev().take(600).collect::<Vec<_>>().into_iter().rev().collect());
    }
    let seconds = |t: libc::timeval| t.tv_sec as f64 + t.tv_usec as f64 / 1e6;
    Ok(Figures {
        wall,
        cpu: seconds(usage.ru_utime) + seconds(usage.ru_stime),
        mib: usage.ru_maxrss as f64 / 1024.0,
    })
}
