//! `warp doc`, `ansible-doc`, and the reference that comes from the same tables.

use crate::support;
use std::fs;
use std::path::Path;

fn doc(args: &[&str]) -> (Option<i32>, String, String) {
    let output = support::warp().arg("doc").args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_module_is_described_by_its_table() {
    let (code, page, _) = doc(&["ansible.builtin.find"]);
    assert_eq!(code, Some(0));
    for part in [
        "> MODULE ansible.builtin.find",
        "= paths",
        "choices: [any, directory, file, link]",
        "aliases: [name, path]",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let (_, json, _) = doc(&["--json", "slurp"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["ansible.builtin.slurp"]["doc"]["options"]["src"]["required"], true);
    let (_, snippet, _) = doc(&["-s", "slurp"]);
    assert!(
        snippet.contains("ansible.builtin.slurp:") && snippet.contains("(required) The file."),
        "{snippet}"
    );
    let (code, _, error) = doc(&["cpoy"]);
    assert_ne!(code, Some(0));
    assert!(error.contains("cpoy was not found") && error.contains("did you mean `copy`?"), "{error}");
}

#[test]
fn every_module_says_what_it_and_its_arguments_do() {
    let (_, list, _) = doc(&["--list", "--json"]);
    let list: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&list).unwrap();
    let names: Vec<&str> = list.keys().map(String::as_str).collect();
    let (_, pages, _) = doc(&[&["--json"][..], &names].concat());
    let pages: serde_json::Value = serde_json::from_str(&pages).unwrap();
    for (module, page) in pages.as_object().unwrap() {
        assert_ne!(page["doc"]["short_description"], "", "{module}");
        for (option, said) in page["doc"]["options"].as_object().unwrap() {
            assert_ne!(said["description"][0], "", "{module} {option}");
        }
    }
}

#[test]
fn the_reference_is_what_the_tables_say() {
    let fresh = support::scratch("cli-reference");
    assert_eq!(doc(&["--reference", fresh.to_str().unwrap()]).0, Some(0));
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference");
    let names = |dir: &Path| {
        let mut names: Vec<_> = fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&fresh), names(&kept), "`make reference` writes it anew");
    for name in names(&fresh) {
        let page = |dir: &Path| fs::read_to_string(dir.join(&name)).unwrap();
        assert!(page(&fresh) == page(&kept), "{name:?} is not current: `make reference` writes it anew");
    }
}
