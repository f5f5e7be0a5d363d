//! A play whose steps tell that they ran, warp in front of it, and a way between them that can be cut.

use crate::proxy::Proxy;
use crate::sshd::Sshd;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The steps that append a line of their own, in their order.
const STEPS: [&str; 4] = ["first", "middle", "end", "last"];

/// Steps of each kind: one that is over at once, a file up, one with a pause before its effect and one with a pause after
/// it, a file down, and one more.
const PLAY: &str = r#"
- hosts: guest
  gather_facts: false
  tasks:
    - {name: first, shell: "echo first >> log"}
    - {name: up, copy: {src: "{{ dir }}/large", dest: "{{ dir }}/there/large"}}
    - {name: middle, shell: "touch running; sleep 0.4; echo middle >> log"}
    - {name: end, shell: "echo end >> log; touch effect; sleep 0.4"}
    - {name: down, fetch: {src: "{{ dir }}/large", dest: "{{ dir }}/here/", flat: true}}
    - {name: last, shell: "echo last >> log"}
"#;

/// Signs of life each second, and two that are missed are enough.
const ALIVE: &str = "ansible_ssh_extra_args='-o ServerAliveInterval=1 -o ServerAliveCountMax=2'";

/// A step that survives all, and one that waits for it.
const DETACHED: &str = r#"
- hosts: guest
  gather_facts: false
  tasks:
    - {name: middle, shell: "touch running; echo middle >> log; sleep 3; touch effect; echo done", async: 60, poll: 1, register: it}
    - {name: last, shell: "echo {{ it.stdout }} >> log"}
"#;

/// What befalls a run.
#[derive(Clone, Copy, Debug)]
pub enum Blow {
    /// The link is cut, and no other can be made for this long.
    Cut(Duration),
    /// Nothing passes for this long, and nobody is told.
    Hold(Duration),
    /// Warp is stopped for this long, as a suspended laptop stops it.
    Sleep(Duration),
    /// `kill -9` of warp.
    KillWarp,
    /// `kill -9` of the agent.
    KillAgent,
}

/// When it does.
#[derive(Clone, Copy, Debug)]
pub enum When {
    /// So many thousandths of the conversation have passed.
    Passed(u64),
    /// A step has made this file.
    Made(&'static str),
}

/// One run and its blow.
#[derive(Clone, Copy, Debug)]
pub struct Round {
    pub blow: Blow,
    pub when: When,
    /// Whether the target has no agent yet.
    pub fresh: bool,
    /// How many seconds steps outlive a cut link.
    pub limit: u64,
}

/// How a run ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; none where warp was killed.
    pub code: Option<i32>,
    /// The status of each step that was told of.
    pub told: BTreeMap<String, String>,
    pub output: String,
    /// How often each of `STEPS` ran.
    pub ran: [usize; 4],
}

pub struct Bench {
    sshd: Sshd,
    proxy: Proxy,
    /// The bytes of a whole conversation with a target that has an agent, and with one that has none.
    whole: [u64; 2],
}

