//! The image cache as a store of contents: a file is named after its checksum, `HEX.qcow2` or `HEX.tar`, as
//! tripleo-quickstart's cache has it, and `latest-NAME.TYPE` leads to the newest of a name.

mod prune;
mod record;

pub use prune::{Kept, Policy, Pruned, part_knowledge};
pub use record::{Identity, Record};

use super::checksum::Checksum;
use super::disk::verify;
use crate::error::{Error, Result};
use serde::Deserialize;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, symlink};
use std::path::{Path, PathBuf};

/// What a file of the store is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A disk image.
    #[default]
    Qcow2,
    /// An archive with images in it; it may be packed by gzip, xz or zstd.
    Tar,
}

impl Kind {
    /// The end of its files' names.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Kind::Qcow2 => "qcow2",
            Kind::Tar => "tar",
        }
    }
}

/// The cache's folder.
#[derive(Clone, Debug)]
pub struct Store {
    dir: PathBuf,
}

impl Store {
    /// The cache in this folder, which need not be there.
    #[must_use]
    pub fn at(dir: &Path) -> Self {
        Store { dir: dir.to_owned() }
    }

    /// Its folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Makes the folder where there is none and waits for its lock, which is let go with the file.
    ///
    /// # Errors
    /// The folder cannot be made, or other accounts can write there.
    pub fn lock(&self, tell: &dyn Fn(&str)) -> Result<File> {
        // Whatever the umask: other accounts of the user's group are other accounts.
        fs::DirBuilder::new().recursive(true).mode(0o755).create(&self.dir).map_err(|e| {
            Error::other(format!("the image cache {} cannot be made: {e}", self.dir.display()))
        })?;
        self.trusted()?;
        let path = self.dir.join(".lock");
        let failed = |e: io::Error| {
            Error::other(format!("the image cache's lock {} cannot be taken: {e}", path.display()))
        };
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        if let Err(fs::TryLockError::WouldBlock) = file.try_lock() {
            tell("waiting for another warp that is building or fetching an image");
        }
        file.lock().map_err(failed)?;
        Ok(file)
    }

    /// Refuses a cache that other accounts can write: root would write there, and guests would boot what they put there.
    ///
    /// # Errors
    /// It is such a cache. One that is not there is none.
    pub fn trusted(&self) -> Result<()> {
        let Ok(meta) = fs::metadata(&self.dir) else { return Ok(()) };
        let me = nix::unistd::geteuid().as_raw();
        if meta.mode() & 0o022 != 0 || (meta.uid() != me && meta.uid() != 0) {
            return Err(Error::other(format!(
                "no image is kept in {}: other accounts can write there (mode {:o}, owner {})",
                self.dir.display(),
                meta.mode() & 0o7777,
                meta.uid()
            ))
            .help("set IMAGECACHE to a folder of your own"));
        }
        Ok(())
    }

    /// Where the file with this checksum is or would be.
    #[must_use]
    pub fn path(&self, checksum: &Checksum, kind: Kind) -> PathBuf {
        self.dir.join(format!("{}.{}", checksum.hex(), kind.extension()))
    }

    /// Where what is coming from a URL is written until it is whole.
    #[must_use]
    pub fn part(&self, url: &str) -> PathBuf {
        let key: String = blake3::hash(url.as_bytes()).to_hex().chars().take(16).collect();
        self.dir.join(format!("{PART}{key}"))
    }

    /// The file with this checksum. Its content is checked, but for one that was and has not changed since.
    ///
    /// # Errors
    /// It cannot be read, or somebody put another content under this name.
    pub fn find(&self, checksum: &Checksum, kind: Kind) -> Result<Option<PathBuf>> {
        let path = self.path(checksum, kind);
        let failed = |e: io::Error| Error::other(format!("{} cannot be read: {e}", path.display()));
        let meta = match fs::metadata(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            meta => meta.map_err(failed)?,
        };
        let (name, identity) = (file_name(&path), Identity::of(&meta));
        let known = Record::read(&self.dir, &name);
        let mut record = match known {
            Some(record) if record.identity == identity => record,
            known => {
                let is = checksum.of_file(&path).map_err(failed)?;
                match known {
                    _ if is == *checksum => {}
                    // Damaged since: it is fetched again and takes its place.
                    Some(known) if known.own => return Ok(None),
                    _ => {
                        return Err(Error::input(format!(
                            "{} does not have the checksum that its name says: it has {is}",
                            path.display()
                        ))
                        .note("warp did not put it there, and does not replace it")
                        .help("move it away, and the image is fetched"));
                    }
                }
                Record::new(identity, false, None)
            }
        };
        record.used = record::now();
        // Who cannot write the cache can still use it; the check is only made again then.
        let _ = record.write(&self.dir, &name);
        Ok(Some(path))
    }

