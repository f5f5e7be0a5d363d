//! `group`: a group of accounts.

use crate::accounts::{self, Group as Entry};
use crate::args::Args;
use crate::command::{Command, Output};
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::program;
use crate::spec::{Arg, Kind, Spec};
use std::ffi::OsString;
use std::fs;

/// The module.
pub struct Group;

static SPEC: Spec = Spec {
    required_if: &[("non_unique", "True", &["gid"])],
    ..Spec::new("group", "Make sure that a group is there, or is not", ARGS)
};

const ARGS: &[Arg] = &[
    Arg::new("state", Kind::Str)
        .default("present")
        .choices(&["absent", "present"])
        .help("Whether the group is to be there."),
    Arg::new("name", Kind::Str).required().help("Its name."),
    Arg::new("force", Kind::Bool)
        .default("false")
        .help("Remove it even where it is an account's primary group."),
    Arg::new("gid", Kind::Int).help("Its id."),
    Arg::new("system", Kind::Bool).default("false").help("Take an id from those of system groups."),
    Arg::new("local", Kind::Bool)
        .default("false")
        .help("Use the programs that only look at this machine's files."),
    Arg::new("non_unique", Kind::Bool).default("false").help("The id may be another group's too."),
    Arg::new("gid_min", Kind::Int).help("The lowest id to take."),
    Arg::new("gid_max", Kind::Int).help("The highest id to take."),
];

impl Module for Group {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        refuse(args)?;
        let (name, state) = (args.text("name"), args.text("state"));
        let existing = find(args, name)?;
        let done = match (state, &existing) {
            ("absent", None) => None,
            ("absent", Some(_)) | ("present", None) if cx.mode.check => return Ok(Outcome::changed(true)),
            ("absent", Some(_)) => Some(remove(args, cx)?),
            (_, None) => Some(add(args, cx)?),
            (_, Some(entry)) => modify(args, cx, entry)?,
        };
        let mut outcome = Outcome::changed(done.is_some()).with("name", name).with("state", state);
        if let Some(output) = &done {
            if output.rc != 0 {
                return Err(Failed::new(output.stderr_text()).with("name", name));
            }
            for (key, text) in [("stdout", output.stdout_text()), ("stderr", output.stderr_text())] {
                if !text.is_empty() {
                    outcome = outcome.with(key, text);
                }
            }
        }
        Ok(match find(args, name)? {
            Some(entry) => outcome.with("system", args.flag("system")).with("gid", entry.gid),
            None => outcome,
        })
    }
}

fn refuse(args: &Args) -> Result<(), Failed> {
    if !args.flag("local") {
        return Ok(());
    }
    if args.flag("force") {
        return Err(Failed::new(
            "force is not a valid option for local, force=True and local=True are mutually exclusive",
        ));
    }
    match ["gid_min", "gid_max"].iter().find(|name| args.has(name)) {
        Some(name) => Err(Failed::new(format!("'{name}' can not be used with 'local'"))),
        None => Ok(()),
    }
}

/// The group; with `local` only this machine's own file counts.
fn find(args: &Args, name: &str) -> Result<Option<Entry>, Failed> {
    if args.flag("local") {
        let file = fs::read_to_string("/etc/group").map_err(|_| {
            Failed::new("'local: true' specified but unable to find local group file /etc/group to parse.")
        })?;
        if !file.lines().any(|line| line.split(':').next() == Some(name)) {
            return Ok(None);
        }
    }
    Ok(accounts::group_by_name(name))
}

/// Runs one of the group programs, or its `l...` relative that only looks at local files.
fn run(args: &Args, cx: &mut Context<'_>, program: &str, options: Vec<String>) -> Result<Output, Failed> {
    let local = if args.flag("local") { "l" } else { "" };
    let mut argv: Vec<OsString> = vec![program::require(cx, &format!("{local}{program}"))?.into_os_string()];
    argv.extend(options.into_iter().map(OsString::from));
    argv.push(args.text("name").into());
    cx.run(&Command::new(argv))
}

fn remove(args: &Args, cx: &mut Context<'_>) -> Result<Output, Failed> {
    let force = if args.flag("force") { vec!["-f".to_owned()] } else { Vec::new() };
    run(args, cx, "groupdel", force)
}

fn gid(args: &Args) -> Vec<String> {
    let Some(gid) = args.int::<u32>("gid") else { return Vec::new() };
    let mut options = vec!["-g".to_owned(), gid.to_string()];
    if args.flag("non_unique") {
        options.push("-o".to_owned());
    }
    options
}

/// Programs for local files take any id; two groups with one id would be an accident.
fn refuse_taken(args: &Args) -> Result<(), Failed> {
    let Some(gid) = args.int::<u32>("gid").filter(|_| args.flag("local")) else { return Ok(()) };
    match accounts::group_by_id(gid).filter(|entry| entry.name != args.text("name")) {
        Some(other) => Err(Failed::new(format!("GID '{gid}' already exists with group '{}'", other.name))),
        None => Ok(()),
    }
}

fn add(args: &Args, cx: &mut Context<'_>) -> Result<Output, Failed> {
    refuse_taken(args)?;
    let mut options = gid(args);
    if args.flag("system") {
        options.push("-r".to_owned());
    }
    for (name, key) in [("gid_min", "GID_MIN"), ("gid_max", "GID_MAX")] {
        if let Some(value) = args.int::<u32>(name) {
            options.extend(["-K".to_owned(), format!("{key}={value}")]);
        }
    }
    run(args, cx, "groupadd", options)
}

fn modify(args: &Args, cx: &mut Context<'_>, entry: &Entry) -> Result<Option<Output>, Failed> {
    refuse_taken(args)?;
    if args.int::<u32>("gid").is_none_or(|gid| gid == entry.gid) {
        return Ok(None);
    }
    if cx.mode.check {
        return Ok(Some(Output { rc: 0, stdout: Vec::new(), stderr: Vec::new() }));
    }
    run(args, cx, "groupmod", gid(args)).map(Some)
}
