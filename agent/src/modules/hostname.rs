//! `hostname`: the machine's name, as it is now and as it is kept.

use super::setup::systemd_runs;
use crate::args::Args;
use crate::command::Command;
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::program;
use crate::resolve;
use crate::spec::{Arg, Kind, Spec};
use crate::value::{Map, Value};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// The module.
pub struct Hostname;

static SPEC: Spec = Spec::new("hostname", "Sets the machine's name", ARGS);

const ARGS: &[Arg] = &[
    Arg::new("name", Kind::Str).required().help("The name."),
    Arg::new("use", Kind::Str)
        .choices(&[
            "alpine", "debian", "freebsd", "generic", "macos", "macosx", "darwin", "openbsd", "openrc",
            "redhat", "sles", "solaris", "systemd",
        ])
        .help("What keeps the name, instead of what the machine has: systemd, or the system's own file."),
];

/// What keeps the name.
enum Keeper {
    /// `hostnamectl`, which sets both names.
    Systemd(PathBuf),
    /// A file of its own with nothing else in it.
    File(&'static str),
    /// Such a file, that the program `hostname` then reads.
    Alpine(PathBuf),
    /// A line in a file of settings: what it begins with, and what stands around the name.
    Line { file: &'static str, key: &'static str, quote: &'static str },
}

impl Module for Hostname {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        let name = args.text("name");
        let keeper = Keeper::of(args, cx)?;
        let current = keeper.current(cx)?;
        let permanent = keeper.permanent(cx)?;
        if permanent != name && cx.effects.other() {
            keeper.keep(cx, name)?;
        }
        // Systemd sets the present name along with the kept one: looked at again.
        let now = if cx.mode.check { current.clone() } else { keeper.current(cx)? };
        if now != name && cx.effects.other() {
            keeper.set_now(cx, name)?;
        }
        let changed = cx.effects.changed();
        let host = content("/proc/sys/kernel/hostname");
        let full = resolve::fqdn(cx, host.trim())?;
        let facts: Map = [
            ("ansible_hostname".to_owned(), Value::from(name.split('.').next().unwrap_or_default())),
            ("ansible_nodename".to_owned(), name.into()),
            ("ansible_fqdn".to_owned(), full.as_str().into()),
            ("ansible_domain".to_owned(), full.split_once('.').map_or("", |(_, domain)| domain).into()),
        ]
        .into();
        let mut outcome = Outcome::changed(changed).with("name", name).with("ansible_facts", facts);
        if changed {
            let before = if name == current { permanent } else { current };
            let diff: Map = [("before", before.as_str()), ("after", name)]
                .map(|(side, name)| (side.to_owned(), format!("hostname = {name}\n").into()))
                .into();
            outcome = outcome.with("diff", diff);
        }
        Ok(outcome)
    }
}

impl Keeper {
    fn of(args: &Args, cx: &Context<'_>) -> Result<Self, Failed> {
        let systemd = || program::require(cx, "hostnamectl").map(Keeper::Systemd);
        let redhat = Keeper::Line { file: "/etc/sysconfig/network", key: "HOSTNAME=", quote: "" };
        let openrc = Keeper::Line { file: "/etc/conf.d/hostname", key: "hostname=", quote: "\"" };
        match args.str("use") {
            Some("systemd" | "debian") => systemd(),
            Some("redhat") => Ok(redhat),
            Some("openrc") => Ok(openrc),
            Some("sles") => Ok(Keeper::File("/etc/HOSTNAME")),
            Some("alpine") => program::require(cx, "hostname").map(Keeper::Alpine),
            Some(other) => Err(Failed::new(format!("hostname by {other} is not supported on this system"))),
            None if systemd_runs(cx) => systemd(),
            None if Path::new("/etc/alpine-release").exists() => {
                program::require(cx, "hostname").map(Keeper::Alpine)
            }
            None if Path::new("/etc/gentoo-release").exists() => Ok(openrc),
            None if Path::new("/etc/redhat-release").exists() => Ok(redhat),
            None => Ok(Keeper::File("/etc/hostname")),
        }
    }

