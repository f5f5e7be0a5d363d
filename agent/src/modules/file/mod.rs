//! `file`: permissions, directories, links, and that something is not there.

mod directory;
mod link;
mod times;

use crate::accounts;
use crate::args::Args;
use crate::effects::FileArgs;
use crate::errno;
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::paths;
use crate::spec::{Arg, Kind, Spec};
use crate::value::Map;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use times::Times;

/// The module.
pub struct FileModule;

static SPEC: Spec = Spec {
    file_args: true,
    ..Spec::new("file", "Sets attributes of files, makes directories and links", ARGS)
};

const ARGS: &[Arg] = &[
    Arg::new("path", Kind::Path).required().aliases(&["dest", "name"]).help("The file."),
    Arg::new("state", Kind::Str)
        .choices(&["absent", "directory", "file", "hard", "link", "touch"])
        .help("What it is to be; by default what it is, else a file."),
    Arg::new("src", Kind::Path).help("What a link leads to."),
    Arg::new("recurse", Kind::Bool).default("false").help("Set attributes of all that is in a directory."),
    Arg::new("force", Kind::Bool).default("false").help("Replace what is in a link's way; link to nothing."),
    Arg::new("follow", Kind::Bool).default("true").help("Mean what a link leads to, not the link."),
    Arg::new("modification_time", Kind::Str).help("When it was changed last, or `preserve`, or `now`."),
    Arg::new("modification_time_format", Kind::Str).default("%Y%m%d%H%M.%S").help("How that is written."),
    Arg::new("access_time", Kind::Str).help("When it was read last, or `preserve`, or `now`."),
    Arg::new("access_time_format", Kind::Str).default("%Y%m%d%H%M.%S").help("How that is written."),
    Arg::new("_original_basename", Kind::Str)
        .help("The name inside a directory at `path`; for other modules."),
    Arg::new("_diff_peek", Kind::Bool).help("Only tell whether it looks binary; for other modules."),
];

impl Module for FileModule {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        let mut job = Job::new(args)?;
        if cx.mode.check && job.state != "absent" {
            cx.warnings.extend(missing_accounts(&job.wanted));
        }
        if args.has("_diff_peek") {
            let binary = looks_binary(Path::new(&job.path));
            return Ok(Outcome::ok().with("path", job.path).with("appears_binary", binary));
        }
        let times = Times::from_args(args, &job.state)?;
        match job.state.as_str() {
            "directory" => directory::ensure(&mut job, cx, &times),
            "link" => link::ensure_symbolic(&mut job, cx, &times),
            "hard" => link::ensure_hard(&mut job, cx, &times),
            "touch" => touch(&mut job, cx, &times),
            "absent" => remove(&mut job, cx),
            _ => ensure_file(&mut job, cx, &times),
        }
    }
}

/// What is asked for, after the rules that rewrite `path` and `state`.
struct Job {
    path: String,
    state: String,
    src: Option<String>,
    recurse: bool,
    force: bool,
    follow: bool,
    wanted: FileArgs,
    before: Map,
    after: Map,
}

impl Job {
    fn new(args: &Args) -> Result<Self, Failed> {
        let mut path = args.text("path").to_owned();
        let src = args.str("src").map(str::to_owned);
        let given = args.str("state");
        if !matches!(given, Some("link" | "absent")) && Path::new(&path).is_dir() {
            let name = args.str("_original_basename").or(src.as_deref().map(paths::basename));
            if let Some(name) = name.filter(|n| !n.is_empty()) {
                path = paths::join(&path, name);
            }
        }
        let recurse = args.flag("recurse");
        let state = match (given, state_of(Path::new(&path))) {
            (Some(state), _) => state,
            (None, "absent") if recurse => "directory",
            (None, "absent") => "file",
            (None, there) => there,
        };
        if recurse && state != "directory" {
            return Err(at(&path, "recurse option requires state to be 'directory'"));
        }
        if src.as_ref().is_some_and(|s| !s.is_empty()) && !matches!(state, "link" | "hard") {
            return Err(at(&path, "src option requires state to be 'link' or 'hard'"));
        }
        Ok(Job {
            state: state.to_owned(),
            src,
            recurse,
            force: args.flag("force"),
            follow: args.flag("follow"),
            wanted: FileArgs::from_args(args),
            before: Map::new(),
            after: Map::new(),
            path,
        })
    }

    /// Begins the difference to be shown, from what is there to `state`.
    fn begin_diff(&mut self, from: &str, to: &str) {
        for side in [&mut self.before, &mut self.after] {
            side.insert("path".to_owned(), self.path.as_str().into());
        }
        if from != to {
            self.before.insert("state".to_owned(), from.into());
            self.after.insert("state".to_owned(), to.into());
        }
    }

    /// The file that attributes go to: what a link leads to, where links are followed.
    fn attributes_path(&self) -> PathBuf {
        let path = Path::new(&self.path);
        if self.follow && path.is_symlink() { paths::real(path) } else { path.to_owned() }
    }

    /// Sets attributes and times of `path`; whether anything changed.
    fn set(&mut self, cx: &mut Context<'_>, path: &Path, times: &Times) -> Result<bool, Failed> {
        let changed = cx.effects.set_attributes(path, &self.wanted)?;
        let (before, after) = cx.effects.attribute_diff();
        self.before.extend(before.clone());
        self.after.extend(after.clone());
        let updated = times.apply(cx, path, Some((&mut self.before, &mut self.after)))?;
        Ok(changed || updated)
    }

