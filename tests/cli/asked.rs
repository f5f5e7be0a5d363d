//! What the user is asked at the terminal: by warp under Ansible's names and by Ansible itself, in the same words.

use super::bench::Bench;
use super::compat::tool;
use super::pty::Pty;
use super::support;

/// Both tools on the bench's play, one after the other.
fn both(bench: &Bench, args: &[&str], talk: impl Fn(&mut Pty)) {
    let mut oracle = support::oracle::ansible("ansible-playbook");
    oracle.current_dir(&bench.0);
    for mut command in [oracle, tool(bench, "ansible-playbook")] {
        command.args(["-i", "localhost,", "-c", "local"]).args(args).arg("play.yml");
        command.env("ANSIBLE_PYTHON_INTERPRETER", "/usr/bin/python3");
        talk(&mut Pty::spawn(command));
    }
}

#[test]
fn vars_prompt_asks_confirms_hides_and_defaults() {
    let play = r#"
- hosts: localhost
  gather_facts: false
  vars: {what: Town}
  vars_prompt:
    - {name: town, prompt: "{{ what }}", default: 5, confirm: true}
    - {name: seen, private: false}
    - {name: kept, default: fallback}
    - {name: given}
    - {name: raw, private: false, unsafe: true}
  tasks:
    - debug: {msg: "{{ town }}|{{ seen }}|{{ kept }}|{{ given }}|{{ raw }}"}
"#;
    let bench = Bench::new("asked", play);
    both(&bench, &["-e", "given=x"], |pty| {
        pty.expect("Town [5]: ").say("secret").expect("confirm Town [5]: ").say("other");
        pty.expect("***** VALUES ENTERED DO NOT MATCH ****");
        pty.expect("Town [5]: ").say("again").expect("confirm Town [5]: ").say("again");
        pty.expect("seen: ").say("plain").expect("plain");
        pty.expect("kept [fallback]: ").say("");
        pty.expect("raw: ").say("{{ what }}");
        pty.expect("again|plain|fallback|x|{{ what }}");
        assert_eq!(pty.end(), 0, "{}", pty.shown);
        assert!(!pty.shown.contains("secret"), "what is hidden shows: {}", pty.shown);
    });
    both(&bench, &[], |pty| {
        pty.expect("Town [5]: ").keys("x\x03").expect("User interrupted execution");
        assert_eq!(pty.end(), 99, "{}", pty.shown);
    });
}

#[test]
fn pause_waits_for_the_user_or_a_while_and_single_keys_end_it() {
    let play = r#"
- hosts: localhost
  gather_facts: false
  tasks:
    - pause:
    - pause: {prompt: Say}
      register: said
    - name: Long
      pause: {seconds: 600, prompt: Wait}
    - debug: {msg: "heard {{ said.user_input }}"}
"#;
    let bench = Bench::new("pause", play);
    let through = |pty: &mut Pty, end: &str| {
        let press = |pty: &mut Pty, keys: &str| {
            // Ansible shows its prompt before it listens.
            std::thread::sleep(std::time::Duration::from_millis(500));
            pty.keys(keys);
        };
        pty.expect("[pause]").expect("Press enter to continue, Ctrl+C to interrupt:");
        press(pty, "\x03");
        pty.expect("Press 'C' to continue the play or 'A' to abort");
        press(pty, "xC");
        pty.expect("Say:");
        press(pty, "words\r");
        pty.expect("Pausing for 600 seconds")
            .expect("(ctrl+C then 'C' = continue early, ctrl+C then 'A' = abort)");
        pty.expect("[Long]").expect("Wait:");
        press(pty, "\r\x03");
        pty.expect("Press 'C' to continue the play or 'A' to abort");
        press(pty, end);
    };
    both(&bench, &[], |pty| {
        through(pty, "c");
        pty.expect("heard words");
        assert_eq!(pty.end(), 0, "{}", pty.shown);
    });
    both(&bench, &[], |pty| {
        through(pty, "A");
        pty.expect("user requested abort!");
        assert_eq!(pty.end(), 2, "{}", pty.shown);
    });
}

