//! `copy`, the target's half: content that the controller streams, or a file or directory that is here already.

mod diff;
mod place;
mod tree;

use crate::args::Args;
use crate::digest;
use crate::effects::FileArgs;
use crate::errno;
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::paths;
use crate::spec::{Arg, Kind, Spec};
use std::fs;
use std::path::Path;

/// The module.
pub struct Copy;

static SPEC: Spec = Spec { file_args: true, ..Spec::new("copy", "Copies files to the target", ARGS) };

const ARGS: &[Arg] = &[
    Arg::new("src", Kind::Path).help("The file; a directory is copied with all that is in it."),
    Arg::new("content", Kind::Str).secret().help("The content itself, instead of `src`."),
    Arg::new("dest", Kind::Path)
        .required()
        .help("Where to; into it, if it is a directory or ends with a slash."),
    Arg::new("backup", Kind::Bool).default("false").help("Keep a copy of what is replaced."),
    Arg::new("force", Kind::Bool)
        .default("true")
        .help("Replace what differs; else only make what is not there."),
    Arg::new("validate", Kind::Str).help("A command that looks the new content over; `%s` is its path."),
    Arg::new("directory_mode", Kind::Raw).help("Permissions of directories that are made on the way."),
    Arg::new("remote_src", Kind::Bool).default("false").help("`src` is on the target."),
    Arg::new("local_follow", Kind::Bool).help("Copy what links in `src` lead to."),
    Arg::new("checksum", Kind::Str).help("The SHA-1 that the content must have."),
    Arg::new("follow", Kind::Bool).default("false").help("Write to what a link at `dest` leads to."),
    Arg::new("_original_basename", Kind::Str).help("The name of `src` on the controller."),
    Arg::new("_source", Kind::Str).help("Where `src` is on the controller, for the headings of differences."),
    Arg::new("_max_diff", Kind::Int).help("The largest file that differences are shown of, in bytes."),
    Arg::new("_checksum", Kind::Str).help("The SHA-1 of the content that the controller has."),
];

impl Module for Copy {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        if args.flag("remote_src") {
            return place::from_target(args, cx);
        }
        // With its checksum, content may prove unneeded even where it came along.
        let Some(blob) = cx.blob.take() else { return without_content(args, cx) };
        if args.has("_checksum") {
            let outcome = without_content(args, cx)?;
            if !outcome.values.contains_key("_need_content") {
                return Ok(outcome);
            }
        }
        place::from_controller(args, cx, blob)
    }
}

/// Answers without the content where that can be done: it is there already, it may not be replaced, or check mode does
/// not show it. Else asks for it by `_need_content`.
fn without_content(args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
    let dest = destination(args)?;
    let path = Path::new(&dest);
    let follow = args.flag("follow");
    if !args.flag("force") && (path.exists() || path.is_symlink()) {
        return Ok(Outcome::ok().with("dest", dest));
    }
    let known = args.str("_checksum").unwrap_or_default();
    let same =
        (follow || !path.is_symlink()) && path.is_file() && digest::sha1(path).is_ok_and(|c| c == known);
    if same {
        let real = if follow && path.is_symlink() { paths::real(path) } else { path.to_owned() };
        let changed = cx.effects.set_attributes(&real, &FileArgs::from_args(args))?;
        let real = real.to_string_lossy().into_owned();
        let mut outcome = Outcome::changed(changed).with("path", real.as_str()).with("dest", real.as_str());
        if cx.mode.diff {
            let (before, after) = cx.effects.attribute_diff();
            let (mut before, mut after) = (before.clone(), after.clone());
            for side in [&mut before, &mut after] {
                side.insert("path".to_owned(), real.as_str().into());
            }
            outcome = outcome.showing(before, after);
        }
        return Ok(outcome.with("checksum", known));
    }
    if cx.mode.check && !cx.mode.diff {
        return Ok(Outcome::changed(true));
    }
    Ok(Outcome::ok().with("_need_content", true))
}

/// The file that is meant by `dest`: one in it, where it is a directory or says so by a slash.
fn destination(args: &Args) -> Result<String, Failed> {
    let dest = args.text("dest");
    let name = args.str("_original_basename").unwrap_or_default();
    if dest.ends_with('/') && !name.is_empty() {
        let file = paths::join(dest, name);
        // Only a file on the way is a failure here: what is not there will be made.
        return match fs::symlink_metadata(&file) {
            Err(e) if e.raw_os_error() == Some(libc::ENOTDIR) => Err(Failed::new(format!(
                "Task failed: Failed to get information on remote file ({file}): {}",
                errno::text(&e)
            ))
            .with("_unplaced", true)),
            _ => Ok(file),
        };
    }
    if !Path::new(dest).is_dir() {
        return Ok(dest.to_owned());
    }
    if name.is_empty() {
        // Ansible finds this before there is a module: its result has nothing else.
        return Err(Failed::new("can not use content with a dir as dest").with("_unplaced", true));
    }
    Ok(paths::join(dest, name))
}
