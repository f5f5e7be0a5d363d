//! Guests that lie, through the public binary: what answers on them in place of the agent says what no agent says. Each
//! is named with what it did, the other hosts go on, and nothing but what the play says is written.

mod guest;

use crate::sshd::Sshd;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use warp_agent::wire::VERSION;

const PLAY: &str = "
- hosts: all
  gather_facts: false
  tasks:
    - ping:
      timeout: TIMEOUT
      register: said
    - debug: {msg: '{{ said }} {{ harmless | default() }} {{ groups.all }} {{ ansible_host }} {{ inventory_hostname }}'}
    - fetch: {src: /etc/hostname, dest: fetched/}
    - copy: {content: '{{ inventory_hostname }}', dest: 'went-on-{{ inventory_hostname }}'}
      delegate_to: localhost
";

/// What a run came to.
struct Ran {
    code: i32,
    said: String,
    /// The most memory that warp had, in KiB.
    peak: i64,
    /// The files in its folder, and of those not there before.
    files: BTreeMap<String, Vec<u8>>,
}

/// Every file below a folder, with its content.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path()).into_iter().map(|(k, v)| (format!("{name}/{k}"), v)));
        } else {
            found.insert(name, fs::read(entry.path()).unwrap_or_default());
        }
    }
    found
}

/// Runs the play on a host that lies in this way, and on one that does not.
fn run(case: &str, timeout: u32) -> Ran {
    let program = std::env::current_exe().unwrap();
    let evil = Sshd::start(&format!(
        "ForceCommand HOSTILE='{case}' exec {} --exact hostile::guest::plays_the_agent --ignored --nocapture",
        program.display()
    ));
    let good = Sshd::start("");
    let dir = tempfile::Builder::new().prefix("warp-hostile-").tempdir().unwrap();
    let hosts: String = [("evil", &evil), ("good", &good)]
        .map(|(name, sshd)| format!("{name} {}\n", sshd.variables().replace('\n', " ")))
        .concat();
    fs::write(dir.path().join("hosts"), hosts).unwrap();
    fs::write(dir.path().join("play.yml"), PLAY.replace("TIMEOUT", &timeout.to_string())).unwrap();
    let before = files(dir.path());
    let said = fs::File::create(good.at("said")).unwrap();
    #[allow(clippy::zombie_processes, reason = "it is waited for by its id, for what it used")]
    let warp = Command::new(env!("CARGO_BIN_EXE_warp"))
        .current_dir(dir.path())
        .env("HOME", dir.path())
        .args(["play", "-vvv", "-i", "hosts", "play.yml"])
        .stdin(Stdio::null())
        .stdout(said.try_clone().unwrap())
        .stderr(said)
        .spawn()
        .unwrap();
    let (mut status, mut usage) = (0, unsafe_zeroed());
    // SAFETY: the child is ours and not waited for elsewhere; both pointers are of live values.
    unsafe { libc::wait4(warp.id() as libc::pid_t, &mut status, 0, &mut usage) };
    let mut files = files(dir.path());
    files.retain(|name, content| before.get(name) != Some(content));
    Ran {
        code: libc::WEXITSTATUS(status),
        said: String::from_utf8(fs::read(good.at("said")).unwrap()).unwrap(),
        peak: usage.ru_maxrss,
        files,
    }
}

fn unsafe_zeroed() -> libc::rusage {
    // SAFETY: it holds plain numbers, for which zeroes are valid.
    unsafe { std::mem::zeroed() }
}

impl Ran {
    /// Asserts what holds of every case; `went_on` are the hosts that came to the end.
    fn harmed_nobody(&self, case: &str, went_on: &[&str]) {
        let said = &self.said;
        let mut expected: Vec<String> = Vec::new();
        for host in went_on {
            expected.extend([format!("fetched/{host}/etc/hostname"), format!("went-on-{host}")]);
        }
        expected.sort();
        let names: Vec<&String> = self.files.keys().collect();
        assert_eq!(names, expected.iter().collect::<Vec<_>>(), "{case}: {said}");
        let raw = said.chars().find(|c| c.is_control() && !"\n\t".contains(*c));
        assert_eq!(raw, None, "{case}: {said:?}");
        assert!(self.peak < 300_000, "{case}: {} KiB", self.peak);
    }
}

#[test]
fn a_guest_that_breaks_the_protocol_is_named_and_harms_nobody() {
    let version =
        format!("the agent speaks version {} of the protocol, this warp speaks {VERSION}", VERSION + 1);
    for (case, words) in [
        ("version", version.as_str()),
        ("answers first", "the agent did not begin with its hello"),
        ("not frames", "what answers is not the agent: it sent a frame of"),
        ("answers unasked", "it sent an answer to request 99, which was never made"),
        ("cut", "the agent ended"),
        ("a second hello", "it sent a second hello"),
        ("oversized", "it sent a frame of 16777217 bytes, more than the 16777216 allowed"),
        ("never asked", "it sent an answer to request 99, which was never made"),
        ("a stream", "the agent sent a stream that nobody asked for"),
        ("nested", "it sent a frame that cannot be read"),
        ("many", "it sent a frame that cannot be read"),
        ("not text", "it sent a frame that cannot be read"),
        ("noise", "it printed more than"),
        ("endless", "Timed out after"),
    ] {
        let ran = run(case, if case == "endless" { 3 } else { 0 });
        let said = &ran.said;
        assert!(said.contains(words), "{case}: {said}");
        assert!(matches!(ran.code, 2 | 4 | 7), "{case}: exit code {}: {said}", ran.code);
        ran.harmed_nobody(case, &["good"]);
    }
}

#[test]
fn what_a_guest_says_of_itself_is_data() {
    let ran = run("repeated", 0);
    assert_eq!(ran.code, 0, "{}", ran.said);
    ran.harmed_nobody("repeated", &["evil", "good"]);

    let ran = run("tempting", 0);
    assert_eq!(ran.code, 0, "{}", ran.said);
    ran.harmed_nobody("tempting", &["evil", "good"]);
    // No host was added, none became another, and nothing was rendered.
    assert!(
        ran.said.contains("{{ lookup('pipe', 'touch owned') }} ['evil', 'good'] 127.0.0.1 evil"),
        "{}",
        ran.said
    );
    assert_eq!(ran.files["fetched/evil/etc/hostname"], b"guest\n");
}
