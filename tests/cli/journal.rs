//! Journals: what a run leaves, and runs that are taken up.

use super::bench::{Bench, Ran};
use super::support;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder with a playbook and with journals of its own.
pub struct Kept {
    pub bench: Bench,
    /// Beside what is built, for the account's own folders count and not HOME.
    pub journal: PathBuf,
}

impl Kept {
    pub fn new(name: &str, play: &str) -> Self {
        let journal = support::scratch(&format!("journal-of-{name}"));
        std::fs::set_permissions(&journal, std::fs::Permissions::from_mode(0o700)).unwrap();
        Kept { bench: Bench::new(&format!("journal-{name}"), play), journal }
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = self.bench.command(args);
        command.env("WARP_JOURNAL", &self.journal);
        command
    }

    pub fn play(&self, args: &[&str]) -> Ran {
        Ran::of(&self.command(args).output().unwrap())
    }

    /// Played until it is killed at a point.
    fn killed(&self, point: &str) -> Ran {
        let ran = Ran::of(&self.command(&[]).env("WARP_FAILPOINT", point).output().unwrap());
        assert_eq!(ran.code, -1, "{point} was not reached: {}", ran.said());
        ran
    }

    pub fn warp(&self, args: &[&str]) -> Ran {
        // From another folder: the run knows its own.
        Ran::of(
            &support::warp().current_dir("/").args(args).env("WARP_JOURNAL", &self.journal).output().unwrap(),
        )
    }

    pub fn resume(&self) -> Ran {
        self.warp(&["resume"])
    }

    fn only_run(&self) -> String {
        let listed = self.warp(&["journal", "--json"]);
        let runs: Vec<serde_json::Value> =
            listed.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(runs.len(), 1, "{}", listed.said());
        runs[0]["run"].as_str().unwrap().to_owned()
    }

    pub fn records(&self) -> Vec<serde_json::Value> {
        let shown = self.warp(&["journal", &self.only_run(), "--json"]);
        assert_eq!(shown.code, 0, "{}", shown.said());
        shown.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// All bytes beneath a folder.
pub fn bytes(folder: &Path) -> Vec<u8> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { bytes(&path) } else { std::fs::read(path).unwrap() }).collect()
}

pub fn holds(haystack: &[u8], needle: &str) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle.as_bytes())
}

#[test]
fn a_failed_step_once_mended_is_reached_with_what_was_there_before_it() {
    let kept = Kept::new(
        "mended",
        r#"
- hosts: all
  gather_facts: false
  vars_prompt: [{name: asked, default: answer}]
  tasks:
    - shell: echo once >> log; echo out
      args: {chdir: "{{ playbook_dir }}"}
      register: r
      notify: handler
    - set_fact: {fact: "{{ r.stdout }} {{ lookup('pipe', 'date +%N') }}"}
    - copy: {content: "{{ fact }}", dest: "{{ playbook_dir }}/first"}
    - add_host: {name: added, groups: extra, colour: red}
    - group_by: {key: "of_{{ r.stdout }}"}
    - include_vars: {file: "{{ playbook_dir }}/vars.yml"}
    - command: "{{ playbook_dir }}/step"
    - copy:
        content: "{{ fact }}|{{ r.stdout }}|{{ groups.extra }}|{{ hostvars.added.colour }}|{{ groups.of_out }}|{{ deep }}|{{ asked }}|{{ given }}"
        dest: "{{ playbook_dir }}/last"
  handlers:
    - name: handler
      shell: echo handled >> {{ playbook_dir }}/log
"#,
    );
    kept.bench.file("vars.yml", "deep: '{{ fact }}'\n").file("step", "#!/bin/sh\nexit 3\n");
    let step = kept.bench.path("step");
    std::fs::set_permissions(&step, std::fs::Permissions::from_mode(0o755)).unwrap();
    let failed = kept.play(&["-e", "given=yes"]);
    assert_eq!(failed.code, 2, "{}", failed.said());
    assert!(failed.err.contains(&format!("warp resume {}", kept.only_run())), "{}", failed.said());
    kept.bench.file("step", "#!/bin/sh\nexit 0\n");
    let resumed = kept.resume();
    assert_eq!(resumed.code, 0, "{}", resumed.said());
    let fact = kept.bench.read("first");
    let last = kept.bench.read("last");
    assert_eq!(last, format!("{fact}|out|['added']|red|['localhost']|{fact}|answer|yes"));
    assert_eq!(kept.bench.read("log"), "once\nhandled\n");
    assert!(
        resumed.out.contains("TASK command") && !resumed.out.contains("TASK set_fact"),
        "{}",
        resumed.out
    );
    assert_eq!(kept.resume().code, 5, "what ended well is not resumed");
    assert!(kept.warp(&["resume", &kept.only_run()]).said().contains("nothing to resume"));
}

