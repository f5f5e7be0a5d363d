//! A run as its folder has it: a file for each warp that worked on it, `0` the first.

use super::{Segment, key, segment};
use crate::error::{Error, Exit, Result};
use crate::process::lock;
use nix::fcntl::Flock;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// A run that was kept.
#[derive(Clone, Debug)]
pub struct Run(PathBuf);

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// A warp is at it.
    Running,
    /// It came to its end, with this exit code.
    Ended(u8),
    /// It was cut off.
    Cut,
}

impl State {
    /// As a word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            State::Running => "running",
            State::Ended(0) => "ok",
            State::Ended(_) => "failed",
            State::Cut => "cut off",
        }
    }
}

impl Run {
    pub(super) fn at(path: PathBuf) -> Self {
        Run(path)
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> String {
        self.0.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// Its folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The folder of runs that it is in.
    pub(super) fn folder(&self) -> &Path {
        self.0.parent().unwrap_or(Path::new("."))
    }

    pub(super) fn segment_path(&self, number: usize) -> PathBuf {
        self.0.join(number.to_string())
    }

    /// How many segments there are.
    pub(super) fn count(&self) -> usize {
        (0..).take_while(|number| self.segment_path(*number).exists()).count()
    }

    /// All that was written, as far as it is whole.
    ///
    /// # Errors
    /// A file that cannot be read, or that this warp does not understand.
    pub fn segments(&self) -> Result<Vec<Segment>> {
        let master = key::of_folder(self.folder())?;
        let read = |number| {
            let path = self.segment_path(number);
            let bytes =
                fs::read(&path).map_err(|e| Error::other(format!("cannot read {}: {e}", path.display())))?;
            Ok(Segment { entries: segment::entries(bytes, &master, &path.display().to_string())? })
        };
        (0..self.count()).map(read).collect()
    }

    /// How it stands, with these segments.
    #[must_use]
    pub fn state(&self, segments: &[Segment]) -> State {
        if matches!(self.hold(), Ok(None)) {
            return State::Running;
        }
        segments.last().and_then(Segment::exit).map_or(State::Cut, State::Ended)
    }

    /// Its lock, which the kernel lets go of however warp ends; nothing where another warp has it.
    ///
    /// # Errors
    /// The folder cannot be opened.
    pub(super) fn hold(&self) -> Result<Option<Flock<File>>> {
        let cannot = |e: std::io::Error| Error::other(format!("cannot lock {}: {e}", self.0.display()));
        let folder = File::open(&self.0).map_err(cannot)?;
        Ok(lock::take(folder, || self.last_pid()).map_err(cannot)?.ok())
    }

    /// The process that worked on it last.
    fn last_pid(&self) -> Option<u32> {
        self.segments().ok()?.last()?.head().map(|head| head.pid)
    }

    /// That another warp is at it.
    pub(super) fn held(&self, segments: &[Segment]) -> Error {
        let pid = segments
            .last()
            .and_then(Segment::head)
            .map_or_else(|| "unknown".to_owned(), |h| h.pid.to_string());
        Error::new(Exit::LabHeld, format!("the run {} is still going: process {pid}", self.id()))
            .help("wait for it to end, or stop it")
    }
}
