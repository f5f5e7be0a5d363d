//! Putting images where a deployment wants them, by reference to the same blocks where the file system can.

use super::archive;
use crate::error::{Error, Result};
use crate::image::store::{Identity, Kind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// What warp put into a folder, in a file there.
const MANIFEST: &str = ".warp-images.json";

/// The beginning of the names of what is not whole yet.
const PART: &str = ".warp-image-";

/// What was put into a folder.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    /// By name: what it came from, and which file it was then.
    files: BTreeMap<String, Delivered>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Delivered {
    /// The file that it came from.
    from: PathBuf,
    /// Which file that was.
    source: Identity,
    /// Which file it is.
    identity: Identity,
    /// How many files came from there.
    count: usize,
}

/// Puts an image as `NAME.qcow2`, or what is in an archive under its own names, into a folder; gives the files, and says
/// whether any was not there. A file that warp did not put there is never replaced.
///
/// # Errors
/// Such a file is in the way, the archive holds what is none of an image's, or the folder cannot be written.
pub fn deliver(from: &Path, kind: Kind, name: &str, dir: &Path, check: bool) -> Result<(Vec<PathBuf>, bool)> {
    let source = Identity::of(&fs::metadata(from).map_err(|e| unreadable(from, &e))?);
    let mut manifest = Manifest::read(dir);
    let there = manifest.there(dir, from, source);
    if !there.is_empty() {
        return Ok((there, false));
    }
    if check {
        let files = if kind == Kind::Qcow2 { vec![dir.join(format!("{name}.qcow2"))] } else { Vec::new() };
        return Ok((files, true));
    }
    fs::create_dir_all(dir).map_err(|e| unwritable(dir, &e))?;
    let lock = File::open(dir).map_err(|e| unreadable(dir, &e))?;
    lock.lock().map_err(|e| unwritable(dir, &e))?;
    remove_leftovers(dir).map_err(|e| unwritable(dir, &e))?;
    // The one that was waited for may have put some there.
    manifest = Manifest::read(dir);
    let files: Vec<(String, NamedTempFile)> = match kind {
        Kind::Qcow2 => vec![(format!("{name}.qcow2"), copied(from, dir)?)],
        Kind::Tar => archive::unpack(from, dir)?,
    };
    for (name, _) in &files {
        manifest.may_replace(dir, name)?;
    }
    let count = files.len();
    let mut paths = Vec::new();
    for (name, file) in files {
        let path = dir.join(&name);
        file.as_file().sync_all().map_err(|e| unwritable(&path, &e))?;
        let file = file.persist(&path).map_err(|e| unwritable(&path, &e.error))?;
        let identity = Identity::of(&file.metadata().map_err(|e| unreadable(&path, &e))?);
        manifest.files.insert(name, Delivered { from: from.to_owned(), source, identity, count });
        manifest.write(dir)?;
        paths.push(path);
    }
    Ok((paths, true))
}

impl Manifest {
    fn read(dir: &Path) -> Self {
        fs::read(dir.join(MANIFEST)).ok().and_then(|b| serde_json::from_slice(&b).ok()).unwrap_or_default()
    }

    fn write(&self, dir: &Path) -> Result<()> {
        let path = dir.join(MANIFEST);
        let failed = |e: io::Error| unwritable(&path, &e);
        let mut file = NamedTempFile::new_in(dir).map_err(failed)?;
        serde_json::to_writer(&mut file, self).map_err(|e| failed(e.into()))?;
        file.persist(&path).map_err(|e| failed(e.error))?;
        Ok(())
    }

    /// The files that came from there, if all of them are as they came.
    fn there(&self, dir: &Path, from: &Path, source: Identity) -> Vec<PathBuf> {
        let same = |(name, file): &(&String, &Delivered)| {
            file.from == from && file.source == source && identity(&dir.join(name)) == Some(file.identity)
        };
        let found: Vec<_> = self.files.iter().filter(same).collect();
        match found.first() {
            Some((_, first)) if first.count == found.len() => {
                found.iter().map(|(name, _)| dir.join(name)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Refuses to replace a file that is not as warp put it there.
    fn may_replace(&self, dir: &Path, name: &str) -> Result<()> {
        let path = dir.join(name);
        let there = identity(&path);
        if path.symlink_metadata().is_err()
            || (there.is_some() && there == self.files.get(name).map(|f| f.identity))
        {
            return Ok(());
        }
        Err(Error::input(format!("{} is there, and is not as warp would have put it there", path.display()))
            .help("move it away: it is not replaced"))
    }
}

/// Which file is there; nothing for a link.
fn identity(path: &Path) -> Option<Identity> {
    path.symlink_metadata().ok().filter(fs::Metadata::is_file).map(|meta| Identity::of(&meta))
}

/// Removes what a warp left that was killed: only the holder of the folder's lock makes such files.
fn remove_leftovers(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(PART.as_bytes()) && entry.file_type()?.is_file() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// A copy of a file in a folder, without a name that lasts.
fn copied(from: &Path, dir: &Path) -> Result<NamedTempFile> {
    let mut source = File::open(from).map_err(|e| unreadable(from, &e))?;
    let mut copy = temp(dir)?;
    if rustix::fs::ioctl_ficlone(copy.as_file(), &source).is_err() {
        io::copy(&mut source, copy.as_file_mut()).map_err(|e| unwritable(&dir.join("a copy"), &e))?;
    }
    Ok(copy)
}

/// A file in a folder that others may read when it gets its name.
pub fn temp(dir: &Path) -> Result<NamedTempFile> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::Permissions::from_mode(0o644);
    tempfile::Builder::new().permissions(mode).prefix(PART).tempfile_in(dir).map_err(|e| unwritable(dir, &e))
}

pub fn unwritable(path: &Path, e: &io::Error) -> Error {
    Error::other(format!("{} cannot be written: {e}", path.display()))
}

pub fn unreadable(path: &Path, e: &io::Error) -> Error {
    Error::other(format!("{} cannot be read: {e}", path.display()))
}
