//! `assemble`, the target's half: a file put together from the files of a directory that is here.

use super::edit;
use crate::args::Args;
use crate::digest;
use crate::effects::{FileArgs, Temp};
use crate::errno;
use crate::fragments::Fragments;
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::spec::{Arg, Kind, Spec};
use crate::value::{Map, Value};
use md5::{Digest, Md5};
use sha1::Sha1;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// The module.
pub struct Assemble;

/// Its table, which the controller's half shares.
pub static SPEC: Spec = Spec {
    file_args: true,
    ..Spec::new("assemble", "Puts a file together from the files of a directory", ARGS)
};

const ARGS: &[Arg] = &[
    Arg::new("src", Kind::Path).required().help("The directory with the fragments."),
    Arg::new("dest", Kind::Path).required().help("The file to make."),
    Arg::new("delimiter", Kind::Str).help("What stands between two fragments; backslash escapes are read."),
    Arg::new("regexp", Kind::Str).help("Only fragments in whose name this Python pattern is found."),
    Arg::new("ignore_hidden", Kind::Bool).default("false").help("Leave out names that begin with a dot."),
    Arg::new("remote_src", Kind::Bool).default("true").help("Whether `src` is on the target."),
    Arg::new("decrypt", Kind::Bool).default("true").help("Decrypt vaulted fragments of the controller's."),
    edit::BACKUP,
    edit::VALIDATE,
];

impl Module for Assemble {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        let (src, dest) = (args.text("src"), Path::new(args.text("dest")));
        let directory = Path::new(src);
        if !directory.exists() {
            return Err(Failed::new(format!("Source ({src}) does not exist")));
        }
        if !directory.is_dir() {
            return Err(Failed::new(format!("Source ({src}) is not a directory")));
        }
        let fragments =
            Fragments::new(args.str("delimiter"), args.str("regexp"), args.flag("ignore_hidden"))?;
        let validate = args.str("validate").filter(|v| !v.is_empty());
        if let Some(command) = validate.filter(|v| !v.contains("%s")) {
            return Err(Failed::new(format!("validate must contain %s: {command}")));
        }
        let content = fragments.join(directory, |path| {
            fs::read(path).map_err(|e| Failed::new(errno::python_text(&e, &path.to_string_lossy())))
        })?;
        let checksum = digest::hex(&Sha1::digest(&content));
        let mut outcome = Outcome::ok()
            .with("src", src)
            .with("dest", args.text("dest"))
            .with("checksum", checksum.as_str())
            .with("md5sum", digest::hex(&Md5::digest(&content)));
        if dest.is_dir() {
            return Err(Failed::new(format!("attempted to take checksum of directory: {}", dest.display())));
        }
        let before = digest::sha1(dest).ok();
        if before.as_deref() != Some(&checksum) {
            outcome = place(args, cx, &content, validate, before.is_some(), outcome)?;
        }
        let attributes = cx.effects.set_attributes(dest, &FileArgs::from_args(args))?;
        outcome.changed |= attributes;
        Ok(outcome.with("msg", "OK"))
    }
}

/// Puts the content in its place, once the command has nothing against it; it is asked in check mode too.
fn place(
    args: &Args,
    cx: &mut Context<'_>,
    content: &[u8],
    validate: Option<&str>,
    exists: bool,
    mut outcome: Outcome,
) -> Result<Outcome, Failed> {
    let dest = Path::new(args.text("dest"));
    let unsafe_writes = args.flag("unsafe_writes");
    let words = |e: io::Error| Failed::new(format!("Could not replace '{}': {e}", dest.display()));
    let mut temp = cx.effects.temp_beside(dest, unsafe_writes).map_err(words)?;
    if let Some(temp) = &mut temp {
        temp.file().write_all(content).map_err(words)?;
    }
    if let Some(command) = validate {
        let output = match &temp {
            Some(temp) => cx.run_validate(command, temp.path())?,
            None => {
                let mut draft = Temp::new_in(&std::env::temp_dir()).map_err(words)?;
                draft.file().write_all(content).map_err(words)?;
                cx.run_validate(command, draft.path())?
            }
        };
        if output.rc != 0 {
            let msg = format!("failed to validate: rc:{} error:{}", output.rc, output.stderr_text());
            return Err(Failed::new(msg));
        }
        let validation: Map = [
            ("rc".to_owned(), Value::from(output.rc)),
            ("stdout".to_owned(), output.stdout_text().into()),
            ("stderr".to_owned(), output.stderr_text().into()),
        ]
        .into();
        outcome = outcome.with("validation", validation);
    }
    if exists && let Some(name) = edit::backup(args, cx, dest)? {
        outcome = outcome.with("backup_file", name);
    }
    cx.effects.replace(temp, dest, unsafe_writes).map_err(words)?;
    outcome.changed = true;
    Ok(outcome)
}
