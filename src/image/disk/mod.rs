//! Disk images as something to read: raw and qcow2, with their backing files.

mod header;
mod partition;
mod verify;

pub use header::Header;
pub use partition::{FileSystem, Volume, volumes};
pub use verify::verify;

use crate::error::{Error, Result};
use imago::{FormatAccess, FormatDriverBuilder, PermissiveImplicitOpenGate};
use qcow2_rs::dev::{Qcow2Dev, Qcow2DevParams};
use qcow2_rs::sync_io::Qcow2IoSync;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;
use tokio::runtime::Runtime;

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
    reader: Reader,
    size: u64,
    chunks: VecDeque<(u64, Vec<u8>)>,
}

enum Reader {
    Raw(File),
    /// A qcow2 file that stands alone.
    Qcow2(Runtime, Box<Qcow2Dev<Qcow2IoSync>>),
    /// One with a backing file, which qcow2-rs follows only where it is qcow2 too.
    Chain(Runtime, Box<FormatAccess<imago::file::File>>),
}

impl Disk {
    /// Opens an image after verifying it.
    ///
    /// # Errors
    /// As `verify`.
    pub fn open(path: &Path) -> Result<Self> {
        verify(path)?;
        let failed = |e: &dyn std::fmt::Display| {
            Error::input(format!("the image {} cannot be read: {e}", path.display()))
        };
        let (reader, size) = match detect(path)? {
            Format::Raw => {
                let file = open(path)?;
                let size = file.metadata()?.len();
                (Reader::Raw(file), size)
            }
            Format::Qcow2 => {
                let header = Header::read(path)?;
                if header.compression != 0 {
                    return Err(failed(&"its clusters are compressed with zstd; warp reads deflate")
                        .help("convert it: qemu-img convert -O qcow2 -c -o compression_type=zlib OLD NEW"));
                }
                let runtime = tokio::runtime::Builder::new_current_thread().build()?;
                let reader = if header.backing.is_none() {
                    let params = Qcow2DevParams::new(9, None, None, true, false);
                    let dev = qcow2_rs::utils::qcow2_setup_dev_sync(path, &params).map_err(|e| failed(&e))?;
                    runtime.block_on(dev.qcow2_prep_io()).map_err(|e| failed(&e))?;
                    Reader::Qcow2(runtime, Box::new(dev))
                } else {
                    let opening = imago::qcow2::Qcow2::<imago::file::File>::builder_path(path)
                        .open(PermissiveImplicitOpenGate::default());
                    let image = runtime.block_on(opening).map_err(|e| failed(&e))?;
                    Reader::Chain(runtime, Box::new(FormatAccess::new(image)))
                };
                (reader, header.size)
            }
        };
        Ok(Disk { reader, size, chunks: VecDeque::new() })
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
            match &self.reader {
                Reader::Raw(file) => file.read_exact_at(&mut bytes, start)?,
                Reader::Qcow2(runtime, dev) => {
                    // qcow2-rs reads whole sectors only.
                    bytes.resize(bytes.len().next_multiple_of(512), 0);
                    runtime
                        .block_on(dev.read_at(&mut bytes, start))
                        .map_err(|e| io::Error::other(e.to_string()))?;
                    bytes.truncate(usize::try_from(len).map_err(io::Error::other)?);
                }
                Reader::Chain(runtime, image) => runtime.block_on(image.read(bytes.as_mut_slice(), start))?,
            }
            if self.chunks.len() == KEPT {
                self.chunks.pop_front();
            }
            self.chunks.push_back((start, bytes));
        }
        Ok(self.chunks.back().map_or(&[], |(_, bytes)| bytes))
    }
}
