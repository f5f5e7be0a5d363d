//! A folder of the controller's, as `copy` sees it.

use crate::error::{Error, Result};
use std::path::{Path, PathBuf};

/// What is in a folder, with the paths that it has under the destination.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Files.
    pub files: Vec<(PathBuf, String)>,
    /// Folders.
    pub folders: Vec<String>,
    /// Links that are copied as links, and what they lead to.
    pub links: Vec<(String, String)>,
}

/// Walks a folder; without `contents_only` it is itself part of what is found. With `follow`, links count as what they
/// lead to.
pub(super) fn walk(root: &Path, contents_only: bool, follow: bool) -> Result<Found> {
    let mut found = Found::default();
    let prefix = match root.file_name() {
        Some(name) if !contents_only => {
            let name = name.to_string_lossy().into_owned();
            found.folders.push(name.clone());
            format!("{name}/")
        }
        _ => String::new(),
    };
    let above = vec![root.canonicalize().unwrap_or_else(|_| root.to_owned())];
    descend(root, &prefix, follow, &above, &mut found)?;
    Ok(found)
}

fn descend(folder: &Path, prefix: &str, follow: bool, above: &[PathBuf], found: &mut Found) -> Result<()> {
    let failed = |e: std::io::Error| Error::other(format!("cannot read {}: {e}", folder.display()));
    let mut entries =
        std::fs::read_dir(folder).map_err(failed)?.collect::<std::io::Result<Vec<_>>>().map_err(failed)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let relative = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let link = path.is_symlink();
        if link && !follow {
            let target = std::fs::read_link(&path).map_err(failed)?;
            found.links.push((relative, target.to_string_lossy().into_owned()));
        } else if path.is_dir() {
            let real = path.canonicalize().map_err(failed)?;
            // A link to a folder above would never end.
            if above.contains(&real) {
                continue;
            }
            found.folders.push(relative.clone());
            let above: Vec<PathBuf> = above.iter().cloned().chain([real]).collect();
            descend(&path, &format!("{relative}/"), follow, &above, found)?;
        } else {
            found.files.push((path, relative));
        }
    }
    Ok(())
}
