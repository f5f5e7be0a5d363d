//! `--list-*` and `--syntax-check` print what ansible-playbook prints, byte by byte.

use super::bench::{Bench, Ran};
use super::compat::tool;
use super::support;

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

/// What of a play is looked at before it is listed or found correct, one play each.
const LOOKED_AT: &[&str] = &[
    "- {hosts: localhost, tasks: [{bigip_facts: }]}",
    "- {hosts: localhost, tasks: [{include: x.yml}]}",
    "- {hosts: localhost, tasks: [{ufw: {state: enabled}}, {ansible.builtin.npm: {path: x}}]}",
    "- {hosts: localhost, tasks: [{docker_image: {name: x}}]}",
    "- {hosts: localhost, name: 'x {{ nosuch }}', tasks: [{ping: }]}",
    "- {hosts: localhost, name: 'x {{ r_default }} {{ v }} {{ groups.all }} {{ playbook_dir | basename }}', roles: [r], \
     vars: {v: 1}}",
    "- {hosts: localhost, serial: '{{ nosuch }}', tasks: [{ping: }]}",
    "- {hosts: localhost, environment: '{{ nosuch }}', vars_files: [none.yml, '{{ nosuch }}.yml'], tasks: [{ping: }]}",
    "- {hosts: '{{ nosuch }}', tasks: [{ping: }]}",
    "- {hosts: '{{ target | default(omit) }}', tasks: [{ping: }]}",
    "- {hosts: localhost, vars_files: [vault.yml], tasks: [{ping: }]}",
    "- {hosts: localhost, vars_files: [vault.yml], roles: [r], tasks: [{nosuch: }]}",
    "- {hosts: localhost, vars_files: [vault.yml], tasks: [{nosuch: }]}",
    "- {hosts: localhost, roles: [nosuch]}",
    "- {import_playbook: a.b.c}",
    "- {hosts: localhost, tasks: [{ping: }], handlers: [{name: b, block: [{name: h, ping: }], rescue: [{ping: }]}]}",
    "- {hosts: localhost, handlers: [{name: b, block: [{name: h, block: [{ping: }]}]}]}",
    "- {hosts: localhost, roles: [r]}",
];

#[test]
fn plays_are_looked_at_as_ansible_looks_at_them() {
    let bench = Bench::new("looks", "");
    bench.file("ansible.cfg", "[defaults]\nstdout_callback = nosuch\n");
    bench.file("vault.yml", "$ANSIBLE_VAULT;1.1;AES256\n6162\n");
    bench.file("roles/r/defaults/main.yml", "r_default: 1\n");
    bench.file(
        "roles/r/tasks/main.yml",
        "- {name: inc, include_role: {name: r}}\n- include_role: {name: r}\n- {name: t, include_tasks: x.yml}\n",
    );
    let real = support::oracle::ansible("ansible-playbook");
    let collections =
        real.get_envs().find(|(name, _)| *name == "ANSIBLE_COLLECTIONS_PATH").unwrap().1.unwrap();
    let mut wrong = String::new();
    for play in LOOKED_AT {
        bench.file("play.yml", play);
        for option in ["--syntax-check", "--list-tasks"] {
            let theirs = bench.ansible(&[option]);
            let mut command = tool(&bench, "ansible-playbook");
            command.args([option, "play.yml"]).env("ANSIBLE_COLLECTIONS_PATH", collections);
            let ours = Ran::of(&command.output().unwrap());
            if (ours.code, &ours.out) != (theirs.code, &theirs.out) {
                wrong += &format!(
                    "{play} {option}\n{} {}{} {}",
                    theirs.code,
                    theirs.said(),
                    ours.code,
                    ours.said()
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn playbooks_are_named_with_their_collection() {
    let bench =
        Bench::new("lists-collection", "- hosts: localhost\n  tasks: [{name: of no collection, debug: }]\n");
    let folder = "all/ansible_collections/own/things/playbooks";
    bench.file(&format!("{folder}/first.yml"), "- hosts: localhost\n  tasks: [{name: first, debug: }]\n");
    bench.file(&format!("{folder}/second.yaml"), "- hosts: localhost\n  tasks: [{name: second, debug: }]\n");
    for names in [&["own.things.first"][..], &["own.things.second", "play.yml"], &["own.things.first.yml"]] {
        let run = |mut command: std::process::Command| {
            let command =
                command.current_dir(&bench.0).args(["-i", "localhost,", "--list-tasks"]).args(names);
            Ran::of(&command.env("ANSIBLE_COLLECTIONS_PATH", bench.path("all")).output().unwrap())
        };
        let ours = run(tool(&bench, "ansible-playbook"));
        let theirs = run(support::oracle::ansible("ansible-playbook"));
        assert_eq!((ours.code, &ours.out), (0, &theirs.out), "{}\n{}", ours.said(), theirs.said());
    }
    let gone = Ran::of(&tool(&bench, "ansible-playbook").arg("own.things.third").output().unwrap());
    assert_eq!(gone.code, 1);
    assert!(gone.err.contains("the playbook: own.things.third could not be found"), "{}", gone.err);
}
