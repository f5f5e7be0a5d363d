//! `make soak`: warp is killed at random moments of a deployment, again and again; the rerun always ends well.
//!
//! `SOAK_ROUNDS` kills (20), seeded by `SOAK_SEED` (the clock); the seed is printed first, so that a failure can be had
//! again.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test ends by panicking"
)]

#[path = "../support/left.rs"]
mod left;
#[path = "../support/mod.rs"]
mod support;

#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "../undercloud/lab.rs"]
mod lab;

mod plays;

use lab::Lab;
use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A stream of numbers that a seed repeats (xorshift64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

#[test]
fn a_warp_killed_at_any_moment_is_taken_up() {
    let seed = number("SOAK_SEED")
        .unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs())
        .max(1);
    let rounds = number("SOAK_ROUNDS").unwrap_or(20);
    println!("SOAK_SEED={seed} SOAK_ROUNDS={rounds}");
    let mut random = Random(seed);
    let lab = Lab::new("soak");
    for round in 1..=rounds {
        let mut warp = lab.deploying();
        let moment = Duration::from_millis(random.below(60_000));
        std::thread::sleep(moment);
        let done = warp.try_wait().unwrap();
        warp.kill().unwrap();
        warp.wait().unwrap();
        println!(
            "round {round}: killed after {moment:?}{}",
            if done.is_some() { ", when it was done" } else { "" }
        );
        // A finished lab has nothing left to be killed in.
        if done.is_some() || random.below(4) == 0 {
            lab.deploy(&[]).succeeds();
            let snapshots = lab.virsh(&["snapshot-list", "--name", "undercloud"]).succeeds().stdout;
            assert_eq!(
                snapshots.split_whitespace().collect::<BTreeSet<_>>(),
                BTreeSet::from(["ready", "deployed"])
            );
            let runs = lab.ssh("grep -c 'undercloud install$' undercloud_install.log").succeeds().stdout;
            assert_eq!(runs.trim(), "1");
            lab.warp(&["teardown", "nodes", "--yes"]).succeeds();
        }
    }
    lab.deploy(&[]).succeeds();
    lab.end();
    lab.assert_nothing_left();
}
