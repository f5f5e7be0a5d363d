//! What `warp play` prints, line by line.

use super::bench::Bench;
use super::pty::Pty;

/// What was printed, with the folder and the time taken out.
fn masked(bench: &Bench, printed: &str) -> String {
    let printed = printed.replace(&bench.0.display().to_string(), "DIR");
    printed
        .lines()
        .map(|l| if l.starts_with("took ") { "took ..." } else { l })
        .map(|l| format!("{l}\n"))
        .collect()
}

#[test]
fn every_outcome_says_what_and_why() {
    let bench = Bench::new(
        "screen",
        r#"
- name: A play
  hosts: all
  gather_facts: false
  tasks:
    - debug: msg="hello"
    - debug: var=inventory_hostname
    - name: a list
      debug: {msg: [a, {b: 1}]}
    - name: lines
      debug: {msg: "one\ntwo\n"}
    - name: skips
      command: "true"
      when: inventory_hostname == 'nobody'
    - name: fails
      shell: echo out; echo err >&2; exit 3
      ignore_errors: true
    - name: loops
      command: "test {{ item }} = 1"
      loop: [1, 2]
      changed_when: item == 2
      failed_when: false
    - block:
        - name: goes wrong
          command: /no/such
      rescue:
        - debug: var=ansible_failed_result.rc
    - name: writes
      copy: {content: "new\n", dest: "{{ playbook_dir }}/written"}
      diff: true
    - name: is not there
      ping:
      vars: {ansible_connection: ssh, ansible_host: 127.0.0.1, ansible_port: 1, ansible_user: root}
"#,
    );
    let journal = bench.0.join("journal").display().to_string();
    let ran = bench.play(&["--journal", &journal]);
    let mut told = ran.err.lines();
    assert!(told.next().is_some_and(|l| l.starts_with("to go on from there: warp resume ")), "{}", ran.err);
    assert_eq!(told.next(), None, "{}", ran.err);
    assert_eq!(masked(&bench, &ran.out), EXPECTED);
}

const EXPECTED: &str = r#"
PLAY A play (1 host)
TASK debug
  ok          localhost  hello
TASK debug
  ok          localhost  inventory_hostname: localhost
TASK a list
  ok          localhost
      [
        "a",
        {
          "b": 1
        }
      ]
TASK lines
  ok          localhost
      one
      two
TASK skips
  skipped     localhost
TASK fails
  ignored     localhost
      error: non-zero return code (rc=3)
        --> DIR/play.yml:15:7
         |
      15 |     - name: fails
         |       ^^^^^^^^^^^
TASK loops
  ok          localhost (item=1)
  changed     localhost (item=2)
TASK goes wrong
  rescued     localhost
      error: Error executing command: [Errno 2] No such file or directory: b'/no/such'
        --> DIR/play.yml:24:11
         |
      24 |         - name: goes wrong
         |           ^^^^^^^^^^^^^^^^
TASK debug
  ok          localhost  ansible_failed_result.rc: 2
TASK writes
  changed     localhost
      --- before
      +++ after: DIR/written
      @@ -0,0 +1 @@
      +new
TASK is not there
  UNREACHABLE localhost
      error: Task failed: Failed to connect to the host via ssh: localhost (ssh root@127.0.0.1 port 1): cannot connect to 127.0.0.1:1: Connection refused (os error 111)
        --> DIR/play.yml:31:7
         |
      31 |     - name: is not there
         |       ^^^^^^^^^^^^^^^^^^

localhost  ok=8 changed=3 unreachable=1 failed=0 skipped=1 rescued=1 ignored=1
took ...
"#;

#[test]
fn what_a_guest_says_cannot_move_the_cursor() {
    let bench = Bench::new(
        "hostile-screen",
        r#"
- hosts: all
  gather_facts: false
  tasks:
    - evil:
      register: r
    - debug: var=r
    - debug: msg="{{ harmless }}"
    - command: id -un
      register: who
    - command: printf '\033[31mred\007 \000 {{ "{{" }} 1+1 {{ "}}" }} \r over\n'
      register: said
    - debug: msg="{{ said.stdout }} by {{ who.stdout }} on {{ inventory_hostname }}"
    - command: sh -c "printf '\033]0;title\007bad\n' >&2; exit 3"
"#,
    );
    bench.file("library/evil", EVIL);
    let path = bench.path("library/evil");
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    for verbosity in ["-v", "-vvvv"] {
        let ran = bench.play(&[verbosity]);
        assert_eq!(ran.code, 2, "{}", ran.said());
        let said = ran.said();
        let raw = said.chars().find(|c| c.is_control() && *c != '\n' && *c != '\t');
        assert_eq!(raw, None, "{said:?}");
        // Whose facts these are, they have not made another host or account of it, and nothing was templated.
        assert!(said.contains("{{ 1+1 }} ␍ over by root on localhost"), "{said}");
        assert!(said.contains("{{ lookup('pipe'"), "{said}");
        assert!(!bench.has("owned"), "{said}");
    }
}

