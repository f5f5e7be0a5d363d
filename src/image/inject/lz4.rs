//! lz4 in its legacy frames, in which alone the kernel takes it: blocks after their lengths, without an end.

use std::io::{self, Read};

/// What a block unpacks to at most, in bytes.
const BLOCK: usize = 8 << 20;

/// Unpacks blocks until something follows that is none.
pub struct Lz4<'a> {
    rest: &'a [u8],
    block: Vec<u8>,
    read: usize,
}

impl<'a> Lz4<'a> {
    /// `rest` begins behind the frame's magic number.
    pub fn new(rest: &'a [u8]) -> Self {
        Lz4 { rest, block: Vec::new(), read: 0 }
    }

    /// What follows the blocks.
    pub fn rest(self) -> &'a [u8] {
        self.rest
    }

    /// The next block, packed, where there is one: another frame and padding are longer than a block can be, or empty.
    fn next(&mut self) -> Option<&'a [u8]> {
        let (length, after) = self.rest.split_first_chunk()?;
        let length = u32::from_le_bytes(*length) as usize;
        if length == 0 || length > lz4_flex::block::get_maximum_output_size(BLOCK) {
            return None;
        }
        let (block, rest) = after.split_at_checked(length)?;
        self.rest = rest;
        Some(block)
    }
}

impl Read for Lz4<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.read == self.block.len() {
            let Some(packed) = self.next() else { return Ok(0) };
            self.block = lz4_flex::block::decompress(packed, BLOCK).map_err(io::Error::other)?;
            self.read = 0;
        }
        let rest = self.block.get(self.read..).unwrap_or_default();
        let length = rest.len().min(buf.len());
        if let (Some(to), Some(from)) = (buf.get_mut(..length), rest.get(..length)) {
            to.copy_from_slice(from);
        }
        self.read += length;
        Ok(length)
    }
}
