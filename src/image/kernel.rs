//! A guest's own kernel and initrd, read out of its disk image.

use super::disk::{Disk, FileSystem, Volume, volumes};
use crate::error::{Error, Result};
use ext4_view::{Ext4, Ext4Error, Ext4Read};
use std::cell::RefCell;
use std::cmp::Ordering;
use std::path::Path;
use std::rc::Rc;

/// A kernel with its initrd, as read out of an image.
#[derive(Debug)]
pub struct Kernel {
    /// The version, as in the kernel's file name.
    pub version: String,
    /// The root device as the guest sees it on a virtio disk: `/dev/vda`, or `/dev/vda1`.
    pub root: String,
    /// The kernel.
    pub kernel: Vec<u8>,
    /// The initrd.
    pub initrd: Vec<u8>,
}

/// Reads the newest kernel that has an initrd out of an image. Blocks.
///
/// # Errors
/// The image is not whole, its file system is not ext4, or it has no kernel with an initrd.
pub fn read(image: &Path) -> Result<Kernel> {
    let in_image = |e: Error| e.context(format!("no kernel can be read out of {}", image.display()));
    let disk = Rc::new(RefCell::new(Disk::open(image)?));
    let found = volumes(&mut disk.borrow_mut()).map_err(in_image)?;
    let systems = mount(&disk, &found).map_err(in_image)?;
    let (system, newest) = newest(&systems).ok_or_else(|| {
        in_image(Error::input("it has no kernel with an initrd"))
            .note("looked for vmlinuz-VERSION with initrd.img-VERSION or initramfs-VERSION.img in /boot")
    })?;
    // With /boot on a partition of its own, the root is the one that has a system's folders.
    let root = systems.iter().find(|s| s.is_root()).unwrap_or(system);
    let file = |path: &String| {
        system
            .ext4
            .read(path.as_str())
            .map_err(|e| in_image(Error::input(format!("its file {path} cannot be read: {e}"))))
    };
    Ok(Kernel {
        kernel: file(&newest.kernel)?,
        initrd: file(&newest.initrd)?,
        root: root.volume.number.map_or("/dev/vda".to_owned(), |n| format!("/dev/vda{n}")),
        version: newest.version,
    })
}

/// A file system of the image.
struct System {
    volume: Volume,
    ext4: Ext4,
}

impl System {
    fn is_root(&self) -> bool {
        ["/etc", "/usr"].iter().all(|dir| self.ext4.metadata(*dir).is_ok_and(|m| m.is_dir()))
    }
}

/// Opens the volumes that can be read.
fn mount(disk: &Rc<RefCell<Disk>>, found: &[Volume]) -> Result<Vec<System>> {
    let mut systems = Vec::new();
    for volume in found.iter().filter(|v| v.holds == FileSystem::Ext4) {
        let reader = VolumeReader { disk: Rc::clone(disk), volume: *volume };
        let ext4 = Ext4::load(Box::new(reader))
            .map_err(|e: Ext4Error| Error::input(format!("its ext4 file system cannot be read: {e}")))?;
        systems.push(System { volume: *volume, ext4 });
    }
    if systems.is_empty() {
        let name = if found.iter().any(|v| v.holds == FileSystem::Xfs) {
            "its file system is XFS"
        } else if found.iter().any(|v| v.holds == FileSystem::Btrfs) {
            "its file system is Btrfs"
        } else {
            "it holds no file system that is known"
        };
        return Err(Error::input(format!("{name}; warp reads kernels out of ext4")).help(
            "name the kernel and initrd yourself: undercloud_custom_vmlinuz and undercloud_custom_initrd",
        ));
    }
    Ok(systems)
}

/// A kernel with its initrd, by their paths.
struct Paths {
    version: String,
    kernel: String,
    initrd: String,
}

/// The newest kernel that has an initrd, in `/boot` or at the top of a boot partition.
fn newest(systems: &[System]) -> Option<(&System, Paths)> {
    systems
        .iter()
        .flat_map(|system| kernels(&system.ext4).into_iter().map(move |kernel| (system, kernel)))
        .max_by(|(_, a), (_, b)| compare_versions(&a.version, &b.version))
}

fn kernels(ext4: &Ext4) -> Vec<Paths> {
    let mut found = Vec::new();
    for folder in ["/boot", ""] {
        let Ok(entries) = ext4.read_dir(if folder.is_empty() { "/" } else { folder }) else { continue };
        for entry in entries.flatten() {
            let name = entry.file_name().display().to_string();
            // A rescue kernel's initrd is for any machine: big, slow, and never meant.
            let Some(version) = name.strip_prefix("vmlinuz-").filter(|v| !v.contains("rescue")) else {
                continue;
            };
            let initrd =
                [format!("{folder}/initrd.img-{version}"), format!("{folder}/initramfs-{version}.img")]
                    .into_iter()
                    .find(|path| ext4.metadata(path.as_str()).is_ok_and(|m| m.len() > 0));
            if let Some(initrd) = initrd {
                found.push(Paths { version: version.to_owned(), kernel: format!("{folder}/{name}"), initrd });
            }
        }
    }
    found
}

/// Compares versions as a reader does: runs of digits by value, all else by character.
fn compare_versions(a: &str, b: &str) -> Ordering {
    let (a, b) = (pieces(a), pieces(b));
    let differing = a.iter().zip(&b).map(|(x, y)| match (x.parse::<u64>(), y.parse::<u64>()) {
        (Ok(x), Ok(y)) => x.cmp(&y),
        _ => x.cmp(y),
    });
    differing.into_iter().find(|o| o.is_ne()).unwrap_or_else(|| a.len().cmp(&b.len()))
}

fn pieces(version: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut digits = None;
    for c in version.chars() {
        if digits == Some(c.is_ascii_digit()) {
            if let Some(last) = pieces.last_mut() {
                last.push(c);
            }
        } else {
            pieces.push(c.to_string());
            digits = Some(c.is_ascii_digit());
        }
    }
    pieces
}

/// A volume as ext4-view reads it.
struct VolumeReader {
    disk: Rc<RefCell<Disk>>,
    volume: Volume,
}

impl Ext4Read for VolumeReader {
    fn read(&mut self, start: u64, dst: &mut [u8]) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        if start.checked_add(dst.len() as u64).is_none_or(|end| end > self.volume.size) {
            return Err(format!("byte {start} is beyond the end of the file system's partition").into());
        }
        self.disk.borrow_mut().read_at(self.volume.start + start, dst)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_value() {
        let mut versions = ["6.1.0-9-cloud", "6.1.0-10-cloud", "5.10.0-99", "6.1.0-10-amd64"];
        versions.sort_by(|a, b| compare_versions(a, b));
        assert_eq!(versions, ["5.10.0-99", "6.1.0-9-cloud", "6.1.0-10-amd64", "6.1.0-10-cloud"]);
    }
}
