//! Modules that plays bring along as files: kept here once, by what they hold, and run as Ansible runs them.

mod output;
mod prune;

use crate::args::Args;
use crate::command::Command;
use crate::digest::hex;
use crate::module::{Blob, Context, Failed, Module};
use crate::outcome::Outcome;
use crate::private;
use crate::shlex;
use crate::spec::{Arg, Kind, Spec};
use crate::value::Value;
use sha2::{Digest, Sha256};
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Keeps the file of a module. A call without its bytes asks whether it is here: `kept`.
pub const KEEP: &str = "_keep_module";

/// Runs a module whose file is kept here.
pub const RUN: &str = "_run_module";

/// How a module is given its arguments: as the file beside it that it is told of.
pub const BY_FILE: &str = "file";
/// On standard input.
pub const BY_INPUT: &str = "input";
/// In place of a marker in it.
pub const INLINE: &str = "inline";

/// What a script holds where its arguments are to be put in.
pub const MARKER: &[u8] = b"<<INCLUDE_ANSIBLE_MODULE_JSON_ARGS>>";

pub(crate) struct Keep;

pub(crate) struct Run;

const HASH: Arg = Arg::new("hash", Kind::Str).required().help("The file's SHA-256.");

static KEEP_SPEC: Spec = Spec::new(KEEP, "Keeps the file of a module", &[HASH]);

static RUN_SPEC: Spec = Spec::new(
    RUN,
    "Runs a module whose file is kept here",
    &[
        HASH,
        Arg::new("name", Kind::Str).required().help("The file's name, as the module sees it."),
        Arg::new("folder", Kind::Str).required().help("A folder to be made for it, gone when it ends."),
        Arg::new("words", Kind::List).elements(Kind::Str).help("What runs it: a program and its arguments."),
        Arg::new("how", Kind::Str)
            .required()
            .choices(&[BY_FILE, BY_INPUT, INLINE])
            .help("How it is given its arguments."),
        Arg::new("given", Kind::Str).required().help("The arguments, as it reads them."),
    ],
);

impl Module for Keep {
    fn spec(&self) -> &'static Spec {
        &KEEP_SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        let hash = args.text("hash");
        let path = kept(hash).map_err(Failed::new)?;
        if let (false, Some(blob)) = (path.exists(), &mut cx.blob) {
            let cannot =
                |e: io::Error| Failed::new(format!("cannot keep the module as {}: {e}", path.display()));
            if !write(blob, hash, &path).map_err(cannot)? {
                return Err(Failed::new("the module arrived otherwise than it was sent"));
            }
            if let Some(folder) = path.parent() {
                prune::prune(folder, SystemTime::now());
            }
        }
        prune::used(&path);
        Ok(Outcome::ok().with("kept", path.exists()))
    }

    fn invocation(&self, _: &Args) -> Option<Value> {
        None
    }
}

/// Where the file with this hash is, or would be.
fn kept(hash: &str) -> Result<PathBuf, String> {
    if hash.len() != 64 || !hash.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(format!("{hash} is no SHA-256"));
    }
    Ok(private::folder("modules")?.join(hash))
}

/// Writes a stream to a file, whole or not at all; whether it had this hash.
fn write(blob: &mut Blob<'_>, hash: &str, path: &Path) -> io::Result<bool> {
    let mut bytes = Vec::new();
    blob.reader.read_to_end(&mut bytes)?;
    if hex(&Sha256::digest(&bytes)) != hash {
        return Ok(false);
    }
    let draft = path.with_extension(std::process::id().to_string());
    fs::write(&draft, bytes)?;
    fs::rename(draft, path)?;
    Ok(true)
}

impl Module for Run {
    fn spec(&self) -> &'static Spec {
        &RUN_SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        let file = kept(args.text("hash")).map_err(Failed::new)?;
        let folder = PathBuf::from(args.text("folder"));
        let cannot = |e: io::Error| Failed::new(format!("cannot make {}: {e}", folder.display()));
        DirBuilder::new().mode(0o700).create(&folder).map_err(cannot)?;
        let ended = in_folder(args, cx, &file, &folder);
        // Nothing more is known of what it left there.
        let _ = fs::remove_dir_all(&folder);
        ended
    }

    fn invocation(&self, _: &Args) -> Option<Value> {
        None
    }
}

fn in_folder(args: &Args, cx: &mut Context<'_>, file: &Path, folder: &Path) -> Result<Outcome, Failed> {
    let given = args.text("given");
    let mut words: Vec<String> = args.strings("words").map(str::to_owned).collect();
    let interpreter = words.first().cloned().unwrap_or_default();
    let cannot = |e: io::Error| Failed::new(format!("cannot place the module: {e}"));
    let mut stdin = None;
    match args.text("how") {
        BY_INPUT => {
            words.push(file.to_string_lossy().into_owned());
            stdin = Some(given.as_bytes().to_vec());
        }
        how => {
            let content = fs::read(file).map_err(cannot)?;
            let content = if how == INLINE { replaced(&content, given) } else { content };
            words.push(put(folder, args.text("name"), &content, 0o700).map_err(cannot)?);
            if how == BY_FILE {
                words.push(put(folder, "args", given.as_bytes(), 0o600).map_err(cannot)?);
            }
        }
    }
    // By a shell, as Ansible does: it tells an interpreter that is not there apart from a module that says nothing.
    let words: Vec<String> = words.iter().map(|word| shlex::quote(word)).collect();
    let mut command = Command::new(["/bin/sh", "-c", &words.join(" ")]);
    command.stdin = stdin;
    let ended = cx.run(&command)?;
    let mut outcome = output::outcome(&ended, &interpreter);
    let errors = ended.stderr_text();
    // Of a job that runs by itself Ansible tells this too.
    if cx.is_detached() && !errors.is_empty() {
        outcome.values.insert("stderr".to_owned(), errors.into());
    }
    Ok(outcome)
}

/// Writes a file of the module's folder; gives its path.
fn put(folder: &Path, name: &str, content: &[u8], mode: u32) -> io::Result<String> {
    let path = folder.join(Path::new(name).file_name().unwrap_or_default());
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&path)?;
    file.write_all(content)?;
    Ok(path.to_string_lossy().into_owned())
}

/// A script with its arguments in place of the marker.
fn replaced(content: &[u8], args: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() + args.len());
    let mut rest = content;
    while let Some(at) = rest.windows(MARKER.len()).position(|window| window == MARKER) {
        let (before, from) = rest.split_at(at);
        out.extend_from_slice(before);
        out.extend_from_slice(args.as_bytes());
        rest = from.get(MARKER.len()..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    out
}
