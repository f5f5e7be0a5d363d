//! Vaults: what warp encrypts real Ansible decrypts, and the other way round; nobody else can read what is written.

use super::bench::{Bench, Ran};
use super::compat::tool;
use super::support;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

const PLAY: &str = r#"
- hosts: localhost
  gather_facts: false
  vars_files: [vaulted.yml]
  vars:
    local: "{{ outer }}-{{ inner | upper }}"
  tasks:
    - assert:
        that: [local == 'o-I', inner is vault_encrypted, outer is not vault_encrypted, "'vaulted.yml' is vaulted_file"]
    - copy: {src: secret.bin, dest: "{{ playbook_dir }}/copied", mode: "0600"}
    - copy: {content: "{{ lookup('unvault', 'secret.bin') }}{{ inner }}", dest: "{{ playbook_dir }}/said"}
    - debug: {msg: "{{ closed }}"}
"#;

fn mode(bench: &Bench, name: &str) -> u32 {
    std::fs::metadata(bench.path(name)).unwrap().permissions().mode() & 0o777
}

/// A bench with two passwords, and real ansible-vault run in it.
fn bench(name: &str) -> Bench {
    let bench = Bench::new(name, PLAY);
    bench.file("pw", "one\n").file("other", "two\n").file("plain", "text\n").file("secret.bin", "bytes\n");
    bench
}

fn theirs(bench: &Bench, args: &[&str]) -> Ran {
    let mut command = support::oracle::ansible("ansible-vault");
    Ran::of(&command.current_dir(&bench.0).args(args).output().unwrap())
}

fn ours(bench: &Bench, args: &[&str]) -> Ran {
    Ran::of(&tool(bench, "ansible-vault").args(args).output().unwrap())
}

#[test]
fn both_read_what_either_wrote() {
    let bench = bench("vault");
    let id = "--vault-id=mine@pw";
    assert_eq!(ours(&bench, &["encrypt", id, "plain"]).code, 0);
    assert!(bench.read("plain").starts_with("$ANSIBLE_VAULT;1.2;AES256;mine\n"));
    assert_eq!(mode(&bench, "plain"), 0o600);
    assert_eq!(theirs(&bench, &["view", id, "plain"]).out, "text\n");
    assert_eq!(theirs(&bench, &["rekey", id, "--new-vault-id", "new@other", "plain"]).code, 0);
    assert_eq!(ours(&bench, &["view", "--vault-password-file=pw", "plain"]).code, 1);
    assert_eq!(ours(&bench, &["view", "--vault-id", "pw", "--vault-id", "other", "plain"]).out, "text\n");
    // A link stays one, and what it leads to is what is written.
    symlink(bench.path("plain"), bench.path("link")).unwrap();
    assert_eq!(ours(&bench, &["decrypt", "--vault-id", "other", "link"]).code, 0);
    assert!(bench.path("link").is_symlink());
    assert_eq!(bench.read("plain"), "text\n");
}

#[test]
fn editing_keeps_id_and_mode_and_leaves_nothing_behind() {
    let bench = bench("vault-edit");
    assert_eq!(theirs(&bench, &["encrypt", "--vault-id", "mine@pw", "plain"]).code, 0);
    std::fs::set_permissions(bench.path("plain"), PermissionsExt::from_mode(0o640)).unwrap();
    bench.file("tmp/keep", "");
    bench.file("editor", "#!/bin/sh\nstat -c %a \"$1\" > mode; echo more >> \"$1\"\n");
    std::fs::set_permissions(bench.path("editor"), PermissionsExt::from_mode(0o755)).unwrap();
    let mut edit = tool(&bench, "ansible-vault");
    edit.args(["edit", "--vault-password-file", "pw", "plain"]).env("EDITOR", "./editor");
    edit.env("TMPDIR", bench.path("tmp")).env_remove("XDG_RUNTIME_DIR");
    assert_eq!(Ran::of(&edit.output().unwrap()).code, 0);
    assert_eq!(theirs(&bench, &["view", "--vault-password-file", "pw", "plain"]).out, "text\nmore\n");
    assert!(bench.read("plain").starts_with("$ANSIBLE_VAULT;1.2;AES256;mine\n"));
    assert_eq!(mode(&bench, "plain"), 0o640);
    assert_eq!(std::fs::read_dir(bench.path("tmp")).unwrap().count(), 1);
}

