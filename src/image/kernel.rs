//! A guest's own kernel and initrd, read out of its disk image as virt-get-kernel finds them: the newest with an initrd.

use super::files::{Kind, Mount, System};
use crate::error::{Error, Result};
use std::cmp::Ordering;
use std::path::Path;

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

/// The largest kernel or initrd that is read, in bytes: an initrd with every driver there is takes half of it.
const LARGEST: usize = 192 << 20;

/// Reads the newest kernel that has an initrd out of an image. Blocks.
///
/// # Errors
/// The image is not whole, its file system is not read, or it has no kernel with an initrd.
pub fn read(image: &Path) -> Result<Kernel> {
    let system = System::open(image, None).map_err(name_yourself)?;
    of(&system, image)
}

/// As `read`, of an image that is open.
///
/// # Errors
/// As `read`.
pub fn of(system: &System, image: &Path) -> Result<Kernel> {
    let in_image = |e: Error| e.context(format!("no kernel can be read out of {}", image.display()));
    // With /boot on a partition of its own, the root is another.
    let root = system.mounts().iter().find(|m| m.at.as_deref() == Some(Path::new("/")) && m.is_root());
    let Some(root) = root else {
        let error = in_image(Error::input("its root is on no file system that warp reads"));
        return Err(name_yourself(error.note(system.found())));
    };
    let (mount, newest) = newest(system.mounts()).ok_or_else(|| {
        in_image(Error::input("it has no kernel with an initrd")).note(
            "looked for vmlinuz-VERSION with initrd.img-VERSION, initramfs-VERSION.img or initrd-VERSION in /boot",
        )
    })?;
    let file = |path: &str| {
        content(mount, path)
            .map_err(|e| in_image(Error::input(format!("its file {path} cannot be read: {e}"))))
    };
    Ok(Kernel {
        kernel: file(&newest.kernel)?,
        initrd: file(&newest.initrd)?,
        root: root.volume.number.map_or("/dev/vda".to_owned(), |n| format!("/dev/vda{n}")),
        version: newest.version,
    })
}

/// Tells what to do where no kernel can be read.
pub(super) fn name_yourself(error: Error) -> Error {
    error.help(
        "name the kernel, the initrd and the root yourself: undercloud_custom_vmlinuz, undercloud_custom_initrd \
         and undercloud_root_device",
    )
}

fn content(mount: &Mount, path: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    mount.tree.read(Path::new(path), &mut |piece| {
        bytes.extend_from_slice(piece);
        if bytes.len() > LARGEST { Err(format!("longer than {LARGEST} bytes")) } else { Ok(()) }
    })?;
    Ok(bytes)
}

/// A kernel with its initrd, by their paths in their file system.
#[derive(Clone, Debug)]
pub struct Paths {
    /// The version, as in the kernel's file name.
    pub version: String,
    /// The kernel.
    pub kernel: String,
    /// The initrd.
    pub initrd: String,
}

/// The kernels of an image that have an initrd, the newest first.
#[must_use]
pub fn list(system: &System) -> Vec<Paths> {
    let mut found: Vec<Paths> = system.mounts().iter().flat_map(kernels).collect();
    found.sort_by(|a, b| compare_versions(&b.version, &a.version));
    found
}

/// The newest kernel that has an initrd, in `/boot` or at the top of a boot partition.
fn newest(mounts: &[Mount]) -> Option<(&Mount, Paths)> {
    mounts
        .iter()
        .flat_map(|mount| kernels(mount).into_iter().map(move |kernel| (mount, kernel)))
        .max_by(|(_, a), (_, b)| compare_versions(&a.version, &b.version))
}

fn kernels(mount: &Mount) -> Vec<Paths> {
    let mut found = Vec::new();
    for folder in ["/boot", ""] {
        let Ok(names) = mount.tree.names(Path::new(if folder.is_empty() { "/" } else { folder })) else {
            continue;
        };
        for name in names.iter().map(|name| String::from_utf8_lossy(name)) {
            let version = name.strip_prefix("vmlinuz-").or_else(|| name.strip_prefix("vmlinux-"));
            // A rescue kernel's initrd is for any machine: big, slow, and never meant.
            let Some(version) = version.filter(|v| !v.contains("rescue")) else { continue };
            let is_file = |path: &String| {
                let meta = mount.tree.meta(Path::new(path));
                meta.is_ok_and(|m| m.is_some_and(|m| m.kind == Kind::File && m.size > 0))
            };
            let names = [
                format!("initrd.img-{version}"),
                format!("initramfs-{version}.img"),
                format!("initrd-{version}"),
                format!("initrd-{version}.img"),
            ];
            let initrd = names.into_iter().map(|name| format!("{folder}/{name}")).find(is_file);
            if let Some(initrd) = initrd {
                found.push(Paths { version: version.to_owned(), kernel: format!("{folder}/{name}"), initrd });
            }
        }
    }
    found
}

/// Compares versions as a reader does: runs of digits by value, all else by character.
pub(super) fn compare_versions(a: &str, b: &str) -> Ordering {
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