    /// The outcome that names the file `key`.
    fn done(&mut self, cx: &Context<'_>, key: &str, changed: bool) -> Outcome {
        let mut outcome = Outcome::changed(changed).with(key, self.path.as_str());
        if key == "dest" && self.state != "touch" {
            outcome = outcome.with("src", self.src.clone());
        }
        if cx.mode.diff && !self.before.is_empty() {
            let (before, after) = (std::mem::take(&mut self.before), std::mem::take(&mut self.after));
            outcome = outcome.showing(before, after);
        }
        outcome
    }
}

/// What is at a path, in the words of `state`.
fn state_of(path: &Path) -> &'static str {
    match fs::symlink_metadata(path) {
        Err(_) => "absent",
        Ok(meta) if meta.is_symlink() => "link",
        Ok(meta) if meta.is_dir() => "directory",
        Ok(meta) if meta.nlink() > 1 => "hard",
        Ok(_) => "file",
    }
}

/// A failure at a path.
fn at(path: &str, msg: impl Into<String>) -> Failed {
    Failed::new(msg).with("path", path)
}

fn ensure_file(job: &mut Job, cx: &mut Context<'_>, times: &Times) -> Result<Outcome, Failed> {
    let mut found = state_of(Path::new(&job.path));
    let mut attributes = job.attributes_path();
    if found == "link" && job.follow {
        job.path = paths::real(Path::new(&job.path)).to_string_lossy().into_owned();
        found = state_of(Path::new(&job.path));
        attributes = PathBuf::from(&job.path);
    }
    if !matches!(found, "file" | "hard") {
        let msg = format!("file ({}) is {found}, cannot continue", job.path);
        return Err(at(&job.path, msg).with("state", found));
    }
    job.begin_diff(found, "file");
    let changed = job.set(cx, &attributes, times)?;
    Ok(job.done(cx, "path", changed))
}

fn touch(job: &mut Job, cx: &mut Context<'_>, times: &Times) -> Result<Outcome, Failed> {
    let found = state_of(Path::new(&job.path));
    let fresh = found == "absent";
    if fresh {
        let path = PathBuf::from(&job.path);
        cx.effects.create(&path).map_err(|e| {
            at(&job.path, "Error, could not touch target.").because(errno::python(&e, &[&path]))
        })?;
        if cx.mode.check {
            return Ok(job.done(cx, "dest", true));
        }
    }
    job.begin_diff(found, "touch");
    let attributes = job.attributes_path();
    match job.set(cx, &attributes, times) {
        Ok(changed) => Ok(job.done(cx, "dest", fresh || changed)),
        Err(failed) => {
            let failed = failed.with_path_info();
            if fresh {
                // What was made a moment ago goes again; the failure that matters is told below.
                let _ = cx.effects.remove_file(Path::new(&job.path));
            }
            Err(failed)
        }
    }
}

fn remove(job: &mut Job, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
    let path = PathBuf::from(&job.path);
    let found = state_of(&path);
    if found == "absent" {
        return Ok(job.done(cx, "path", false).with("state", "absent"));
    }
    job.begin_diff(found, "absent");
    if found == "directory" {
        if cx.mode.diff {
            job.before.insert("path_content".to_owned(), directory::content(&path));
        }
        let words = |e| Failed::new(format!("rmtree failed: {}", errno::python(&e, &[])));
        cx.effects.remove_tree(&path).map_err(words)?;
    } else {
        match cx.effects.remove_file(&path) {
            Err(e) if e.kind() != ErrorKind::NotFound => {
                return Err(at(&job.path, "Unlinking failed.").because(errno::python(&e, &[&path])));
            }
            _ => {}
        }
    }
    Ok(job.done(cx, "path", true).with("state", "absent"))
}

/// A zero byte near the beginning makes a file binary; what cannot be read counts as text.
fn looks_binary(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(8192).read_to_end(&mut head));
    read.is_ok() && head.contains(&0)
}

/// In check mode an account may be missing only because nothing was done to make it.
fn missing_accounts(wanted: &FileArgs) -> Vec<String> {
    let mut warnings = Vec::new();
    let later = "up to this point in real play";
    if let Some(owner) = wanted.owner.as_deref().filter(|o| !o.is_empty()) {
        match owner.trim().parse() {
            Ok(uid) if accounts::user_by_id(uid).is_none() => {
                warnings.push(format!("failed to look up user with uid {owner}. Create user {later}"));
            }
            Err(_) if accounts::user_by_name(owner).is_none() => {
                warnings.push(format!("failed to look up user {owner}. Create user {later}"));
            }
            _ => {}
        }
    }
    if let Some(group) = wanted.group.as_deref().filter(|g| !g.is_empty()) {
        match group.trim().parse() {
            Ok(gid) if accounts::group_by_id(gid).is_none() => {
                warnings.push(format!("failed to look up group with gid {group}. Create group {later}"));
            }
            Err(_) if accounts::group_by_name(group).is_none() => {
                warnings.push(format!("failed to look up group {group}. Create group {later}"));
            }
            _ => {}
        }
    }
    warnings
}
