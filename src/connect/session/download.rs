//! A file that comes from a target.

use sha1::{Digest as _, Sha1};
use std::fs::{File, OpenOptions, Permissions};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use tokio::io::AsyncWriteExt as _;

/// As any program would make it: the umask takes its part.
const MODE: u32 = 0o666;

/// A file that appears under its name only when it is whole.
pub(in crate::connect) struct Download {
    file: tokio::fs::File,
    /// Its name until then, where the file system knows no files without one: those leave nothing behind, whatever
    /// becomes of warp.
    named: Option<tempfile::TempPath>,
    to: PathBuf,
    sha1: Sha1,
    size: u64,
}

impl Download {
    /// Begins a file beside its destination.
    pub fn create(to: &Path) -> Result<Download, String> {
        let parent = directory_of(to);
        let nameless =
            OpenOptions::new().read(true).write(true).mode(MODE).custom_flags(libc::O_TMPFILE).open(parent);
        let (file, named) = match nameless {
            Ok(file) => (file, None),
            Err(_) => {
                let made = drafts().permissions(Permissions::from_mode(MODE)).tempfile_in(parent);
                let made =
                    made.map_err(|e| format!("cannot write in {} on the controller: {e}", parent.display()))?;
                let (file, path) = made.into_parts();
                (file, Some(path))
            }
        };
        let file = tokio::fs::File::from_std(file);
        Ok(Download { file, named, to: to.to_owned(), sha1: Sha1::new(), size: 0 })
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.sha1.update(bytes);
        self.size += bytes.len() as u64;
        let to = &self.to;
        let cannot = |e| format!("cannot write {} on the controller: {e}", to.display());
        self.file.write_all(bytes).await.map_err(cannot)
    }

    /// Puts the file in its place when its SHA-1 is `expected`.
    pub async fn finish(mut self, expected: &str) -> Result<(), String> {
        let cannot = |to: &Path, e: &dyn std::fmt::Display| {
            format!("cannot write {} on the controller: {e}", to.display())
        };
        self.file.flush().await.map_err(|e| cannot(&self.to, &e))?;
        let found: String = self.sha1.finalize().iter().map(|b| format!("{b:02x}")).collect();
        if found != expected {
            return Err(format!(
                "{} arrived with SHA-1 {found} where the target computed {expected}; nothing was written",
                self.to.display()
            ));
        }
        let named = match self.named {
            Some(path) => path,
            None => {
                let file = self.file.into_std().await;
                let linked = drafts().make_in(directory_of(&self.to), |path| link(&file, path));
                linked.map_err(|e| cannot(&self.to, &e))?.into_temp_path()
            }
        };
        named.persist(&self.to).map_err(|e| cannot(&self.to, &e.error))
    }
}

fn drafts() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".warp-");
    builder
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Gives a file without a name one that is free.
fn link(file: &File, path: &Path) -> std::io::Result<()> {
    use nix::fcntl::{AT_FDCWD, AtFlags};
    let open = format!("/proc/self/fd/{}", file.as_raw_fd());
    nix::unistd::linkat(AT_FDCWD, open.as_str(), AT_FDCWD, path, AtFlags::AT_SYMLINK_FOLLOW)?;
    Ok(())
}
