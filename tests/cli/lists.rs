//! `--list-*` and `--syntax-check` print what ansible-playbook prints, byte by byte.

use super::bench::Bench;

const PLAY: &str = r#"
- hosts: web
  name: first {{ 1 + 1 }}
  tags: [p1]
  roles: [{role: r1, tags: q}]
  pre_tasks:
    - {name: pre, ping: }
  tasks:
    - {name: 'a {{ x }}', ping: , tags: [b, a]}
    - ansible.builtin.ping:
    - {include_tasks: part.yml, tags: inc}
    - {import_tasks: part.yml, tags: imp}
    - {name: imr, import_role: {name: r1}}
    - {include_role: {name: r1}}
    - {name: nev, ping: , tags: never}
    - {name: al, ping: , tags: always}
    - block:
        - {name: in block, ping: }
      rescue:
        - {name: in rescue, ping: }
      always:
        - {name: in always, ping: }
    - meta: flush_handlers
  handlers:
    - {name: hh, ping: }
- hosts: [h1, h2, '!h2']
  tasks: []
- hosts: nobody
  tasks: [{ping: }]
"#;

#[test]
fn lists_are_those_of_ansible() {
    let bench = Bench::new("lists", PLAY);
    bench.file("part.yml", "- {name: in part, ping: , tags: part}\n");
    bench.file("hosts", "[web]\nh1\nh2\n");
    bench.file(
        "roles/r1/tasks/main.yml",
        "- {name: r one, ping: , tags: [x, y]}\n- ping:\n- block:\n    - {name: blk, debug: }\n  tags: z\n",
    );
    let cases: [&[&str]; 9] = [
        &["--list-tasks"],
        &["--list-tags"],
        &["--list-tasks", "--list-tags"],
        &["--list-tasks", "-t", "a,x"],
        &["--list-tasks", "-t", "never"],
        &["--list-tasks", "--skip-tags", "z,a"],
        &["--list-tags", "--list-tasks", "-t", "x"],
        // One host: Ansible lists several in the order of a hash.
        &["--list-hosts", "-l", "h1"],
        &["--syntax-check"],
    ];
    for case in cases {
        let args: Vec<&str> = ["-i", "hosts"].iter().chain(case).copied().collect();
        let (theirs, ours) = (bench.ansible(&args), bench.warp(&args));
        assert_eq!(ours.out, theirs.out, "{case:?}: {}", ours.err);
        assert_eq!(ours.code, theirs.code, "{case:?}");
    }
}

#[test]
fn every_host_is_listed() {
    let bench = Bench::new("hosts", "- hosts: all\n  tasks: []\n");
    bench.file("hosts", "h1\nh2 x=1\n[g]\nh[3:4]\n");
    let ran = bench.warp(&["-i", "hosts", "--list-hosts"]);
    assert!(ran.out.contains("hosts (4):\n      h1\n      h2\n      h3\n      h4\n"), "{}", ran.said());
}
