//! ansible-core 2.19's own modules, asked the same as the agent's: results and files must be equal.
//!
//! `WARP_ORACLE_PYTHON` names a Python that has ansible-core 2.19; without it nothing is compared, which is said.

use crate::harness::{Agent, PROGRAM, call};
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};
use warp_agent::outcome::Outcome;
use warp_agent::python;
use warp_agent::value::{Map, Value};
use warp_agent::wire::{Mode, Request};

/// What is made before, the module, and its arguments; `@` is the directory of the case.
pub type Case<'a> = (&'a str, &'a str, &'a str);

/// The Python to ask.
pub fn python() -> Option<OsString> {
    let oracle = std::env::var_os("WARP_ORACLE_PYTHON");
    if oracle.is_none() {
        eprintln!("nothing was compared: WARP_ORACLE_PYTHON names no Python with ansible-core 2.19");
    }
    oracle
}

/// What the cases of one comparison share.
pub struct World<'a> {
    /// The Python that asks Ansible's modules, where it is another.
    pub python: Option<&'a str>,
    /// Variables for the modules and for what is made before.
    pub environment: &'a [(&'a str, &'a str)],
    /// A shell script that makes what each case begins with a copy of.
    pub base: &'a str,
    /// The modes that each case is run in.
    pub modes: &'a [Mode],
    /// What of a result is never equal besides.
    pub unequal: &'a [&'a str],
    /// What both must leave the same in the directory of the case.
    pub listing: fn(&Path) -> String,
}

/// Runs every case under both, as it is, in check mode and in diff mode, and fails with all that differ.
pub fn compare(cases: &[Case<'_>]) {
    let modes = [(false, false), (true, true), (false, true)].map(|(check, diff)| Mode { check, diff });
    compare_in(
        &World { python: None, environment: &[], base: "", modes: &modes, unequal: &[], listing },
        cases,
    );
}

/// As `compare`, in a world of their own.
pub fn compare_in(world: &World<'_>, cases: &[Case<'_>]) {
    let Some(oracle) = python() else { return };
    let dir = tempfile::tempdir().unwrap();
    let (base, at) = (dir.path().join("base"), dir.path().join("case"));
    let environment = world.environment.iter().copied();
    let sh = |script: &str, at: &Path| {
        let mut sh = Command::new("sh");
        sh.args(["-c", script]).current_dir(at).envs(environment.clone());
        assert!(sh.status().unwrap().success(), "{script}");
    };
    let prepare = |setup: &str| {
        let _ = fs::remove_dir_all(&at);
        assert!(Command::new("cp").arg("-a").args([&base, &at]).status().unwrap().success());
        sh(setup, &at);
    };
    fs::create_dir(&base).unwrap();
    sh(world.base, &base);
    let mut agent = Agent::start_by(Command::new(PROGRAM).envs(environment.clone()));
    let mut different = Vec::new();
    for (setup, module, args) in cases {
        let args = args.replace('@', &at.display().to_string());
        for mode in world.modes {
            prepare(setup);
            let mut program = Command::new(world.python.map_or(oracle.as_os_str(), AsRef::as_ref));
            program.envs(environment.clone());
            let theirs = without(world.unequal, answer(&mut program, module, &args, mode));
            let their_files = (world.listing)(&at);
            prepare(setup);
            let request = Request::Run { call: call(module, &args, mode), blob: None };
            let ours = without(world.unequal, result(agent.request(request).0));
            let our_files = (world.listing)(&at);
            if theirs != ours || their_files != our_files {
                different.push(format!(
                    "{module} {args} {mode:?}\n  ansible: {theirs}\n  warp:    {ours}\n{}",
                    if their_files == our_files {
                        String::new()
                    } else {
                        format!("  files: {their_files}\n  warp:  {our_files}\n")
                    }
                ));
            }
        }
    }
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
}

/// Runs Ansible's own module; its result as JSON with sorted keys, without what is never equal.
pub fn ask(oracle: &Path, module: &str, args: &str, mode: &Mode) -> String {
    sorted(answer(&mut Command::new(oracle), module, args, mode))
}

fn without(names: &[&str], mut result: Map) -> String {
    for name in names {
        result.shift_remove(*name);
    }
    sorted(result)
}

