//! The entries of a directory.

use super::extents::extents;
use super::inode::{Fork, Inode};
use super::{Xfs, crc};
use crate::image::files::bytes::{be16, be32, be64, u8_at};

/// A name and the inode it stands for.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name, as it is.
    pub name: Vec<u8>,
    /// The inode's number.
    pub inode: u64,
}

/// The entries of data end here in a directory's bytes; behind it are indexes, which only spare a search.
const INDEXES: u64 = 1 << 35;

/// The largest directory that is read, in bytes: some million entries.
const LARGEST: u64 = 64 << 20;

/// The tag of a stretch that holds no entry.
const FREE: u16 = 0xffff;

/// The entries of a directory, without `.` and `..`, in the order they are stored.
///
/// # Errors
/// The directory is damaged.
pub fn entries(xfs: &Xfs, inode: &Inode) -> Result<Vec<Entry>, String> {
    let mut found = Vec::new();
    if let Fork::Inline(bytes) = &inode.fork {
        short(bytes, xfs.superblock.file_types, &mut found)
            .ok_or_else(|| format!("damaged: directory {}", inode.number))?;
        return Ok(found);
    }
    let (block_log, per) = (xfs.superblock.block_log, 1u64 << xfs.superblock.directory_log);
    let length =
        usize::try_from(xfs.superblock.block << xfs.superblock.directory_log).map_err(|e| e.to_string())?;
    if inode.size > LARGEST {
        return Err(format!(
            "directory {} has {} bytes; warp reads up to {LARGEST}",
            inode.number, inode.size
        ));
    }
    let mut block = Vec::new();
    let blocks = inode.size.min(INDEXES) >> block_log;
    for extent in extents(xfs, inode)?.iter().filter(|e| e.logical + e.count <= blocks) {
        for i in 0..extent.count {
            block.extend(
                xfs.bytes(
                    xfs.superblock.block_at(extent.block + i)?,
                    length >> xfs.superblock.directory_log,
                )?,
            );
            if (extent.logical + i + 1).is_multiple_of(per) {
                data(&block, inode.number, xfs.superblock.file_types, xfs.superblock.version5, &mut found)?;
                block.clear();
            }
        }
    }
    found.retain(|e| e.name != b"." && e.name != b"..");
    Ok(found)
}

/// The entries that are in the inode itself.
fn short(bytes: &[u8], file_types: bool, found: &mut Vec<Entry>) -> Option<()> {
    let (count, wide) = (*bytes.first()?, *bytes.get(1)? != 0);
    let number = if wide { 8 } else { 4 };
    let mut rest = bytes.get(2 + number..)?;
    for _ in 0..count {
        let length = usize::from(*rest.first()?);
        // Behind the length are two bytes for those who go on reading at a place.
        let name = rest.get(3..3 + length)?.to_vec();
        let at = 3 + length + usize::from(file_types);
        let inode = rest.get(at..at + number)?;
        let inode = if wide { be64(inode, 0) } else { u64::from(be32(inode, 0)) };
        rest = rest.get(at + number..)?;
        found.push(Entry { name, inode });
    }
    Some(())
}

/// The entries of a block of data.
fn data(
    block: &[u8],
    directory: u64,
    file_types: bool,
    version5: bool,
    found: &mut Vec<Entry>,
) -> Result<(), String> {
    let damaged = |what: &str| format!("damaged: directory {directory} {what}");
    let (header, alone) = match block.first_chunk() {
        Some(b"XDB3") if version5 => (64, true),
        Some(b"XDD3") if version5 => (64, false),
        Some(b"XD2B") if !version5 => (16, true),
        Some(b"XD2D") if !version5 => (16, false),
        _ => return Err(damaged("has a block that is none of entries")),
    };
    if version5 && !(crc::holds(block, 4) && be64(block, 40) == directory) {
        return Err(damaged("has a block that is damaged or another's"));
    }
    // A directory of one block has its index behind the entries, and the index's length at the end.
    let end = match block.len().checked_sub(8) {
        Some(tail) if alone => {
            let index = usize::try_from(be32(block, tail)).unwrap_or(usize::MAX).saturating_mul(8);
            tail.checked_sub(index).ok_or_else(|| damaged("has an index longer than its block"))?
        }
        _ => block.len(),
    };
    let mut at = header;
    while at < end {
        let length = if be16(block, at) == FREE {
            usize::from(be16(block, at + 2))
        } else {
            let length = usize::from(u8_at(block, at + 8));
            let name = block.get(at + 9..at + 9 + length).filter(|n| !n.is_empty());
            let name = name.ok_or_else(|| damaged("has a name beyond its block"))?.to_vec();
            found.push(Entry { name, inode: be64(block, at) });
            (9 + length + usize::from(file_types) + 2).next_multiple_of(8)
        };
        if length == 0 || !length.is_multiple_of(8) || at + length > end {
            return Err(damaged(&format!("has an entry of {length} bytes at byte {at} of a block")));
        }
        at += length;
    }
    Ok(())
}
