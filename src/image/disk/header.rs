//! What the header of a qcow2 file says.

use super::{open, unreadable};
use crate::error::{Error, Result};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// The fields of a qcow2 header that reading and verifying need; offsets and sizes are in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The size of the disk, as a guest sees it.
    pub size: u64,
    /// The size of a cluster, a power of two.
    pub cluster: u64,
    /// The file that this one is laid over, and its format where it is named.
    pub backing: Option<(PathBuf, Option<String>)>,
    /// Where the L1 table is.
    pub l1_offset: u64,
    /// The entries of the L1 table.
    pub l1_entries: u64,
    /// Where the table of reference counts is.
    pub refcounts_offset: u64,
    /// The size of that table.
    pub refcounts_size: u64,
    /// log2 of a reference count's bits.
    pub refcount_order: u32,
    /// Whether its reference counts may be behind.
    pub unclean: bool,
    /// Internal snapshots.
    pub snapshots: u32,
    /// Where the table of snapshots is.
    pub snapshots_offset: u64,
    /// How clusters are compressed: 0 is deflate, 1 zstd.
    pub compression: u8,
}

/// The parts of a header of version 2 and of version 3.
const V2_LENGTH: u64 = 72;
const V3_LENGTH: u64 = 104;

/// Incompatible feature bits.
const UNCLEAN: u64 = 1;
const CORRUPT: u64 = 1 << 1;
const COMPRESSION: u64 = 1 << 3;
/// Unclean reference counts and the compression type's field: neither stands in a reader's way.
const HARMLESS: u64 = UNCLEAN | COMPRESSION;

/// The header extension that names the backing file's format.
const BACKING_FORMAT: u32 = 0xe279_2aca;

impl Header {
    /// Reads and checks the header of a qcow2 file.
    ///
    /// # Errors
    /// The file ends in it, or it says what cannot be or what warp cannot read.
    pub fn read(path: &Path) -> Result<Self> {
        let file = open(path)?;
        let length = file.metadata().map_err(|e| unreadable(path, &e))?.len();
        let mut bytes = vec![0; usize::try_from(length.min(64 << 10)).unwrap_or(0)];
        file.read_exact_at(&mut bytes, 0).map_err(|e| unreadable(path, &e))?;
        Self::parse(&bytes, path)
            .map_err(|what| Error::input(format!("the image {}: {what}", path.display())))
    }

    fn parse(bytes: &[u8], path: &Path) -> Result<Self, String> {
        let version = u32_at(bytes, 4)?;
        let needed = match version {
            2 => V2_LENGTH,
            3 => V3_LENGTH,
            other => return Err(format!("qcow2 version {other} is not supported; 2 and 3 are")),
        };
        if (bytes.len() as u64) < needed {
            return Err(format!(
                "truncated: the header has {needed} bytes, the file ends at {}",
                bytes.len()
            ));
        }
        let features = if version == 3 { u64_at(bytes, 72)? } else { 0 };
        if features & CORRUPT != 0 {
            return Err("it is marked corrupt".to_owned());
        }
        if features & !(HARMLESS) != 0 {
            return Err(format!(
                "it uses features that warp does not read (incompatible bits {features:#x})"
            ));
        }
        let cluster_bits = u32_at(bytes, 20)?;
        if !(9..=21).contains(&cluster_bits) {
            return Err(format!(
                "damaged header: clusters of 2^{cluster_bits} bytes; 2^9 to 2^21 are possible"
            ));
        }
        if u32_at(bytes, 32)? != 0 {
            return Err("it is encrypted; warp does not read encrypted images".to_owned());
        }
        let cluster = 1u64 << cluster_bits;
        let header_length = if version == 3 { u64::from(u32_at(bytes, 100)?) } else { V2_LENGTH };
        let compression = match bytes.get(104) {
            Some(kind) if features & COMPRESSION != 0 && header_length > 104 => *kind,
            _ => 0,
        };
        if compression > 1 {
            return Err(format!("its clusters are compressed in an unknown way ({compression})"));
        }
        let refcount_order = if version == 3 { u32_at(bytes, 96)? } else { 4 };
        if refcount_order > 6 {
            return Err(format!(
                "damaged header: reference counts of 2^{refcount_order} bits; 2^0 to 2^6 are possible"
            ));
        }
        Ok(Header {
            size: u64_at(bytes, 24)?,
            cluster,
            backing: backing(bytes, header_length, path)?,
            l1_offset: u64_at(bytes, 40)?,
            l1_entries: u64::from(u32_at(bytes, 36)?),
            refcounts_offset: u64_at(bytes, 48)?,
            refcounts_size: u64::from(u32_at(bytes, 56)?) * cluster,
            refcount_order,
            unclean: features & UNCLEAN != 0,
            snapshots: u32_at(bytes, 60)?,
            snapshots_offset: u64_at(bytes, 64)?,
            compression,
        })
    }
}

