//! `copy`: puts files, folders or content of the controller's on the target.

use super::place::{Content, place};
use super::walk::{Found, walk};
use super::{Action, BoxFuture, Context, Effect, arg, flag, module, search, text};
use crate::connect::CallError;
use crate::error::{Error, Result};
use crate::value::{Map, Value, python_str};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use warp_agent::outcome::Outcome;
use warp_agent::spec::{Arg, Kind, Spec};
use warp_agent::utf8;
use warp_agent::value::{Map as WireMap, Value as WireValue};

static SPEC: Spec = Spec {
    file_args: true,
    ..Spec::new(
        "copy",
        "Puts files, folders or content of the controller's on the target.",
        &[
            Arg::new("src", Kind::Str)
                .help("The file or folder; of a folder with a final slash, what is in it."),
            Arg::new("content", Kind::Raw).help("The content itself, instead of `src`."),
            Arg::new("dest", Kind::Str)
                .required()
                .help("Where to; into it, if it is a folder or ends with a slash."),
            Arg::new("backup", Kind::Bool).default("false").help("Keep a copy of what is replaced."),
            Arg::new("force", Kind::Bool)
                .default("true")
                .help("Replace what differs; else only make what is not there."),
            Arg::new("validate", Kind::Str)
                .help("A command that looks the new content over; `%s` is its path."),
            Arg::new("directory_mode", Kind::Raw).help("Permissions of folders that are made."),
            Arg::new("remote_src", Kind::Bool).default("false").help("`src` is on the target."),
            Arg::new("local_follow", Kind::Bool).default("true").help("Copy what links in `src` lead to."),
            Arg::new("checksum", Kind::Str).help("The SHA-1 that the content must have."),
            Arg::new("follow", Kind::Bool).default("false").help("Write to what a link at `dest` leads to."),
            Arg::new("decrypt", Kind::Bool).default("true").help("Decrypt a vaulted source."),
        ],
    )
};

/// Arguments that concern attributes, wherever they are set.
const ATTRIBUTES: [&str; 9] =
    ["mode", "owner", "group", "seuser", "serole", "selevel", "setype", "attributes", "unsafe_writes"];

/// Arguments that the target's half takes as they are.
const PASSED: [&str; 6] = ["backup", "force", "validate", "directory_mode", "checksum", "follow"];

/// The action.
pub(super) struct Copy;

impl Action for Copy {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run<'a>(&'a self, context: Context<'a>, args: Map) -> BoxFuture<'a, Result<Effect, CallError>> {
        Box::pin(async move { copy(&context, &args).await })
    }
}

async fn copy(context: &Context<'_>, args: &Map) -> Result<Effect, CallError> {
    let src = text(args, "src").filter(|s| !s.is_empty());
    let content = args.get("content").filter(|c| !c.is_null());
    let dest = text(args, "dest").unwrap_or_default();
    match (src, content) {
        (None, None) => Ok(Effect::failed("src (or content) is required")),
        (Some(_), Some(_)) => Ok(Effect::failed("src and content are mutually exclusive")),
        (None, Some(_)) if dest.ends_with('/') => {
            Ok(Effect::failed("can not use content with a dir as dest"))
        }
        (None, Some(content)) => {
            let content = Content::Bytes(content_bytes(content).into());
            one_file(context, args, &content, None).await
        }
        (Some(src), None) if flag(args, "remote_src") => {
            let mut passed = passed(args);
            passed.insert("src".to_owned(), src.into());
            for name in ["remote_src", "local_follow"] {
                passed.insert(name.to_owned(), arg(args, name).into());
            }
            Ok(module::call(context, "copy", passed, None).await?.into())
        }
        (Some(src), None) => from_controller(context, args, src).await,
    }
}

/// A text as it is, all else as Python writes it into a file: lists and maps as JSON.
fn content_bytes(content: &Value) -> Vec<u8> {
    match content {
        Value::List(_) | Value::Map(_) => warp_agent::python::json(&content.into()).into_bytes(),
        other => utf8::bytes(&python_str(other)).into_owned(),
    }
}

async fn from_controller(context: &Context<'_>, args: &Map, src: &str) -> Result<Effect, CallError> {
    let source = match search::find(context, "files", src) {
        Ok(source) => source,
        Err(e) => {
            let msg = format!("Unexpected AnsibleActionFail error: {}", e.message());
            return Ok(Effect::refused(Error::other(msg)));
        }
    };
    if source.is_dir() {
        return folder(context, args, &source, src.ends_with('/')).await;
    }
    let name = source.file_name().map(|n| n.to_string_lossy().into_owned());
    let content = match Content::of_file(source.clone(), flag(args, "decrypt")) {
        Ok(content) => content,
        Err(e) => return Ok(Effect::raised(e)),
    };
    one_file(context, args, &content, name.as_deref()).await
}

/// One file's content to `dest`; `name` is its name where `dest` turns out to be a folder.
pub(super) async fn one_file(
    context: &Context<'_>,
    args: &Map,
    content: &Content,
    name: Option<&str>,
) -> Result<Effect, CallError> {
    let mut passed = passed(args);
    if let Err(e) = preserve_mode(&mut passed, content) {
        return Ok(Effect::raised(e));
    }
    if let Some(name) = name {
        passed.insert("_original_basename".to_owned(), name.into());
    }
    let outcome = place(context, passed, content).await?;
    if !flag(args, "force") && !outcome.changed && !outcome.failed {
        return Ok(kept(outcome, content));
    }
    Ok(completed(outcome))
}

