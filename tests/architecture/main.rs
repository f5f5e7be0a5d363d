//! The arrows between the rooms point downward.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test ends by panicking"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms from the top down; each may use those after it.
const ROOMS: &[&str] = &[
    "main",
    "cli",
    "deploy",
    "lab",
    "image",
    "report",
    "run",
    "action",
    "connect",
    "inventory",
    "play",
    "template",
    "config",
    "journal",
    "event",
    "console",
    "value",
    "process",
    "error",
    "failpoint",
];

fn sources(dir: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
}

/// Every `crate::room` or `warp::room` that a file names outside comments, with its line; `crate::{a::…, b::…}` too.
fn named_rooms(text: &str) -> Vec<(usize, String)> {
    let code: Vec<&str> = text.lines().map(|l| l.split("//").next().unwrap_or("")).collect();
    let joined = code.join("\n");
    let mut found = Vec::new();
    for (at, marker) in joined.match_indices("crate::").chain(joined.match_indices("warp::")) {
        let line = joined[..at].matches('\n').count() + 1;
        let rest = &joined[at + marker.len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let (mut depth, mut start) = (1, true);
            let mut word = String::new();
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    _ => {}
                }
                if depth == 1 && start && (c.is_alphanumeric() || c == '_') {
                    word.push(c);
                } else if !word.is_empty() {
                    found.push((line, std::mem::take(&mut word)));
                    start = false;
                }
                if depth == 1 && c == ',' {
                    start = true;
                }
                if depth == 0 {
                    break;
                }
            }
        } else {
            let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            found.push((line, word));
        }
    }
    found
}

#[test]
fn a_room_uses_only_rooms_below_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let rank: BTreeMap<&str, usize> = ROOMS.iter().enumerate().map(|(i, r)| (*r, i)).collect();
    let mut files = Vec::new();
    sources(&src, &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&src).unwrap();
        let first = relative.components().next().unwrap().as_os_str().to_string_lossy();
        let room = first.trim_end_matches(".rs");
        if room == "lib" {
            continue;
        }
        let own = *rank.get(room).unwrap_or_else(|| panic!("{room} is not in the list of rooms"));
        for (line, used) in named_rooms(&fs::read_to_string(&file).unwrap()) {
            match rank.get(used.as_str()) {
                Some(other) if *other < own => wrong.push(format!(
                    "src/{}:{line}: {room} is below {used}, so it cannot use it",
                    relative.display()
                )),
                _ => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_agent_knows_nothing_of_the_controller() {
    let manifest =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("agent/Cargo.toml")).unwrap();
    for forbidden in ["tokio", "russh", "virt", "minijinja"] {
        assert!(
            !manifest.lines().any(|l| l.split(['=', '.', ' ']).next() == Some(forbidden)),
            "agent/Cargo.toml names {forbidden}: the agent must stay small"
        );
    }
}
