//! Secrets and control characters never reach the screen.

use super::bench::Bench;

#[test]
fn no_log_hides_items_results_and_errors_in_every_report() {
    let play = r#"
- hosts: all
  gather_facts: false
  tasks:
    - shell: echo hidden-{{ item }}
      loop: [sesame, mellon]
      no_log: true
      register: said
    - shell: echo hidden-{{ nope_mellon }}
      no_log: true
      ignore_errors: true
    - copy: {content: "{{ said.results[0].stdout }}", dest: "{{ playbook_dir }}/said"}
      no_log: true
"#;
    let bench = Bench::new("no-log", play);
    for args in [["-vvv", "--output=screen"], ["-vvv", "--output=json"]] {
        let ran = bench.play(&args);
        assert_eq!(ran.code, 0, "{}", ran.said());
        for secret in ["hidden-", "sesame", "mellon"] {
            assert!(!ran.said().contains(secret), "{secret} in {}", ran.said());
        }
        assert!(ran.out.contains("no_log"), "{}", ran.out);
    }
    assert_eq!(bench.read("said"), "hidden-sesame");
}

#[test]
fn a_secret_argument_is_hidden_without_no_log_too() {
    let play = r#"
- hosts: all
  gather_facts: false
  tasks:
    - {user: {name: "no one", password: $6$secretsecret}, ignore_errors: true, register: r}
    - debug: {msg: "it was $6$secretsecret"}
"#;
    let bench = Bench::new("secret", play);
    for args in [["-vvv", "--output=screen"], ["-vvv", "--output=json"]] {
        let ran = bench.play(&args);
        assert!(!ran.said().contains("secretsecret"), "{}", ran.said());
        assert!(ran.said().contains("it was ********"), "{}", ran.said());
    }
}

#[test]
fn what_a_target_says_cannot_drive_the_terminal() {
    let play = r#"
- hosts: all
  gather_facts: false
  tasks:
    - shell: printf 'a\033]0;owned\007\033[2Jb\rc\302\233d\n' >&2; exit 3
      ignore_errors: true
    - debug: {msg: "\e[31mred"}
"#;
    for output in ["screen", "json"] {
        let ran = Bench::new("terminal", play).play(&["-v", "--output", output]);
        let bad = |c: char| (c.is_control() && !matches!(c, '\n' | '\t')) || c == '\u{9b}';
        let found: Vec<char> = ran.said().chars().filter(|c| bad(*c)).collect();
        assert!(found.is_empty(), "{output}: {found:?}");
        assert!(ran.said().contains("owned"), "{}", ran.said());
    }
}

#[test]
fn json_has_an_object_a_line_and_ends_with_the_recap() {
    let play =
        "- hosts: all\n  gather_facts: false\n  tasks:\n    - command: echo {{ item }}\n      loop: [a, b]\n";
    let ran = Bench::new("json", play).play(&["--output", "json"]);
    let events: Vec<serde_json::Value> = ran.out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let names: Vec<&str> = events.iter().filter_map(|e| e["event"].as_str()).collect();
    let all = [
        "playbook_started",
        "play_started",
        "step_started",
        "item_done",
        "item_done",
        "step_done",
        "finished",
    ];
    assert_eq!(names, all);
    assert_eq!(events[5]["result"]["results"][1]["stdout"], "b");
    assert_eq!(events[6]["recap"]["localhost"]["changed"], 1);
}
