//! `get_url`: a file from a server.

mod checksum;
mod download;

use crate::args::Args;
use crate::digest;
use crate::effects::FileArgs;
use crate::http::{Request, url};
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::paths;
use crate::spec::{Arg, Kind, Spec};
use crate::value::Value;
use checksum::Expected;
use download::Download;
use std::fs;
use std::path::Path;

/// The module.
pub struct GetUrl;

static SPEC: Spec =
    Spec { file_args: true, http_args: true, ..Spec::new("get_url", "Downloads a file", ARGS) };

const ARGS: &[Arg] = &[
    Arg::new("url", Kind::Str).required().help("An http, https or file URL."),
    Arg::new("dest", Kind::Path)
        .required()
        .help("The file; or a directory, where the server's name for it is kept."),
    Arg::new("backup", Kind::Bool).default("false").help("Keep a copy of what is replaced."),
    Arg::new("checksum", Kind::Str)
        .default("")
        .help("ALGORITHM:HASH that the file must have; or ALGORITHM:URL of a file with hashes."),
    Arg::new("force", Kind::Bool).default("false").help("Download even where a file is there."),
    Arg::new("timeout", Kind::Int).default("10").help("Seconds that the server may be silent."),
    Arg::new("headers", Kind::Dict).help("Further headers of the request."),
    Arg::new("tmp_dest", Kind::Path).help("The directory to download to, before the file takes its place."),
    Arg::new("url_username", Kind::Str).aliases(&["username"]).help("The user to log in as."),
];

impl Module for GetUrl {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        let mut dest = args.text("dest").to_owned();
        let into = Path::new(&dest).is_dir();
        let start = |dest: &str| {
            Outcome::ok()
                .with("checksum_dest", Value::Null)
                .with("checksum_src", Value::Null)
                .with("dest", dest)
                .with("elapsed", 0)
                .with("url", url::masked(args.text("url")))
        };
        let expected = Expected::wanted(args, cx, &start(&dest))?;
        let mut force = args.flag("force");
        let mut modified = None;
        if !into && Path::new(&dest).exists() {
            if let (Some(expected), false) = (&expected, force) {
                if expected.is_of(Path::new(&dest))? {
                    let changed = cx.effects.set_attributes(Path::new(&dest), &FileArgs::from_args(args))?;
                    let told = if changed { " but file attributes changed" } else { "" };
                    let msg = format!("file already exists{told}");
                    return Ok(Outcome { changed, ..start(&dest) }.with("msg", msg));
                }
                force = true;
            }
            modified = fs::metadata(&dest).and_then(|m| m.modified()).ok();
        }
        let method = if cx.mode.check { "HEAD" } else { "GET" };
        let mut request = Request::from_args(args, cx, method, args.text("url"))?;
        request.freshness(force, modified);
        let mut download = match download::start(args, cx, request, &dest)? {
            Ok(download) => download,
            Err(unchanged) => return Ok(unchanged),
        };
        if into {
            dest = paths::join(&dest, &download.name);
        }
        let mut outcome = start(&dest).with("elapsed", download.elapsed);
        outcome.values.insert("src".to_owned(), download.file_name().into());
        let place = Path::new(&dest);
        outcome.values.insert("checksum_src".to_owned(), download.sha1.as_str().into());
        if let Err(msg) = writable(place) {
            return Err(with_all(Failed::new(msg), outcome));
        }
        let before = digest::sha1(place).ok();
        outcome.values.insert("checksum_dest".to_owned(), before.clone().into());
        let differs = before.as_deref() != Some(&download.sha1);
        if cx.mode.check {
            return Ok(Outcome { changed: differs, ..outcome }.with("msg", download.msg.as_str()));
        }
        if let Some(expected) = &expected
            && let Err(msg) = expected.check(download.path())
        {
            return Err(with_all(Failed::new(msg), outcome));
        }
        outcome = put(args, cx, &mut download, place, differs, outcome)?;
        let attributes = cx.effects.set_attributes(place, &FileArgs::from_args(args))?;
        outcome.changed |= attributes;
        let md5 = digest::named("md5", place).ok();
        Ok(outcome.with("md5sum", md5).with("msg", download.msg).with("status_code", download.status))
    }
}

/// Puts the file in its place, if it differs from what is there.
fn put(
    args: &Args,
    cx: &mut Context<'_>,
    download: &mut Download,
    dest: &Path,
    differs: bool,
    mut outcome: Outcome,
) -> Result<Outcome, Failed> {
    if !differs {
        return Ok(outcome);
    }
    if args.flag("backup") {
        let kept = cx.effects.backup(dest).map_err(|e| Failed::new(e.to_string()))?;
        if let Some(name) = kept {
            outcome = outcome.with("backup_file", name);
        }
    }
    if let Err(e) = download.place(cx, dest, args.flag("unsafe_writes")) {
        let msg = format!("failed to copy {} to {}: {e}", download.file_name(), dest.display());
        return Err(with_all(Failed::new(msg), outcome));
    }
    outcome.changed = true;
    Ok(outcome)
}

/// A failure with what is known besides.
fn with_all(failed: Failed, known: Outcome) -> Failed {
    known.values.into_iter().fold(failed, |failed, (key, value)| failed.with(&key, value))
}

/// Why the file cannot be put there.
fn writable(dest: &Path) -> Result<(), String> {
    let parent = dest.parent().unwrap_or(Path::new(""));
    let refused = |path: &Path, why: &str| Err(format!("Destination {} {why}", path.display()));
    let may = |path: &Path, how| crate::paths::accessible(path, how);
    if dest.exists() {
        match () {
            () if !may(dest, libc::W_OK) => refused(dest, "is not writable"),
            () if !may(dest, libc::R_OK) => refused(dest, "is not readable"),
            () => Ok(()),
        }
    } else if !parent.exists() {
        refused(parent, "does not exist")
    } else if !may(parent, libc::W_OK) {
        refused(parent, "is not writable")
    } else {
        Ok(())
    }
}
