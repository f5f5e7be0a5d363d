//! `--output default` and the other forms of Ansible's callbacks: whole standard output and standard error of warp and of
//! real Ansible, byte for byte but for times.

use super::support;
use fancy_regex::Regex;
use std::path::Path;
use std::process::Command;

/// A name, a play, and under which options and settings it is printed.
type Case = (&'static str, &'static str, &'static [&'static str], &'static [(&'static str, &'static str)]);

const CASES: &[Case] = &[
    ("plain", "everything.yml", &[], &[]),
    ("coloured", "everything.yml", &[], &[("ANSIBLE_FORCE_COLOR", "1")]),
    (
        "changes only",
        "everything.yml",
        &[],
        &[("ANSIBLE_DISPLAY_OK_HOSTS", "0"), ("ANSIBLE_DISPLAY_SKIPPED_HOSTS", "0")],
    ),
    (
        "failures on standard error, with paths",
        "everything.yml",
        &[],
        &[("ANSIBLE_DISPLAY_FAILED_STDERR", "1"), ("ANSIBLE_SHOW_TASK_PATH_ON_FAILURE", "1")],
    ),
    ("predicting", "everything.yml", &["--check"], &[("ANSIBLE_CHECK_MODE_MARKERS", "1")]),
    ("YAML", "everything.yml", &[], &[("ANSIBLE_CALLBACK_RESULT_FORMAT", "yaml")]),
    ("bytes", "bytes.yml", &["-v"], &[]),
    ("-v", "told.yml", &["-v", "--limit", "h1"], &[]),
    ("-vv", "told.yml", &["-vv"], &[]),
    ("-vvv", "told.yml", &["-vvv", "--diff", "--limit", "h1"], &[]),
    ("-vvvv", "told.yml", &["-vvvv", "--limit", "h1", "-e", "one=1", "-t", "all"], &[]),
    ("minimal", "alone.yml", &[], &[("ANSIBLE_STDOUT_CALLBACK", "minimal")]),
    ("oneline", "alone.yml", &[], &[("ANSIBLE_STDOUT_CALLBACK", "oneline")]),
];

/// Lines that tell how Ansible or warp goes about its work, not what happens: what was done on a host step by step,
/// versions and places of Python, Python's plugins. `Read` comes as often as Ansible puts variables together.
const OWN_WORK: &[&str] = &[
    r"^<[^>]*> (EXEC|PUT|ESTABLISH|Attempting)",
    r"^Using module file ",
    r"^  (configured module search path|ansible (python module|collection) location|executable location) = ",
    r"^  (python|jinja|pyyaml|warp) version = ",
    r"^Loading (callback plugin|collection) ",
    r#"^ *"_original_basename": "#,
    r"^Read `vars_file` ",
];

/// What is told, but for the work itself. A `Read` stands once, at the end.
fn without_work(text: &str) -> String {
    let patterns: Vec<Regex> = OWN_WORK.iter().map(|pattern| Regex::new(pattern).unwrap()).collect();
    let own = |line: &&str| patterns.iter().any(|pattern| pattern.is_match(line).unwrap());
    let mut lines: Vec<&str> = text.split('\n').filter(|line| !own(line)).collect();
    lines.extend(text.lines().find(|line| line.starts_with("Read ")));
    lines.join("\n")
}

/// What differs from run to run.
fn masked(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text).into_owned();
    let masks = [
        (r"\d:\d\d:\d\d\.\d{6}", "DELTA"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}", "TIME"),
        (r#""src": "[^"]*\.(ansible/|warp_)tmp[^"]*", ?"#, ""),
        (r#", "src": "[^"]*\.(ansible/|warp_)tmp[^"]*""#, ""),
    ];
    masks.iter().fold(without_work(&text), |text, (pattern, mask)| {
        Regex::new(pattern).unwrap().replace_all(&text, *mask).into_owned()
    })
}

fn printed(mut command: Command, play: &str, args: &[&str], env: &[(&str, &str)], out: &Path) -> [String; 2] {
    let _ = std::fs::remove_dir_all(out);
    std::fs::create_dir_all(out).unwrap();
    let output = command
        .current_dir(super::checkout().join("tests/parity/screens"))
        .envs(env.iter().copied())
        // One host after the other: which ends first is not told twice alike.
        .args(["-i", "../plays/inventory/hosts", "--forks", "1", "-e"])
        .arg(format!("out={}", out.display()))
        .args(args)
        .arg(play)
        .output()
        .unwrap();
    [masked(&output.stdout), masked(&output.stderr)]
}

/// The first lines that differ, with what stands around them.
fn difference(theirs: &str, ours: &str) -> String {
    similar::TextDiff::from_lines(theirs, ours).unified_diff().header("ansible", "warp").to_string()
}

#[test]
fn screens_are_ansibles_byte_for_byte() {
    let out = support::scratch("parity-screens").join("out");
    let links = support::scratch("parity-screens-links").join("links");
    assert!(support::warp().arg("compat").arg(&links).status().unwrap().success());
    let mut wrong = Vec::new();
    let only = std::env::var("PARITY").unwrap_or_default();
    for (name, play, args, env) in CASES.iter().filter(|case| case.0.contains(&only)) {
        let theirs = printed(support::oracle::ansible("ansible-playbook"), play, args, env, &out);
        let mut warp = Command::new(links.join("ansible-playbook"));
        warp.envs(support::oracle::ansible("").get_envs().filter_map(|(name, value)| Some((name, value?))));
        let ours = printed(warp, play, args, env, &out);
        for (stream, (theirs, ours)) in
            ["standard output", "standard error"].iter().zip(theirs.iter().zip(&ours))
        {
            if theirs != ours {
                wrong.push(format!("== {name}: {stream}\n{}", difference(theirs, ours)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
