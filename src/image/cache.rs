//! The image cache, IMAGECACHE.

use super::build::{self, Recipe, Suite, Tell};
use super::disk::verify;
use super::store::Store;
use crate::error::Result;
use std::fs::{self, File};
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
    build(cache, &Recipe::embedded(default)?, check, tell)
}

/// Finds the image of a description in the cache, or makes it.
///
/// # Errors
/// As `find`.
pub fn build(cache: &Path, recipe: &Recipe, check: bool, tell: Tell<'_>) -> Result<Cached> {
    let suite = Suite::of_this_machine()?;
    let stem = format!("{}-{}-{}", recipe.name, suite.codename, key(recipe, &suite));
    let path = cache.join(format!("{stem}.qcow2"));
    let store = Store::at(cache);
    if path.exists() {
        return found(&store, path);
    }
    if check {
        return Ok(Cached { path, built: true });
    }
    let _lock = store.lock(tell)?;
    if path.exists() {
        return found(&store, path);
    }
    // Only the holder of the lock builds here: what another left is of a build that was cut off.
    remove_leftovers(cache)?;
    let part = cache.join(format!("{PART}{stem}.qcow2"));
    let log = cache.join(format!("{stem}.log"));
    let built = build::build(recipe, &suite, &part, &log, tell).and_then(|()| verify(&part));
    if let Err(e) = built {
        remove_leftovers(cache)?;
        return Err(e);
    }
    File::open(&part)?.sync_all()?;
    store.adopt(&part, &path, None)?;
    Ok(Cached { path, built: true })
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

fn found(store: &Store, path: PathBuf) -> Result<Cached> {
    verify(&path).map_err(|e| e.help("remove it: it is built again"))?;
    store.used(&path);
    Ok(Cached { path, built: false })
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
