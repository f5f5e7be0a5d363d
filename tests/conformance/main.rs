//! A fixed part of ansible-core's own integration targets passes under warp, with the recaps that real Ansible prints.
//!
//! `recaps.txt` has the recaps. `WARP_CONFORMANCE=ansible cargo test --test conformance` writes it anew: the same targets,
//! in the same sandbox, under the real ansible-core. Needs root. `CONFORMANCE=NAME` runs only targets named like that.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test ends by panicking"
)]

mod suite;
#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "../support/mod.rs"]
mod support;
mod target;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Small ones, of every subject: structure, variables, execution, templates, lookups, inventory, tags, modules.
const TARGETS: &[&str] = &[
    "any_errors_fatal",
    "blockinfile",
    "failed_when",
    "ignore_errors",
    "includes",
    "lookup_sequence",
    "lookup_subelements",
    "lookup_template",
    "loop_control",
    "replace",
    "roles_arg_spec",
    "roles_var_inheritance",
    "set_stats",
    "special_vars_hosts",
    "stat",
    "tags",
    "task_ordering",
    "tempfile",
    "test_mathstuff",
    "undefined",
];

/// The recaps of each target: a line with its name, then theirs.
fn expected(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut targets = BTreeMap::<String, Vec<String>>::new();
    let mut name = "";
    for line in text.lines().filter(|line| !line.is_empty()) {
        match line.strip_prefix("# ") {
            Some(target) => name = target,
            None => targets.entry(name.to_owned()).or_default().push(line.to_owned()),
        }
    }
    targets
}

#[test]
fn targets_pass_as_under_ansible() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/recaps.txt");
    let ask = std::env::var("WARP_CONFORMANCE").is_ok_and(|v| v == "ansible");
    let only = std::env::var("CONFORMANCE").unwrap_or_default();
    let names: Vec<_> = TARGETS.iter().filter(|name| name.contains(&only)).collect();
    assert!(!names.is_empty(), "no target is named like {only:?}");
    let (suite, scratch) = (suite::targets(), support::scratch("conformance/runs"));
    let links = scratch.join("links");
    assert!(support::warp().arg("compat").arg(&links).output().unwrap().status.success());
    let programs = if ask { support::oracle::bin() } else { &links };
    let mut expected = expected(&fs::read_to_string(&kept).unwrap_or_default());
    let (next, found, wrong) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()), Mutex::new(Vec::new()));
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(name) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let output = target::run(name, &suite, programs, &scratch.join(name));
                    let recaps = target::recaps(&output);
                    let same = ask || expected.get(**name) == Some(&recaps);
                    if !output.status.success() || recaps.is_empty() || !same {
                        let (theirs, said) = (expected.get(**name), support::streams(&output));
                        wrong
                            .lock()
                            .unwrap()
                            .push(format!("== {name}\n{said}\nrecaps: {recaps:#?}\nansible's: {theirs:#?}"));
                    }
                    found.lock().unwrap().insert((*name).to_string(), recaps);
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} of {} targets\n{}", wrong.len(), names.len(), wrong.join("\n"));
    if ask {
        expected.extend(found.into_inner().unwrap());
        let text: Vec<_> =
            expected.iter().map(|(name, lines)| format!("# {name}\n{}\n", lines.join("\n"))).collect();
        fs::write(kept, text.join("\n")).unwrap();
    }
}