/// A file that was there and, without `force`, stays as it is.
fn kept(outcome: Outcome, content: &Content) -> Effect {
    let dest = outcome.values.get("dest").cloned().unwrap_or_default();
    let kept = Outcome::ok().with("dest", dest);
    match content {
        Content::File(path) => kept.with("src", path.display().to_string()).into(),
        Content::Bytes(_) => kept.into(),
    }
}

/// A single copy's result always has `diff`, be it empty.
fn completed(mut outcome: Outcome) -> Effect {
    if outcome.diff.is_empty() {
        outcome.values.entry("diff".to_owned()).or_insert(WireValue::List(Vec::new()));
    }
    outcome.into()
}

/// A folder: its files, then its folders, then its links. As Ansible has it, differences are told of a single file only.
async fn folder(
    context: &Context<'_>,
    args: &Map,
    source: &Path,
    contents_only: bool,
) -> Result<Effect, CallError> {
    let found = match walk(source, contents_only, flag(args, "local_follow")) {
        Ok(found) => found,
        Err(e) => return Ok(Effect::raised(e)),
    };
    let dest = format!("{}/", text(args, "dest").unwrap_or_default().trim_end_matches('/'));
    let mut sum = Outcome::ok();
    let mut last = None;
    for (path, relative) in &found.files {
        let content = match Content::of_file(path.clone(), flag(args, "decrypt")) {
            Ok(content) => content,
            Err(e) => return Ok(Effect::raised(e)),
        };
        let mut passed = passed(args);
        if let Err(e) = preserve_mode(&mut passed, &content) {
            return Ok(Effect::raised(e));
        }
        passed.insert("dest".to_owned(), dest.as_str().into());
        passed.insert("_original_basename".to_owned(), relative.as_str().into());
        if !found.folders.is_empty() {
            passed.insert("follow".to_owned(), false.into());
        }
        let outcome = place(context, passed, &content).await?;
        if !add(&mut sum, &outcome) {
            return Ok(outcome.into());
        }
        last = Some(outcome);
    }
    for outcome in others(context, args, &dest, &found).await? {
        if !add(&mut sum, &outcome) {
            return Ok(outcome.into());
        }
        last = Some(outcome);
    }
    if let (Some(last), [_]) = (last, found.files.as_slice()) {
        let dest = last.values.get("dest").or_else(|| last.values.get("path")).cloned();
        sum.values = last.values;
        sum.diff = last.diff;
        sum.values.extend(dest.map(|d| ("dest".to_owned(), d)));
        return Ok(sum.into());
    }
    Ok(sum.with("dest", dest).with("src", source.display().to_string()).into())
}

/// Makes the folders and links of a tree.
async fn others(
    context: &Context<'_>,
    args: &Map,
    dest: &str,
    found: &Found,
) -> Result<Vec<Outcome>, CallError> {
    let mut outcomes = Vec::new();
    let folders = found.folders.iter().map(|relative| (relative, None));
    let links = found.links.iter().map(|(relative, target)| (relative, Some(target)));
    for (relative, target) in folders.chain(links) {
        let mut file = attributes(args);
        file.insert("path".to_owned(), format!("{dest}{relative}").into());
        match target {
            None => {
                file.insert("state".to_owned(), "directory".into());
                file.insert("mode".to_owned(), arg(args, "directory_mode").into());
            }
            Some(target) => {
                file.insert("state".to_owned(), "link".into());
                file.insert("src".to_owned(), target.as_str().into());
                file.insert("force".to_owned(), true.into());
                file.insert("follow".to_owned(), false.into());
                if file.get("mode").and_then(WireValue::as_str) == Some("preserve") {
                    file.shift_remove("mode");
                }
            }
        }
        let outcome = module::call(context, "file", file, None).await?;
        let failed = outcome.failed;
        outcomes.push(outcome);
        if failed {
            break;
        }
    }
    Ok(outcomes)
}

/// Adds one file's outcome to the sum; `false` where it failed.
fn add(sum: &mut Outcome, outcome: &Outcome) -> bool {
    sum.changed |= outcome.changed;
    sum.warnings.extend(outcome.warnings.iter().cloned());
    !outcome.failed
}

fn attributes(args: &Map) -> WireMap {
    given(args, &ATTRIBUTES)
}

/// What the target's half is given of a task's arguments.
fn passed(args: &Map) -> WireMap {
    let mut passed = attributes(args);
    passed.extend(given(args, &PASSED));
    passed.insert("dest".to_owned(), arg(args, "dest").into());
    passed
}

fn given(args: &Map, names: &[&str]) -> WireMap {
    let given = names.iter().filter_map(|name| Some(((*name).to_owned(), args.get(*name)?.into())));
    given.filter(|(_, value)| *value != WireValue::Null).collect()
}

/// `mode: preserve` is the mode that the file has here.
fn preserve_mode(args: &mut WireMap, content: &Content) -> Result<()> {
    if args.get("mode").and_then(WireValue::as_str) != Some("preserve") {
        return Ok(());
    }
    let Content::File(path) = content else {
        return Err(Error::other("mode 'preserve' needs a source file, not content"));
    };
    let metadata =
        path.metadata().map_err(|e| Error::other(format!("cannot read {}: {e}", path.display())))?;
    let mode = format!("0{:03o}", metadata.permissions().mode() & 0o7777);
    args.insert("mode".to_owned(), mode.into());
    Ok(())
}
