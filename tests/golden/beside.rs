//! Beside each golden error stands what ansible-core says of the same file, in `NAME.ansible`; ours says at least as much:
//! every name that Ansible quotes is in our text, and the place that we mark is in the same file, on the line that
//! Ansible names or further into the same task.
//!
//! `WARP_GOLDEN=ansible cargo test --test golden beside` asks real Ansible anew.

#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "each test program uses a part of it")]
mod support;

use std::path::{Path, PathBuf};

/// Names that ours need not repeat: the case, the name, the reason.
const NOT_REPEATED: &[(&str, &str, &str)] = &[
    (
        "template-syntax.yml",
        "copy",
        "told when the playbook is loaded, with the argument's line in the frame",
    ),
    (
        "template-syntax.yml",
        "end of print statement",
        "Jinja's word for what minijinja calls a variable block",
    ),
];

/// What is quoted in Ansible's words about its own files, types and options, and not about what the author wrote.
const OF_ANSIBLE: &[&str] = &["ini", "yaml", "host_list", "script", "auto", "toml", "ansible.builtin"];

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/cases");
    let mut cases: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.extension().is_some_and(|e| e == "yml" || e == "ini"));
    cases.sort();
    cases
}

/// What real Ansible says: when it loads the file, or when it would run it.
fn ansible(case: &Path) -> String {
    let ini = case.extension().is_some_and(|e| e == "ini");
    let attempts: &[&[&str]] = if ini {
        &[&["ansible-inventory", "--list", "-i"]]
    } else {
        &[
            &["ansible-playbook", "-i", "localhost,", "--syntax-check"],
            &["ansible-playbook", "-i", "localhost,", "-c", "local", "--check"],
        ]
    };
    for attempt in attempts {
        let output = support::oracle::ansible(attempt[0])
            .args(&attempt[1..])
            .arg(case)
            .env("ANSIBLE_GATHERING", "explicit")
            .env("ANSIBLE_PYTHON_INTERPRETER", support::oracle::bin().join("python"))
            .env("ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED", if ini { "True" } else { "False" })
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let failed = String::from_utf8_lossy(&output.stdout);
        let failed = failed.find("[ERROR]").map_or("", |at| &failed[at..]);
        let failed = failed.split("\nPLAY RECAP").next().unwrap_or_default();
        if !output.status.success() {
            let folder = case.parent().unwrap().to_string_lossy();
            return format!("{}\n{}", said.trim(), failed.trim()).trim().replace(&*folder, "DIR") + "\n";
        }
    }
    "accepted\n".to_owned()
}

/// The words in single quotes of Ansible's own sentences; not those of the source lines that it shows.
fn quoted(said: &str) -> Vec<String> {
    // What follows are examples.
    let said = said.split("For example:").next().unwrap_or_default();
    let sentences: Vec<&str> = said
        .lines()
        .filter(|line| {
            let shown = line.trim_start().trim_start_matches(|c: char| c.is_ascii_digit());
            let numbered = line.starts_with(|c: char| c.is_ascii_digit()) && shown.starts_with(' ');
            !(numbered || line.starts_with("fatal:") || line.starts_with("Origin:"))
        })
        .collect();
    // Python's classes are no names of the author's.
    let text = sentences.join("\n").replace("<class '", "<class ");
    let mut words = Vec::new();
    let mut rest = text.as_str();
    while let Some((_, after)) = rest.split_once([' ', '(', '[']) {
        rest = after;
        if let Some((word, _)) = after.strip_prefix('\'').and_then(|inner| inner.split_once('\'')) {
            words.push(word.trim_start_matches("ansible.builtin.").to_owned());
        }
    }
    words.retain(|word| !word.contains("DIR") && !OF_ANSIBLE.contains(&word.as_str()));
    words
}

/// The first `FILE:LINE` behind a mark.
fn place(said: &str, mark: &str) -> Option<(String, usize)> {
    let (_, after) = said.split_once(mark)?;
    let mut parts = after.lines().next()?.split(':');
    Some((parts.next()?.trim().to_owned(), parts.next()?.trim().parse().ok()?))
}

fn short(case: &Path, theirs: &str, ours: &str) -> Option<String> {
    let name = case.file_name().unwrap().to_string_lossy();
    let excused = |word: &str| NOT_REPEATED.iter().any(|(of, what, _)| *of == name && *what == word);
    for word in quoted(theirs) {
        if !ours.contains(word.trim_matches('.')) && !excused(&word) {
            return Some(format!("{name}: Ansible names {word:?}, ours does not:\n{theirs}---\n{ours}"));
        }
    }
    if let Some((file, line)) = place(theirs, "Origin: ") {
        let Some((our_file, our_line)) = place(ours, "--> ") else {
            return Some(format!("{name}: ours marks no place:\n{ours}"));
        };
        let near = our_file == file && (line..line + 7).contains(&our_line);
        if !near && !excused("place") {
            return Some(format!("{name}: Ansible says {file}:{line}, ours {our_file}:{our_line}"));
        }
    }
    (!ours.contains("-->")).then(|| format!("{name}: ours has no frame:\n{ours}"))
}

#[test]
fn ours_say_at_least_as_much_as_ansible() {
    let ask = std::env::var("WARP_GOLDEN").is_ok_and(|v| v == "ansible");
    let (mut beside, mut found) = (0, Vec::new());
    for case in cases() {
        let kept = format!("{}.ansible", case.display());
        if ask {
            std::fs::write(&kept, ansible(&case)).unwrap();
        }
        let theirs = std::fs::read_to_string(&kept).unwrap_or_default();
        if theirs.is_empty() || theirs == "accepted\n" {
            continue;
        }
        let ours = std::fs::read_to_string(format!("{}.txt", case.display())).unwrap();
        beside += 1;
        found.extend(short(&case, &theirs, &ours));
    }
    assert!(found.is_empty(), "{} say less than Ansible:\n{}", found.len(), found.join("\n\n"));
    assert!(beside >= 40, "only {beside} cases have Ansible's text beside them");
}