    /// The name that the machine has now; where only a file is looked at, what that says.
    fn current(&self, cx: &mut Context<'_>) -> Result<String, Failed> {
        match self {
            Keeper::Systemd(program) => told(cx, program, &["--transient", "status"]),
            other => other.permanent(cx),
        }
    }

    /// The name that it will have when it is started again.
    fn permanent(&self, cx: &mut Context<'_>) -> Result<String, Failed> {
        match self {
            Keeper::Systemd(program) => told(cx, program, &["--static", "status"]),
            Keeper::File(file) => Ok(content(file).trim().to_owned()),
            Keeper::Alpine(_) => Ok(content("/etc/hostname").trim().to_owned()),
            Keeper::Line { file, key, quote } => {
                let text = content(file);
                let line = text.lines().find_map(|line| line.trim().strip_prefix(key));
                match line {
                    Some(value) => Ok(value.trim().trim_matches(|c| quote.contains(c)).to_owned()),
                    None if quote.is_empty() => {
                        Err(Failed::new(format!("Unable to locate HOSTNAME entry in {file}")))
                    }
                    None => Ok(String::new()),
                }
            }
        }
    }

    /// Keeps the name; only called where it is to be done.
    fn keep(&self, cx: &mut Context<'_>, name: &str) -> Result<(), Failed> {
        let write = |cx: &mut Context<'_>, file: &str, text: String| {
            cx.effects
                .write(Path::new(file), text.as_bytes(), false)
                .map_err(|e| Failed::new(format!("failed to update hostname: {e}")))
        };
        match self {
            Keeper::Systemd(program) => {
                fits(name)?;
                told(cx, program, &["--pretty", "--static", "set-hostname", name]).map(drop)
            }
            Keeper::File(file) => write(cx, file, format!("{name}\n")),
            Keeper::Alpine(_) => write(cx, "/etc/hostname", format!("{name}\n")),
            Keeper::Line { file, key, quote } => {
                let wanted = format!("{key}{quote}{name}{quote}");
                let text = content(file);
                let mut lines: Vec<&str> = text.lines().collect();
                match lines.iter_mut().find(|line| line.trim().starts_with(key)) {
                    Some(line) => *line = &wanted,
                    None => lines.push(&wanted),
                }
                write(cx, file, format!("{}\n", lines.join("\n")))
            }
        }
    }

    /// Gives the machine the name at once, where this keeper can.
    fn set_now(&self, cx: &mut Context<'_>, name: &str) -> Result<(), Failed> {
        match self {
            Keeper::Systemd(program) => {
                fits(name)?;
                told(cx, program, &["--transient", "set-hostname", name]).map(drop)
            }
            Keeper::Alpine(program) => told(cx, program, &["-F", "/etc/hostname"]).map(drop),
            Keeper::File(_) | Keeper::Line { .. } => Ok(()),
        }
    }
}

fn fits(name: &str) -> Result<(), Failed> {
    if name.chars().count() <= 64 {
        return Ok(());
    }
    let msg = "name cannot be longer than 64 characters on systemd servers, try a shorter name";
    Err(Failed::new(msg))
}

fn content(file: &str) -> String {
    fs::read(file).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

fn told(cx: &mut Context<'_>, program: &Path, words: &[&str]) -> Result<String, Failed> {
    let argv = std::iter::once(program.as_os_str().to_owned()).chain(words.iter().map(OsString::from));
    let output = cx.run(&Command::new(argv))?;
    if output.rc != 0 {
        return Err(Failed::new(format!(
            "Command failed rc={}, out={}, err={}",
            output.rc,
            output.stdout_text(),
            output.stderr_text()
        )));
    }
    Ok(output.stdout_text().trim().to_owned())
}
