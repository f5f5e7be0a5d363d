//! `expect`, each case under both, where the oracle has pexpect.

use crate::harness::{CHECK, DIFF};
use crate::oracle::{self, Case, World};
use std::path::Path;
use std::process::Command;

/// A program that asks as programs do: prompts without line ends, a password without echo, a question twice.
const BASE: &str = r#"
cat > ask <<'X'
#!/bin/sh
printf 'Name: '; read name
stty -echo; printf 'Password: '; read password; stty echo; echo
for i in 1 2; do printf 'Again? '; read again; echo "got $again"; done
echo "$name/$password" > said
tty > /dev/null && stty size
exit ${1:-0}
X
chmod +x ask; touch there"#;

const CASES: &[Case] = &[
    (
        "",
        "expect",
        r#"{"command": "@/ask", "chdir": "@", "responses": {"Name": "me", "word": "s3", "Again": ["a", "b"]}}"#,
    ),
    (
        "",
        "expect",
        r#"{"command": "@/ask 3", "chdir": "@", "echo": true, "responses": {"(?i)name.*$": 7, "word": true, "Again": "x\n\n"}}"#,
    ),
    (
        "",
        "expect",
        r#"{"command": "@/ask", "chdir": "@", "responses": {"Name": "me", "word": "s3", "Again": ["é"]}}"#,
    ),
    ("", "expect", r#"{"command": "@/ask", "chdir": "@", "timeout": "1", "responses": {"Name": "me"}}"#),
    ("", "expect", r#"{"command": "sleep 9", "timeout": 0, "responses": {"x": "y"}}"#),
    ("", "expect", r#"{"command": "true", "timeout": null, "responses": {}}"#),
    ("", "expect", r#"{"command": "true", "timeout": "soon", "responses": {}}"#),
    ("", "expect", r#"{"command": "true", "timeout": -1, "responses": {}}"#),
    ("", "expect", r#"{"command": "", "responses": {}}"#),
    ("", "expect", r#"{"command": "  ", "responses": {}}"#),
    ("", "expect", r#"{"command": "no-such-program x", "responses": {}}"#),
    ("", "expect", r#"{"command": "@/there", "responses": {}}"#),
    (
        "",
        "expect",
        r#"{"command": "./ask", "chdir": "@", "responses": {"Name|word|Again": ["1", "2", "3", "4"]}}"#,
    ),
    ("", "expect", r#"{"command": "true", "creates": "@/there", "responses": {}}"#),
    ("", "expect", r#"{"command": "true", "creates": "t*", "chdir": "@", "responses": {}}"#),
    ("", "expect", r#"{"command": "true", "removes": "gone", "chdir": "@", "responses": {}}"#),
    ("", "expect", r#"{"command": "true", "removes": "there", "chdir": "@", "responses": {}}"#),
    ("", "expect", r#"{"command": "sh -c 'kill -9 $$'", "responses": {}}"#),
    ("", "expect", r#"{"command": "printf '%s|' \"a b\" c\\ d '' e ''", "responses": {}}"#),
    ("", "expect", r#"{"command": "printf 'a\\nb\\r\\n\\n'", "responses": {}}"#),
    ("", "expect", r#"{"command": "sh -c 'trap \"\" HUP INT; sleep 9'", "timeout": 0, "responses": {}}"#),
    ("", "expect", r#"{"command": "seq 20000", "responses": {"^x": "y"}}"#),
];

fn said(at: &Path) -> String {
    std::fs::read_to_string(at.join("said")).unwrap_or_default()
}

#[test]
fn questions_are_answered_as_by_ansible() {
    let Some(python) = oracle::python() else { return };
    let known = Command::new(&python).args(["-c", "import pexpect"]).output().unwrap();
    if !known.status.success() {
        eprintln!("nothing was compared: {} has no pexpect", python.display());
        return;
    }
    let world = World {
        python: None,
        environment: &[],
        base: BASE,
        modes: &[CHECK, DIFF],
        unequal: &[],
        listing: said,
    };
    oracle::compare_in(&world, CASES);
}
