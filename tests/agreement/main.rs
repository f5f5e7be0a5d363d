//! What warp writes beside what the unmodified roles of tripleo-quickstart(-extras) 2.1.1 write.
//!
//! For each file of variables in sets/, the roles' own tasks run under an ansible-core that still runs them, and warp's
//! plays; then undercloud.conf is compared key by key, the deploy command argument by argument, and instackenv.json, the
//! environments and libvirt's definitions value by value. What is meant to differ stands in differences.rs, one line each,
//! which is also a line of docs/compatibility.md.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test ends by panicking"
)]

mod differences;
mod document;
mod sides;
#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "../support/mod.rs"]
mod support;

use differences::DIFFERENCES;
use sides::{Side, Written};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, thread};

/// How many sets run at once.
const WORKERS: usize = 3;

#[test]
fn what_warp_writes_is_what_the_roles_write() {
    let sets = sides::sets();
    sides::roles();
    let next = AtomicUsize::new(0);
    let found = Mutex::new((String::new(), BTreeSet::new()));
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(set) = sets.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (told, used) = compared(set, &Side::Roles.write(set), &Side::Warp.write(set));
                    let mut found = found.lock().unwrap();
                    found.0.push_str(&told);
                    found.1.extend(used);
                }
            });
        }
    });
    let (told, used) = found.into_inner().unwrap();
    assert!(told.is_empty(), "{told}");
    if sets.len() == 1 {
        return;
    }
    assert!(sets.len() >= 10, "there are {} sets", sets.len());
    let stale: Vec<_> =
        DIFFERENCES.iter().enumerate().filter(|(n, _)| !used.contains(n)).map(|(_, d)| d.because).collect();
    assert!(stale.is_empty(), "no set shows these differences: {stale:#?}");
}

#[test]
fn every_intended_difference_is_documented() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/compatibility.md")).unwrap();
    for difference in DIFFERENCES {
        assert!(page.contains(difference.because), "docs/compatibility.md lacks: {}", difference.because);
    }
}

/// What differs without being meant to, and which of the intended differences were met.
fn compared(set: &str, roles: &Written, warp: &Written) -> (String, BTreeSet<usize>) {
    let (mut told, mut used) = (String::new(), BTreeSet::new());
    for name in roles.keys().chain(warp.keys()).collect::<BTreeSet<_>>() {
        let mut roles = roles.get(name).cloned().unwrap_or_default();
        let mut warp = warp.get(name).cloned().unwrap_or_default();
        for (number, difference) in DIFFERENCES.iter().enumerate() {
            if difference.is_in(set, name) && difference.take(&mut roles, &mut warp) {
                used.insert(number);
            }
        }
        if roles != warp {
            writeln!(told, "{set}: {name}").unwrap();
            let lines = |items: &document::Items| -> String {
                items.iter().map(|(path, value)| format!("{path} = {value}\n")).collect()
            };
            let (before, after) = (lines(&roles), lines(&warp));
            for change in similar::TextDiff::from_lines(&before, &after).iter_all_changes() {
                match change.tag() {
                    similar::ChangeTag::Delete => write!(told, "  roles {change}").unwrap(),
                    similar::ChangeTag::Insert => write!(told, "  warp  {change}").unwrap(),
                    similar::ChangeTag::Equal => {}
                }
            }
        }
    }
    (told, used)
}
