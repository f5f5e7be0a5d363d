//! Removing what warp put into the cache and nobody uses.

use super::record::{self, Identity, Record};
use super::{PART, Store, is_of_the_store};
use crate::error::{Error, Result};
use crate::image::disk::chain;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// What is removed.
#[derive(Clone, Debug)]
pub struct Policy<'a> {
    /// Days without use after which an image is removed; 0 removes all that can be.
    pub days: u64,
    /// Files that stay all the same.
    pub keep: &'a [PathBuf],
    /// Only tell.
    pub dry: bool,
}

/// A file that was not removed though it is old enough, and why.
pub type Kept = (PathBuf, String);

/// What pruning did.
#[derive(Clone, Debug, Default)]
pub struct Pruned {
    /// Files that were removed, with their sizes.
    pub removed: Vec<(PathBuf, u64)>,
    /// Files of warp's own that stay though they are old enough.
    pub kept: Vec<Kept>,
}

impl Store {
    /// Removes images that warp put here, that no disk is laid over and that were not used for days, and downloads that
    /// nobody went on with. What warp did not put here stays. The caller holds the lock.
    ///
    /// # Errors
    /// The cache cannot be read or written.
    pub fn prune(&self, policy: &Policy<'_>) -> Result<Pruned> {
        let failed = |e: io::Error| Error::other(format!("{} cannot be pruned: {e}", self.dir.display()));
        let mut pruned = Pruned::default();
        for name in names(&Record::folder(&self.dir)).map_err(failed)? {
            let Some(name) = name.strip_suffix(".json") else { continue };
            let Some(record) = Record::read(&self.dir, name) else { continue };
            if !record.own {
                continue;
            }
            let path = self.dir.join(name);
            let Ok(meta) = fs::symlink_metadata(&path) else {
                if !policy.dry {
                    Record::remove(&self.dir, name).map_err(failed)?;
                }
                continue;
            };
            let unused = Duration::from_secs(record::now().saturating_sub(record.used));
            if unused < days(policy.days) || policy.keep.contains(&path) {
                continue;
            }
            if Identity::of(&meta) != record.identity {
                pruned.kept.push((path, "it was changed since warp put it there".to_owned()));
            } else if let Some(disk) = record.disks.iter().find(|disk| lies_over(disk, &path)) {
                pruned.kept.push((path, format!("the disk {} is laid over it", disk.display())));
            } else {
                if !policy.dry {
                    fs::remove_file(&path).map_err(failed)?;
                    Record::remove(&self.dir, name).map_err(failed)?;
                }
                pruned.removed.push((path, meta.len()));
            }
        }
        let removed: Vec<PathBuf> = pruned.removed.iter().map(|(path, _)| path.clone()).collect();
        for name in names(&self.dir).map_err(failed)? {
            let path = self.dir.join(&name);
            if name.starts_with(PART) && (name.ends_with(".json") || part_knowledge(&path).exists()) {
                let meta = fs::symlink_metadata(&path).map_err(failed)?;
                let age =
                    SystemTime::now().duration_since(meta.modified().map_err(failed)?).unwrap_or_default();
                if age >= days(policy.days) {
                    if !policy.dry {
                        fs::remove_file(&path).map_err(failed)?;
                    }
                    pruned.removed.push((path, meta.len()));
                }
            } else if !policy.dry
                && name.starts_with("latest-")
                && let Ok(target) = fs::read_link(&path)
                && is_of_the_store(&self.dir, &target)
                && removed.contains(&self.dir.join(target))
            {
                fs::remove_file(&path).map_err(failed)?;
            }
        }
        Ok(pruned)
    }
}

/// The file of what is known of a part.
#[must_use]
pub fn part_knowledge(part: &Path) -> PathBuf {
    let mut name = part.as_os_str().to_owned();
    name.push(".json");
    name.into()
}

fn days(days: u64) -> Duration {
    Duration::from_secs(days.saturating_mul(24 * 60 * 60))
}

/// Whether a disk is laid over an image. One that cannot be read, as while its guest writes it, is taken for it.
fn lies_over(disk: &Path, image: &Path) -> bool {
    let Ok(image) = image.canonicalize() else { return false };
    disk.exists() && chain(disk).map_or(true, |links| links.iter().any(|link| link.path == image))
}

/// The names in a folder, in order; none of a folder that is not there.
fn names(dir: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(dir) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry?.file_name().into_string());
    }
    names.sort();
    Ok(names)
}