impl Header {
    /// A header of version 3 with what reading needs: without a backing file, features or extensions.
    #[must_use]
    pub fn plain(&self) -> Vec<u8> {
        let mut bytes = b"QFI\xfb\0\0\0\x03".to_vec();
        bytes.extend([0; 12]);
        bytes.extend(self.cluster.trailing_zeros().to_be_bytes());
        bytes.extend(self.size.to_be_bytes());
        bytes.extend([0; 4]);
        bytes.extend(u32::try_from(self.l1_entries).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend(self.l1_offset.to_be_bytes());
        bytes.extend(self.refcounts_offset.to_be_bytes());
        bytes.extend(u32::try_from(self.refcounts_size / self.cluster).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend([0; 36]);
        bytes.extend(self.refcount_order.to_be_bytes());
        bytes.extend(u32::try_from(V3_LENGTH).unwrap_or(0).to_be_bytes());
        // The end of the extensions.
        bytes.extend([0; 8]);
        bytes
    }
}

/// The backing file, relative to the folder of the image, and its format.
fn backing(
    bytes: &[u8],
    header_length: u64,
    path: &Path,
) -> Result<Option<(PathBuf, Option<String>)>, String> {
    let offset = u64_at(bytes, 8)?;
    if offset == 0 {
        return Ok(None);
    }
    let name = text_at(bytes, offset, u64::from(u32_at(bytes, 16)?))
        .ok_or_else(|| format!("damaged header: the name of its backing file is not at byte {offset}"))?;
    if name.split_once(':').is_some_and(|(scheme, _)| !scheme.contains('/')) {
        return Err(format!("its backing file is not a plain file: \"{name}\""));
    }
    let mut format = None;
    let mut at = header_length;
    while let (Ok(kind), Ok(length)) = (u32_at(bytes, at), u32_at(bytes, at + 4)) {
        match kind {
            0 => break,
            BACKING_FORMAT => format = text_at(bytes, at + 8, u64::from(length)),
            _ => {}
        }
        at += 8 + u64::from(length).next_multiple_of(8);
    }
    Ok(Some((path.parent().unwrap_or(Path::new("")).join(name), format)))
}

fn text_at(bytes: &[u8], offset: u64, length: u64) -> Option<String> {
    let start = usize::try_from(offset).ok()?;
    let end = usize::try_from(offset.checked_add(length)?).ok()?;
    String::from_utf8(bytes.get(start..end)?.to_vec()).ok()
}

fn array_at<const N: usize>(bytes: &[u8], offset: u64) -> Result<[u8; N], String> {
    usize::try_from(offset).ok().and_then(|o| bytes.get(o..)?.first_chunk::<N>()).copied().ok_or_else(|| {
        format!("truncated: the header goes on at byte {offset}, the file ends at {}", bytes.len())
    })
}

fn u32_at(bytes: &[u8], offset: u64) -> Result<u32, String> {
    array_at(bytes, offset).map(u32::from_be_bytes)
}

fn u64_at(bytes: &[u8], offset: u64) -> Result<u64, String> {
    array_at(bytes, offset).map(u64::from_be_bytes)
}
