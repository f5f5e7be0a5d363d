//! What a guest is booted with, as files: its own kernel, and its own initrd with an injection.

use super::inject::{Injection, inject};
use super::kernel;
use crate::error::{Error, Result};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The files and the root device of a direct boot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boot {
    /// The kernel's version.
    pub version: String,
    /// The kernel.
    pub kernel: PathBuf,
    /// The initrd. Only its owner may read it: it may hold private keys.
    pub initrd: PathBuf,
    /// The root device as the guest sees it on a virtio disk: `/dev/vda`, or `/dev/vda1`.
    pub root: String,
}

/// Brings `NAME.vmlinuz` and `NAME.initrd` in `folder` to what `image` and `injection` give; says whether they
/// differed. Files appear whole or not at all; in check mode nothing is written. Blocks.
///
/// # Errors
/// As `kernel::read` and `inject`, or the files cannot be written.
pub fn prepare(
    image: &Path,
    injection: Option<&Injection>,
    folder: &Path,
    name: &str,
    check: bool,
) -> Result<(Boot, bool)> {
    let read = kernel::read(image)?;
    let initrd = match injection {
        Some(injection) => inject(read.initrd, injection)
            .map_err(|e| e.context(format!("nothing can be injected into {}", image.display())))?,
        None => read.initrd,
    };
    let boot = Boot {
        version: read.version,
        kernel: folder.join(format!("{name}.vmlinuz")),
        initrd: folder.join(format!("{name}.initrd")),
        root: read.root,
    };
    let mut changed = false;
    for (path, bytes) in [(&boot.kernel, &read.kernel), (&boot.initrd, &initrd)] {
        if std::fs::read(path).is_ok_and(|there| there == *bytes) {
            continue;
        }
        changed = true;
        if !check {
            write(path, bytes)?;
        }
    }
    Ok((boot, changed))
}

/// Writes a file that is never seen half done and that only its owner may read.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let failed = |e: std::io::Error| Error::other(format!("{} cannot be written: {e}", path.display()));
    let mut file =
        tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new("."))).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.persist(path).map_err(|e| failed(e.error))?;
    Ok(())
}
