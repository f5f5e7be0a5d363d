//! Folders of this account alone, in which warp keeps what outlives a link.

use crate::accounts;
use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// The folder of this name, made where it is not there: in /var/lib/warp for root, in `~/.warp` for others.
///
/// # Errors
/// It cannot be made, or another account could write to it.
pub fn folder(name: &str) -> Result<PathBuf, String> {
    let uid = accounts::effective_uid();
    let base = if uid == 0 {
        PathBuf::from("/var/lib/warp")
    } else {
        let home = accounts::user_by_id(uid).map(|u| u.home).or_else(|| std::env::var("HOME").ok());
        PathBuf::from(home.ok_or_else(|| format!("user {uid} has no home directory"))?).join(".warp")
    };
    let folder = base.join(name);
    own(&base)?;
    own(&folder)?;
    Ok(folder)
}

/// Makes this folder for this account alone where it is not there.
///
/// # Errors
/// It cannot be made, or another account could write to it.
pub fn own(dir: &Path) -> Result<(), String> {
    let uid = accounts::effective_uid();
    let cannot = |e: io::Error| format!("cannot make {}: {e}", dir.display());
    match DirBuilder::new().mode(0o700).create(dir) {
        Err(e) if e.kind() != ErrorKind::AlreadyExists => return Err(cannot(e)),
        _ => {}
    }
    let meta = fs::symlink_metadata(dir).map_err(cannot)?;
    if !meta.is_dir() || meta.uid() != uid || meta.mode() & 0o022 != 0 {
        return Err(format!(
            "{} must be a directory that belongs to user {uid} and that nobody else can write to",
            dir.display()
        ));
    }
    Ok(())
}