#[test]
fn refusals_end_as_ansibles() {
    let bench = bench("vault-refusals");
    bench.file("empty", "").file("fails", "#!/bin/sh\nexit 3\n").file("x-client", "#!/bin/sh\necho \"$2\"\n");
    for script in ["fails", "x-client"] {
        std::fs::set_permissions(bench.path(script), PermissionsExt::from_mode(0o755)).unwrap();
    }
    let cases: &[&[&str]] = &[
        &["view", "--vault-password-file", "other", "plain"],
        &["view", "--vault-password-file", "empty", "plain"],
        &["view", "--vault-password-file", "gone", "plain"],
        &["view", "--vault-password-file", "fails", "plain"],
        &["encrypt", "--vault-password-file", "pw", "--encrypt-vault-id", "none", "plain"],
        &["encrypt", "--vault-id", "a@pw", "--vault-id", "b@other", "plain"],
        &["encrypt", "--vault-id", "a;b@pw", "plain"],
        &["decrypt", "--vault-password-file", "pw", "gone"],
        &["rekey", "--vault-id", "pw", "--new-vault-id", "a@pw", "--new-vault-password-file", "pw", "plain"],
        &["create", "--vault-id", "pw", "new"],
        &["encrypt_string", "--vault-id", "pw", "-p", "--stdin-name", "x"],
        &["encrypt_string", "--vault-id", "id1@x-client", "text"],
        &["decrypt", "--vault-id", "pw", "--output", "x", "a", "b"],
        &["nothing"],
    ];
    for args in cases {
        let (ours, theirs) = (ours(&bench, args), theirs(&bench, args));
        assert_eq!(ours.code, theirs.code, "{args:?}\n{}\n{}", ours.said(), theirs.said());
        // The words of a usage differ; those of an error do not.
        if let Some(error) = theirs.err.lines().find(|l| l.starts_with("[ERROR]") && !l.contains("Errno")) {
            // Python shows what a script did not say.
            let error = error.trim_end_matches(": None");
            assert!(ours.err.contains(error), "{args:?}\nours {}\ntheirs {}", ours.err, theirs.err);
        }
    }
}

#[test]
fn plays_use_vaults_as_ansible_does() {
    let bench = bench("vault-play");
    let string = |id: &str, name: &str, text: &str| {
        ours(&bench, &["encrypt_string", "--vault-id", id, "--name", name, text]).out
    };
    let vars = format!("outer: o\n{}{}", string("pw", "inner", "i"), string("lost@other", "closed", "never"));
    bench.file("vaulted.yml", &vars);
    assert_eq!(ours(&bench, &["encrypt", "--vault-id", "pw", "vaulted.yml", "secret.bin"]).code, 0);
    let run = |mut command: Command| {
        let ran =
            Ran::of(&command.current_dir(&bench.0).args(["--vault-id", "pw", "play.yml"]).output().unwrap());
        let files = [bench.read("copied"), bench.read("said")];
        std::fs::remove_file(bench.path("copied")).unwrap();
        (ran, files)
    };
    let (ours, our_files) = run(tool(&bench, "ansible-playbook"));
    let (theirs, their_files) = run(support::oracle::ansible("ansible-playbook"));
    assert_eq!(our_files, ["bytes\n", "bytes\ni"], "{}", ours.said());
    assert_eq!(our_files, their_files);
    // What no secret opens fails the task that uses it, and says why.
    assert_eq!((ours.code, theirs.code), (2, 2), "{}\n{}", ours.said(), theirs.said());
    let why = "Decryption failed (no vault secrets were found that could decrypt).";
    assert!(ours.said().contains(why) && theirs.said().contains(why), "{}\n{}", ours.said(), theirs.said());
}

