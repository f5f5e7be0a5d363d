//! `make fuzz SECONDS=600`: texts and images that nobody meant, read by whatever reads them.
//!
//! The frames between controller and agent are among them. Each target runs in processes of its own with at most 512
//! MiB of memory, on mutations of the YAML files, inventories,
//! templates and expressions of this checkout. An input that panics, runs longer than ten seconds or takes more memory
//! ends its process, is kept under `target/tmp/fuzz`, and told. `FUZZ_SEED` repeats a run, `FUZZ_ONLY` names one target,
//! `FUZZ_INPUT` a kept input to give to it,
//! `FUZZ_CORPUS` a folder of more texts to mutate.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test ends by panicking"
)]

mod command_line;
mod corpus;
mod frames;
mod images;
mod mutation;
#[path = "../support/names.rs"]
mod names;
mod targets;

use mutation::Mutator;
use nix::sys::resource::{Resource, setrlimit};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use targets::{TARGETS, Target};

/// What a target may take.
const MEMORY: u64 = 512 << 20;
/// How long one input may take, in seconds.
const PATIENCE: u64 = 10;
/// After so many findings a target ends.
const MOST: usize = 10;

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

fn seconds() -> u64 {
    UNIX_EPOCH.elapsed().unwrap_or_default().as_secs()
}

/// The whole life of a child: reads inputs until its time is over, each written down before it is tried.
fn work(target: &Target, folder: &Path, seed: u64, until: SystemTime) {
    static BEGAN: AtomicU64 = AtomicU64::new(u64::MAX);
    setrlimit(Resource::RLIMIT_AS, MEMORY, MEMORY).unwrap();
    setrlimit(Resource::RLIMIT_CORE, 0, 0).unwrap();
    std::thread::spawn(|| {
        loop {
            std::thread::sleep(Duration::from_millis(500));
            if seconds() > BEGAN.load(Ordering::Relaxed).saturating_add(PATIENCE) {
                eprintln!("an input takes more than {PATIENCE} seconds");
                std::process::abort();
            }
        }
    });
    let current = folder.join("current");
    let mut mutator = Mutator::new(seed, corpus::texts(target));
    // What the target makes at its first use is not an input's time.
    (target.read)(&[], &current);
    let mut tried: u64 = 0;
    while SystemTime::now() < until {
        let input = mutator.next();
        fs::write(&current, &input).unwrap();
        BEGAN.store(seconds(), Ordering::Relaxed);
        (target.read)(&input, &current);
        BEGAN.store(u64::MAX, Ordering::Relaxed);
        tried += 1;
        if tried.is_multiple_of(64) {
            fs::write(folder.join("tried"), tried.to_string()).unwrap();
        }
    }
    fs::write(folder.join("tried"), tried.to_string()).unwrap();
}

/// Runs children until the time is over; gives what was tried and the findings.
fn fuzz(target: &Target, seed: u64, time: Duration) -> (u64, Vec<String>) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz").join(target.name);
    fs::create_dir_all(&folder).unwrap();
    let end = Instant::now() + time;
    let (mut tried, mut findings) = (0, Vec::new());
    let mut seed = seed;
    while Instant::now() < end && findings.len() < MOST {
        let _ = fs::remove_file(folder.join("tried"));
        let said = fs::File::create(folder.join("said")).unwrap();
        let left = end.saturating_duration_since(Instant::now());
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "a_child", "--ignored", "--nocapture"])
            .env("FUZZ_TARGET", target.name)
            .env("FUZZ_FOLDER", &folder)
            .env("FUZZ_SEED", seed.to_string())
            .env("FUZZ_UNTIL", (UNIX_EPOCH.elapsed().unwrap() + left).as_millis().to_string())
            .env("RUST_BACKTRACE", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(said)
            .status()
            .unwrap();
        tried += fs::read_to_string(folder.join("tried")).map_or(0, |text| text.parse().unwrap_or(0));
        if !status.success() {
            let kept = folder.join(format!("finding-{seed}"));
            fs::rename(folder.join("current"), &kept).unwrap();
            let said = fs::read_to_string(folder.join("said")).unwrap();
            let first: Vec<&str> = said.lines().take(3).collect();
            findings.push(format!("{}: {status}: {}", kept.display(), first.join(" ")));
        }
        seed += 1;
    }
    (tried, findings)
}

#[test]
#[ignore = "started by `nothing_panics_hangs_or_takes_all_memory`"]
fn a_child() {
    let name = variable("FUZZ_TARGET").expect("FUZZ_TARGET names a target");
    let target = TARGETS.iter().find(|t| t.name == name).unwrap();
    let number = |name: &str| variable(name).unwrap().parse::<u64>().unwrap();
    let until = UNIX_EPOCH + Duration::from_millis(number("FUZZ_UNTIL"));
    work(target, &PathBuf::from(variable("FUZZ_FOLDER").unwrap()), number("FUZZ_SEED"), until);
}

#[test]
fn nothing_panics_hangs_or_takes_all_memory() {
    let only = variable("FUZZ_ONLY").unwrap_or_default();
    let targets = || TARGETS.iter().filter(|t| t.name.contains(&only));
    if let Some(input) = variable("FUZZ_INPUT") {
        targets().for_each(|t| (t.read)(&fs::read(&input).unwrap(), Path::new(&input)));
        return;
    }
    let time = variable("SECONDS").map_or(600, |text| text.parse().unwrap());
    let seed = variable("FUZZ_SEED").map_or_else(seconds, |text| text.parse().unwrap());
    let mut found = Vec::new();
    for target in targets() {
        let (tried, findings) = fuzz(target, seed, Duration::from_secs(time));
        println!(
            "{}: {tried} inputs in {time} s, {} findings, FUZZ_SEED={seed}",
            target.name,
            findings.len()
        );
        assert!(tried > 0 || !findings.is_empty(), "{} tried nothing", target.name);
        found.extend(findings);
    }
    assert!(found.is_empty(), "{} findings:\n{}", found.len(), found.join("\n"));
}