/// Steps of every kind; each appends its name to a log.
const MANY: &str = r#"
- hosts: all
  gather_facts: false
  serial: 2
  vars: {log: "{{ playbook_dir }}/log-{{ inventory_hostname }}"}
  tasks:
    - shell: echo first >> {{ log }}; echo {{ inventory_hostname }}
      register: r
      notify: told
    - shell: echo loop-{{ item }} >> {{ log }}
      loop: [a, b, b, c]
    - block:
        - shell: echo block >> {{ log }}; false
        - shell: echo never >> {{ log }}
      rescue:
        - shell: echo rescue-{{ ansible_failed_result.rc }} >> {{ log }}
      always:
        - shell: echo always >> {{ log }}
    - include_tasks: more.yml
      loop: [1, 2]
      loop_control: {loop_var: number}
    - meta: flush_handlers
    - shell: echo once >> {{ log }}
      run_once: true
    - shell: echo delegated-{{ inventory_hostname }} >> {{ playbook_dir }}/log-one
      delegate_to: one
    - shell: test $(grep -c try {{ log }}) -ge 1 || { echo try >> {{ log }}; false; }
      retries: 3
      delay: 0
      until: tried is succeeded
      register: tried
    - shell: echo async >> {{ log }}
      async: 30
      poll: 1
    - shell: echo ignored >> {{ log }}; false
      ignore_errors: true
    - shell: echo last-{{ r.stdout }}-{{ tried.attempts }} >> {{ log }}
      notify: told
  handlers:
    - name: told
      shell: echo told >> {{ log }}
"#;

const HOSTS: [&str; 4] = ["localhost", "one", "two", "three"];

fn many(name: &str) -> Kept {
    let kept = Kept::new(name, MANY);
    kept.bench.file("more.yml", "- shell: echo more-{{ number }} >> {{ log }}\n");
    kept
}

/// The arguments of a run over these hosts, one after the other: a kill hits one step and none beside it.
const OVER: [&str; 6] = ["-i", "one,two,three,", "-e", "ansible_connection=local", "-f", "1"];

impl Kept {
    fn many_killed(&self, point: &str) {
        let ran = Ran::of(&self.command(&OVER).env("WARP_FAILPOINT", point).output().unwrap());
        assert_eq!(ran.code, -1, "{point} was not reached: {}", ran.said());
    }

