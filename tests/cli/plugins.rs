//! Every filter, test and lookup of ansible.builtin has its name here too.

use super::bench::Bench;
use super::support;

/// The names that ansible-doc lists.
fn names(kind: &str) -> Vec<String> {
    let output = support::oracle::ansible("ansible-doc").args(["-t", kind, "-l", "-j"]).output().unwrap();
    let listed: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    listed.keys().filter_map(|name| name.strip_prefix("ansible.builtin.")).map(str::to_owned).collect()
}

#[test]
fn all_filters_tests_and_lookups_of_ansible_are_known() {
    let mut play = "- hosts: all\n  gather_facts: false\n  ignore_errors: true\n  tasks:\n".to_owned();
    let mut count = 0;
    for (kind, before, after) in [("filter", "x | ", ""), ("test", "x is ", ""), ("lookup", "query('", "')")]
    {
        let names = names(kind);
        assert!(names.len() > 20, "{kind}: {names:?}");
        for name in names {
            count += 1;
            play += &format!("    - debug: msg=\"{{{{ {before}ansible.builtin.{name}{after} }}}}\"\n");
        }
    }
    let bench = Bench::new("plugins", &play);
    let ran = bench.play(&["--output=default"]);
    assert_eq!(ran.code, 0, "{}", ran.said());
    assert!(ran.out.contains(&format!("ok={count} ")), "{}", ran.out);
    for unknown in ["No filter named", "No test named", "' was not found."] {
        assert!(!ran.said().contains(unknown), "{}", ran.said());
    }
    // What is not there is told by these words.
    let bench =
        Bench::new("plugins-not", "- hosts: all\n  tasks:\n    - debug: msg=\"{{ query('no-such') }}\"\n");
    assert!(bench.play(&[]).said().contains("' was not found."));
}
