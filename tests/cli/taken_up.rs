//! Runs that are taken up with everything that they were begun with: connections, strategies, passwords, options.

use super::bench::Ran;
use super::journal::{Kept, bytes, holds};
use super::pty::Pty;
use super::sshd::Sshd;
use super::support;
use std::collections::BTreeSet;

const OVER_SSH: &str = r#"
- hosts: all
  gather_facts: false
  vars: {log: "{{ playbook_dir }}/log-{{ inventory_hostname }}"}
  tasks:
    - shell: echo first >> {{ log }}; echo {{ inventory_hostname }}
      register: r
      notify: told
    - shell: echo loop-{{ item }} >> {{ log }}
      loop: [a, b]
    - shell: echo async >> {{ log }}
      async: 30
      poll: 1
    - shell: echo last-{{ r.stdout }} >> {{ log }}
  handlers:
    - name: told
      shell: echo told >> {{ log }}
"#;

/// What both hosts wrote.
fn written(kept: &Kept) -> [String; 2] {
    ["one", "two"].map(|host| kept.bench.read(&format!("log-{host}")))
}

#[test]
fn a_run_over_ssh_is_taken_up_at_any_point() {
    let sshd = Sshd::start("");
    let kept = Kept::new("ssh", OVER_SSH);
    let host = |name: &str| {
        format!(
            "{name} ansible_host=127.0.0.1 ansible_port={} ansible_user=root ansible_connection=ssh \
             ansible_ssh_private_key_file={}/id\n",
            sshd.port,
            sshd.dir.path().display()
        )
    };
    kept.bench.file("hosts", &format!("{}{}", host("one"), host("two")));
    for (number, point) in
        ["step-noted:1", "step-kept:2", "item-kept:3", "mid-install:1", "step-collected:1", "step-kept:7"]
            .into_iter()
            .enumerate()
    {
        let mut command =
            kept.command(&["-i", "hosts", "-e", "ansible_connection=ssh", "-l", "one:two", "-f", "1"]);
        command.env("ANSIBLE_HOST_KEY_CHECKING", "false").env("WARP_FAILPOINT", point);
        let killed = Ran::of(&command.output().unwrap());
        assert_eq!(killed.code, -1, "{point} was not reached: {}", killed.said());
        let resumed = kept.resume();
        assert_eq!(resumed.code, 0, "{point}: {}", resumed.said());
        let expected =
            ["one", "two"].map(|host| format!("first\nloop-a\nloop-b\nasync\nlast-{host}\ntold\n"));
        assert_eq!(written(&kept), expected, "{number}, {point}: {}", resumed.said());
        for host in ["one", "two"] {
            std::fs::remove_file(kept.bench.path(&format!("log-{host}"))).unwrap();
        }
    }
}

const LOCAL: [&str; 6] = ["-i", "one,two,", "-e", "ansible_connection=local", "-f", "1"];

#[test]
fn a_free_run_is_taken_up_at_any_point() {
    let kept = Kept::new("free", &OVER_SSH.replace("  gather_facts", "  strategy: free\n  gather_facts"));
    for point in
        ["step-noted:1", "step-kept:3", "item-kept:2", "step-collected:1", "step-forgotten:2", "step-kept:8"]
    {
        let killed = Ran::of(&kept.command(&LOCAL).env("WARP_FAILPOINT", point).output().unwrap());
        assert_eq!(killed.code, -1, "{point} was not reached: {}", killed.said());
        let resumed = kept.resume();
        assert_eq!(resumed.code, 0, "{point}: {}", resumed.said());
        for (host, log) in ["one", "two"].into_iter().zip(written(&kept)) {
            let expected = format!("first\nloop-a\nloop-b\nasync\nlast-{host}\ntold\n");
            // A step of the other host may have run when warp was killed: that is told, and the step run again.
            let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
            assert_eq!(lines(&log), lines(&expected), "{point}: {}", resumed.said());
            let twice = log.lines().count() - expected.lines().count();
            let told = resumed.said().matches(&format!("was running on {host} when")).count();
            assert!(twice <= told, "{point}, {host}: {log}{}", resumed.said());
            std::fs::remove_file(kept.bench.path(&format!("log-{host}"))).unwrap();
        }
    }
}

