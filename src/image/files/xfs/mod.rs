//! XFS, read only: versions 4 and 5, as Linux's fs/xfs/libxfs/xfs_format.h and xfs_da_format.h describe them.
//!
//! The log is not replayed: an image of a file system that was not unmounted may lack its last changes.

mod crc;
mod directory;
mod extents;
mod inode;
mod superblock;

pub use directory::Entry;
pub use extents::Extent;
pub use inode::{Fork, Inode};
pub use superblock::Superblock;

use super::source::Source;

/// An XFS file system.
pub struct Xfs {
    source: Source,
    /// Its geometry.
    pub superblock: Superblock,
}

/// A symbolic link's own header in each block, in version 5.
const LINK_HEADER: usize = 56;
/// The longest target of a symbolic link.
const LINK_LENGTH: u64 = 1024;

impl Xfs {
    /// Opens the file system of a volume.
    ///
    /// # Errors
    /// It is damaged, cut off, or uses what is not read.
    pub fn load(source: Source) -> Result<Self, String> {
        let mut start = vec![0; superblock::LARGEST_SECTOR];
        source.read_at(0, &mut start).map_err(|e| e.to_string())?;
        let superblock = Superblock::parse(&start)?;
        match superblock.blocks.checked_mul(superblock.block) {
            Some(needed) if needed <= source.size() => Ok(Xfs { source, superblock }),
            _ => Err(format!(
                "truncated: it has {} blocks of {} bytes, it is given {} bytes",
                superblock.blocks,
                superblock.block,
                source.size()
            )),
        }
    }

    /// An inode by its number.
    ///
    /// # Errors
    /// There is none, or it is damaged.
    pub fn inode(&self, number: u64) -> Result<Inode, String> {
        let bytes = self.bytes(self.superblock.inode_at(number)?, self.superblock.inode)?;
        Inode::parse(&bytes, number, &self.superblock)
    }

    /// The entries of a directory, without `.` and `..`.
    ///
    /// # Errors
    /// It is damaged.
    pub fn entries(&self, directory: &Inode) -> Result<Vec<Entry>, String> {
        directory::entries(self, directory)
    }

    /// Where the content of a file is.
    ///
    /// # Errors
    /// The inode is damaged.
    pub fn extents(&self, inode: &Inode) -> Result<Vec<Extent>, String> {
        extents::extents(self, inode)
    }

    /// The target of a symbolic link.
    ///
    /// # Errors
    /// It is damaged.
    pub fn target(&self, link: &Inode) -> Result<Vec<u8>, String> {
        if let Fork::Inline(target) = &link.fork {
            return Ok(target.clone());
        }
        let damaged = || format!("damaged: symbolic link {}", link.number);
        if link.size > LINK_LENGTH {
            return Err(damaged());
        }
        let size = usize::try_from(link.size).map_err(|e| e.to_string())?;
        let block = usize::try_from(self.superblock.block).map_err(|e| e.to_string())?;
        let mut target = Vec::new();
        for extent in self.extents(link)? {
            for i in 0..extent.count {
                let bytes = self.bytes(self.superblock.block_at(extent.block + i)?, block)?;
                let header = if self.superblock.version5 { LINK_HEADER } else { 0 };
                if self.superblock.version5 && !(bytes.starts_with(b"XSLM") && crc::holds(&bytes, 12)) {
                    return Err(damaged());
                }
                target.extend(bytes.get(header..).unwrap_or_default());
                if target.len() >= size {
                    target.truncate(size);
                    return Ok(target);
                }
            }
        }
        Err(damaged())
    }

    /// Bytes of the volume.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn bytes(&self, offset: u64, length: usize) -> Result<Vec<u8>, String> {
        let mut bytes = vec![0; length];
        self.source.read_at(offset, &mut bytes).map_err(|e| e.to_string())?;
        Ok(bytes)
    }
}
