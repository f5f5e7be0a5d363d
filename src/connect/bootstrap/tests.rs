//! The script under the shells and with the programs that targets have.

use super::*;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

/// An agent that says who it is and repeats its input, and knows its own checksum.
const AGENT: &[u8] =
    b"#!/bin/sh\nif [ \"$1\" = digest ]; then exec /usr/bin/sha256sum \"$0\"; fi\necho hello\npwd\nexec cat\n";

const TOOLS: &[&str] =
    &["sh", "id", "ls", "mkdir", "rm", "chmod", "wc", "head", "cat", "df", "uname", "dd", "mv", "find"];

/// A folder of these programs alone.
fn programs(dir: &Path, more: &[&str]) {
    std::fs::create_dir(dir).unwrap();
    for name in TOOLS.iter().chain(more) {
        let found = ["/usr/bin", "/bin"].map(|d| Path::new(d).join(name)).into_iter().find(|p| p.exists());
        symlink(found.unwrap_or_else(|| panic!("no {name}")), dir.join(name)).unwrap();
    }
}

/// All that is said, with `bytes` sent where an agent is asked for (as often as it is), and `frames` at the end.
fn run(shell: &[&str], home: &Path, path: &Path, sent: impl Fn(Packing) -> Vec<u8>) -> String {
    let (program, args) = shell.split_first().unwrap();
    let script = script(&AgentImage::new(AGENT), "mark");
    let mut command = Command::new(program);
    command.args(args).args(["-c", COMMAND]).current_dir(home).env("HOME", home).env("PATH", path);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(script.as_bytes()).unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut all = String::new();
    loop {
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        all += &line;
        let Some(with) = line.strip_prefix("mark need ") else { break };
        let packing = packing(with.trim());
        let whole = AgentImage::new(AGENT).packed(packing).unwrap().len();
        let bytes = sent(packing);
        stdin.write_all(format!("{whole}\n").as_bytes()).unwrap();
        stdin.write_all(&bytes).unwrap();
        if bytes.len() < whole {
            break;
        }
    }
    let _ = stdin.write_all(b"frames");
    drop(stdin);
    stdout.read_to_string(&mut all).unwrap();
    child.wait().unwrap();
    all
}

#[test]
fn every_shell_places_the_agent_whole_or_not_at_all() {
    let scratch = tempfile::tempdir().unwrap();
    for (number, more, expected) in [
        (0, &["zstd", "gzip", "sha256sum"][..], Packing::Gzip),
        (1, &["zstd", "sha256sum"], Packing::Zstd),
        (2, &["sha256sum"], Packing::None),
        // The agent is asked itself.
        (3, &[], Packing::None),
    ] {
        let path = scratch.path().join(number.to_string());
        programs(&path, more);
        for shell in [&["/bin/dash"][..], &["/bin/bash"], &["/bin/bash", "--posix"], &["/bin/busybox", "sh"]]
        {
            assert!(Path::new(shell[0]).exists(), "the test needs {}", shell[0]);
            let case = format!("{shell:?} {more:?}");
            let home = tempfile::tempdir().unwrap();
            let cache = home.path().join(".cache/warp");
            let files = || std::fs::read_dir(&cache).unwrap().count();
            let packed = |packing| AgentImage::new(AGENT).packed(packing).unwrap().to_vec();
            // Cut off in the middle, and with other bytes: nothing stays.
            let half = run(shell, home.path(), &path, |packing| {
                assert_eq!(packing, expected, "{case}");
                packed(packing)[..20].to_vec()
            });
            assert!(half.starts_with("mark need ") && !half.contains("mark have"), "{case}: {half}");
            assert_eq!(files(), 0, "{case}");
            let other = run(shell, home.path(), &path, |packing| vec![b'x'; packed(packing).len()]);
            assert!(other.contains("/.cache/warp did not take it whole"), "{case}: {other}");
            assert!(other.matches("mark need ").count() > 1, "{case}: {other}");
            assert_eq!(files(), 0, "{case}");
            // Whole, and then there; each time it begins where the login does.
            let here = format!("hello\n{}\nframes", home.path().display());
            let placed = run(shell, home.path(), &path, packed);
            assert!(placed.ends_with(&format!("mark have\n{here}")), "{case}: {placed}");
            assert_eq!(run(shell, home.path(), &path, packed), format!("mark have\n{here}"), "{case}");
            assert_eq!(files(), 1, "{case}");
        }
    }
}

#[test]
fn agents_of_no_more_use_are_cleared_away() {
    let scratch = tempfile::tempdir().unwrap();
    let (home, path) = (scratch.path().join("home"), scratch.path().join("bin"));
    let cache = home.join(".cache/warp");
    programs(&path, &["sha256sum"]);
    std::fs::create_dir(&home).unwrap();
    assert!(Command::new("mkdir").args(["-p", "-m", "700"]).arg(&cache).status().unwrap().success());
    for (name, age) in [("agent-old", "40 days ago"), (".torn", "40 days ago"), ("agent-new", "3 days ago")] {
        let made = Command::new("touch").args(["-d", age]).arg(cache.join(name)).status().unwrap();
        assert!(made.success());
    }
    run(&["/bin/sh"], &home, &path, |packing| AgentImage::new(AGENT).packed(packing).unwrap().to_vec());
    let mut left: Vec<String> =
        std::fs::read_dir(&cache).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    left.sort();
    let placed = format!("agent-{}", AgentImage::new(AGENT).sha256());
    let mut expected = vec!["agent-new".to_owned(), placed];
    expected.sort();
    assert_eq!(left, expected);
}

#[test]
fn the_embedded_agent_is_known_by_its_hash() {
    let embedded = AgentImage::embedded();
    assert_eq!(AgentImage::new(embedded.bytes().unwrap()).sha256(), embedded.sha256());
    assert_eq!(embedded.bytes().unwrap().len(), embedded.size());
}