fn answer(oracle: &mut Command, module: &str, args: &str, mode: &Mode) -> Map {
    let mut args: serde_json::Value = serde_json::from_str(args).unwrap();
    args["_ansible_check_mode"] = mode.check.into();
    args["_ansible_diff"] = mode.diff.into();
    args["_ansible_module_name"] = module.into();
    if module == "shell" {
        args["_uses_shell"] = true.into();
    }
    let module = if module == "shell" { "command" } else { module };
    let mut child = oracle
        .args(["-m", &format!("ansible.modules.{module}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let request = serde_json::json!({ "ANSIBLE_MODULE_ARGS": args }).to_string();
    child.stdin.take().unwrap().write_all(request.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let line = said.lines().rfind(|l| l.starts_with('{')).unwrap_or("{}");
    let mut result = python::from_json(serde_json::from_str(line).unwrap()).as_map().unwrap().clone();
    let cause = result.shift_remove("exception").and_then(|e| deepest(&e));
    result.extend(cause.map(|c| ("cause".to_owned(), c)));
    result.entry("changed".to_owned()).or_insert(false.into());
    if result.get("failed").and_then(Value::as_bool) == Some(false) {
        result.shift_remove("failed");
    }
    result
}

/// The message at the end of a chain of causes.
fn deepest(summary: &Value) -> Option<Value> {
    let mut event = summary.as_map()?.get("event")?.as_map()?;
    let mut depth = 0;
    while let Some(Value::Map(chain)) = event.get("chain") {
        event = chain.get("event")?.as_map()?;
        depth += 1;
    }
    if depth > 0 { event.get("msg").cloned() } else { None }
}

fn result(outcome: Outcome) -> Map {
    let mut result = outcome.values;
    result.insert("changed".to_owned(), outcome.changed.into());
    for (name, set) in [("failed", outcome.failed), ("skipped", outcome.skipped)] {
        if set {
            result.insert(name.to_owned(), true.into());
        }
    }
    if !outcome.warnings.is_empty() {
        result.insert("warnings".to_owned(), outcome.warnings.into());
    }
    result.extend(outcome.cause.map(|c| ("cause".to_owned(), c.into())));
    result
}

fn sorted(mut result: Map) -> String {
    for name in ["invocation", "start", "end", "delta", "stdout_lines", "stderr_lines", "uid", "gid"] {
        result.shift_remove(name);
    }
    // Where a download was kept for a while.
    if result.contains_key("checksum_src") {
        result.shift_remove("src");
    }
    if let Some(Value::Map(stat)) = result.get_mut("stat") {
        for name in ["atime", "mtime", "ctime", "inode", "version"] {
            stat.shift_remove(name);
        }
    }
    if let Some(Value::List(files)) = result.get_mut("files") {
        for file in files {
            if let Value::Map(file) = file {
                for name in ["atime", "mtime", "ctime", "inode"] {
                    file.shift_remove(name);
                }
            }
        }
    }
    if let Some(Value::Map(diff)) = result.get_mut("diff") {
        for side in ["before", "after"] {
            if let Some(Value::Map(side)) = diff.get_mut(side) {
                side.shift_remove("atime");
                side.shift_remove("mtime");
            }
        }
    }
    if let Some(Value::List(warnings)) = result.get_mut("warnings") {
        for warning in warnings {
            let text =
                warning.as_map().and_then(|m| m.get("event")).and_then(|e| e.as_map()?.get("msg").cloned());
            if let Some(text) = text {
                *warning = text;
            }
        }
    }
    python::json_pretty(&Value::Map(result)).replace("\n    ", " ")
}

/// Every file with its kind, permissions, owner and content.
fn listing(dir: &Path) -> String {
    let mut lines = Vec::new();
    let mut waiting = vec![dir.to_owned()];
    while let Some(path) = waiting.pop() {
        let meta = fs::symlink_metadata(&path).unwrap();
        let what = if meta.is_symlink() {
            format!("-> {}", fs::read_link(&path).unwrap().display())
        } else if meta.is_dir() {
            waiting.extend(fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()));
            "dir".to_owned()
        } else if meta.is_file() {
            format!("{:?} {}", String::from_utf8_lossy(&fs::read(&path).unwrap()), meta.nlink())
        } else {
            "other".to_owned()
        };
        let name = path.strip_prefix(dir).unwrap().display().to_string();
        lines.push(format!("{name} {:o} {} {what}", meta.mode(), meta.uid()));
    }
    lines.sort();
    lines.join("; ")
}
