//! Growing a mounted file system to the size of its device.

use crate::Result;
use crate::root::Root;
use nix::sys::statfs::{EXT4_SUPER_MAGIC, FsType, fstatfs};
use std::fs::File;
use std::os::fd::AsRawFd;

/// What statfs says of XFS.
const XFS_SUPER_MAGIC: FsType = FsType(0x5846_5342);

/// `struct xfs_fsop_geom_v1` of xfs_fs.h.
#[repr(C)]
#[derive(Default)]
struct Geometry {
    block: u32,
    numbers: [u32; 6],
    /// How much of the file system may be inodes, in percent; growing says it again.
    inodes: u32,
    blocks: u64,
    rest: [u64; 9],
}

/// `struct xfs_growfs_data` of xfs_fs.h.
#[repr(C)]
struct Growth {
    blocks: u64,
    inodes: u32,
}

mod sys {
    nix::ioctl_write_ptr!(ext4_resize, b'f', 16, u64);
    nix::ioctl_read!(xfs_geometry, b'X', 100, super::Geometry);
    nix::ioctl_write_ptr!(xfs_grow, b'X', 110, super::Growth);
}

/// Grows the root's file system, where its device is larger.
pub fn grow(root: &Root) -> Result<()> {
    let open = File::open(root.path()).map_err(|e| e.to_string())?;
    let told = fstatfs(&open).map_err(|e| e.to_string())?;
    let (size, file) = (root.size()?, open.as_raw_fd());
    match told.filesystem_type() {
        EXT4_SUPER_MAGIC => {
            let block = u64::try_from(told.block_size()).map_err(|e| e.to_string())?;
            let blocks = size.checked_div(block).ok_or("its blocks have no size")?;
            // SAFETY: the call takes a descriptor that is open and a number that outlives it.
            unsafe { sys::ext4_resize(file, &raw const blocks) }
                .map_err(|e| format!("ext4 does not grow to {blocks} blocks: {e}"))?;
        }
        XFS_SUPER_MAGIC => {
            let mut geometry = Geometry::default();
            // SAFETY: the call fills a structure of the size that the kernel knows.
            unsafe { sys::xfs_geometry(file, &raw mut geometry) }
                .map_err(|e| format!("XFS does not tell its size: {e}"))?;
            let blocks = size.checked_div(u64::from(geometry.block)).ok_or("its blocks have no size")?;
            if blocks > geometry.blocks {
                let growth = Growth { blocks, inodes: geometry.inodes };
                // SAFETY: the call takes a structure of the size that the kernel knows and that outlives it.
                unsafe { sys::xfs_grow(file, &raw const growth) }
                    .map_err(|e| format!("XFS does not grow to {blocks} blocks: {e}"))?;
            }
        }
        other => return Err(format!("it is neither ext4 nor XFS but {:#x}", other.0)),
    }
    Ok(())
}
