//! `slurp`: a file's content in base64.

use crate::args::Args;
use crate::errno;
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::spec::{Arg, Kind, Spec};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fs;

/// The module.
pub struct Slurp;

static SPEC: Spec = Spec::new("slurp", "Reads a file", ARGS);

const ARGS: &[Arg] = &[Arg::new("src", Kind::Path).required().aliases(&["path"]).help("The file.")];

impl Module for Slurp {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, _cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        let src = args.text("src");
        let bytes = fs::read(src).map_err(|e| {
            let msg = match e.raw_os_error() {
                Some(libc::ENOENT) => format!("File not found: {src}"),
                Some(libc::EACCES) => format!("File is not readable: {src}"),
                Some(libc::EISDIR) => format!("Source is a directory and must be a file: {src}"),
                _ => format!("Unable to slurp file: {src}"),
            };
            Failed::new(msg).because(errno::python_text(&e, src))
        })?;
        Ok(Outcome::ok()
            .with("content", STANDARD.encode(bytes))
            .with("source", src)
            .with("encoding", "base64"))
    }
}
