//! Disk images as something to read: raw and qcow2, with their backing files.

mod chain;
mod header;
mod layer;
mod partition;
mod refcounts;
mod verify;

pub use chain::{Link, chain};
pub use header::Header;
use layer::Layer;
pub use partition::{FileSystem, Volume, volumes};
pub use verify::verify;

use crate::error::{Error, Result};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// How an image file is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The disk's bytes as they are.
    Raw,
    /// QEMU's copy-on-write format, versions 2 and 3.
    Qcow2,
}

impl Format {
    /// Its name, as QEMU and libvirt have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Format::Raw => "raw",
            Format::Qcow2 => "qcow2",
        }
    }
}

/// The format of an image file, by its first bytes.
///
/// # Errors
/// The file cannot be read, or is of a known format that warp does not read.
pub fn detect(path: &Path) -> Result<Format> {
    let mut magic = [0; 8];
    let mut file = open(path)?;
    let read = file.read(&mut magic).map_err(|e| unreadable(path, &e))?;
    match magic.get(..read).unwrap_or_default() {
        [b'Q', b'F', b'I', 0xfb, ..] => Ok(Format::Qcow2),
        [b'K', b'D', b'M', b'V', ..] => Err(unsupported(path, "VMDK")),
        [b'v', b'h', b'd', b'x', b'f', ..] => Err(unsupported(path, "VHDX")),
        [0x1f, 0x8b, ..] => Err(unsupported(path, "gzip")),
        [0xfd, b'7', b'z', b'X', b'Z', ..] => Err(unsupported(path, "xz")),
        [] => Err(Error::input(format!("the image {} is empty", path.display()))),
        _ => Ok(Format::Raw),
    }
}

fn unsupported(path: &Path, what: &str) -> Error {
    Error::input(format!("the image {} is a {what} file; warp reads qcow2 and raw", path.display()))
}

fn open(path: &Path) -> Result<File> {
    let file = File::open(path).map_err(|e| unreadable(path, &e))?;
    if file.metadata().map_err(|e| unreadable(path, &e))?.is_dir() {
        return Err(Error::input(format!("the image {} is a directory", path.display())));
    }
    Ok(file)
}

fn unreadable(path: &Path, e: &io::Error) -> Error {
    let error = Error::input(format!("the image {} cannot be read: {e}", path.display()));
    if e.kind() == io::ErrorKind::NotFound {
        error.help("IMAGECACHE names the folder of images")
    } else {
        error
    }
}

/// Bytes that are read and kept at once. A compressed cluster, usually this long, is unpacked once for all
/// the file system blocks in it.
const CHUNK: u64 = 64 << 10;

/// Chunks that are kept.
const KEPT: usize = 64;

/// A disk that can be read at any place. Its calls block: not for a thread that drives futures.
pub struct Disk {
    /// The image, then what it is laid over.
    layers: Vec<Layer>,
    size: u64,
    chunks: VecDeque<(u64, Vec<u8>)>,
}

impl Disk {
    /// Opens an image after verifying it.
    ///
    /// # Errors
    /// As `verify`.
    pub fn open(path: &Path) -> Result<Self> {
        let layers = chain(path)?.iter().map(Layer::open).collect::<Result<Vec<_>>>()?;
        let size = layers.first().map_or(0, Layer::size);
        Ok(Disk { layers, size, chunks: VecDeque::new() })
    }

    /// Its size in bytes, as a guest sees it.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Fills `buf` from the disk.
    ///
    /// # Errors
    /// `UnexpectedEof` beyond the end, or what the image's driver says.
    pub fn read_at(&mut self, mut offset: u64, mut buf: &mut [u8]) -> io::Result<()> {
        while !buf.is_empty() {
            let start = offset - offset % CHUNK;
            let within = usize::try_from(offset - start).map_err(io::Error::other)?;
            let chunk = self.chunk(start)?;
            let rest = chunk.get(within..).filter(|r| !r.is_empty()).ok_or(io::ErrorKind::UnexpectedEof)?;
            let len = rest.len().min(buf.len());
            let (now, later) = buf.split_at_mut(len);
            now.copy_from_slice(rest.get(..len).unwrap_or_default());
            buf = later;
            offset += len as u64;
        }
        Ok(())
    }

    /// The chunk that begins at `start`, shorter at the disk's end and empty beyond it.
    fn chunk(&mut self, start: u64) -> io::Result<&[u8]> {
        if let Some(at) = self.chunks.iter().position(|(s, _)| *s == start) {
            let found = self.chunks.remove(at).unwrap_or_default();
            self.chunks.push_back(found);
        } else {
            let len = CHUNK.min(self.size.saturating_sub(start));
            let mut bytes = vec![0; usize::try_from(len).map_err(io::Error::other)?];
            fill(&mut self.layers, start, &mut bytes)?;
            if self.chunks.len() == KEPT {
                self.chunks.pop_front();
            }
            self.chunks.push_back((start, bytes));
        }
        Ok(self.chunks.back().map_or(&[], |(_, bytes)| bytes))
    }
}

/// Fills `buf` from the uppermost layer that has the bytes; what none has is zero.
fn fill(layers: &mut [Layer], mut offset: u64, mut buf: &mut [u8]) -> io::Result<()> {
    let Some((upper, below)) = layers.split_first_mut() else {
        buf.fill(0);
        return Ok(());
    };
    while !buf.is_empty() {
        let (len, filled) = upper.read(offset, buf)?;
        let (now, later) = buf.split_at_mut(len.min(buf.len()));
        if !filled {
            fill(below, offset, now)?;
        }
        offset += now.len() as u64;
        buf = later;
    }
    Ok(())
}
