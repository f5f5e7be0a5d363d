//! The same play under warp and under real Ansible leaves the same files and ends with the same exit code.
//!
//! Each `plays/NAME.yml` is a case. It runs on `localhost` (and `h1` to `h3`, the same machine under other names) with the
//! variable `out`, a folder of its own: whatever it leaves there is compared: names, kinds, modes, link targets, bytes.
//! The two runs see the same path under `out`: the folder is moved aside after each run.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test ends by panicking"
)]

#[path = "../support/names.rs"]
mod names;
#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "../support/sshd.rs"]
mod sshd;
#[path = "../support/mod.rs"]
mod support;

mod generated;
mod junit;
mod screens;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The checkout.
fn checkout() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What a run left behind, by path below `out`.
type Tree = BTreeMap<String, String>;

fn tree(root: &Path) -> Tree {
    fn walk(root: &Path, dir: &Path, into: &mut Tree) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().display().to_string();
            let meta = fs::symlink_metadata(&path).unwrap();
            let mode = meta.permissions().mode() & 0o7777;
            if meta.is_symlink() {
                into.insert(name, format!("link to {}", fs::read_link(&path).unwrap().display()));
            } else if meta.is_dir() {
                into.insert(format!("{name}/"), format!("{mode:04o}"));
                walk(root, &path, into);
            } else {
                let bytes = fs::read(&path).unwrap();
                let text =
                    String::from_utf8(bytes).unwrap_or_else(|e| e.as_bytes().escape_ascii().to_string());
                into.insert(name, format!("{mode:04o}\n{text}"));
            }
        }
    }
    let mut into = Tree::new();
    walk(root, root, &mut into);
    into
}

/// Options that a case's first lines ask for: `# args: -C --diff`, `# env: A=b`, `# sandbox: yes` (see [`sandboxed`]),
/// `# ssh: yes` (see [`far`]).
fn directives(text: &str, key: &str) -> Vec<String> {
    text.lines()
        .take_while(|l| l.starts_with('#'))
        .filter_map(|l| l.strip_prefix(&format!("# {key}:")))
        .flat_map(|l| l.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

/// An inventory whose host `far` is this machine over SSH.
fn far(server: &sshd::Sshd) -> String {
    let path = server.at("inventory");
    fs::write(&path, format!("[distant]\nfar\n[distant:vars]\n{}", server.variables())).unwrap();
    path.display().to_string()
}

struct Run {
    code: Option<i32>,
    tree: Tree,
    said: String,
}

/// `command`, with all that it does to the machine's own folders thrown away afterwards: overlays over them, a fresh
/// `/run` (so that no systemd answers), and only the checkout shared. Needs root.
fn sandboxed(command: &Command) -> Command {
    const SCRIPT: &str = r#"
        set -e
        checkout=$1 target=$2; shift 2
        # Everything is built under /mnt, which the namespace covers: nothing is left on the machine.
        mount -t tmpfs tmpfs /mnt
        mkdir /mnt/checkout /mnt/target
        mount --rbind "$checkout" /mnt/checkout
        mount --rbind "$target" /mnt/target
        for dir in etc home root usr var opt; do
            mkdir -p "/mnt/$dir/upper" "/mnt/$dir/work"
            mount -t overlay overlay -o "lowerdir=/$dir,upperdir=/mnt/$dir/upper,workdir=/mnt/$dir/work" "/$dir"
        done
        mount --rbind /mnt/checkout "$checkout"
        mount --rbind /mnt/target "$target"
        mount -t tmpfs tmpfs /run; mkdir -p /run/lock
        exec "$@"
    "#;
    let mut sandbox = Command::new("unshare");
    sandbox.args(["--mount", "--propagation", "private", "sh", "-c", SCRIPT, "sandbox"]);
    sandbox.arg(checkout()).arg(env!("CARGO_TARGET_TMPDIR")).arg(command.get_program());
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            sandbox.env(name, value);
        }
    }
    sandbox.args(command.get_args());
    sandbox
}

