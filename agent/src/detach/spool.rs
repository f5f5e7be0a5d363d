//! Where detached calls leave what is theirs: a directory each, named for the hash of its key.

use crate::digest::hex;
use crate::outcome::Outcome;
use crate::private;
use sha2::{Digest, Sha256};
use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// A call's output so far.
const OUTPUT: &str = "output";
/// Its outcome, there once it has ended.
const OUTCOME: &str = "outcome";
/// Which process supervises it, and since when.
const SUPERVISOR: &str = "supervisor";

/// How far a call is.
#[derive(Debug, PartialEq)]
pub(super) enum State {
    /// Its supervisor lives.
    Running,
    /// It has an outcome.
    Finished(Box<Outcome>),
    /// There is neither.
    Unknown,
}

/// A call's directory.
#[derive(Debug)]
pub(super) struct Job {
    dir: PathBuf,
}

impl Job {
    /// The one of this key, whether it exists or not; the directory for all of them does after this.
    pub(super) fn of(key: &str) -> Result<Self, String> {
        Ok(Job { dir: private::folder("jobs")?.join(hex(&Sha256::digest(key))) })
    }

    /// The one in this directory.
    pub(super) fn at(dir: PathBuf) -> Self {
        Job { dir }
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(super) fn exists(&self) -> bool {
        self.dir.join(SUPERVISOR).exists()
    }

    pub(super) fn state(&self) -> State {
        // A supervisor that ends meanwhile has written its outcome by then.
        let alive = self.supervisor_lives();
        let outcome = fs::read(self.dir.join(OUTCOME)).ok();
        match outcome.and_then(|bytes| postcard::from_bytes(&bytes).ok()) {
            Some(outcome) => State::Finished(Box::new(outcome)),
            None if alive => State::Running,
            None => State::Unknown,
        }
    }

    /// Makes it for this process as supervisor, all at once; nothing where another already has this key.
    pub(super) fn claim(&self) -> io::Result<Option<File>> {
        let name = self.dir.file_name().unwrap_or_default().to_string_lossy();
        let draft = self.dir.with_file_name(format!(".{name}.{}", std::process::id()));
        DirBuilder::new().mode(0o700).create(&draft)?;
        let output = File::create_new(draft.join(OUTPUT))?;
        fs::write(draft.join(SUPERVISOR), identity("self")?)?;
        match fs::rename(&draft, &self.dir) {
            Ok(()) => Ok(Some(output)),
            Err(e) => {
                fs::remove_dir_all(&draft)?;
                let taken = matches!(e.kind(), ErrorKind::AlreadyExists | ErrorKind::DirectoryNotEmpty);
                if taken { Ok(None) } else { Err(e) }
            }
        }
    }

    pub(super) fn open_output(&self) -> io::Result<File> {
        File::open(self.dir.join(OUTPUT))
    }

    /// Writes the outcome, whole or not at all.
    pub(super) fn finish(&self, outcome: &Outcome) -> io::Result<()> {
        let draft = self.dir.join(".outcome");
        let bytes = postcard::to_stdvec(outcome).map_err(io::Error::other)?;
        fs::write(&draft, bytes)?;
        File::open(&draft)?.sync_all()?;
        fs::rename(draft, self.dir.join(OUTCOME))
    }

    pub(super) fn remove(&self) -> io::Result<()> {
        match fs::remove_dir_all(&self.dir) {
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    fn supervisor_lives(&self) -> bool {
        let Ok(kept) = fs::read_to_string(self.dir.join(SUPERVISOR)) else { return false };
        lives(&kept)
    }
}

/// Whether the process of this identity lives.
pub(super) fn lives(kept: &str) -> bool {
    let pid = kept.split(' ').next().unwrap_or_default();
    pid.parse::<u32>().is_ok() && identity(pid).is_ok_and(|now| now == kept)
}

/// `PID START BOOT` of a live process: no other process ever has the same three.
pub(super) fn identity(pid: &str) -> io::Result<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id")?;
    // The name, in parentheses, may hold anything; what follows it are plain fields, the third of all being the state
    // and the twenty-second the start in ticks since boot.
    let (id, _) = stat.split_once(' ').unwrap_or_default();
    let (_, fields) = stat.rsplit_once(") ").unwrap_or_default();
    let state = fields.split(' ').next();
    let start = fields.split(' ').nth(19);
    match (state, start) {
        (Some(state), Some(start)) if !matches!(state, "Z" | "X") => {
            Ok(format!("{id} {start} {}", boot.trim()))
        }
        _ => Err(ErrorKind::NotFound.into()),
    }
}
