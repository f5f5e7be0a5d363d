//! A guest's own disk: an empty qcow2 file over an image that is never written.

use super::disk::{self, Disk};
use crate::error::{Error, Result};
use imago::FormatCreateBuilder;
use imago::file::File;
use imago::qcow2::Qcow2;
use imago::storage::{Storage, StorageCreateOptions};
use std::path::Path;

/// Makes the overlay `path` of `size` bytes over `base`, which must not be larger. The file appears whole or not at
/// all; one that is there is replaced.
///
/// # Errors
/// The base is not whole or larger than `size`, or the overlay cannot be written.
pub fn create(path: &Path, base: &Path, size: u64) -> Result<()> {
    let base = base
        .canonicalize()
        .map_err(|e| Error::input(format!("the image {} cannot be read: {e}", base.display())))?;
    let format = disk::detect(&base)?;
    let least = Disk::open(&base)?.size();
    if size < least {
        return Err(Error::input(format!(
            "a disk of {size} bytes is smaller than its image {} of {least} bytes",
            base.display()
        )));
    }
    let name = base.to_str().ok_or_else(|| {
        Error::input(format!(
            "the path of the image {} is not UTF-8: an overlay cannot name it",
            base.display()
        ))
    })?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let failed = |e: std::io::Error| Error::other(format!("the disk {} cannot be made: {e}", path.display()));
    let part = tempfile::Builder::new().prefix(".overlay-").tempfile_in(folder).map_err(failed)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime
        .block_on(async {
            let options = StorageCreateOptions::new().filename(part.path()).overwrite(true);
            Qcow2::<File>::create_builder(File::create_open(options).await?)
                .size(size)
                .backing(name.to_owned(), format.name().to_owned())
                .create()
                .await
        })
        .map_err(failed)?;
    part.as_file().sync_all().map_err(failed)?;
    part.persist(path).map_err(|e| failed(e.error))?;
    Ok(())
}
