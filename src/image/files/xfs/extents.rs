//! Which blocks hold the content of an inode.

use super::Xfs;
use super::crc;
use super::inode::{Fork, Inode};
use crate::image::files::bytes::{be16, be64};

/// Blocks of a file that follow one another on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The file's block that is first.
    pub logical: u64,
    /// The disk's block that is first.
    pub block: u64,
    /// How many.
    pub count: u64,
    /// Set aside and never written: it reads as zeros.
    pub unwritten: bool,
}

/// The length of a record.
const RECORD: usize = 16;
/// The levels of a tree that the kernel allows.
const LEVELS: u16 = 9;

impl Extent {
    fn parse(record: &[u8]) -> Self {
        let (high, low) = (be64(record, 0), be64(record, 8));
        Extent {
            unwritten: high >> 63 != 0,
            logical: (high >> 9) & ((1 << 54) - 1),
            block: ((high & 0x1ff) << 43) | (low >> 21),
            count: low & ((1 << 21) - 1),
        }
    }
}

/// The extents of an inode, in order of the file.
///
/// # Errors
/// The tree is damaged, or an extent is beyond the end of the file system.
pub fn extents(xfs: &Xfs, inode: &Inode) -> Result<Vec<Extent>, String> {
    let mut found = Vec::new();
    match &inode.fork {
        Fork::Inline(_) | Fork::None => {}
        Fork::Extents(count, records) => {
            let count = usize::try_from(*count).unwrap_or(usize::MAX);
            let records = count
                .checked_mul(RECORD)
                .and_then(|length| records.get(..length))
                .ok_or_else(|| format!("damaged: inode {} has {count} extents", inode.number))?;
            found.extend(records.chunks_exact(RECORD).map(Extent::parse));
        }
        Fork::Tree(root) => {
            // Its records have half of what is behind the level and the count, at most.
            let most = root.len().saturating_sub(4) / RECORD;
            let mut walk = Walk { xfs, inode, visited: 0, found: &mut found };
            walk.children(root, 4, most, be16(root, 0), be16(root, 2))?;
        }
    }
    let mut next = 0;
    for extent in &found {
        let end =
            extent.logical.checked_add(extent.count).filter(|_| extent.count > 0 && extent.logical >= next);
        next = end.ok_or_else(|| format!("damaged: the extents of inode {} overlap", inode.number))?;
        xfs.superblock.block_at(extent.block)?;
        xfs.superblock.block_at(extent.block + extent.count - 1)?;
    }
    Ok(found)
}

struct Walk<'a> {
    xfs: &'a Xfs,
    inode: &'a Inode,
    visited: u64,
    found: &'a mut Vec<Extent>,
}

impl Walk<'_> {
    /// Visits what the pointers of a node lead to: `count` of them, behind room for `most` keys.
    fn children(
        &mut self,
        node: &[u8],
        header: usize,
        most: usize,
        level: u16,
        count: u16,
    ) -> Result<(), String> {
        let count = usize::from(count);
        if level == 0 || level > LEVELS || count > most {
            return Err(self.damaged(&format!("has a level {level} with {count} pointers")));
        }
        for i in 0..count {
            self.block(be64(node, header + most * 8 + i * 8), level - 1)?;
        }
        Ok(())
    }

    fn block(&mut self, number: u64, level: u16) -> Result<(), String> {
        // A tree that comes back to itself has more blocks than the inode takes.
        self.visited += 1;
        if self.visited > self.inode.blocks {
            return Err(self.damaged("has more blocks than it takes"));
        }
        let superblock = &self.xfs.superblock;
        let length = usize::try_from(superblock.block).map_err(|e| e.to_string())?;
        let block = self.xfs.bytes(superblock.block_at(number)?, length)?;
        let (magic, header): (&[u8], usize) = if superblock.version5 { (b"BMA3", 72) } else { (b"BMAP", 24) };
        if !block.starts_with(magic) || be16(&block, 4) != level {
            return Err(self.damaged(&format!("leads to block {number}, which is none of its level {level}")));
        }
        if superblock.version5 && !(crc::holds(&block, 64) && be64(&block, 56) == self.inode.number) {
            return Err(self.damaged(&format!("leads to block {number}, which is damaged or another's")));
        }
        let count = be16(&block, 6);
        let most = (length - header) / RECORD;
        if level > 0 {
            return self.children(&block, header, most, level, count);
        }
        let records = block.get(header..).and_then(|b| b.get(..usize::from(count) * RECORD));
        let records =
            records.ok_or_else(|| self.damaged(&format!("has {count} extents in block {number}")))?;
        self.found.extend(records.chunks_exact(RECORD).map(Extent::parse));
        Ok(())
    }

    fn damaged(&self, what: &str) -> String {
        format!("damaged: the extent tree of inode {} {what}", self.inode.number)
    }
}
