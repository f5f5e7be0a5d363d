//! `tempfile`: a new file or directory that nobody else has.

use crate::args::Args;
use crate::errno;
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::paths;
use crate::spec::{Arg, CheckSupport, Kind, Spec};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The module.
pub struct Tempfile;

static SPEC: Spec =
    Spec { check: CheckSupport::None, ..Spec::new("tempfile", "Makes a temporary file or directory", ARGS) };

const ARGS: &[Arg] = &[
    Arg::new("state", Kind::Str).default("file").choices(&["file", "directory"]).help("Which of the two."),
    Arg::new("path", Kind::Path).help("Where; by default where the system keeps temporary files."),
    Arg::new("prefix", Kind::Str).default("ansible.").help("What its name begins with."),
    Arg::new("suffix", Kind::Str).default("").help("What its name ends with."),
];

/// Eight letters of these stand between prefix and suffix, as in Python.
const LETTERS: &[u8; 37] = b"abcdefghijklmnopqrstuvwxyz0123456789_";

impl Module for Tempfile {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        for name in ["prefix", "suffix"] {
            let part = args.text(name);
            if part != paths::basename(part) {
                return Err(Failed::new(format!("{name} must be a valid file name component, got '{part}'")));
            }
        }
        let dir = args.str("path").map_or_else(|| tmp_dir(cx.environment), PathBuf::from);
        // Never in check mode, by the table.
        let _ = cx.effects.other();
        loop {
            let random = random_name().map_err(|e| Failed::new(e.to_string()))?;
            let path = dir.join(format!("{}{random}{}", args.text("prefix"), args.text("suffix")));
            match make(&path, args.text("state") == "directory") {
                Ok(()) => {
                    return Ok(Outcome::changed(true).with("path", path.to_string_lossy().into_owned()));
                }
                Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
                Err(e) => return Err(Failed::new(errno::python_text(&e, &path.to_string_lossy()))),
            }
        }
    }
}

fn make(path: &Path, directory: bool) -> io::Result<()> {
    if directory {
        DirBuilder::new().mode(0o700).create(path)
    } else {
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map(drop)
    }
}

fn tmp_dir(environment: &[(String, String)]) -> PathBuf {
    environment
        .iter()
        .rev()
        .find(|(name, _)| name == "TMPDIR")
        .map_or_else(std::env::temp_dir, |(_, dir)| PathBuf::from(dir))
}

fn random_name() -> io::Result<String> {
    let mut bytes = [0; 8];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes
        .iter()
        .filter_map(|b| LETTERS.get(usize::from(*b) % LETTERS.len()))
        .map(|b| char::from(*b))
        .collect())
}
