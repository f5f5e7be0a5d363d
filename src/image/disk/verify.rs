//! Whether an image is whole, before anything is built on it.

use super::chain::chain;
use super::refcounts::Refcounts;
use super::{Header, open, unreadable};
use crate::error::{Error, Result};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Offsets in L1 and standard L2 entries.
const OFFSET: u64 = 0x00ff_ffff_ffff_fe00;
/// The bit of an L2 entry that says the cluster is compressed.
const COMPRESSED: u64 = 1 << 62;

/// Checks an image and every file that it is laid over: headers, tables, that no cluster lies beyond the end of its
/// file or counts as free, and that the chain of backing files is there and does not come back to itself. Reads tables, not data.
///
/// # Errors
/// Names the file and what is wrong with it.
pub fn verify(path: &Path) -> Result<()> {
    chain(path).map(drop)
}

/// Checks the tables of one qcow2 file.
pub(super) fn tables(path: &Path, header: &Header) -> Result<()> {
    Tables::open(path, header)?.check().map_err(|what| {
        Error::input(format!("the image {}: {what}", path.display()))
            .help("copy or download it again; it was not changed by warp")
    })
}

/// The tables of a qcow2 file.
struct Tables<'a> {
    header: &'a Header,
    file: File,
    length: u64,
}

impl<'a> Tables<'a> {
    fn open(path: &Path, header: &'a Header) -> Result<Self> {
        let file = open(path)?;
        let length = file.metadata().map_err(|e| unreadable(path, &e))?.len();
        Ok(Tables { header, file, length })
    }

    fn check(&self) -> Result<(), String> {
        let Header { cluster, size, .. } = *self.header;
        let l2_covers = cluster / 8 * cluster;
        let l1_needed = size.div_ceil(l2_covers);
        if self.header.l1_entries < l1_needed {
            return Err(format!(
                "damaged header: a disk of {size} bytes needs {l1_needed} L1 entries, it has {}",
                self.header.l1_entries
            ));
        }
        self.inside("the refcount table", self.header.refcounts_offset, self.header.refcounts_size)?;
        if self.header.snapshots > 0 {
            self.inside("the snapshot table", self.header.snapshots_offset, 40)?;
        }
        let mut counts = Refcounts::new(&self.file, self.header);
        counts.used(|| "its header".to_owned(), 0)?;
        let l1 = self.table("the L1 table", self.header.l1_offset, self.header.l1_entries * 8)?;
        if !l1.is_empty() {
            counts.used(|| "the L1 table".to_owned(), self.header.l1_offset)?;
        }
        for (i, entry) in (0u64..).zip(l1) {
            let offset = entry & OFFSET;
            if offset != 0 {
                self.check_l2(i * l2_covers, offset, &mut counts)?;
            }
        }
        Ok(())
    }

    /// Checks the clusters of one L2 table, which maps the disk from `guest` on.
    fn check_l2(&self, guest: u64, table: u64, counts: &mut Refcounts<'_>) -> Result<(), String> {
        let Header { cluster, size, .. } = *self.header;
        if !table.is_multiple_of(cluster) {
            return Err(format!("damaged: the L2 table at byte {table} does not begin a cluster"));
        }
        let entries = self.table("the L2 table", table, cluster)?;
        counts.used(|| "an L2 table".to_owned(), table)?;
        for (i, entry) in (0u64..).zip(entries) {
            let guest = guest + i * cluster;
            let here = || format!("the cluster of the disk's byte {guest} (L2 table at byte {table})");
            if entry & COMPRESSED != 0 {
                // As the format's description has it: the offset's bits, then the sectors after the first.
                let offset_bits = 62 - (cluster.trailing_zeros() - 8);
                let offset = entry & ((1 << offset_bits) - 1);
                let more = (entry & (COMPRESSED - 1)) >> offset_bits;
                // The last sector need not be full: its first byte must be there.
                self.inside(&here(), offset, (more * 512).saturating_sub(offset % 512) + 1)?;
                counts.used(here, offset)?;
                continue;
            }
            let offset = entry & OFFSET;
            if offset == 0 || guest >= size {
                continue;
            }
            if !offset.is_multiple_of(cluster) {
                return Err(format!("damaged: {} does not begin at a multiple of {cluster}", here()));
            }
            self.inside(&here(), offset, cluster.min(size - guest))?;
            counts.used(here, offset)?;
        }
        Ok(())
    }

    fn table(&self, what: &str, offset: u64, bytes: u64) -> Result<Vec<u64>, String> {
        self.inside(what, offset, bytes)?;
        let mut table = vec![0; usize::try_from(bytes).map_err(|e| format!("{what}: {e}"))?];
        self.file.read_exact_at(&mut table, offset).map_err(|e| format!("{what} cannot be read: {e}"))?;
        Ok(table.as_chunks::<8>().0.iter().map(|entry| u64::from_be_bytes(*entry)).collect())
    }

    fn inside(&self, what: &str, offset: u64, bytes: u64) -> Result<(), String> {
        match offset.checked_add(bytes) {
            Some(end) if end <= self.length => Ok(()),
            _ => Err(format!("truncated: {what} is at byte {offset}, the file ends at {}", self.length)),
        }
    }
}
