//! How often a qcow2 file says that a cluster of it is used.

use super::Header;
use std::fs::File;
use std::os::unix::fs::FileExt;

/// Offsets in entries of the table.
const OFFSET: u64 = 0xffff_ffff_ffff_fe00;

/// Bytes that are read at once: clusters are mostly asked after in their order.
const WINDOW: u64 = 4096;

/// The reference counts of a file.
pub struct Refcounts<'a> {
    file: &'a File,
    header: &'a Header,
    /// What was read last, by its place.
    window: Option<(u64, Vec<u8>)>,
}

impl<'a> Refcounts<'a> {
    /// Those of a file.
    pub fn new(file: &'a File, header: &'a Header) -> Self {
        Refcounts { file, header, window: None }
    }

    /// Says why not, where a cluster that `what` uses counts as free: whoever writes into the image next would put
    /// something else there.
    pub fn used(&mut self, what: impl Fn() -> String, offset: u64) -> Result<(), String> {
        // Counts of an image that was not closed are made anew by whoever writes it.
        if self.header.unclean || self.count(offset / self.header.cluster)? > 0 {
            return Ok(());
        }
        Err(format!("damaged: {} is at byte {offset}, which its reference counts say is free", what()))
    }

    fn count(&mut self, cluster: u64) -> Result<u64, String> {
        let order = self.header.refcount_order;
        let in_block = (self.header.cluster * 8) >> order;
        let Header { refcounts_offset, refcounts_size, .. } = *self.header;
        let entry = (cluster / in_block).checked_mul(8).filter(|at| *at < refcounts_size);
        let Some(entry) = entry else { return Ok(0) };
        let block = self.bytes(refcounts_offset.saturating_add(entry)).map(u64::from_be_bytes)? & OFFSET;
        if block == 0 {
            return Ok(0);
        }
        let bit = (cluster % in_block) << order;
        let bytes = self.bytes(block.saturating_add(bit / 8))?;
        // The count's bits are the first of a number in big-endian; several in a byte begin with the lowest.
        Ok(match order {
            0..3 => {
                (u64::from(bytes.first().copied().unwrap_or_default()) >> (bit % 8))
                    & ((1 << (1 << order)) - 1)
            }
            _ => u64::from_be_bytes(bytes) >> (64 - (1 << order)),
        })
    }

    /// Eight bytes; beyond the file's end they are zero.
    fn bytes(&mut self, at: u64) -> Result<[u8; 8], String> {
        let start = at - at % WINDOW;
        if self.window.as_ref().is_none_or(|(there, _)| *there != start) {
            // Eight more, for what begins in the last of them.
            let mut window = vec![0; WINDOW as usize + 8];
            let mut read = 0;
            while let Some(rest) = window.get_mut(read..).filter(|rest| !rest.is_empty()) {
                let at = start.saturating_add(read as u64);
                match self.file.read_at(rest, at).map_err(|e| format!("its reference counts: {e}"))? {
                    0 => break,
                    more => read += more,
                }
            }
            self.window = Some((start, window));
        }
        let within = usize::try_from(at - start).unwrap_or(usize::MAX);
        let window = self.window.as_ref().and_then(|(_, bytes)| bytes.get(within..)?.first_chunk());
        Ok(window.copied().unwrap_or_default())
    }
}