/// A play that fails until there is `go`, with a variable of a vault.
const VAULTED: &str = r#"
- hosts: all
  gather_facts: false
  vars_files: [secret.yml]
  tasks:
    - set_fact: {kept: "{{ secret }}"}
      no_log: true
    - fail: {msg: not yet}
      when: not ('{{ playbook_dir }}/go' is exists)
    - copy: {content: "{{ kept }} {{ secret }}", dest: "{{ playbook_dir }}/out", mode: "0600"}
"#;

fn vaulted(name: &str) -> Kept {
    let kept = Kept::new(name, VAULTED);
    kept.bench.file("password", "CANARY-password\n").file("secret.yml", "secret: CANARY-vault\n");
    let mut encrypt = support::warp();
    encrypt.args(["vault", "encrypt", "--vault-password-file", "password", "secret.yml"]);
    assert!(encrypt.current_dir(&kept.bench.0).status().unwrap().success());
    kept
}

#[test]
fn the_password_of_a_vault_is_read_again_from_its_file() {
    let kept = vaulted("vault");
    let failed = kept.play(&["--vault-password-file", "password"]);
    assert!(failed.code == 2 && failed.said().contains("not yet"), "{}", failed.said());
    kept.bench.file("go", "");
    let resumed = kept.resume();
    assert_eq!(resumed.code, 0, "{}", resumed.said());
    assert!(!resumed.out.contains("TASK set_fact"), "{}", resumed.out);
    assert_eq!(kept.bench.read("out"), "CANARY-vault CANARY-vault");
    assert!(!holds(&bytes(&kept.journal), "CANARY"), "a secret stands in the journal in clear");
    assert!(!failed.said().contains("CANARY") && !resumed.said().contains("CANARY"));
}

#[test]
fn passwords_that_were_typed_are_asked_for_again_and_kept_nowhere() {
    let kept = vaulted("asked-again");
    let typed = |mut pty: Pty| {
        // In the order in which the options are read.
        pty.expect("password: ").say("CANARY-password");
        pty.expect("password: ").say("CANARY-become");
        let code = pty.end();
        assert!(!pty.shown.contains("CANARY"), "{}", pty.shown);
        (code, pty.shown.clone())
    };
    let mut command = kept.command(&["-J", "-K"]);
    command.env_remove("WARP_VAULT");
    let (code, shown) = typed(Pty::spawn(command));
    assert!(code == 2 && shown.contains("not yet"), "{shown}");
    kept.bench.file("go", "");
    let mut command = support::warp();
    command.arg("resume").env("WARP_JOURNAL", &kept.journal);
    let (code, shown) = typed(Pty::spawn(command));
    assert_eq!(code, 0, "{shown}");
    assert_eq!(kept.bench.read("out"), "CANARY-vault CANARY-vault");
    assert!(!holds(&bytes(&kept.journal), "CANARY"), "a secret stands in the journal in clear");
}

