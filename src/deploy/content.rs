//! The plays, templates and variables that the binary carries, laid out as files.
//!
//! They are written to a folder of the lab named after their hash, so that errors can show them, users can read them,
//! and a newer warp does not change what a running older one reads.

use crate::error::{Error, Result};
use include_dir::{Dir, include_dir};
use std::fs;
use std::path::{Path, PathBuf};

static FOLDERS: [(&str, Dir<'static>); 3] = [
    ("tasks", include_dir!("$CARGO_MANIFEST_DIR/tasks")),
    ("templates", include_dir!("$CARGO_MANIFEST_DIR/templates")),
    ("vars", include_dir!("$CARGO_MANIFEST_DIR/vars")),
];

/// The content on disk.
#[derive(Clone, Debug)]
pub struct Content {
    root: PathBuf,
}

impl Content {
    /// Lays the content out below `parent` unless it is already there.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn lay_out(parent: &Path) -> Result<Self> {
        let root = parent.join(hash());
        if !root.is_dir() {
            let failed = |e: std::io::Error| {
                Error::other(format!("cannot write warp's plays to {}: {e}", root.display()))
                    .help("check the free space and the owner of the local working directory (LWD)")
            };
            fs::create_dir_all(parent).map_err(failed)?;
            let fresh = tempfile::tempdir_in(parent).map_err(failed)?;
            for (name, folder) in &FOLDERS {
                let into = fresh.path().join(name);
                fs::create_dir_all(&into).map_err(failed)?;
                folder.extract(&into).map_err(failed)?;
            }
            // Another warp may have been faster: its folder is the same.
            if let Err(e) = fs::rename(fresh.path(), &root)
                && !root.is_dir()
            {
                return Err(failed(e));
            }
        }
        Ok(Content { root })
    }

    /// A file of variables by its name, without `.yml`.
    #[must_use]
    pub fn vars(&self, name: &str) -> PathBuf {
        self.root.join("vars").join(format!("{name}.yml"))
    }

    /// A playbook by its name, without `.yml`.
    #[must_use]
    pub fn play(&self, name: &str) -> PathBuf {
        self.root.join("tasks").join(format!("{name}.yml"))
    }
}

/// A hash of every path and byte.
fn hash() -> String {
    fn add(hasher: &mut blake3::Hasher, dir: &Dir<'_>) {
        for file in dir.files() {
            hasher.update(file.path().as_os_str().as_encoded_bytes());
            hasher.update(&(file.contents().len() as u64).to_le_bytes());
            hasher.update(file.contents());
        }
        for sub in dir.dirs() {
            add(hasher, sub);
        }
    }
    let mut hasher = blake3::Hasher::new();
    for (name, folder) in &FOLDERS {
        hasher.update(name.as_bytes());
        add(&mut hasher, folder);
    }
    hasher.finalize().to_hex().chars().take(16).collect()
}