impl Bench {
    pub fn new() -> Bench {
        let sshd = Sshd::start("ClientAliveInterval 1\nClientAliveCountMax 2");
        let proxy = Proxy::start(sshd.port);
        let mut bench = Bench { sshd, proxy, whole: [0; 2] };
        let d = bench.sshd.dir.path().display().to_string();
        for (name, play) in [("play.yml", PLAY), ("detached.yml", DETACHED)] {
            let play = play.replace("shell: \"", &format!("shell: \"cd {d}; "));
            fs::write(bench.sshd.at(name), play).unwrap();
        }
        let large: Vec<u8> = (0..300_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        fs::write(bench.sshd.at("large"), large).unwrap();
        let variables = bench.sshd.variables().replace('\n', " ");
        let variables = variables.replace(
            &format!("ansible_port={}", bench.sshd.port),
            &format!("ansible_port={}", bench.proxy.port),
        );
        // The proxy stands for the server, and is known by its key.
        let known = fs::read_to_string(bench.sshd.at("known_hosts")).unwrap();
        let known = known.replace(&bench.sshd.port.to_string(), &bench.proxy.port.to_string());
        fs::write(bench.sshd.at("known_hosts"), known).unwrap();
        fs::write(bench.sshd.at("hosts"), format!("guest {variables} dir={d} {ALIVE}\n")).unwrap();
        for fresh in [true, false] {
            let ended = bench.run("play.yml", None, fresh, 5);
            assert_eq!(ended.code, Some(0), "{ended:#?}");
            assert_eq!(ended.ran, [1; 4], "{ended:#?}");
            bench.whole[usize::from(fresh)] = bench.proxy.passed();
            if fresh {
                fs::rename(bench.sshd.at("home/.cache"), bench.sshd.at("placed")).unwrap();
            }
        }
        bench
    }

    /// A run with its blow; asserts what holds whatever happens.
    pub fn round(&self, round: Round) -> Ended {
        let ended = self.run("play.yml", Some(round), round.fresh, round.limit);
        for (step, ran) in STEPS.iter().zip(ended.ran) {
            let told = ended.told.get(*step).map(String::as_str);
            let fits = match told {
                Some("changed") => ran == 1,
                Some("lost") => ran <= 1,
                Some("unreachable") => ran == 0,
                // After one that was lost nothing begins; of a warp that was killed nobody knows how far it came.
                None => ran == 0 || (ended.code.is_none() && ran == 1),
                Some(_) => false,
            };
            assert!(fits, "{step} ran {ran} times and is told of as {told:?}: {round:?} {ended:#?}");
        }
        for step in ["up", "down"] {
            let told = ended.told.get(step).map(String::as_str);
            let fits = matches!(told, None | Some("changed" | "lost" | "unreachable"));
            assert!(fits, "{step} is told of as {told:?}: {round:?} {ended:#?}");
        }
        if ended.told.values().any(|status| status == "lost") {
            assert_eq!(ended.code, Some(7), "{round:?} {ended:#?}");
            assert!(ended.output.contains("\"lost\":1"), "{round:?} {ended:#?}");
        }
        assert!(!ended.output.contains("panicked"), "{round:?} {ended:#?}");
        self.assert_nothing_left(round, &ended);
        ended
    }

    /// A run of the detached step that a blow meets, and a rerun that none does: gives what was told of the step before
    /// and after, and the lines of both.
    pub fn detached(&self, round: Round) -> [Option<String>; 3] {
        let middle = |ended: &Ended| ended.told.get("middle").cloned();
        let first = self.run("detached.yml", Some(round), false, round.limit);
        let log = fs::read_to_string(self.sshd.at("log")).unwrap();
        let again = self.run("detached.yml", None, false, round.limit);
        assert_eq!(again.code, Some(0), "{round:?} {again:#?}");
        let log = log + &fs::read_to_string(self.sshd.at("log")).unwrap();
        [middle(&first), middle(&again), Some(log)]
    }

    fn run(&self, play: &str, round: Option<Round>, fresh: bool, limit: u64) -> Ended {
        let at = |name: &str| self.sshd.at(name);
        for name in ["log", "running", "effect"] {
            let _ = fs::remove_file(at(name));
        }
        for name in ["there", "here"] {
            let _ = fs::remove_dir_all(at(name));
            fs::create_dir(at(name)).unwrap();
        }
        // A blow before this one may have kept the agent from being placed.
        let _ = fs::remove_dir_all(at("home/.cache"));
        if !fresh {
            let copied = Command::new("cp").arg("-a").arg(at("placed")).arg(at("home/.cache")).status();
            assert!(copied.unwrap().success());
        }
        self.proxy.renew();
        let mut warp = Command::new(env!("CARGO_BIN_EXE_warp"))
            .args(["play", "--output", "json", "-i"])
            .arg(at("hosts"))
            .arg(at(play))
            .env("WARP_SSH_RECONNECT", limit.to_string())
            .env("HOME", at("home"))
            .stdin(Stdio::null())
            .stdout(fs::File::create(at("output")).unwrap())
            .stderr(fs::File::create(at("errors")).unwrap())
            .spawn()
            .unwrap();
        // A process that was just started has no environment for a moment.
        let seen = Instant::now();
        while self.processes().is_empty() {
            assert!(seen.elapsed() < Duration::from_secs(5), "a process of ours is not told from others");
        }
        if let Some(round) = round {
            let (pid, home) = (Pid::from_raw(warp.id().cast_signed()), at("home"));
            let strike = move |proxy: &Proxy| match round.blow {
                Blow::Cut(away) => proxy.cut(away),
                Blow::Hold(time) => proxy.hold(time),
                Blow::Sleep(time) => {
                    kill(pid, Signal::SIGSTOP).unwrap();
                    thread::spawn(move || {
                        thread::sleep(time);
                        kill(pid, Signal::SIGCONT)
                    });
                }
                Blow::KillWarp => kill(pid, Signal::SIGKILL).unwrap(),
                Blow::KillAgent => agents(&home).into_iter().for_each(|pid| {
                    // It may be about to end by itself.
                    let _ = kill(pid, Signal::SIGKILL);
                }),
            };
            match round.when {
                When::Passed(thousandths) => {
                    self.proxy.at(self.whole[usize::from(fresh)] * thousandths / 1000, strike);
                }
                When::Made(name) => {
                    let (file, proxy) = (at(name), self.proxy.clone());
                    thread::spawn(move || {
                        let begun = Instant::now();
                        while !file.exists() && begun.elapsed() < Duration::from_secs(30) {
                            thread::sleep(Duration::from_millis(5));
                        }
                        strike(&proxy);
                    });
                }
            }
        }
        let begun = Instant::now();
        let code = loop {
            match warp.try_wait().unwrap() {
                Some(status) => break status.code(),
                None if begun.elapsed() > Duration::from_secs(120) => {
                    warp.kill().unwrap();
                    panic!("warp does not end: {round:?} {}", fs::read_to_string(at("output")).unwrap());
                }
                None => thread::sleep(Duration::from_millis(20)),
            }
        };
        let lines = fs::read_to_string(at("output")).unwrap();
        let told = lines.lines().filter_map(|line| {
            let event: serde_json::Value = serde_json::from_str(line).ok()?;
            (event["event"] == "step_done")
                .then(|| Some((event["name"].as_str()?.to_owned(), event["status"].as_str()?.to_owned())))?
        });
        let told = told.collect();
        // Whoever lost its link may be at work until nobody has come in time.
        let quiet = Instant::now() + Duration::from_secs(limit + 20);
        while !self.processes().is_empty() && Instant::now() < quiet {
            thread::sleep(Duration::from_millis(50));
        }
        let log = fs::read_to_string(at("log")).unwrap_or_default();
        let ran = STEPS.map(|step| log.lines().filter(|line| *line == step).count());
        let output = lines + &fs::read_to_string(at("errors")).unwrap();
        Ended { code, told, output, ran }
    }

    /// What runs with the home of this test: warp, agents, and all they started.
    fn processes(&self) -> Vec<String> {
        let mark = format!("HOME={}", self.sshd.at("home").display());
        let ours = |environment: &[u8]| environment.split(|b| *b == 0).any(|v| v == mark.as_bytes());
        let all = fs::read_dir("/proc").unwrap().flatten();
        all.filter(|entry| fs::read(entry.path().join("environ")).is_ok_and(|e| ours(&e)))
            .map(|entry| {
                fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default().replace('\0', " ")
            })
            .collect()
    }

    fn assert_nothing_left(&self, round: Round, ended: &Ended) {
        assert_eq!(self.processes(), [""; 0], "left behind: {round:?} {ended:#?}");
        let mut files = Vec::new();
        for folder in ["home", "there", "here"] {
            all_files(self.sshd.at(folder), &mut files);
        }
        files.retain(|file| {
            let name = file.file_name().unwrap().to_string_lossy();
            name != "large"
                && !(file.parent().unwrap().ends_with(".cache/warp") && name.starts_with("agent-"))
        });
        assert!(files.is_empty(), "left behind: {files:?}: {round:?} {ended:#?}");
    }
}

fn all_files(folder: PathBuf, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type().unwrap().is_dir() {
            true => all_files(entry.path(), into),
            false => into.push(entry.path()),
        }
    }
}

/// The agents that run from this home.
fn agents(home: &std::path::Path) -> Vec<Pid> {
    let from = home.join(".cache/warp/agent-").display().to_string();
    let all = fs::read_dir("/proc").unwrap().flatten();
    all.filter(|entry| {
        let read = |name: &str| fs::read_to_string(entry.path().join(name)).unwrap_or_default();
        // What cleans up after an agent is not the agent.
        read("cmdline").starts_with(&from) && read("comm").trim() != "warp-guard"
    })
    .filter_map(|entry| entry.file_name().to_str()?.parse().ok().map(Pid::from_raw))
    .collect()
}