#[test]
fn limits_tags_and_variables_are_those_of_the_beginning() {
    let kept = Kept::new(
        "options",
        r#"
- hosts: all
  gather_facts: false
  tasks:
    - shell: echo {{ inventory_hostname }} {{ given }} {{ other }} >> {{ playbook_dir }}/log
      tags: [wanted]
    - shell: echo unwanted >> {{ playbook_dir }}/log
    - shell: test -e {{ playbook_dir }}/go && echo last {{ inventory_hostname }} {{ given }} >> {{ playbook_dir }}/log
      tags: [wanted, skipped]
    - shell: echo skipped >> {{ playbook_dir }}/log
      tags: [wanted, left]
"#,
    );
    kept.bench.file("vars.json", r#"{"other": "file"}"#);
    let args = [
        "-i",
        "one,two,three,",
        "-e",
        "ansible_connection=local",
        "-f",
        "1",
        "-l",
        "one:two",
        "-t",
        "wanted",
        "--skip-tags",
        "left",
        "-e",
        "given='a b'",
        "-e",
        "@vars.json",
    ];
    let failed = kept.play(&args);
    assert_eq!(failed.code, 2, "{}", failed.said());
    kept.bench.file("go", "");
    let resumed = kept.resume();
    assert_eq!(resumed.code, 0, "{}", resumed.said());
    assert_eq!(kept.bench.read("log"), "one a b file\ntwo a b file\nlast one a b\nlast two a b\n");
}

#[test]
fn handlers_loops_and_rescue_sections_go_on_where_they_were() {
    let play = r#"
- hosts: all
  gather_facts: false
  vars: {log: "{{ playbook_dir }}/log"}
  tasks:
    - shell: echo notifies >> {{ log }}
      notify: [a, b]
    - block:
        - shell: echo fails >> {{ log }}; false
      rescue:
        - shell: echo rescue-{{ ansible_failed_task.action }} >> {{ log }}
        - shell: echo loop-{{ item }}-{{ index }} >> {{ log }}; test {{ item }} != b || test -e {{ playbook_dir }}/go
          loop: [a, b, c]
          loop_control: {index_var: index}
          register: looped
        - shell: echo {{ looped.results | map(attribute='rc') | join }} >> {{ log }}
    - meta: flush_handlers
    - shell: echo end >> {{ log }}
  handlers:
    - name: a
      shell: echo handler-a >> {{ log }}
    - name: b
      shell: echo handler-b >> {{ log }}; test -e {{ playbook_dir }}/went
"#;
    let kept = Kept::new("positions", play);
    assert_eq!(kept.play(&[]).code, 2);
    kept.bench.file("go", "");
    // What is mended lets it come to the second handler, and no further.
    let again = kept.resume();
    assert_eq!(again.code, 2, "{}", again.said());
    kept.bench.file("went", "");
    let resumed = kept.resume();
    assert_eq!(resumed.code, 0, "{}", resumed.said());
    assert_eq!(
        kept.bench.read("log"),
        "notifies\nfails\nrescue-shell\nloop-a-0\nloop-b-1\nloop-c-2\nloop-b-1\n000\nhandler-a\nhandler-b\nhandler-b\nend\n"
    );
}

#[test]
fn a_keyword_of_a_block_is_part_of_its_tasks() {
    let play = |word: &str| {
        format!(
            "- hosts: all\n  gather_facts: false\n  tasks:\n    - shell: echo before >> {{{{ playbook_dir }}}}/log\n    - vars: {{word: \
             {word}}}\n      block:\n        - name: inner\n          shell: echo {{{{ word }}}} >> {{{{ playbook_dir }}}}/log\n    - fail:\n\
             \x20     when: not ('{{{{ playbook_dir }}}}/go' is exists)\n"
        )
    };
    let kept = Kept::new("block", &play("one"));
    assert_eq!(kept.play(&[]).code, 2);
    kept.bench.file("play.yml", &play("two")).file("go", "");
    let resumed = kept.resume();
    assert_eq!(resumed.code, 0, "{}", resumed.said());
    assert!(resumed.said().contains("'inner' is not what it was"), "{}", resumed.said());
    assert_eq!(kept.bench.read("log"), "before\none\ntwo\n");
}

#[test]
fn no_journal_is_kept_where_none_is_wanted() {
    let kept = Kept::new("off", "- hosts: all\n  gather_facts: false\n  tasks:\n    - fail:\n");
    let runs = || std::fs::read_dir(&kept.journal).unwrap().count();
    let option = kept.play(&["--no-journal"]);
    assert!(option.code == 2 && !option.said().contains("warp resume"), "{}", option.said());
    let variable = Ran::of(&kept.command(&[]).env("WARP_JOURNAL", "off").output().unwrap());
    assert!(variable.code == 2 && !variable.said().contains("warp resume"), "{}", variable.said());
    assert!(!kept.bench.has("off") && runs() == 0);
    let kept_one = kept.play(&[]);
    assert!(kept_one.said().contains("warp resume") && runs() > 0, "{}", kept_one.said());
}
