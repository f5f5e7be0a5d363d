//! `make corpus DIR=...`: the playbooks of public repositories load, and list their tasks, as under real Ansible.
//!
//! DIR holds checkouts, a folder each; none is kept here. Every playbook in them goes through `ansible-playbook
//! --syntax-check` and `--list-tasks` of both, from the nearest folder above it that has an `ansible.cfg`: exit codes and
//! the lines of standard output must be equal. Collections that are not installed must be missed by both.
//!
//! `CORPUS_ONLY=text` takes the playbooks whose path has that text, `CORPUS_LIMIT=n` at most n of each repository, spread
//! over it. What real Ansible said is kept under `target/tmp/corpus`: delete that folder when DIR has changed.

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

mod playbooks;

use playbooks::Playbook;
use similar::{ChangeTag, TextDiff};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a run ended with and printed.
#[derive(PartialEq, serde::Serialize, serde::Deserialize)]
struct Answer {
    code: Option<i32>,
    out: String,
    err: String,
}

fn answer(command: &mut Command, playbook: &Playbook, option: &str, home: &Path) -> Answer {
    let output = command
        .current_dir(&playbook.folder)
        .env("HOME", home)
        .arg(option)
        .arg(playbook.path.strip_prefix(&playbook.folder).unwrap())
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    Answer {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Real Ansible's answer, from an earlier run where there was one: it is slow.
fn oracle(playbook: &Playbook, option: &str, kept: &Path) -> Answer {
    let file = kept.join(format!("{}{option}.json", playbook.name.replace('/', "+")));
    if let Some(known) = fs::read(&file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
        return known;
    }
    let mut command = Command::new("timeout");
    let real = support::oracle::ansible("ansible-playbook");
    command.args(["300"]).arg(real.get_program());
    for (name, value) in real.get_envs() {
        command.env(name, value.unwrap());
    }
    let fresh = answer(&mut command, playbook, option, kept);
    assert_ne!(fresh.code, Some(124), "{}: real Ansible takes more than 300 s", playbook.name);
    fs::write(file, serde_json::to_vec(&fresh).unwrap()).unwrap();
    fresh
}

/// What both need to find the same collections, and to be silent about the same things.
fn under_warp(links: &Path) -> Command {
    let mut command = Command::new("timeout");
    command.arg("60").arg(links.join("ansible-playbook"));
    for (name, value) in support::oracle::ansible("ansible-playbook").get_envs() {
        command.env(name, value.unwrap());
    }
    command
}

/// The lines with the tags of each play sorted: Ansible prints them in the order of a Python set, which differs from run
/// to run.
fn ordered(text: &str) -> String {
    let sorted = |line: &str| match line.rsplit_once("\tTAGS: [") {
        Some((play, tags)) if play.starts_with("  play #") => {
            let mut tags: Vec<&str> = tags.trim_end_matches(']').split(',').collect();
            tags.sort_unstable();
            format!("{play}\tTAGS: [{}]\n", tags.join(","))
        }
        _ => format!("{line}\n"),
    };
    text.lines().map(sorted).collect()
}

fn difference(playbook: &Playbook, links: &Path, kept: &Path) -> Option<String> {
    let mut said = String::new();
    for option in ["--syntax-check", "--list-tasks"] {
        let theirs = oracle(playbook, option, kept);
        let ours = answer(&mut under_warp(links), playbook, option, kept);
        if theirs.code != ours.code {
            said += &format!(
                "  {option}: ansible ended with {:?}, warp with {:?}\n    ansible: {}\n    warp:    {}\n",
                theirs.code,
                ours.code,
                theirs.err.trim().replace('\n', "\n             "),
                ours.err.trim().replace('\n', "\n             "),
            );
        } else if ordered(&theirs.out) != ordered(&ours.out) {
            said += &format!("  {option}: lines differ (- ansible, + warp)\n");
            let (theirs, ours) = (ordered(&theirs.out), ordered(&ours.out));
            let diff = TextDiff::from_lines(&theirs, &ours);
            for change in diff.iter_all_changes().filter(|c| c.tag() != ChangeTag::Equal).take(6) {
                said += &format!("    {}{}\n", change.tag(), change.value().trim_end());
            }
        }
    }
    (!said.is_empty()).then(|| format!("{}\n{said}", playbook.name))
}

#[test]
fn public_playbooks_load_as_under_real_ansible() {
    let dir = std::env::var("CORPUS").expect("CORPUS names a folder with checkouts of playbook repositories");
    let limit = std::env::var("CORPUS_LIMIT").map_or(usize::MAX, |text| text.parse().unwrap());
    let only = std::env::var("CORPUS_ONLY").unwrap_or_default();
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("corpus");
    fs::create_dir_all(&kept).unwrap();
    let links: PathBuf = support::scratch("corpus-links");
    assert!(support::warp().arg("compat").arg(&links).status().unwrap().success());

    let found = playbooks::find(Path::new(&dir), &only, limit);
    assert!(!found.is_empty(), "no playbook with {only:?} in its path below {dir}");
    let next = AtomicUsize::new(0);
    let tally: Mutex<BTreeMap<String, (usize, usize)>> = Mutex::default();
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(playbook) = found.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let difference = difference(playbook, &links, &kept);
                    let mut tally = tally.lock().unwrap();
                    let of = tally.entry(playbook.repository.clone()).or_default();
                    of.0 += 1;
                    of.1 += usize::from(difference.is_none());
                    wrong.lock().unwrap().extend(difference);
                }
            });
        }
    });
    let (tally, mut wrong) = (tally.into_inner().unwrap(), wrong.into_inner().unwrap());
    wrong.sort();
    for difference in &wrong {
        println!("{difference}");
    }
    for (repository, (all, same)) in &tally {
        println!("{repository}: {same} of {all} playbooks alike");
    }
    println!("{} of {} alike, in {} repositories", found.len() - wrong.len(), found.len(), tally.len());
    assert!(wrong.is_empty(), "{} of {} playbooks differ", wrong.len(), found.len());
}