#[test]
fn the_debugger_shows_changes_and_runs_a_task_again() {
    let play = r#"
- hosts: localhost
  gather_facts: false
  debugger: on_failed
  vars: {v: "{{ w }}", w: old}
  tasks:
    - name: bad
      fail: {msg: "{{ v }}"}
    - name: worse
      assert: {that: false}
    - debug: {msg: went on}
"#;
    let bench = Bench::new("debugger", play);
    both(&bench, &[], |pty| {
        let ask = |pty: &mut Pty, line: &str, answer: &str| {
            pty.expect("[localhost] TASK: bad (debug)> ").say(line).expect(line).expect(answer);
        };
        ask(pty, "p task", "TASK: bad");
        ask(pty, "p task.args", "{'msg': 'old'}");
        ask(pty, "p task_vars['v']", "'{{ w }}'");
        ask(pty, "help", "EOF  c  continue  h  help  p  pprint  q  quit  r  redo  u  update_task");
        ask(pty, "task.args['msg'] = 'typed {{ w }}'", "");
        ask(pty, "r", r#""msg": "typed {{ w }}""#);
        ask(pty, "task_vars['w'] = 'new'", "");
        ask(pty, "u", "");
        ask(pty, "p task.args", "{'msg': 'new'}");
        ask(pty, "r", r#""msg": "new""#);
        ask(pty, "c", "PLAY RECAP");
        assert_eq!(pty.end(), 2, "{}", pty.shown);
    });
    both(&bench, &["--start-at-task", "worse"], |pty| {
        pty.expect("TASK: worse (debug)> ").say(r#"task.args["that"] = []"#);
        pty.expect("TASK: worse (debug)> ").say("r").expect("went on");
        assert_eq!(pty.end(), 0, "{}", pty.shown);
    });
    both(&bench, &[], |pty| {
        pty.expect("TASK: bad (debug)> ").say("q").expect("User interrupted execution");
        assert_eq!(pty.end(), 99, "{}", pty.shown);
    });
}

#[test]
fn step_asks_before_every_task_and_start_at_task_leaves_out_what_is_before() {
    let play = r#"
- hosts: localhost
  gather_facts: false
  tasks:
    - name: one
      debug: {msg: did one}
    - block:
        - name: two
          debug: {msg: did two}
        - name: three
          debug: {msg: did three}
      always:
        - name: four
          debug: {msg: did four}
- hosts: localhost
  gather_facts: false
  tasks:
    - name: five
      debug: {msg: did five}
"#;
    let bench = Bench::new("step", play);
    both(&bench, &["--step", "--start-at-task", "t?o"], |pty| {
        pty.expect("Perform task: TASK: two (N)o/(y)es/(c)ontinue: ").say("y").expect("did two");
        pty.expect("Perform task: TASK: three (N)o/(y)es/(c)ontinue: ").say("");
        pty.expect("Perform task: TASK: four (N)o/(y)es/(c)ontinue: ").say("c").expect("did four");
        // What the user said holds for one play.
        pty.expect("Perform task: TASK: five (N)o/(y)es/(c)ontinue: ").say("yes").expect("did five");
        assert_eq!(pty.end(), 0, "{}", pty.shown);
        assert!(!pty.shown.contains("did one") && !pty.shown.contains("did three"), "{}", pty.shown);
    });
    both(&bench, &["--start-at-task", "nowhere"], |pty| {
        pty.expect("No matching task \"nowhere\" found.");
        assert_eq!(pty.end(), 0, "{}", pty.shown);
        assert!(!pty.shown.contains("did"), "{}", pty.shown);
    });
}

/// Stands in for sudo: wants a password on standard input, after its prompt on standard error.
const SUDO: &str = r#"#!/bin/sh
while [ $# -gt 0 ]; do
  case $1 in
    -p) prompt=$2; shift 2 ;;
    -u) user=$2; shift 2 ;;
    --) shift; break ;;
    -*) shift ;;
    *) break ;;
  esac
done
[ -n "$prompt" ] || { echo "sudo: a password is required" >&2; exit 1; }
printf '%s' "$prompt" >&2
read -r password
[ "$password" = "right one" ] || { printf '\nSorry, try again.\n%s' "$prompt" >&2; read -r password; exit 1; }
BECAME=$user exec "$@"
"#;

#[test]
fn become_is_given_its_password() {
    use std::os::unix::fs::PermissionsExt;
    let play = "- hosts: localhost\n  gather_facts: false\n  tasks:\n    - command: printenv BECAME\n      register: r\n    \
                - debug: {msg: 'became {{ r.stdout }}'}\n    - raw: printenv BECAME; echo raw $BECAME\n      register: r\n    \
                - debug: {msg: '{{ r.stdout }}'}\n";
    let bench = Bench::new("become", play);
    bench
        .file("sudo", SUDO)
        .file("right", "right one\n")
        .file("wrong", "no\n")
        .file("vars.yml", "ansible_become_password: right one\n");
    std::fs::set_permissions(bench.path("sudo"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let exe = format!("ansible_become_exe={}", bench.path("sudo").display());
    let args = |more: &[&'static str]| {
        let mut args = vec!["-b", "--become-user", "nobody", "-e", &exe]
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>();
        args.extend(more.iter().map(|a| (*a).to_owned()));
        args
    };
    let warp = |more: &[&'static str]| {
        let mut command = tool(&bench, "ansible-playbook");
        command.args(["-i", "localhost,", "-c", "local"]).args(args(more)).arg("play.yml");
        command
    };
    let mut pty = Pty::spawn(warp(&["-K"]));
    pty.expect("BECOME password: ").say("right one").expect("became nobody").expect("raw nobody");
    assert_eq!(pty.end(), 0, "{}", pty.shown);
    assert!(!pty.shown.contains("right one"), "{}", pty.shown);
    for (more, code, says) in [
        (["--become-password-file", "right"], 0, "became nobody"),
        (["-e", "@vars.yml"], 0, "became nobody"),
        (["--become-password-file", "wrong"], 2, "Incorrect sudo password"),
        (["--become-pass-file", "gone"], 1, "The password file gone was not found"),
        (["-e", "x=y"], 2, "sudo asks for a password"),
    ] {
        let ran = super::bench::Ran::of(&warp(&more).output().unwrap());
        assert_eq!(ran.code, code, "{more:?} {}", ran.said());
        assert!(ran.said().contains(says), "{more:?} {}", ran.said());
    }
}
