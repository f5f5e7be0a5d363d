//! What one file of a chain says of the disk.

use super::chain::Link;
use super::{open, unreadable};
use crate::error::{Error, Result};
use qcow2_rs::dev::{Qcow2Dev, Qcow2DevParams};
use qcow2_rs::error::Qcow2Result;
use qcow2_rs::meta::{MappingSource, Qcow2Header};
use qcow2_rs::ops::Qcow2IoOps;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use tokio::runtime::Runtime;

/// A file of a chain, opened.
pub struct Layer {
    file: File,
    /// The size of its disk, in bytes.
    size: u64,
    /// Its tables; a raw file has none.
    tables: Option<Tables>,
}

struct Tables {
    /// Drives the driver's futures; none of them waits for anything but the file.
    runtime: Runtime,
    /// Knows where clusters are. The clusters are read here: it does not follow backing files that are raw, and
    /// unpacks deflate alone.
    dev: Box<Qcow2Dev<ReadOnly>>,
    cluster: u64,
    unpack: Unpack,
    /// The cluster that was unpacked last, by its place in the file.
    unpacked: Option<(u64, Vec<u8>)>,
}

/// A file as the driver reads its tables.
struct ReadOnly(File);

impl Qcow2IoOps for ReadOnly {
    async fn read_to(&self, offset: u64, buf: &mut [u8]) -> Qcow2Result<usize> {
        read_up_to_end(&self.0, buf, offset)?;
        Ok(buf.len())
    }

    async fn write_from(&self, _: u64, _: &[u8]) -> Qcow2Result<()> {
        Err("images are never written".into())
    }

    async fn fallocate(&self, _: u64, _: usize, _: u32) -> Qcow2Result<()> {
        Err("images are never written".into())
    }

    async fn fsync(&self, _: u64, _: usize, _: u32) -> Qcow2Result<()> {
        Ok(())
    }
}

/// Slices of tables that the driver keeps.
const KEPT_SLICES: usize = 256;

#[derive(Clone, Copy)]
enum Unpack {
    Deflate,
    Zstd,
}

/// Where the bytes of a stretch are.
enum Place {
    /// In the file from this byte on.
    File(u64),
    /// Nowhere: they are zero.
    Zero,
    /// In the file below.
    Below,
    /// In a packed cluster: the place and the upper bound of its length.
    Packed(u64, usize),
}

impl Layer {
    /// Opens a verified file of a chain.
    pub fn open(link: &Link) -> Result<Self> {
        let file = open(&link.path)?;
        let Some(header) = &link.header else {
            let size = file.metadata().map_err(|e| unreadable(&link.path, &e))?.len();
            return Ok(Layer { file, size, tables: None });
        };
        let failed = |e: &dyn std::fmt::Display| {
            Error::input(format!("the image {} cannot be read: {e}", link.path.display()))
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        // Tables are kept in slices, which the driver does not make smaller by itself where clusters are.
        let slice = header.cluster.trailing_zeros().min(12);
        let cache = u8::try_from(slice).ok().map(|bits| (bits, KEPT_SLICES << slice));
        let params = Qcow2DevParams::new(9, cache, cache, true, false);
        // The driver is given what is checked and of use to it: it refuses features that are dealt with here.
        let plain = Qcow2Header::from_buf(&header.plain()).map_err(|e| failed(&e))?;
        let io = ReadOnly(open(&link.path)?);
        let dev = Qcow2Dev::new(&link.path, plain, &params, io).map_err(|e| failed(&e))?;
        runtime.block_on(dev.qcow2_prep_io()).map_err(|e| failed(&e))?;
        let unpack = if header.compression == 0 { Unpack::Deflate } else { Unpack::Zstd };
        let tables = Tables { runtime, dev: Box::new(dev), cluster: header.cluster, unpack, unpacked: None };
        Ok(Layer { file, size: header.size, tables: Some(tables) })
    }

    /// The size of its disk, in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Fills the start of `buf` from byte `offset` of its disk. Gives how much of it one answer holds for, and
    /// whether it is filled; else the layer below has it.
    pub fn read(&mut self, offset: u64, buf: &mut [u8]) -> io::Result<(usize, bool)> {
        let within = |length: u64| usize::try_from(length).unwrap_or(usize::MAX).min(buf.len());
        if offset >= self.size {
            buf.fill(0);
            return Ok((buf.len(), true));
        }
        let length = within(self.size - offset);
        let Some(tables) = &mut self.tables else {
            self.file.read_exact_at(part(buf, length), offset)?;
            return Ok((length, true));
        };
        let into = offset % tables.cluster;
        let length = length.min(within(tables.cluster - into));
        let buf = part(buf, length);
        match tables.place(offset)? {
            Place::Below => return Ok((length, false)),
            Place::Zero => buf.fill(0),
            Place::File(cluster) => read_up_to_end(&self.file, buf, cluster + into)?,
            Place::Packed(at, packed) => {
                let start = usize::try_from(into).map_err(io::Error::other)?;
                let cluster = tables.unpack(&self.file, at, packed)?;
                buf.copy_from_slice(cluster.get(start..start + length).unwrap_or_default());
            }
        }
        Ok((length, true))
    }
}

impl Tables {
    /// Where the cluster of a byte of the disk is.
    fn place(&self, offset: u64) -> io::Result<Place> {
        let mapping = self
            .runtime
            .block_on(self.dev.get_mapping(offset))
            .map_err(|e| io::Error::other(e.to_string()))?;
        Ok(match (mapping.source, mapping.cluster_offset, mapping.compressed_length) {
            (MappingSource::DataFile, Some(at), _) => Place::File(at),
            (MappingSource::Compressed, Some(at), Some(length)) => Place::Packed(at, length),
            (MappingSource::Zero, ..) => Place::Zero,
            _ => Place::Below,
        })
    }

    /// The cluster that is packed at `at`, in at most `length` bytes.
    fn unpack(&mut self, file: &File, at: u64, length: usize) -> io::Result<&[u8]> {
        if self.unpacked.as_ref().is_none_or(|(there, _)| *there != at) {
            let mut packed = vec![0; length];
            read_up_to_end(file, &mut packed, at)?;
            let mut cluster = vec![0; usize::try_from(self.cluster).map_err(io::Error::other)?];
            let damaged =
                |e: io::Error| io::Error::new(e.kind(), format!("the packed cluster at byte {at}: {e}"));
            match self.unpack {
                Unpack::Deflate => flate2::read::DeflateDecoder::new(packed.as_slice())
                    .read_exact(&mut cluster)
                    .map_err(damaged)?,
                Unpack::Zstd => zstd::stream::read::Decoder::with_buffer(packed.as_slice())
                    .map_err(damaged)?
                    .single_frame()
                    .read_exact(&mut cluster)
                    .map_err(damaged)?,
            }
            self.unpacked = Some((at, cluster));
        }
        Ok(self.unpacked.as_ref().map_or(&[], |(_, cluster)| cluster))
    }
}

/// Reads what the file has of these bytes: its last cluster may be cut, and the rest is zero.
fn read_up_to_end(file: &File, mut buf: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !buf.is_empty() {
        let read = file.read_at(buf, offset)?;
        if read == 0 {
            buf.fill(0);
            return Ok(());
        }
        buf = buf.get_mut(read..).unwrap_or_default();
        offset += read as u64;
    }
    Ok(())
}

/// The first `length` bytes.
fn part(buf: &mut [u8], length: usize) -> &mut [u8] {
    let end = length.min(buf.len());
    buf.get_mut(..end).unwrap_or_default()
}
