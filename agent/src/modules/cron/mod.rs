//! `cron`: jobs and variables in an account's crontab, or in a file of `/etc/cron.d`.

mod table;

use crate::args::Args;
use crate::clock;
use crate::command::Command;
use crate::module::{Context, Failed, Module};
use crate::outcome::{Diff, Outcome};
use crate::program;
use crate::spec::{Arg, Kind, Spec};
use crate::value::Map;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use table::Table;

/// The module.
pub struct Cron;

static SPEC: Spec = Spec {
    mutually_exclusive: &[&["insertafter", "insertbefore"]],
    ..Spec::new("cron", "Keeps cron jobs and their variables", ARGS)
};

const SPECIAL: &[&str] = &["reboot", "yearly", "annually", "monthly", "weekly", "daily", "hourly"];

const ARGS: &[Arg] = &[
    Arg::new("name", Kind::Str).required().help("What the job, or with `env` the variable, is called."),
    Arg::new("user", Kind::Str).help("The account; the one that the module runs as by default."),
    Arg::new("job", Kind::Str).aliases(&["value"]).help("The command, or the variable's value."),
    Arg::new("cron_file", Kind::Path)
        .help("A file instead of the account's crontab; in /etc/cron.d unless absolute."),
    Arg::new("state", Kind::Str)
        .default("present")
        .choices(&["present", "absent"])
        .help("Whether it is to be there."),
    Arg::new("backup", Kind::Bool).default("false").help("Keep a copy of the table as it was."),
    Arg::new("minute", Kind::Str).default("*").help("The minutes."),
    Arg::new("hour", Kind::Str).default("*").help("The hours."),
    Arg::new("day", Kind::Str).default("*").aliases(&["dom"]).help("The days of the month."),
    Arg::new("month", Kind::Str).default("*").help("The months."),
    Arg::new("weekday", Kind::Str).default("*").aliases(&["dow"]).help("The days of the week, Sunday is 0."),
    Arg::new("special_time", Kind::Str).choices(SPECIAL).help("A name for the time instead."),
    Arg::new("disabled", Kind::Bool).default("false").help("Keep the job as a comment."),
    Arg::new("env", Kind::Bool).default("false").help("Keep a variable, not a job."),
    Arg::new("insertafter", Kind::Str).help("Put the variable after this one."),
    Arg::new("insertbefore", Kind::Str).help("Put the variable before this one."),
];

/// Where the table is kept.
enum Place {
    File(PathBuf),
    /// What `crontab` takes to mean the account.
    Crontab(Vec<OsString>),
}

impl Module for Cron {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        let file = args.str("cron_file").filter(|f| !f.is_empty());
        if file == Some("/etc/crontab") {
            return Err(Failed::new("Will not manage /etc/crontab via cron_file, see documentation."));
        }
        if let Some(name) = file.map(crate::paths::basename)
            && (name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')))
        {
            cx.warnings.push(format!(
                "Filename portion of cron_file (\"{name}\") should consist solely of upper- and lower-case letters, \
                 digits, underscores, and hyphens"
            ));
        }
        let place = Place::of(args, cx, file)?;
        let before = place.read(cx)?;
        refuse(args, file)?;
        let mut table = Table::parse(&before);
        let mut changed = edit(args, cx, &mut table, file.is_some())?;
        let emptied = args.text("state") == "absent" && changed && table.is_empty();
        if let (Place::File(path), true, false) = (&place, emptied, args.flag("env")) {
            return remove(args, cx, path, &before);
        }
        changed |= !before.is_empty() && !before.ends_with(['\n', '\r']);
        let mut outcome =
            Outcome::changed(changed).with("jobs", table.jobs()).with("envs", table.variables());
        if changed {
            let backup = args.flag("backup").then(|| kept(cx, &before)).transpose()?.flatten();
            let after = table.render();
            if cx.effects.other() {
                place.write(cx, &after)?;
            }
            if cx.mode.diff {
                let header = place.header(args);
                let (before_header, after_header) = (header.clone(), header);
                let diff = Diff { before, after, before_header, after_header, ..Diff::default() };
                outcome = outcome.with("diff", diff.into_value());
            }
            if let Some(name) = backup {
                outcome = outcome.with("backup_file", name);
            }
        }
        Ok(match file {
            Some(file) => outcome.with("cron_file", file),
            None => outcome,
        })
    }
}

/// Combinations that make no sense.
fn refuse(args: &Args, file: Option<&str>) -> Result<(), Failed> {
    let fail = |msg: &str| Err(Failed::new(msg));
    let timed = ["minute", "hour", "day", "month", "weekday"].iter().any(|name| args.text(name) != "*");
    if args.has("special_time") && timed {
        return fail("You cannot combine special_time with any of the time or day/date parameters.");
    }
    if args.text("state") != "present" {
        return Ok(());
    }
    if file.is_some() && !args.has("user") {
        return fail("To use cron_file=... parameter you must specify user=... as well");
    }
    if !args.has("job") {
        return fail("You must specify 'job' to install a new cron job or variable");
    }
    if (args.has("insertafter") || args.has("insertbefore")) && !args.flag("env") {
        return fail("Insertafter and insertbefore parameters are valid only with env=yes");
    }
    Ok(())
}

