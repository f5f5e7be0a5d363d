//! `ansible-inventory --list --yaml` writes once what several hosts share, as Ansible's does.

use super::bench::{Bench, Ran};
use super::compat::tool;
use super::support;

const INVENTORY: &str = "
all:
  vars:
    shared: &s [1, {a: 2}]
    nested: {deep: [x], empty: {}}
    day: 2020-01-01
  children:
    web:
      hosts:
        h1: {l: *s, own: [1]}
        h2: {nested: 5}
        h3:
      vars: {e: [], d: {}, t: text, long: \"two\\nlines\\n\"}
    db:
      hosts: {h4: {x: *s}, h1: }
";

#[test]
fn what_hosts_share_is_written_once() {
    let bench = Bench::new("inventory-yaml", "[]");
    bench.file("hosts.yml", INVENTORY);
    bench.file("group_vars/web.yml", "of_file: [1, [2]]\nother: {k: [3]}\n");
    for args in [
        &["--list", "--yaml"][..],
        &["--list", "--yaml", "--export"],
        &["--host", "h1", "--yaml"],
        &["--list"],
    ] {
        let run = |mut command: std::process::Command| {
            Ran::of(&command.current_dir(&bench.0).args(["-i", "hosts.yml"]).args(args).output().unwrap()).out
        };
        let theirs = run(support::oracle::ansible("ansible-inventory"));
        assert_eq!(run(tool(&bench, "ansible-inventory")), theirs, "{args:?}");
        assert!(args != ["--list", "--yaml"] || theirs.contains("*id001"), "{theirs}");
    }
}
