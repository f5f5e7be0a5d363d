//! Secrets of a run, looked for where none may be: in every process's command line and environment, in every file that
//! appears while it runs, in what is shown and logged, and in what is left of processes that were killed.

use crate::sshd::{Sshd, keygen};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What the secrets begin with; each ends with what it is.
const MARK: &str = "c4n4ry-";

/// What is planted where the watcher must find it; another word, for the tests run side by side.
const FINCH: &str = "f1nch-";

fn secret(what: &str) -> String {
    format!("{MARK}{what}")
}

/// The first secret in some bytes.
fn found(bytes: &[u8]) -> Option<String> {
    found_by(MARK, bytes)
}

/// The first word that begins with `mark`.
fn found_by(mark: &str, bytes: &[u8]) -> Option<String> {
    let at = bytes.windows(mark.len()).position(|window| window == mark.as_bytes())?;
    Some(String::from_utf8_lossy(&bytes[at..bytes.len().min(at + 24)]).into_owned())
}

/// Looks into every process and every file below some folders for words that begin with `mark`, until it is told to
/// stop; gives what it found where.
fn watch(
    mark: &'static str,
    folders: Vec<PathBuf>,
    given: BTreeSet<PathBuf>,
    stop: &AtomicBool,
) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    while !stop.load(Ordering::Relaxed) {
        for process in fs::read_dir("/proc").unwrap().flatten() {
            for what in ["cmdline", "environ"] {
                let bytes = fs::read(process.path().join(what)).unwrap_or_default();
                if let Some(secret) = found_by(mark, &bytes) {
                    seen.insert(format!("{secret} in the {what} {}", String::from_utf8_lossy(&bytes)));
                }
            }
        }
        for folder in &folders {
            search(mark, folder, &given, &mut seen);
        }
        std::thread::sleep(Duration::from_millis(3));
    }
    seen
}

fn search(mark: &str, folder: &Path, given: &BTreeSet<PathBuf>, seen: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            search(mark, &path, given, seen);
        } else if kind.is_file() && !given.contains(&path) && !path.to_string_lossy().contains("/agent-") {
            // One may go while it is read.
            if let Some(secret) = fs::read(&path).ok().and_then(|bytes| found_by(mark, &bytes)) {
                seen.insert(format!("{secret} in the file {}", path.display()));
            }
        }
    }
}

/// A host with a password, one behind a key with a passphrase, and a play full of secrets.
struct Scene {
    sshd: Sshd,
    dir: tempfile::TempDir,
}

const PLAY: &str = r#"
- hosts: all
  gather_facts: false
  become: true
  tasks:
    - command: sleep 0.3
    - shell: "read -r x; test -n \"$x\""
      args: {stdin: "{{ hidden }}"}
      no_log: true
      register: quiet
    - copy: {content: "{{ hidden }}", dest: "{{ kept }}", mode: "0600"}
      no_log: true
      diff: true
    - file: {path: "{{ kept }}", state: absent}
    - debug: {var: quiet}
    - debug: {msg: "{{ hidden }}"}
      no_log: true
    - set_fact: {again: "{{ hidden }}"}
      no_log: true
    - fail: {msg: "{{ hidden }}"}
      no_log: true
      ignore_errors: true
    - command: "test {{ item }}"
      loop: ["{{ hidden }}"]
      no_log: true
      when: false
    - user: {name: root, password: "{{ hash }}", update_password: on_create}
      check_mode: true
    - command: sleep 0.1
"#;

impl Scene {
    fn new() -> Self {
        let accounts = [("alice", &*secret("login"))];
        let sudoers = "alice ALL=(ALL) ALL\nDefaults:alice timestamp_timeout=0";
        let sshd = Sshd::start_with_accounts("PasswordAuthentication yes", &accounts, sudoers);
        let dir = tempfile::Builder::new().prefix("warp-canaries-").tempdir().unwrap();
        let scene = Scene { sshd, dir };
        keygen(&scene.at("locked"), "ed25519", &[&secret("passphrase")]);
        let public = fs::read_to_string(scene.at("locked.pub")).unwrap();
        fs::create_dir(scene.sshd.at("alice/.ssh")).ok();
        let known = fs::read_to_string(scene.sshd.at("authorized_keys")).unwrap() + &public;
        fs::write(scene.sshd.at("authorized_keys"), known).unwrap();
        scene.write("vault-password", &secret("vault"));
        scene.write(
            "vars.yml",
            &format!(
                "login: {}\nphrase: {}\nhidden: {}\nhash: {}\n",
                secret("login"),
                secret("passphrase"),
                secret("hidden"),
                secret("hash")
            ),
        );
        let vaulted =
            scene.warp(&["vault", "encrypt", "--vault-password-file", "vault-password", "vars.yml"]).output();
        assert!(vaulted.unwrap().status.success());
        let variables = scene.sshd.variables().replace("ansible_user=root", "ansible_user=alice");
        let (with_key, _) = variables.split_once("ansible_ssh_private_key_file").unwrap();
        let rest: Vec<&str> = variables.lines().filter(|l| l.contains("ssh_common_args")).collect();
        let line = |name: &str, more: &str| {
            format!("{name} {} {} {more}\n", with_key.replace('\n', " "), rest.join(" "))
        };
        scene.write("hosts", &format!(
            "{}{}[all:vars]\nansible_become_password='{{{{ login }}}}'\nkept={}/{{{{ inventory_hostname }}}}\n",
            line("word", "ansible_password='{{ login }}'"),
            line("key", &format!(
                "ansible_ssh_private_key_file={} ansible_ssh_private_key_passphrase='{{{{ phrase }}}}'",
                scene.at("locked").display()
            )),
            scene.sshd.at("alice").display(),
        ));
        scene.write("play.yml", PLAY);
        scene
    }

    fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.at(name), text).unwrap();
        fs::set_permissions(self.at(name), fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn warp(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_warp"));
        command
            .current_dir(self.dir.path())
            .env("HOME", self.dir.path())
            .env("TMPDIR", self.dir.path())
            .env("ANSIBLE_LOG_PATH", self.at("log"))
            .stdin(Stdio::null())
            .args(args);
        command
    }

    fn play(&self, output: &str) -> Command {
        let vars = format!("@{}", self.at("vars.yml").display());
        self.warp(&[
            "play",
            "-vvvv",
            "--output",
            output,
            "-i",
            "hosts",
            "--vault-password-file",
            "vault-password",
            "-e",
            &vars,
            "play.yml",
        ])
    }
}

#[test]
fn secrets_are_in_no_argument_environment_file_or_log() {
    let scene = Scene::new();
    let stop = Arc::new(AtomicBool::new(false));
    let folders = vec![scene.dir.path().to_owned(), scene.sshd.at("alice"), scene.sshd.at("home")];
    // What holds a secret because the user put it there, or the play did.
    let given = ["vault-password"].map(|name| scene.at(name)).into_iter();
    let given = given.chain(["word", "key"].map(|host| scene.sshd.at("alice").join(host))).collect();
    let watching = std::thread::spawn({
        let stop = Arc::clone(&stop);
        move || watch(MARK, folders, given, &stop)
    });
    for output in ["default", "screen", "json", "minimal"] {
        let ran = scene.play(output).output().unwrap();
        let said = [ran.stdout, ran.stderr].concat();
        let text = String::from_utf8_lossy(&said);
        assert!(ran.status.success(), "{text}\n{}", scene.sshd.log());
        assert_eq!(found(&said), None, "{output}: {text}");
        assert!(text.contains("no_log") || text.contains("censored"), "{output}: {text}");
    }
    stop.store(true, Ordering::Relaxed);
    assert_eq!(watching.join().unwrap(), BTreeSet::new());
    let log = fs::read(scene.at("log")).unwrap();
    assert!(!log.is_empty());
    assert_eq!(found(scene.sshd.log().as_bytes()), None);
}

#[test]
fn what_watches_finds_what_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let watching = std::thread::spawn({
        let (stop, dir) = (Arc::clone(&stop), dir.path().to_owned());
        move || watch(FINCH, vec![dir], BTreeSet::new(), &stop)
    });
    // In three parts, so that nothing but the shell's children has the whole word.
    let shell = format!(
        "m=f1nch; echo $m-file > {}/f; sleep 0.2; E=$m-env sleep 0.2; sh -c \"sleep 0.2; : $m-arg\"",
        dir.path().display()
    );
    assert!(Command::new("sh").args(["-c", &shell]).status().unwrap().success());
    stop.store(true, Ordering::Relaxed);
    let seen: String = watching.join().unwrap().into_iter().collect();
    for what in ["file", "env", "arg"] {
        assert!(seen.contains(&format!("{FINCH}{what}")), "{what}: {seen}");
    }
}

/// A step that crashes, where any program's core goes, and one during which warp and the agent are killed.
const CRASH: &str = r#"
- hosts: localhost
  connection: local
  gather_facts: false
  vars: {kept: "{{ playbook_dir }}/kept"}
  tasks:
    - file: {path: "{{ kept }}", state: directory}
    - command: sh -c "kill -SEGV $$"
      args: {chdir: "{{ kept }}"}
      ignore_errors: true
    - command: sleep 20
"#;

/// The core files in a folder.
fn cores(dir: &Path) -> usize {
    let names = fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.file_name());
    names.filter(|name| name.to_string_lossy().starts_with("core")).count()
}

#[test]
fn a_killed_warp_or_agent_leaves_no_core() {
    let pattern = fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap();
    let (_, most) = getrlimit(Resource::RLIMIT_CORE).unwrap();
    if pattern.starts_with(['|', '/']) || most == 0 {
        println!("cores go elsewhere on this machine: {pattern}");
        return;
    }
    // For all that is started from here.
    setrlimit(Resource::RLIMIT_CORE, most, most).unwrap();
    let dir = tempfile::Builder::new().prefix("warp-canaries-").tempdir().unwrap();
    fs::write(dir.path().join("play.yml"), CRASH).unwrap();
    let mut warp = Command::new(env!("CARGO_BIN_EXE_warp"));
    warp.current_dir(dir.path()).env("HOME", dir.path()).args(["play", "-i", "localhost,", "play.yml"]);
    let mut warp = warp.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let crashed = dir.path().join("kept");
    for _ in 0..500 {
        if cores(&crashed) > 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(cores(&crashed), 1, "a step's core is its own affair");
    let kill = |signal: &str, pid: u32| {
        assert!(Command::new("kill").args([signal.to_owned(), pid.to_string()]).status().unwrap().success());
    };
    // Stopped, it cannot end by itself when its agent has ended.
    let agent = child_of(warp.id());
    kill("-STOP", warp.id());
    kill("-ABRT", agent);
    kill("-ABRT", warp.id());
    kill("-CONT", warp.id());
    let end = warp.wait().unwrap();
    assert!(std::os::unix::process::ExitStatusExt::signal(&end).is_some(), "{end}");
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(cores(dir.path()), 0);
}

/// The agent of this machine: the only child of warp's.
fn child_of(warp: u32) -> u32 {
    for task in fs::read_dir(format!("/proc/{warp}/task")).unwrap().flatten() {
        let children = fs::read_to_string(task.path().join("children")).unwrap();
        if let Some(pid) = children.split_whitespace().next() {
            return pid.parse().unwrap();
        }
    }
    panic!("warp has started no agent");
}