fn run(mut command: Command, play: &Path, out: &Path) -> Run {
    let text = fs::read_to_string(play).unwrap();
    let server =
        (!directives(&text, "ssh").is_empty()).then(|| sshd::Sshd::start("Subsystem sftp internal-sftp"));
    if !directives(&text, "sandbox").is_empty() {
        command = sandboxed(&command);
    }
    if out.exists() {
        fs::remove_dir_all(out).unwrap();
    }
    fs::create_dir_all(out).unwrap();
    for pair in directives(&text, "env") {
        let (name, value) = pair.split_once('=').unwrap();
        command.env(name, value);
    }
    let output = command
        .current_dir(play.parent().unwrap())
        .env("PARITY_ENV", "from the environment")
        .args(["-i", "inventory/hosts"])
        .args(server.iter().flat_map(|s| ["-i".to_owned(), far(s)]))
        .arg("-e")
        .arg(format!("out={}", out.display()))
        .args(directives(&text, "args"))
        .arg(play)
        .output()
        .unwrap();
    Run { code: output.status.code(), tree: tree(out), said: support::streams(&output) }
}

/// Whether two files are the same, but for entries that name a temporary file of Ansible's: warp has none.
fn alike(theirs: Option<&String>, ours: Option<&String>) -> bool {
    let (Some(theirs), Some(ours)) = (theirs, ours) else { return theirs == ours };
    let key = |line: &str| line.split_once("\": ").map(|(key, _)| key.trim().to_owned());
    let temporary: Vec<String> =
        theirs.lines().filter(|l| l.contains("/.ansible/tmp/")).filter_map(key).collect();
    let rest = |text: &str| -> Vec<String> {
        text.lines().filter(|l| !key(l).is_some_and(|k| temporary.contains(&k))).map(str::to_owned).collect()
    };
    rest(theirs) == rest(ours)
}

fn compare(play: &Path) -> Result<(), String> {
    let name = play.file_stem().unwrap().to_string_lossy();
    let out = support::scratch(&format!("parity-{name}")).join("out");
    let theirs = run(support::oracle::ansible("ansible-playbook"), play, &out);
    let mut warp = support::warp();
    warp.arg("play");
    let ours = run(warp, play, &out);
    let mut differences = Vec::new();
    if ours.code != theirs.code {
        differences.push(format!("exit code: ansible {:?}, warp {:?}", theirs.code, ours.code));
    }
    for path in theirs.tree.keys().chain(ours.tree.keys().filter(|p| !theirs.tree.contains_key(*p))) {
        let (a, w) = (theirs.tree.get(path), ours.tree.get(path));
        if !alike(a, w) {
            let show = |t: Option<&String>| t.map_or("absent".to_owned(), |t| t.replace('\n', "\n      "));
            differences.push(format!("{path}\n    ansible: {}\n    warp:    {}", show(a), show(w)));
        }
    }
    if theirs.tree.is_empty() {
        differences.push("the play observed nothing: it must leave files under {{ out }}".to_owned());
    }
    if differences.is_empty() {
        return Ok(());
    }
    Err(format!(
        "== {name}\n  {}\n--- ansible said: {}\n--- warp said: {}",
        differences.join("\n  "),
        theirs.said,
        ours.said
    ))
}

#[test]
fn every_play_does_what_ansible_does() {
    let dir = checkout().join("tests/parity/plays");
    let only = std::env::var("PARITY").unwrap_or_default();
    let mut plays: Vec<PathBuf> = fs::read_dir(dir)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "yml"))
        .filter(|p| p.file_stem().unwrap().to_string_lossy().contains(&only))
        .collect();
    plays.sort();
    assert!(!plays.is_empty(), "no play is named like {only:?}");
    support::oracle::bin();
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(play) = plays.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(difference) = compare(play) {
                        wrong.lock().unwrap().push(difference);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} of {} plays differ\n{}", wrong.len(), plays.len(), wrong.join("\n"));
}