    /// What each host's log has, sorted where hosts write beside each other.
    fn logs(&self) -> Vec<Vec<String>> {
        let lines = |host: &&str| {
            let mut lines: Vec<String> =
                self.bench.read(&format!("log-{host}")).lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        HOSTS.iter().map(lines).collect()
    }
}

#[test]
fn a_run_killed_at_any_point_is_taken_up_and_does_each_step_once() {
    let whole = many("whole");
    let ran = whole.play(&OVER);
    assert_eq!(ran.code, 0, "{}", ran.said());
    let kept = many("killed");
    for point in [
        "step-begins:1",
        "step-noted:2",
        "step-kept:1",
        "item-kept:3",
        "item-kept:8",
        "step-kept:9",
        "step-noted:20",
        "step-kept:14",
        "mid-install:1",
        "step-collected:2",
        "step-forgotten:2",
        "step-kept:31",
        "step-begins:36",
    ] {
        for host in HOSTS {
            let _ = std::fs::remove_file(kept.bench.path(&format!("log-{host}")));
        }
        kept.many_killed(point);
        let resumed = kept.resume();
        assert_eq!(resumed.code, 0, "{point}: {}", resumed.said());
        assert_eq!(kept.logs(), whole.logs(), "killed at {point}: {}", resumed.said());
    }
}

#[test]
fn a_run_is_killed_again_and_again_and_ends() {
    let whole = many("again-whole");
    whole.play(&OVER);
    let kept = many("again");
    kept.many_killed("step-kept:3");
    for _ in 0..40 {
        let mut command = support::warp();
        command.arg("resume").env("WARP_JOURNAL", &kept.journal).env("WARP_FAILPOINT", "step-kept:3");
        let ran = Ran::of(&command.output().unwrap());
        if ran.code != -1 {
            assert_eq!(ran.code, 0, "{}", ran.said());
            assert_eq!(kept.logs(), whole.logs());
            return;
        }
    }
    panic!("it does not get on");
}

#[test]
fn a_step_whose_end_nobody_knows_is_named_and_run_again() {
    let kept = Kept::new(
        "unknown",
        "- hosts: all\n  gather_facts: false\n  tasks:\n    - name: appends\n      shell: echo x >> {{ playbook_dir }}/log\n",
    );
    kept.killed("step-ran");
    let resumed = kept.resume();
    assert_eq!(resumed.code, 0, "{}", resumed.said());
    assert!(resumed.said().contains("'appends' was running on localhost"), "{}", resumed.said());
    assert_eq!(kept.bench.read("log"), "x\nx\n");
}

#[test]
fn an_edited_step_is_named_and_run_and_a_comment_changes_nothing() {
    let step = |name: &str, word: &str| {
        format!("    - name: {name}\n      shell: echo {word} >> {{{{ playbook_dir }}}}/log\n")
    };
    let head = "- hosts: all\n  gather_facts: false\n  tasks:\n";
    let before = format!("{head}{}{}{}", step("a", "a"), step("b", "b"), step("c", "c"));
    let kept = Kept::new("edited", &before);
    kept.killed("step-noted:3");
    let after = format!("{head}# A comment\n{}\n{}{}", step("a", "a"), step("b", "edited"), step("c", "c"));
    kept.bench.file("play.yml", &after);
    let resumed = kept.resume();
    assert_eq!(resumed.code, 0, "{}", resumed.said());
    assert_eq!(kept.bench.read("log"), "a\nb\nedited\nc\n");
    assert!(resumed.said().contains("'b' is not what it was"), "{}", resumed.said());
    assert!(
        !resumed.said().contains("'a' is not") && !resumed.said().contains("'c' is not"),
        "{}",
        resumed.said()
    );
}

#[test]
fn no_secret_stands_in_a_journal_in_clear_and_bytes_are_kept() {
    let kept = Kept::new(
        "secret",
        r#"
- hosts: all
  gather_facts: false
  tasks:
    - command: echo CANARY-no-log
      no_log: true
      register: hidden
    - command: echo CANARY-plain
    - command: printf '\377\033[31m\001end'
      ignore_errors: true
    - set_fact: {kept: "{{ hidden.stdout }}"}
      no_log: true
    - copy: {content: "{{ kept }}", dest: "{{ playbook_dir }}/file", mode: "0600"}
    - fail:
      when: not ('{{ playbook_dir }}/go' is exists)
    - copy: {content: "{{ kept }}", dest: "{{ playbook_dir }}/later", mode: "0600"}
"#,
    );
    let ran = kept.play(&["-e", "password=CANARY-extra"]);
    assert_eq!(ran.code, 2, "{}", ran.said());
    let all = bytes(&kept.journal);
    assert!(!holds(&all, "CANARY") && !holds(&all, "play.yml"));
    for entry in std::fs::read_dir(kept.journal.join(kept.only_run())).unwrap() {
        assert_eq!(entry.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(std::fs::metadata(kept.journal.join("key")).unwrap().permissions().mode() & 0o777, 0o600);
    let records = kept.records();
    let raw = records.iter().find_map(|record| record["raw"]["stdout"].as_str()).unwrap();
    assert_eq!(raw, "/xtbMzFtAWVuZA==", "the bytes that were printed");
    let shown = serde_json::to_string(&records).unwrap();
    assert!(!shown.contains("CANARY-no-log"), "what no_log hides stays hidden: {shown}");
    kept.bench.file("go", "");
    let resumed = kept.resume();
    assert_eq!(resumed.code, 0, "{}", resumed.said());
    assert_eq!(kept.bench.read("later"), "CANARY-no-log");
    assert!(!resumed.said().contains("CANARY"), "{}", resumed.said());
}

#[test]
fn a_run_without_a_journal_goes_on_and_says_so() {
    let play =
        "- hosts: all\n  gather_facts: false\n  tasks:\n    - shell: echo x >> {{ playbook_dir }}/log\n";
    let kept = Kept::new("none", play);
    kept.bench.file("plain", "a file");
    let ran = Ran::of(&kept.bench.command(&["--journal", "plain/dir"]).output().unwrap());
    assert_eq!(ran.code, 0, "{}", ran.said());
    assert!(ran.said().contains("this run cannot be resumed"), "{}", ran.said());
    // A folder that others can write to is no place for it.
    let open = kept.bench.path("open");
    std::fs::create_dir(&open).unwrap();
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o777)).unwrap();
    let ran = Ran::of(&kept.bench.command(&["--journal", "open"]).output().unwrap());
    assert!(ran.code == 0 && ran.said().contains("nobody else can write to"), "{}", ran.said());
    assert_eq!(kept.bench.read("log"), "x\nx\n");
}

#[test]
fn a_journal_that_outgrows_its_disk_ends_and_the_run_does_not() {
    let kept = Kept::new(
        "full",
        r#"
- hosts: all
  gather_facts: false
  tasks:
    - command: head -c 3000000 /dev/zero
    - shell: echo x >> {{ playbook_dir }}/log
"#,
    );
    let script = "mount -t tmpfs -o size=1m,mode=700 none \"$WARP_JOURNAL\" && exec \"$0\" \"$@\"";
    let inner = kept.command(&[]);
    let words: Vec<_> =
        std::iter::once(inner.get_program()).chain(inner.get_args()).map(ToOwned::to_owned).collect();
    let mut command = Command::new("unshare");
    command.args(["-m", "sh", "-c", script]).args(&words).current_dir(&kept.bench.0);
    let ran = Ran::of(&command.env("WARP_JOURNAL", &kept.journal).output().unwrap());
    assert_eq!(ran.code, 0, "{}", ran.said());
    assert!(ran.said().contains("can no longer be resumed"), "{}", ran.said());
    assert_eq!(kept.bench.read("log"), "x\n");
}

#[test]
fn a_run_that_goes_on_is_not_taken_up_by_another() {
    let kept = Kept::new(
        "busy",
        r#"
- hosts: all
  gather_facts: false
  tasks:
    - shell: touch {{ playbook_dir }}/there; while [ ! -e {{ playbook_dir }}/go ]; do sleep 0.1; done
"#,
    );
    let mut first = kept.command(&[]).stdout(std::process::Stdio::null()).spawn().unwrap();
    while !kept.bench.has("there") {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let refused = kept.resume();
    kept.bench.file("go", "");
    assert_eq!(refused.code, 6, "{}", refused.said());
    assert!(refused.err.contains(&format!("process {}", first.id())), "{}", refused.said());
    assert!(first.wait().unwrap().success());
    assert!(kept.warp(&["journal"]).out.contains("ok"));
}

#[test]
fn only_so_many_runs_are_kept() {
    let kept = Kept::new("pruned", "- hosts: all\n  gather_facts: false\n  tasks: []\n");
    for number in 0..60 {
        let old = kept.journal.join(format!("20200101-0000{number:02}-0000"));
        std::fs::create_dir(&old).unwrap();
        std::fs::write(old.join("0"), "").unwrap();
    }
    assert_eq!(kept.play(&[]).code, 0);
    let runs = std::fs::read_dir(&kept.journal).unwrap().filter(|e| e.as_ref().unwrap().path().is_dir());
    assert_eq!(runs.count(), 50);
}