    /// Notes that a file of warp's own is used now, so that it is not pruned soon.
    pub fn used(&self, path: &Path) {
        let name = file_name(path);
        if let Some(mut record) = Record::read(&self.dir, &name) {
            record.used = record::now();
            // Who cannot write the cache cannot prune it either.
            let _ = record.write(&self.dir, &name);
        }
    }

    /// Gives a file of this folder, which is whole and on the disk, its name. The caller holds the lock.
    ///
    /// # Errors
    /// The cache cannot be written.
    pub fn adopt(&self, part: &Path, path: &Path, url: Option<&str>) -> Result<()> {
        let failed = |e: io::Error| Error::other(format!("{} cannot be written: {e}", path.display()));
        let meta = fs::metadata(part).map_err(failed)?;
        // First: a file without a record would be taken for somebody else's, and kept for ever.
        let url = url.map(warp_agent::http::url::masked);
        Record::new(Identity::of(&meta), true, url).write(&self.dir, &file_name(path)).map_err(failed)?;
        fs::rename(part, path).map_err(failed)?;
        File::open(&self.dir).and_then(|dir| dir.sync_all()).map_err(failed)
    }

    /// Has a file elsewhere checked, unless it was and has not changed since.
    ///
    /// # Errors
    /// Those of `check`.
    pub fn vouch(&self, file: &Path, checksum: &Checksum, check: impl FnOnce() -> Result<()>) -> Result<()> {
        let known = self.dir.exists() && self.trusted().is_ok();
        let (Ok(meta), true) = (fs::metadata(file), known) else { return check() };
        let place: String =
            blake3::hash(file.as_os_str().as_encoded_bytes()).to_hex().chars().take(16).collect();
        let (name, identity) = (format!("elsewhere-{place}-{}", checksum.hex()), Identity::of(&meta));
        if Record::read(&self.dir, &name).is_none_or(|record| record.identity != identity) {
            check()?;
            // Who cannot write the cache has it checked every time.
            let _ = Record::new(identity, false, None).write(&self.dir, &name);
        }
        Ok(())
    }

    fn link(&self, name: &str, kind: Kind) -> PathBuf {
        self.dir.join(format!("latest-{name}.{}", kind.extension()))
    }

    /// What the link of a name leads to.
    ///
    /// # Errors
    /// It leads to what is not whole.
    pub fn latest(&self, name: &str, kind: Kind) -> Result<Option<PathBuf>> {
        let Ok(path) = self.link(name, kind).canonicalize() else { return Ok(None) };
        let stem = path.file_stem().and_then(|s| s.to_str());
        if path.parent().and_then(|p| p.canonicalize().ok()) == self.dir.canonicalize().ok()
            && let Some(checksum) = stem.and_then(Checksum::parse)
        {
            return self.find(&checksum, kind);
        }
        if kind == Kind::Qcow2 {
            verify(&path)?;
        }
        Ok(Some(path))
    }

    /// Has the link of a name lead to a file of the store; says whether it did not yet. A file or a link to elsewhere
    /// that somebody put there stays.
    ///
    /// # Errors
    /// The cache cannot be written.
    pub fn point(&self, name: &str, kind: Kind, path: &Path) -> Result<bool> {
        let link = self.link(name, kind);
        let target = PathBuf::from(file_name(path));
        match fs::read_link(&link) {
            Ok(there) if there == target => return Ok(false),
            Ok(there) if !is_of_the_store(&self.dir, &there) => return Ok(false),
            Ok(_) => {}
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(_) => return Ok(false),
        }
        let failed = |e: io::Error| Error::other(format!("{} cannot be written: {e}", link.display()));
        let temp = tempfile::Builder::new()
            .prefix(".latest-")
            .make_in(&self.dir, |path| symlink(&target, path))
            .map_err(failed)?;
        temp.into_temp_path().persist(&link).map_err(|e| failed(e.error))?;
        Ok(true)
    }
}

/// The beginning of the names of what is not whole yet.
const PART: &str = ".part-";

/// Whether a link's target is a file of the store: beside the link, or by its whole path as Ansible's roles write it.
fn is_of_the_store(dir: &Path, target: &Path) -> bool {
    let beside = target.parent().is_some_and(|parent| parent == Path::new("") || parent == dir);
    beside && target.file_stem().and_then(|s| s.to_str()).and_then(Checksum::parse).is_some()
}

/// Remembers that a disk was made over an image, so that it is not pruned while the disk is there. Images elsewhere than
/// in a cache are nobody's to prune.
///
/// # Errors
/// The cache cannot be written.
pub fn used_by(image: &Path, disk: &Path) -> Result<()> {
    let (Some(dir), name) = (image.parent(), file_name(image)) else { return Ok(()) };
    let Some(mut record) = Record::read(dir, &name) else { return Ok(()) };
    record.used = record::now();
    record.disks.retain(|known| known != disk && known.exists());
    record.disks.push(disk.to_owned());
    record
        .write(dir, &name)
        .map_err(|e| Error::other(format!("the use of {} cannot be noted: {e}", image.display())))
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
