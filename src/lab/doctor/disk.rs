//! Room for disks and images.

use super::{Finding, Host};
use crate::error::{Error, Result};
use nix::sys::statvfs::statvfs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

const GIB: u64 = 1 << 30;

pub(super) fn check(host: &Host) -> Result<Vec<Finding>> {
    let wanted: u64 = host.coming().map(|guest| guest.disk).sum();
    if wanted == 0 {
        return Ok(Vec::new());
    }
    let (pool, images) = (existing(&host.needs.pool)?, existing(&host.needs.images)?);
    let mut findings = look(pool, wanted, "disks grow as guests write")?;
    let device = |path: &Path| path.metadata().map(|meta| meta.dev());
    if device(pool)? != device(images)? {
        // An image is about a tenth of what its guest may write.
        findings.extend(look(images, wanted.div_ceil(10), "images are fetched or made there")?);
    }
    Ok(findings)
}

/// Thin disks begin with a tenth: less cannot hold what an undercloud is installed from.
fn look(folder: &Path, wanted: u64, why: &str) -> Result<Vec<Finding>> {
    let place = folder.display().to_string();
    let failed = |e| Error::other(format!("cannot ask for the free space of {place}: {e}"));
    let space = statvfs(folder).map_err(failed)?;
    let free = space.blocks_available() * space.fragment_size();
    let tenths = free.saturating_mul(10) / GIB;
    let told = format!("{}.{} GiB are free and guests may write {wanted} GiB", tenths / 10, tenths % 10);
    let advice = "free some, put WORKSPACE and IMAGECACHE elsewhere, or make disks smaller (undercloud_disk, default_disk)";
    Ok(if tenths < wanted {
        vec![
            Finding::error(told, place, format!("{why}: the deployment would fail on a full disk"))
                .advise(advice),
        ]
    } else if free < wanted * GIB {
        vec![
            Finding::warning(told, place, format!("{why}: a guest whose disk cannot grow is paused"))
                .advise(advice),
        ]
    } else {
        Vec::new()
    })
}

/// The nearest folder on the way to `path` that is there.
pub(super) fn existing(path: &Path) -> Result<&Path> {
    path.ancestors()
        .find(|folder| folder.is_dir())
        .ok_or_else(|| Error::other(format!("nothing on the way to {} can be looked at", path.display())))
}
