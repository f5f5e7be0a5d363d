//! Beside each golden error stands what ansible-core says of the same file, in `NAME.ansible`; ours says at least as much:
//! every name that Ansible quotes is in our text; so are the words of the cause, unless [`SAID_OTHERWISE`] has ours; the
//! place that we mark is in the same file, at the line and column that Ansible names or further into the same task; and
//! there is a hint: a label, a note or what to do next.
//!
//! `WARP_GOLDEN=ansible cargo test --test golden beside` asks real Ansible anew.

#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "each test program uses a part of it")]
mod support;

use std::path::{Path, PathBuf};

/// What ours need not repeat: the case, the name or word, the reason.
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

/// Where ours tells the cause in words of its own, those words.
const SAID_OTHERWISE: &[(&str, &str)] = &[
    ("bad-range.ini", "is neither of numbers nor of letters"),
    ("colon-in-value.yml", "a value that contains `: ` needs quotes"),
    ("left-over-text.yml", "takes no text but `argument=value` pairs"),
    ("missing-argument.yml", "needs the argument `dest`"),
    ("missing-file.yml", "Could not find or access"),
    ("missing-role.yml", "was not found in DIR/roles"),
    ("not-a-choice.yml", "it is one of: absent, directory, file, hard, link, touch"),
    ("tab.yml", "YAML does not allow tabs for indentation"),
    ("task-not-a-map.yml", "a task must be a map, not a string"),
    ("template-syntax.yml", "unexpected end of template"),
    ("text-after-quote.yml", "text follows the closing quote: quote the whole value"),
    ("two-documents.yml", "this file holds more than one YAML document"),
    ("unbalanced-arguments.yml", "the quotes or braces of these arguments do not match"),
    ("undefined-alias.yml", "refers to an anchor that is not defined"),
    ("unknown-argument.yml", "the module `copy` has no argument `source`"),
    ("unknown-tag.yml", "unknown YAML tag `!secret`"),
    ("unquoted-braces-alone.yml", "a value that begins with `{{` needs quotes"),
    ("unquoted-braces.yml", "a value that begins with `{{` needs quotes"),
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

/// Ansible's own sentences, without the source lines that it shows.
fn sentences(said: &str) -> String {
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
    sentences.join("\n")
}

/// What is in quotes, single or double.
fn quoted(said: &str) -> Vec<String> {
    // Python's classes are no names of the author's.
    let text = sentences(said).replace("<class '", "<class ");
    let mut words = Vec::new();
    let mut rest = text.as_str();
    while let Some((_, after)) = rest.split_once([' ', '(', '[', '\n']) {
        rest = after;
        for quote in ['\'', '"'] {
            if let Some((word, _)) = after.strip_prefix(quote).and_then(|inner| inner.split_once(quote)) {
                words.push(word.trim_start_matches("ansible.builtin.").to_owned());
            }
        }
    }
    words.retain(|word| !word.contains("DIR") && !OF_ANSIBLE.contains(&word.as_str()));
    words
}

/// The words of Ansible's first sentence, which tells the cause; not what it quotes, nor the steps that led there.
fn cause(said: &str) -> Vec<String> {
    let sentences = sentences(said);
    let first = sentences.lines().find(|line| !line.is_empty()).unwrap_or_default();
    let told = first.split_once("]: ").map_or(first, |(_, told)| told);
    let steps =
        |part: &&str| !(part.ends_with(" failed") || part.starts_with("Failed to parse inventory with"));
    let cause: Vec<&str> = told.split(": ").filter(steps).collect();
    let outside: String = cause.join(": ").split(['\'', '"']).step_by(2).collect::<Vec<_>>().join(" ");
    let words = outside.split(|c: char| !c.is_alphabetic()).filter(|word| word.len() > 3);
    words.map(str::to_lowercase).collect()
}

/// The first `FILE:LINE:COLUMN` behind the last mark; line and column are 0 where there are none.
fn place(said: &str, mark: &str) -> Option<(String, usize, usize)> {
    let (_, after) = said.rsplit_once(mark)?;
    let mut parts = after.lines().next()?.split(':');
    let file = parts.next()?.trim().to_owned();
    let mut number = || parts.next().and_then(|part| part.trim().parse().ok()).unwrap_or(0);
    Some((file, number(), number()))
}

/// What ours lacks.
fn short(case: &Path, theirs: &str, ours: &str) -> Vec<String> {
    let name = case.file_name().unwrap().to_string_lossy();
    let excused = |word: &str| NOT_REPEATED.iter().any(|(of, what, _)| *of == name && *what == word);
    let mut lacks = Vec::new();
    for word in quoted(theirs) {
        if !ours.contains(word.trim_matches('.')) && !excused(&word) {
            lacks.push(format!("the name {word:?}"));
        }
    }
    match SAID_OTHERWISE.iter().find(|(of, ..)| *of == name) {
        Some((_, words)) if ours.contains(words) => {}
        Some((_, words)) => lacks.push(format!("our own words {words:?}")),
        None => {
            let ours = ours.to_lowercase();
            let missing = cause(theirs).into_iter().filter(|word| !ours.contains(word.as_str()));
            lacks.extend(missing.map(|word| format!("the word {word:?} of the cause")));
        }
    }
    // Of several errors the first is the one that Ansible tells.
    let first = ours.split("\n\nerror: ").next().unwrap_or_default();
    match (place(theirs, "Origin: "), place(first, "--> ")) {
        (_, None) => lacks.push("a frame".to_owned()),
        (None, Some(_)) => {}
        // Ansible does not know it.
        (Some((file, ..)), Some(_)) if file == "<unknown>" => {}
        (Some((file, line, column)), Some((our_file, our_line, our_column))) => {
            let near = our_file == file && (line, column) <= (our_line, our_column);
            if !near || (line > 0 && our_line > line + 6) {
                lacks.push(format!(
                    "the place {file}:{line}:{column}: ours is {our_file}:{our_line}:{our_column}"
                ));
            }
        }
    }
    if !["= help: ", "= note: "].iter().any(|hint| ours.contains(hint)) && !labelled(ours) {
        lacks.push("a hint".to_owned());
    }
    lacks
}

/// Whether words stand behind a frame's mark.
fn labelled(ours: &str) -> bool {
    ours.lines().any(|line| {
        let mark = line.trim_start_matches([' ', '|']);
        mark.starts_with('^') && mark.trim_start_matches('^').len() > 1
    })
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
        let lacks = short(&case, &theirs, &ours);
        if !lacks.is_empty() {
            found.push(format!("{} lacks {}:\n{theirs}---\n{ours}", case.display(), lacks.join(", ")));
        }
    }
    assert!(found.is_empty(), "{} say less than Ansible:\n{}", found.len(), found.join("\n\n"));
    assert!(beside >= 40, "only {beside} cases have Ansible's text beside them");
}
