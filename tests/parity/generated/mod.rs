//! Cases that are made up: templates, plays, inventories and calls of modules, each under warp and under real Ansible.
//!
//! How many and which: `PARITY_SEED` (fixed otherwise) and `PARITY_CASES` (few otherwise) or `PARITY_SECONDS` for each
//! test; `make soak` gives them. A case that differs is made as small as it can be before it is told.

mod actions;
mod calls;
mod differences;
mod expressions;
mod grammar;
mod hosts;
mod inventories;
mod oracle;
mod plays;
mod yaml;

use proptest::prelude::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use similar::{ChangeTag, TextDiff};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// How a made-up case ended.
pub enum Verdict {
    /// Both do the same.
    Same,
    /// They differ knowingly: the reason, one of docs/compatibility.md's.
    Known(&'static str),
    /// They differ: what each does, and a mark that differences of one cause share.
    Differs {
        /// What each does.
        how: String,
        /// The mark.
        mark: String,
    },
}

/// After so many differences a test ends.
const MOST: usize = 30;

/// The seed where none is given.
const SEED: u64 = 2_19_14;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// Judges cases until there were enough of them; fails with every difference, each made small.
///
/// A difference with a mark that was told before is not told again, so that one common fault does not hide the others.
pub fn judge<T: std::fmt::Debug>(
    name: &str,
    (seed, cases): (u64, u64),
    strategy: impl Strategy<Value = T>,
    verdict: impl Fn(&T) -> Verdict,
    shown: impl Fn(&T) -> String,
) {
    let seed = number("PARITY_SEED").unwrap_or(seed);
    let until = number("PARITY_SECONDS").map(|s| Instant::now() + Duration::from_secs(s));
    let cases = number("PARITY_CASES").unwrap_or(if until.is_some() { u64::MAX } else { cases });
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config {
        failure_persistence: None,
        max_shrink_iters: 400,
        max_shrink_time: 15_000,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let known: RefCell<BTreeMap<&'static str, u64>> = RefCell::default();
    let (mut ran, mut found, mut told) = (0, Vec::new(), BTreeSet::new());
    while ran < cases && found.len() < MOST && until.is_none_or(|end| Instant::now() < end) {
        ran += 1;
        let tree = strategy.new_tree(&mut runner).unwrap();
        // Made smaller, a case stays one only while it fails in the same way.
        let first: RefCell<Option<String>> = RefCell::default();
        let outcome = runner.run_one(tree, |case| match verdict(&case) {
            Verdict::Same => Ok(()),
            Verdict::Known(reason) => {
                *known.borrow_mut().entry(reason).or_default() += 1;
                Ok(())
            }
            Verdict::Differs { how, mark } => {
                if told.contains(&mark) || *first.borrow_mut().get_or_insert_with(|| mark.clone()) != mark {
                    return Ok(());
                }
                Err(TestCaseError::fail(how))
            }
        });
        match outcome {
            Ok(_) => {}
            Err(TestError::Fail(how, case)) => {
                told.extend(first.into_inner());
                println!("{}\n{how}\n", shown(&case));
                found.push(how);
            }
            Err(TestError::Abort(why)) => panic!("{why}"),
        }
    }
    println!("{name}: {ran} cases with PARITY_SEED={seed}, {} differ", found.len());
    for (reason, times) in known.into_inner() {
        println!("  {times} known: {reason}");
    }
    assert!(found.is_empty(), "{} made-up {name} differ; PARITY_SEED={seed}", found.len());
}

/// Where they part, and the first lines that differ; and the first of real Ansible's as a mark.
pub fn difference(theirs: &str, ours: &str) -> (String, String) {
    let diff = TextDiff::from_lines(theirs, ours);
    let changes = || diff.iter_all_changes();
    let before = changes().take_while(|c| c.tag() == ChangeTag::Equal);
    let after =
        before.map(|c| c.value()).filter(|l| l.starts_with("TASK") || l.starts_with("RUNNING")).last();
    let mut shown = format!("  after {}", after.unwrap_or("nothing\n"));
    for change in changes().filter(|c| c.tag() != ChangeTag::Equal).take(8) {
        shown += &format!("  {}{}\n", change.tag(), change.value().trim_end_matches('\n'));
    }
    let mark =
        changes().find(|c| c.tag() != ChangeTag::Equal).map_or(String::new(), |c| c.value().to_owned());
    (shown, mark)
}
