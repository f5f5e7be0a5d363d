//! The bytes of a volume.

use crate::image::disk::{Disk, Volume};
use std::cell::RefCell;
use std::io;
use std::rc::Rc;

/// A stretch of a disk that others of its volumes are read beside.
#[derive(Clone)]
pub struct Source {
    disk: Rc<RefCell<Disk>>,
    volume: Volume,
}

impl Source {
    /// The bytes of `volume`.
    pub fn new(disk: &Rc<RefCell<Disk>>, volume: Volume) -> Self {
        Source { disk: Rc::clone(disk), volume }
    }

    /// The volume's size in bytes.
    pub fn size(&self) -> u64 {
        self.volume.size
    }

    /// Fills `buf` from byte `offset` of the volume.
    ///
    /// # Errors
    /// The volume ends before, or as `Disk::read_at`.
    pub fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        if offset.checked_add(buf.len() as u64).is_none_or(|end| end > self.volume.size) {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                format!("byte {offset} is beyond the end of the file system's partition"),
            ));
        }
        self.disk.borrow_mut().read_at(self.volume.start + offset, buf)
    }
}
