//! What warp remembers of a file of the cache: that it put it there, and when it was last used.

use serde::{Deserialize, Serialize};
use std::fs::{self, Metadata};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// What tells a file from one that was changed or took its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    size: u64,
    inode: u64,
    seconds: i64,
    nanoseconds: i64,
}

impl Identity {
    /// Of a file.
    #[must_use]
    pub fn of(meta: &Metadata) -> Self {
        Identity {
            size: meta.size(),
            inode: meta.ino(),
            seconds: meta.mtime(),
            nanoseconds: meta.mtime_nsec(),
        }
    }
}

/// What is remembered of a file, beside it in `.records`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Which file was there when this was written, with the content that its name says.
    pub identity: Identity,
    /// Whether warp put it there: only such files are ever removed.
    pub own: bool,
    /// Where it came from, without a login.
    pub url: Option<String>,
    /// When it was last used, in seconds since 1970.
    pub used: u64,
    /// Disks that were made over it.
    #[serde(default)]
    pub disks: Vec<PathBuf>,
}

impl Record {
    /// Of a file that is used now.
    #[must_use]
    pub fn new(identity: Identity, own: bool, url: Option<String>) -> Self {
        Record { identity, own, url, used: now(), disks: Vec::new() }
    }

    /// The folder of the records of a cache.
    #[must_use]
    pub fn folder(cache: &Path) -> PathBuf {
        cache.join(".records")
    }

    fn path(cache: &Path, file: &str) -> PathBuf {
        Self::folder(cache).join(format!("{file}.json"))
    }

    /// The record of a file of the cache; nothing where there is none that can be read.
    #[must_use]
    pub fn read(cache: &Path, file: &str) -> Option<Self> {
        serde_json::from_slice(&fs::read(Self::path(cache, file)).ok()?).ok()
    }

    /// Writes it, whole or not at all.
    ///
    /// # Errors
    /// The cache cannot be written.
    pub fn write(&self, cache: &Path, file: &str) -> io::Result<()> {
        let folder = Self::folder(cache);
        fs::create_dir_all(&folder)?;
        let mut temp = tempfile::NamedTempFile::new_in(&folder)?;
        temp.write_all(&serde_json::to_vec(self)?)?;
        temp.persist(Self::path(cache, file))?;
        Ok(())
    }

    /// Forgets a file.
    ///
    /// # Errors
    /// The cache cannot be written.
    pub fn remove(cache: &Path, file: &str) -> io::Result<()> {
        fs::remove_file(Self::path(cache, file))
    }
}

/// Seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