/// A module that answers with escapes, templates and facts that would lead elsewhere.
const EVIL: &str = r#"#!/bin/sh
cat <<'JSON'
{"changed": false, "msg": "\u001b]0;owned\u0007\u009b2J\u202e \u0000 end",
 "ansible_facts": {"ansible_host": "192.0.2.1", "ansible_connection": "ssh", "ansible_become": true,
  "ansible_become_user": "nobody", "inventory_hostname": "other", "ansible_shell_executable": "/evil",
  "ansible_ssh_common_args": "-o ProxyCommand=touch${IFS}owned",
  "harmless": "{{ lookup('pipe', 'touch owned') }}"}}
JSON
"#;

#[test]
fn a_command_that_prints_without_end_fails_and_takes_no_memory() {
    let play = "
- hosts: all
  gather_facts: false
  tasks:
    - shell: head -c 1000000000 /dev/zero | tr '\\0' a
      ignore_errors: true
    - shell: yes a line | head -n 1000000
      register: lines
    - shell: yes | head -n 1000001
      ignore_errors: true
    - debug: msg={{ lines.stdout_lines | length }}
";
    let bench = Bench::new("endless", play);
    let ran = bench.play(&[]);
    assert_eq!(ran.code, 0, "{}", ran.said());
    assert!(ran.out.contains("it printed 1000000000 bytes, more than the 8388608"), "{}", ran.said());
    assert!(ran.out.contains("it printed 1000001 lines, more than the 1000000"), "{}", ran.said());
    assert!(ran.out.contains("localhost  1000000\n"), "{}", ran.said());
    // The largest process that any test here has waited for, in KiB.
    let peak =
        nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_CHILDREN).unwrap().max_rss();
    assert!(peak < 350_000, "{peak} KiB");
}

#[test]
fn no_form_of_the_screen_lets_a_guest_drive_the_terminal() {
    let bench = Bench::new(
        "hostile-terminal",
        r#"
- hosts: all
  gather_facts: false
  tasks:
    - evil:
      ignore_errors: true
    - shell: printf 'a\302\233b\033]0;owned\007\r\n'; printf '\033[2J' >&2; exit 3
      register: r
      ignore_errors: true
    - debug: {msg: "{{ r.stdout }} {{ item }}"}
      loop: ["{{ r.stdout }}"]
    - copy: {content: "{{ r.stdout }}", dest: "{{ playbook_dir }}/x{{ r.stdout | hash }}"}
      diff: true
    - copy: {content: x, dest: "/no/such/{{ r.stdout }}"}
      ignore_errors: true
    - pause: {prompt: "{{ r.stdout }}", seconds: 1}
    - include_tasks: "{{ r.stdout }}.yml"
      ignore_errors: true
    - add_host: {name: "h{{ r.stdout }}"}
    - fail: {msg: "{{ r.stdout }}"}
"#,
    );
    bench.file("library/evil", EVIL);
    let path = bench.path("library/evil");
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    for output in ["default", "minimal", "oneline", "json", "screen"] {
        for verbosity in ["-v", "-vvvv"] {
            let mut pty = Pty::spawn(bench.command(&["--output", output, verbosity]));
            pty.end();
            assert!(pty.shown.contains("owned"), "{output}: {}", pty.shown);
            let raw = |c: &char| c.is_control() && !"\n\r\t".contains(*c) || *c == '\u{202e}';
            // What is shown for people moves its own lines, and no more than that.
            let own = ["\u{1b}[2K", "\u{1b}[1A", "\u{1b}[1B", "\u{1b}[?25l", "\u{1b}[?25h"];
            let shown = own.iter().fold(pty.shown.clone(), |text, own| text.replace(own, ""));
            let found: Vec<char> = shown.chars().filter(raw).collect();
            assert!(found.is_empty(), "{output} {verbosity}: {found:?} in {shown:?}");
        }
    }
}
