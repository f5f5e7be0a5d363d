//! The image cache, IMAGECACHE.

use super::build::{self, Recipe, Suite, Tell};
use super::disk::verify;
use crate::error::{Error, Result};
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// An image of the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cached {
    /// Its file. Not there yet when `built` in check mode.
    pub path: PathBuf,
    /// Whether it was (in check mode: would be) built.
    pub built: bool,
}

/// Finds `NAME.qcow2` in the cache, which is the user's own and never written, or makes the `default` image.
///
/// Built images are named after a hash of their description and the release of the packages, so that one is never
/// mistaken for another; they are written under another name first and appear whole or not at all.
///
/// # Errors
/// The image is damaged, cannot be built, or the cache is a folder that root cannot trust.
pub fn find(cache: &Path, name: &str, default: &str, check: bool, tell: Tell<'_>) -> Result<Cached> {
    let own = cache.join(format!("{name}.qcow2"));
    if own.exists() {
        verify(&own)?;
        return Ok(Cached { path: own, built: false });
    }
    let recipe = Recipe::embedded(default)?;
    let suite = Suite::of_this_machine()?;
    let stem = format!("{default}-{}-{}", suite.codename, key(&recipe, &suite));
    let path = cache.join(format!("{stem}.qcow2"));
    if path.exists() {
        return found(path);
    }
    if check {
        return Ok(Cached { path, built: true });
    }
    fs::create_dir_all(cache)
        .map_err(|e| Error::other(format!("the image cache {} cannot be made: {e}", cache.display())))?;
    trusted(cache)?;
    let _lock = lock(cache, tell)?;
    if path.exists() {
        return found(path);
    }
    // Only the holder of the lock builds here: what another left is of a build that was cut off.
    remove_leftovers(cache)?;
    let part = cache.join(format!("{PART}{stem}.qcow2"));
    let log = cache.join(format!("{stem}.log"));
    let built = build::build(&recipe, &suite, &part, &log, tell).and_then(|()| verify(&part));
    if let Err(e) = built {
        remove_leftovers(cache)?;
        return Err(e);
    }
    File::open(&part)?.sync_all()?;
    fs::rename(&part, &path)?;
    File::open(cache)?.sync_all()?;
    Ok(Cached { path, built: true })
}

/// The image that a URL or a path names. It is used where it is.
///
/// # Errors
/// Another scheme than `file`, no such file, or a damaged image.
pub fn given(url: &str) -> Result<Cached> {
    let path = match url.split_once("://") {
        Some(("file", path)) => Path::new(path),
        Some((scheme, _)) => {
            return Err(Error::input(format!("images are not fetched by {scheme} yet: {url}"))
                .help("fetch it into IMAGECACHE as undercloud.qcow2, or name a file"));
        }
        None => Path::new(url),
    };
    if !path.exists() {
        return Err(Error::input(format!("there is no image {}", path.display())));
    }
    verify(path)?;
    Ok(Cached { path: path.to_owned(), built: false })
}

/// The beginning of the names of what is being built.
const PART: &str = ".building-";

/// The hash that tells one built image from another.
fn key(recipe: &Recipe, suite: &Suite) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in [&suite.distribution, &suite.codename, &suite.architecture] {
        hasher.update(part.as_bytes()).update(b"\0");
    }
    for (name, content) in &recipe.files {
        hasher.update(name.as_bytes()).update(b"\0");
        hasher.update(&(content.len() as u64).to_le_bytes()).update(content);
    }
    hasher.finalize().to_hex().chars().take(16).collect()
}

fn found(path: PathBuf) -> Result<Cached> {
    verify(&path).map_err(|e| e.help("remove it: it is built again"))?;
    Ok(Cached { path, built: false })
}

/// Refuses a cache that other accounts can write: root would build in it, and guests would boot what they put there.
fn trusted(cache: &Path) -> Result<()> {
    let meta = fs::metadata(cache)?;
    let me = nix::unistd::geteuid().as_raw();
    if meta.mode() & 0o022 != 0 || (meta.uid() != me && meta.uid() != 0) {
        return Err(Error::other(format!(
            "no image is built in {}: other accounts can write there (mode {:o}, owner {})",
            cache.display(),
            meta.mode() & 0o7777,
            meta.uid()
        ))
        .help("set IMAGECACHE to a folder of your own"));
    }
    Ok(())
}

/// Waits for the cache's lock; it is let go with the file.
fn lock(cache: &Path, tell: Tell<'_>) -> Result<File> {
    let path = cache.join(".lock");
    let failed = |e: std::io::Error| {
        Error::other(format!("the image cache's lock {} cannot be taken: {e}", path.display()))
    };
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    if let Err(fs::TryLockError::WouldBlock) = file.try_lock() {
        tell("waiting for another warp that is building an image");
    }
    file.lock().map_err(failed)?;
    Ok(file)
}

fn remove_leftovers(cache: &Path) -> Result<()> {
    for entry in fs::read_dir(cache)? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(PART.as_bytes()) {
            let path = entry.path();
            if entry.file_type()?.is_dir() { fs::remove_dir_all(path)? } else { fs::remove_file(path)? }
        }
    }
    Ok(())
}