/// Changes the table as it is asked; whether anything changed.
fn edit(args: &Args, cx: &mut Context<'_>, table: &mut Table, in_file: bool) -> Result<bool, Failed> {
    let (name, present) = (args.text("name"), args.text("state") == "present");
    if args.flag("env") {
        if name.contains(' ') {
            return Err(Failed::new("Invalid name for environment variable"));
        }
        if !present {
            return Ok(table.remove_variable(name));
        }
        let line = format!("{name}=\"{}\"", args.text("job"));
        let (after, before) = (args.str("insertafter"), args.str("insertbefore"));
        return table
            .set_variable(name, &line, after, before)
            .map_err(|other| Failed::new(format!("Variable named '{other}' not found.")));
    }
    if !present {
        return Ok(table.remove_job(name));
    }
    let job = args.text("job").trim_matches(['\r', '\n']);
    if job.contains(['\r', '\n']) {
        cx.warnings.push("Job should not contain line breaks".to_owned());
    }
    Ok(table.set_job(name, &line(args, job, in_file)))
}

/// A job's line: when, as whom where it is in a file, and what.
fn line(args: &Args, job: &str, in_file: bool) -> String {
    let when = match args.str("special_time") {
        Some(special) => format!("@{special}"),
        None => ["minute", "hour", "day", "month", "weekday"].map(|name| args.text(name)).join(" "),
    };
    let off = if args.flag("disabled") { "#" } else { "" };
    let user = if in_file { format!("{} ", args.text("user")) } else { String::new() };
    format!("{off}{when} {user}{job}")
}

/// A file in which nothing is left goes.
fn remove(args: &Args, cx: &mut Context<'_>, path: &Path, before: &str) -> Result<Outcome, Failed> {
    let changed = if cx.mode.check { path.is_file() } else { cx.effects.remove_file(path).is_ok() };
    let diff = if cx.mode.diff {
        let (before, before_header) = (before.to_owned(), path.display().to_string());
        Diff { before, before_header, after_header: "/dev/null".to_owned(), ..Diff::default() }.into_value()
    } else {
        Map::new().into()
    };
    Ok(Outcome::changed(changed)
        .with("cron_file", args.text("cron_file"))
        .with("state", args.text("state"))
        .with("diff", diff))
}

/// A copy of the table; none in check mode.
fn kept(cx: &mut Context<'_>, before: &str) -> Result<Option<String>, Failed> {
    if cx.mode.check {
        return Ok(None);
    }
    let stamp = clock::local_stamp();
    let path = std::env::temp_dir().join(format!("crontab.{}.{stamp}", std::process::id()));
    let failed = |e: std::io::Error| Failed::new(format!("cannot keep a copy in {}: {e}", path.display()));
    cx.effects.write(&path, before.as_bytes(), false).map_err(failed)?;
    Ok(Some(path.display().to_string()))
}

impl Place {
    fn of(args: &Args, cx: &Context<'_>, file: Option<&str>) -> Result<Self, Failed> {
        let mut words = vec![program::require(cx, "crontab")?.into_os_string()];
        if let Some(file) = file {
            return Ok(Place::File(Path::new("/etc/cron.d").join(file)));
        }
        let own = crate::accounts::user_by_id(crate::accounts::effective_uid()).map(|u| u.name);
        if let Some(user) = args.str("user").filter(|user| Some(*user) != own.as_deref()) {
            words.extend(["-u".into(), user.into()]);
        }
        Ok(Place::Crontab(words))
    }

    /// The table as it is, without what `crontab` puts above it.
    fn read(&self, cx: &mut Context<'_>) -> Result<String, Failed> {
        let words = match self {
            Place::File(path) => {
                let bytes = fs::read(path).unwrap_or_default();
                return Ok(String::from_utf8_lossy(&bytes).into_owned());
            }
            Place::Crontab(words) => words,
        };
        let output = cx.run(&Command::new(words.iter().cloned().chain(["-l".into()])))?;
        if !matches!(output.rc, 0 | 1) {
            return Err(Failed::new("Unable to read crontab"));
        }
        let text = output.stdout_text();
        let note = |line: &str| {
            line.starts_with("# DO NOT EDIT THIS FILE - edit the master and reinstall.")
                || (line.starts_with("# (/tmp/") && line.contains("installed on"))
                || (line.starts_with("# (") && line.contains("version"))
        };
        let lines = text.split_inclusive('\n').enumerate();
        Ok(lines.filter(|(at, line)| *at > 2 || !note(line)).map(|(_, line)| line).collect())
    }

    fn write(&self, cx: &mut Context<'_>, text: &str) -> Result<(), Failed> {
        match self {
            Place::File(path) => {
                let failed = |e: std::io::Error| Failed::new(format!("cannot write {}: {e}", path.display()));
                cx.effects.write(path, text.as_bytes(), false).map_err(failed)
            }
            Place::Crontab(words) => {
                let command = Command::new(words.iter().cloned().chain(["-".into()])).stdin(text);
                let output = cx.run(&command)?;
                if output.rc == 0 {
                    return Ok(());
                }
                Err(Failed::new("Failed to install new cronfile")
                    .with("stderr", output.stderr_text())
                    .with("stdout", output.stdout_text())
                    .with("rc", output.rc))
            }
        }
    }

    /// What the difference calls it.
    fn header(&self, args: &Args) -> String {
        match (self, args.str("user")) {
            (Place::File(path), _) => path.display().to_string(),
            (_, Some(user)) => format!("crontab for user \"{user}\""),
            (_, None) => "crontab".to_owned(),
        }
    }
}
