//! The JSON that programs read has the fields that the pages say, all of them and no others.

use super::bench::Ran;
use super::journal::Kept;
use super::support;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The rows of a page's table, by their first cell, beneath a heading.
fn table(page: &str, heading: &str) -> BTreeMap<String, String> {
    let path = format!("{}/docs/{page}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let (_, rest) = text.split_once(heading).unwrap_or_else(|| panic!("{page} has no {heading}"));
    let rows = rest.lines().skip_while(|line| !line.starts_with("| ---")).skip(1);
    rows.take_while(|line| line.starts_with('|'))
        .map(|line| {
            let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
            (cells[0].to_owned(), cells[1].to_owned())
        })
        .collect()
}

fn fields(object: &Value) -> BTreeSet<String> {
    object.as_object().unwrap().keys().cloned().collect()
}

fn set(names: impl IntoIterator<Item = impl Into<String>>) -> BTreeSet<String> {
    names.into_iter().map(Into::into).collect()
}

#[test]
fn those_of_the_journal() {
    let kept = Kept::new(
        "fields",
        r#"
- hosts: one,two
  gather_facts: false
  tasks:
    - command: echo {{ item }}
      loop: [a]
    - shell: test -e {{ playbook_dir }}/tried || { touch {{ playbook_dir }}/tried; false; }
      retries: 1
      delay: 0
    - shell: echo line
      async: 10
      poll: 1
    - command: "false"
      when: inventory_hostname == 'one'
      any_errors_fatal: true
      ignore_errors: false
"#,
    );
    let ran = kept.play(&["-i", "one,two,", "-e", "ansible_connection=local", "-f", "1"]);
    assert_eq!(ran.code, 2, "{}", ran.said());

    let listed: Value = serde_json::from_str(kept.warp(&["journal", "--json"]).out.trim()).unwrap();
    assert_eq!(fields(&listed), set(table("journal.md", "## Listed runs").into_keys()));

    let documented = table("journal.md", "## One run");
    let mut seen = BTreeSet::new();
    for record in kept.records() {
        let kind = record["record"].as_str().unwrap().to_owned();
        let row = documented.iter().find(|(kinds, _)| kinds.split(", ").any(|k| k == kind));
        let (_, said) = row.unwrap_or_else(|| panic!("docs/journal.md has no record {kind}"));
        // What is said of them follows a colon.
        let said = said.split(':').next().unwrap();
        // Of two kinds in one row the second has more.
        let said = match (kind.as_str(), said.split_once(';')) {
            ("stage", Some((first, _))) => first.to_owned(),
            _ => said.replace(';', ","),
        };
        let own = said.split(',').map(str::trim).filter(|name| !name.is_empty());
        assert_eq!(fields(&record), set(own.chain(["record", "time", "warp"])), "{kind}");
        seen.insert(kind);
    }
    for kind in
        ["begun", "playbook", "play", "started", "item", "ended", "retry", "output", "out", "finished"]
    {
        assert!(seen.contains(kind), "no record {kind} was seen");
    }
}

#[test]
fn those_of_the_lab() {
    let scratch = support::scratch("cli-fields-lab");
    let mut ls = support::warp();
    let ran = Ran::of(&ls.args(["ls", "--json"]).env("LWD", &scratch).output().unwrap());
    assert_eq!(ran.code, 0, "{}", ran.said());
    let listed: Value = serde_json::from_str(&ran.out).unwrap();
    let documented = table("lab.md", "## warp ls --json");
    let top = documented.keys().filter(|name| !name.starts_with("nodes["));
    assert_eq!(fields(&listed), set(top.cloned()));
}
