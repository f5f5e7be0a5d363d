//! `state: directory`, and what is in directories.

use super::times::Times;
use super::{Job, at, state_of};
use crate::errno;
use crate::module::{Context, Failed};
use crate::outcome::Outcome;
use crate::paths;
use crate::value::{Map, Value};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

pub(super) fn ensure(job: &mut Job, cx: &mut Context<'_>, times: &Times) -> Result<Outcome, Failed> {
    let mut found = state_of(Path::new(&job.path));
    if job.follow && found == "link" {
        job.path = paths::real(Path::new(&job.path)).to_string_lossy().into_owned();
        found = state_of(Path::new(&job.path));
    }
    job.begin_diff(found, "directory");
    match found {
        "absent" if cx.mode.check => Ok(job.done(cx, "path", true)),
        "absent" => {
            let changed = make(job, cx, times)?;
            Ok(job.done(cx, "path", changed))
        }
        "directory" => {
            let path = PathBuf::from(&job.path);
            let mut changed = job.set(cx, &path, times)?;
            if job.recurse {
                changed |= recurse(job, cx, &path, times, &mut vec![paths::real(&path)])?;
            }
            Ok(job.done(cx, "path", changed))
        }
        other => Err(at(&job.path, format!("{} already exists as a {other}", job.path))),
    }
}

/// Makes the directory and those above it, each with the attributes asked for.
fn make(job: &mut Job, cx: &mut Context<'_>, times: &Times) -> Result<bool, Failed> {
    let mut changed = false;
    let whole = job.path.clone();
    let mut current = if whole.starts_with('/') { "/".to_owned() } else { String::new() };
    for name in whole.split('/').filter(|n| !n.is_empty()) {
        current = paths::join(&current, name);
        let path = PathBuf::from(&current);
        if path.exists() {
            continue;
        }
        match cx.effects.make_dir(&path, 0o777) {
            Ok(()) => changed = true,
            // Somebody else was quicker.
            Err(e) if e.kind() == ErrorKind::AlreadyExists && path.is_dir() => {}
            Err(e) => {
                let why = errno::python(&e, &[&path]);
                return Err(at(&whole, format!("There was an issue creating {current} as requested: {why}")));
            }
        }
        changed |= job.set(cx, &path, times)?;
    }
    Ok(changed)
}

/// Sets attributes of all that is in a directory. Links to directories are entered where links are followed, each
/// directory once: `entered` are those on the way here.
fn recurse(
    job: &Job,
    cx: &mut Context<'_>,
    dir: &Path,
    times: &Times,
    entered: &mut Vec<PathBuf>,
) -> Result<bool, Failed> {
    let mut changed = false;
    // What cannot be listed is passed over, as Python's walk does.
    let Ok(entries) = fs::read_dir(dir) else { return Ok(false) };
    for entry in entries.flatten() {
        let path = entry.path();
        changed |= set_quietly(job, cx, &path, times)?;
        let is_link = path.is_symlink();
        if is_link && job.follow {
            let target = fs::read_link(&path).map(|t| dir.join(t)).unwrap_or_default();
            if target.is_dir() && !entered.contains(&paths::real(&target)) {
                entered.push(paths::real(&target));
                changed |= recurse(job, cx, &target, times, entered)?;
                entered.pop();
            }
            if target.exists() {
                changed |= set_quietly(job, cx, &target, times)?;
            }
        } else if !is_link && path.is_dir() {
            changed |= recurse(job, cx, &path, times, entered)?;
        }
    }
    Ok(changed)
}

/// As `Job::set`, of a file that the difference does not show.
fn set_quietly(job: &Job, cx: &mut Context<'_>, path: &Path, times: &Times) -> Result<bool, Failed> {
    let changed = cx.effects.set_attributes(path, &job.wanted)?;
    Ok(times.apply(cx, path, None)? || changed)
}

/// The files and directories under a directory, for the difference that its removal makes.
pub(super) fn content(dir: &Path) -> Value {
    let (mut directories, mut files) = (Vec::new(), Vec::new());
    let mut waiting = vec![dir.to_owned()];
    while let Some(dir) = waiting.pop() {
        let Ok(entries) = fs::read_dir(&dir) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            let name = path.to_string_lossy().into_owned();
            // A link to a directory counts as a directory, but is not entered.
            if path.is_dir() {
                directories.push(name);
                if !path.is_symlink() {
                    waiting.push(path);
                }
            } else {
                files.push(name);
            }
        }
    }
    let lists: Map =
        [("directories".to_owned(), directories.into()), ("files".to_owned(), files.into())].into();
    Value::Map(lists)
}
