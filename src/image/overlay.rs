//! A guest's own disk: an empty qcow2 file over an image that is never written.

use super::disk::{self, Disk, Header};
use crate::error::{Error, Result};
use imago::FormatCreateBuilder;
use imago::file::File;
use imago::qcow2::Qcow2;
use imago::storage::{Storage, StorageCreateOptions};
use std::path::Path;

/// Makes the overlay where there is none; says whether it was (in check mode: would be) made.
///
/// # Errors
/// As `create`, or the file that is there is no overlay of `size` bytes over `base`: it is somebody's disk, and left
/// alone.
pub fn ensure(path: &Path, base: &Path, size: u64, check: bool) -> Result<bool> {
    if !path.exists() {
        if !check {
            create(path, base, size)?;
        }
        return Ok(true);
    }
    let differs = |what: String| {
        Error::other(format!("the disk {} is there already, {what}", path.display()))
            .help("remove it if nobody needs what is on it")
    };
    if disk::detect(path)? != disk::Format::Qcow2 {
        return Err(differs("and is no qcow2 file".to_owned()));
    }
    let header = Header::read(path)?;
    let same = match (&header.backing, base.canonicalize()) {
        (Some((over, _)), Ok(base)) => over.canonicalize().is_ok_and(|over| over == base),
        _ => false,
    };
    if !same {
        let over = header.backing.map_or("nothing".to_owned(), |(over, _)| over.display().to_string());
        return Err(differs(format!("laid over {over}")));
    }
    if header.size != size {
        return Err(differs(format!("with {} bytes", header.size)));
    }
    Ok(false)
}

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
