//! The geometry of an XFS file system.

use super::crc;
use crate::image::files::bytes::{be16, be32, be64, u8_at};

/// What of `xfs_dsb` reading needs. Offsets are those of Linux's fs/xfs/libxfs/xfs_format.h.
#[derive(Clone, Debug)]
pub struct Superblock {
    /// The size of a block, a power of two.
    pub block: u64,
    /// log2 of it.
    pub block_log: u32,
    /// The blocks of the file system.
    pub blocks: u64,
    /// The blocks of an allocation group.
    pub group_blocks: u64,
    /// log2 of them, rounded up: the bits of a block's number within its group.
    pub group_log: u32,
    /// The size of an inode.
    pub inode: usize,
    /// log2 of the inodes of a block.
    pub inodes_log: u32,
    /// The inode of the topmost directory.
    pub root: u64,
    /// log2 of the blocks of a directory's block.
    pub directory_log: u32,
    /// Version 5: blocks name themselves and have checksums.
    pub version5: bool,
    /// Entries of directories say what they are.
    pub file_types: bool,
    /// The file system's UUID.
    pub uuid: [u8; 16],
    /// Its label.
    pub label: String,
}

/// The length of the largest sector; the first has the superblock alone.
pub const LARGEST_SECTOR: usize = 32 << 10;

/// Features of which a reader must know: file types, sparse inode chunks, the UUID of metadata, timestamps of 64
/// bits, many extents, exchanged ranges, pointers to parents. Another change what is read.
const KNOWN: u32 = 0x01 | 0x02 | 0x04 | 0x08 | NEEDS_REPAIR | 0x20 | 0x40 | 0x80;
const NEEDS_REPAIR: u32 = 0x10;

impl Superblock {
    /// Reads the first sector of a file system, at the start of `bytes`.
    ///
    /// # Errors
    /// Says what cannot be or is not read.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        if !bytes.starts_with(b"XFSB") {
            return Err("it does not begin with XFSB".to_owned());
        }
        let sector_size = usize::from(be16(bytes, 102));
        let sector = bytes
            .get(..sector_size)
            .filter(|s| s.len().is_power_of_two() && s.len() >= 512)
            .ok_or_else(|| format!("damaged superblock: sectors of {sector_size} bytes"))?;
        let version = be16(sector, 100) & 0xf;
        let version5 = match version {
            4 => false,
            5 => true,
            other => return Err(format!("version {other} is not supported; 4 and 5 are")),
        };
        let incompatible = if version5 { be32(sector, 216) } else { 0 };
        if incompatible & !KNOWN != 0 {
            return Err(format!(
                "it uses features that warp does not read (incompatible bits {incompatible:#x})"
            ));
        }
        if incompatible & NEEDS_REPAIR != 0 {
            return Err("it is marked as in need of xfs_repair".to_owned());
        }
        let block = be32(sector, 4);
        let block_log = u32::from(u8_at(sector, 120));
        if !(9..=16).contains(&block_log) || block != 1 << block_log {
            return Err(format!("damaged superblock: blocks of {block} bytes"));
        }
        if version5 && !crc::holds(sector, 224) {
            return Err("damaged superblock: its checksum does not hold".to_owned());
        }
        let (inode, inode_log) = (be16(sector, 104), u32::from(u8_at(sector, 122)));
        if !(8..=11).contains(&inode_log) || u32::from(inode) != 1 << inode_log || inode_log > block_log {
            return Err(format!("damaged superblock: inodes of {inode} bytes"));
        }
        let inodes_log = u32::from(u8_at(sector, 123));
        let directory_log = u32::from(u8_at(sector, 192));
        if inodes_log != block_log - inode_log || directory_log + block_log > 16 {
            return Err("damaged superblock: its sizes contradict each other".to_owned());
        }
        let (group_blocks, group_log) = (u64::from(be32(sector, 84)), u32::from(u8_at(sector, 124)));
        if !(1..=31).contains(&group_log) || group_blocks == 0 || group_blocks > 1 << group_log {
            return Err(format!("damaged superblock: groups of {group_blocks} blocks"));
        }
        let (blocks, groups) = (be64(sector, 8), u64::from(be32(sector, 88)));
        if groups == 0 || blocks > group_blocks * groups || blocks <= group_blocks * (groups - 1) {
            return Err(format!("damaged superblock: {blocks} blocks in {groups} groups"));
        }
        let file_types = if version5 { incompatible & 0x01 != 0 } else { be32(sector, 200) & 0x200 != 0 };
        let label = sector.get(108..120).unwrap_or_default();
        Ok(Superblock {
            block: u64::from(block),
            block_log,
            blocks,
            group_blocks,
            group_log,
            inode: usize::from(inode),
            inodes_log,
            root: be64(sector, 56),
            directory_log,
            version5,
            file_types,
            uuid: sector.get(32..48).and_then(|b| b.first_chunk()).copied().unwrap_or_default(),
            label: String::from_utf8_lossy(label).trim_end_matches('\0').to_owned(),
        })
    }

    /// The first byte of a block. Its number is its group's, then its number within the group.
    ///
    /// # Errors
    /// There is no such block.
    pub fn block_at(&self, number: u64) -> Result<u64, String> {
        let (group, within) = (number >> self.group_log, number & ((1 << self.group_log) - 1));
        let block = group.checked_mul(self.group_blocks).and_then(|b| b.checked_add(within));
        match block {
            Some(block) if within < self.group_blocks && block < self.blocks => Ok(block << self.block_log),
            _ => Err(format!("damaged: block {number} is beyond its end")),
        }
    }

    /// The first byte of an inode.
    ///
    /// # Errors
    /// There is no such inode.
    pub fn inode_at(&self, number: u64) -> Result<u64, String> {
        let within = number & ((1 << self.inodes_log) - 1);
        let block = self
            .block_at(number >> self.inodes_log)
            .map_err(|_| format!("damaged: inode {number} is beyond its end"))?;
        Ok(block + within * self.inode as u64)
    }
}
