//! `state: link` and `state: hard`.

use super::times::Times;
use super::{Job, at, state_of};
use crate::errno;
use crate::module::{Context, Failed};
use crate::outcome::Outcome;
use crate::paths;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

pub(super) fn ensure_symbolic(job: &mut Job, cx: &mut Context<'_>, times: &Times) -> Result<Outcome, Failed> {
    let path = PathBuf::from(&job.path);
    let found = state_of(&path);
    if job.src.is_none() && job.follow && path.exists() {
        job.src = fs::read_link(&path).ok().map(|target| target.to_string_lossy().into_owned());
    }
    let refuse = |what: String| Err(at(&job.path, what));
    if let (Some(src), false) = (&job.src, job.force) {
        let dir = if found == "directory" { job.path.as_str() } else { paths::dirname(&job.path) };
        let target = paths::join(dir, src);
        if !Path::new(&target).exists() {
            return Err(at(
                &job.path,
                format!(
                    "src file does not exist, use 'force=yes' if you really want to create the link: {target}"
                ),
            )
            .with("src", src.as_str()));
        }
    }
    match found {
        "directory" | "file" | "hard" if !job.force => {
            return refuse(format!("refusing to convert from {found} to symlink for {}", job.path));
        }
        "directory" if fs::read_dir(&path).is_ok_and(|mut entries| entries.next().is_some()) => {
            return refuse(format!("the directory {} is not empty, refusing to convert it", job.path));
        }
        _ => {}
    }
    job.begin_diff(found, "link");
    let mut changed = needs_link(job, found)?;
    if changed {
        let src = PathBuf::from(job.src.clone().unwrap_or_default());
        if found == "absent" {
            cx.effects.symlink(&src, &path).map_err(|e| failed(job, "linking", &e, &[&src, &path]))?;
        } else {
            if found == "directory" {
                cx.effects.remove_dir(&path).map_err(|e| failed(job, "replacing", &e, &[&path]))?;
            }
            cx.effects.replace_link(&src, &path).map_err(|e| failed(job, "replacing", &e, &[&src, &path]))?;
        }
    }
    if cx.mode.check && !path.exists() {
        return Ok(job.done(cx, "dest", changed));
    }
    let attributes = job.attributes_path();
    let mut warnings = Vec::new();
    if job.follow && path.is_symlink() && !attributes.exists() {
        warnings.push(
            "Cannot set fs attributes on a non-existent symlink target. follow should be set to False to avoid this."
                .to_owned(),
        );
    } else {
        changed |= job.set(cx, &attributes, times)?;
    }
    Ok(Outcome { warnings, ..job.done(cx, "dest", changed) })
}

/// Whether the link is to be made or to lead elsewhere.
fn needs_link(job: &mut Job, found: &str) -> Result<bool, Failed> {
    if found == "link" {
        return Ok(leads_elsewhere(job));
    }
    if job.src.is_none() {
        return Err(Failed::new("src is required for creating new symlinks"));
    }
    Ok(true)
}

/// Whether the link at `path` says anything but `src`, which is then recorded.
fn leads_elsewhere(job: &mut Job) -> bool {
    let (Some(src), Ok(old)) = (&job.src, fs::read_link(&job.path)) else { return false };
    let old = old.to_string_lossy();
    if old == src.as_str() {
        return false;
    }
    job.before.insert("src".to_owned(), old.as_ref().into());
    job.after.insert("src".to_owned(), src.as_str().into());
    true
}

pub(super) fn ensure_hard(job: &mut Job, cx: &mut Context<'_>, times: &Times) -> Result<Outcome, Failed> {
    let path = PathBuf::from(&job.path);
    let found = state_of(&path);
    if found != "hard" && job.src.is_none() {
        return Err(Failed::new("src is required for creating new hardlinks"));
    }
    let attributes = job.attributes_path();
    let src = job.src.clone().map(PathBuf::from);
    let refuse =
        |msg: String| Err(Failed::new(msg).with("dest", job.path.as_str()).with("src", job.src.clone()));
    if src.as_ref().is_some_and(|src| !src.exists()) {
        return refuse("src does not exist".to_owned());
    }
    let same = src.as_ref().is_none_or(|src| inode(&path).is_some_and(|i| inode(src) == Some(i)));
    match found {
        "hard" if !same && !job.force => {
            return refuse("Cannot link, different hard link exists at destination".to_owned());
        }
        "file" if !job.force => return refuse("Cannot link, file exists at destination".to_owned()),
        "directory" if same => return Ok(Outcome::ok().with("path", job.path.as_str())),
        "directory" if !job.force => {
            return refuse("Cannot link: different hard link exists at destination".to_owned());
        }
        _ => {}
    }
    job.begin_diff(found, "hard");
    let mut changed = match found {
        "hard" => !same,
        "link" => leads_elsewhere(job),
        _ => true,
    };
    if changed {
        let src = src.unwrap_or_default();
        if found == "absent" {
            let target = if job.follow { fs::read_link(&src).unwrap_or(src) } else { src };
            cx.effects
                .hard_link(&target, &path)
                .map_err(|e| failed(job, "linking", &e, &[&target, &path]))?;
        } else {
            cx.effects
                .replace_hard_link(&src, &path)
                .map_err(|e| failed(job, "replacing", &e, &[&src, &path]))?;
        }
    }
    if cx.mode.check && !path.exists() {
        return Ok(job.done(cx, "dest", changed));
    }
    changed |= job.set(cx, &attributes, times)?;
    Ok(job.done(cx, "dest", changed))
}

fn inode(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().map(|meta| meta.ino())
}

fn failed(job: &Job, what: &str, e: &io::Error, paths: &[&Path]) -> Failed {
    at(&job.path, format!("Error while {what}: {}", errno::python(e, paths)))
}