#[test]
fn what_was_encrypted_is_not_shown() {
    let play = r#"
- hosts: localhost
  gather_facts: false
  tasks:
    - include_vars: vaulted.yml
    - debug: {msg: "{{ broken }}"}
      ignore_errors: true
    - include_vars: list.yml
"#;
    let bench = bench("vault-hidden");
    bench
        .file("play.yml", play)
        .file("vaulted.yml", "secret: hidden word\nbroken: '{{ gone }} hidden word'\n");
    bench.file("list.yml", "[hidden word]\n");
    assert_eq!(ours(&bench, &["encrypt", "--vault-id", "pw", "vaulted.yml", "list.yml"]).code, 0);
    let run = |mut command: Command, args: &[&str]| {
        let command = command.current_dir(&bench.0).args(["-v", "--vault-id", "pw", "play.yml"]).args(args);
        Ran::of(&command.output().unwrap())
    };
    for args in [&[][..], &["-e", "@list.yml"]] {
        let ours = run(tool(&bench, "ansible-playbook"), args);
        let theirs = run(support::oracle::ansible("ansible-playbook"), args);
        assert_eq!(ours.code, theirs.code, "{}\n{}", ours.said(), theirs.said());
        assert!(
            !ours.said().contains("hidden word") && !theirs.said().contains("hidden word"),
            "{}",
            ours.said()
        );
        let marked = |ran: &Ran| -> Vec<String> {
            let marks = ["censored", "(source not shown"];
            ran.out.lines().filter(|l| marks.iter().any(|m| l.contains(m))).map(str::to_owned).collect()
        };
        assert_eq!(marked(&ours), marked(&theirs));
    }
}

/// What came out of vaults is hidden on warp's own screens, however it gets there; Ansible's forms show it as Ansible does.
#[test]
fn what_came_out_of_vaults_is_hidden_on_own_screens() {
    let play = r#"
- hosts: localhost
  gather_facts: false
  vars_files: [values.yml, file.yml]
  tasks:
    - debug: {msg: "a {{ single }} b {{ from_file.deep[0] }} {{ pin }}"}
    - name: "named {{ single }}"
      command: "echo {{ single }}-x {{ beside }}"
    - command: "printf %s {{ many | quote }}"
      loop: ["{{ single }}"]
    - copy: {content: "{{ many }}{{ single }}", dest: "{{ playbook_dir }}/written"}
      diff: true
    - fail: {msg: "wrong {{ single }}"}
      ignore_errors: true
    - assert: {that: single == 'x', fail_msg: "{{ single }}"}
      ignore_errors: true
    - debug: {msg: "{{ lookup('file', single) }}"}
      ignore_errors: true
"#;
    let bench = bench("vault-own-screens");
    let string = |name: &str, text: &str| {
        ours(&bench, &["encrypt_string", "--vault-id", "pw", "--name", name, text]).out
    };
    let values =
        string("single", "canary-one\n") + &string("many", "canary-first-line\ncanary-second-line\n");
    bench.file("play.yml", play).file("values.yml", &values).file(
        "file.yml",
        "pin: 73915500\nplace: there\nfrom_file: {deep: [canary-two]}\nbeside: '{{ place }}:canary-three'\n",
    );
    assert_eq!(ours(&bench, &["encrypt", "--vault-id", "pw", "file.yml"]).code, 0);
    let run = |args: &[&str]| {
        let mut command = support::warp();
        let command = command.current_dir(&bench.0).args(args).args(["--vault-id", "pw"]);
        Ran::of(&command.output().unwrap())
    };
    let plain = |ran: &Ran| ["canary", "73915500"].iter().filter(|text| ran.said().contains(*text)).count();
    for form in ["screen", "json"] {
        for more in ["-v", "-vvvv"] {
            let ran = run(&["play", "--output", form, more, "play.yml"]);
            assert_eq!((ran.code, plain(&ran)), (0, 0), "{form} {more}: {}", ran.said());
            assert!(ran.said().contains("********"), "{}", ran.said());
        }
    }
    assert_eq!(bench.read("written"), "canary-first-line\ncanary-second-line\ncanary-one\n");
    let shown = run(&["play", "--output", "default", "-v", "play.yml"]);
    assert_eq!(plain(&shown), 2, "{}", shown.said());
    for name in ["single", "pin"] {
        let ran = run(&["vars", "explain", name, "localhost", "play.yml"]);
        assert_eq!((ran.code, plain(&ran)), (0, 0), "{}", ran.said());
    }
    // What is wrong before anything runs does not tell it either.
    let hosts =
        "- hosts: \"{{ lookup('file', 'gone-' ~ single) }}\"\n  vars_files: [values.yml]\n  tasks: []\n";
    bench.file("play.yml", hosts);
    let ran = run(&["play", "-e", "@values.yml", "play.yml"]);
    assert_eq!(plain(&ran), 0, "{}", ran.said());
    assert_ne!(ran.code, 0, "{}", ran.said());
}
