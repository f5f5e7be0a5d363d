//! What is refused, before any effect, and with which exit code.

use super::bench::Bench;

/// Each playbook has a first task that would leave a file, and something wrong after it.
#[test]
fn what_cannot_be_understood_is_refused_before_the_first_task() {
    let cases = [
        ("keyword", "- {command: 'true', retires: 3}", "retires"),
        ("module", "- {comand: 'true'}", "did you mean"),
        ("argument", "- {file: {path: x, stat: touch}}", "stat"),
        ("expression", "- {command: 'true', when: 'a ==' }", ""),
        ("template", "- {command: 'echo {{ a b }}'}", ""),
        ("yaml", "- {command: [}", "YAML"),
        ("meta", "- meta: end_bacth", ""),
    ];
    for (name, task, said) in cases {
        let play = format!(
            "- hosts: all\n  gather_facts: false\n  tasks:\n    - copy: {{content: x, dest: \"{{{{ playbook_dir }}}}/made\"}}\n    {task}\n"
        );
        let bench = Bench::new(&format!("refused-{name}"), &play);
        let ran = bench.play(&[]);
        assert_eq!(ran.code, 4, "{name}: {}", ran.said());
        assert!(ran.err.contains("play.yml:5:"), "{name}: no place in\n{}", ran.err);
        assert!(ran.err.contains(said), "{name}: no {said:?} in\n{}", ran.err);
        assert!(!bench.has("made"), "{name}: the first task ran");
    }
}

#[test]
fn a_wrong_command_line_is_exit_5_as_of_ansible() {
    let bench = Bench::new("usage", "- hosts: all\n  tasks: []\n");
    assert_eq!(bench.play(&["--no-such-option"]).code, 5);
    let play = bench.warp(&["--help"]);
    assert_eq!(play.code, 0);
    assert!(play.out.contains("--list-tasks"));
}

/// Each with ansible-playbook's own exit code.
#[test]
fn nothing_to_run_on_or_to_run_is_told() {
    let bench = Bench::new("nothing", "- hosts: all\n  gather_facts: false\n  tasks: [{ping: }]\n");
    for args in [["-i", "h1,", "-l", "nobody"], ["-i", "h1,", "-e", "x=1"]] {
        let both = [bench.ansible(&args).code, bench.warp(&args).code];
        assert!(both[0] == both[1] && both[0] != 0, "{args:?}: {both:?}");
    }
    std::fs::remove_file(bench.path("play.yml")).unwrap();
    assert_eq!(bench.warp(&["-i", "h1,"]).code, bench.ansible(&["-i", "h1,"]).code);
}

#[test]
fn check_mode_changes_nothing_and_diff_shows_what_would() {
    let play = r#"
- hosts: all
  gather_facts: false
  tasks:
    - copy: {content: "new\n", dest: "{{ playbook_dir }}/there"}
    - copy: {content: "x\n", dest: "{{ playbook_dir }}/made"}
    - file: {path: "{{ playbook_dir }}/folder", state: directory}
    - shell: touch {{ playbook_dir }}/shelled
"#;
    let bench = Bench::new("check", play);
    bench.file("there", "old\n");
    let ran = bench.play(&["-C", "-D"]);
    assert_eq!(ran.code, 0, "{}", ran.said());
    assert_eq!(bench.read("there"), "old\n");
    assert!(!bench.has("made") && !bench.has("folder") && !bench.has("shelled"));
    assert!(ran.out.contains("-old") && ran.out.contains("+new"), "{}", ran.out);
}

/// A target's file name must not lead out of the folder that `fetch` writes to.
#[test]
fn fetch_stays_in_its_folder() {
    let play = r#"
- hosts: all
  gather_facts: false
  tasks:
    - fetch: {src: "{{ playbook_dir }}/a/../../../../etc/hostname", dest: got}
"#;
    let bench = Bench::new("fetch", play);
    bench.file("a/file", "x");
    let ran = bench.play(&[]);
    assert_eq!(ran.code, 2, "{}", ran.said());
    assert!(!bench.has("got"), "{}", ran.said());
}
