//! Checksums.

use md5::Md5;
use sha1::{Digest, Sha1};
use sha2::{Sha224, Sha256, Sha384, Sha512};
use std::fmt::Write;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Reads what another reader gives, and hashes it on the way.
pub struct Hashing<'a, D> {
    reader: &'a mut dyn Read,
    digest: D,
}

impl<'a, D: Digest> Hashing<'a, D> {
    /// Nothing read yet.
    pub fn new(reader: &'a mut dyn Read) -> Self {
        Hashing { reader, digest: D::new() }
    }

    /// The hash of what was read, in lower-case hex.
    #[must_use]
    pub fn finish(self) -> String {
        hex(&self.digest.finalize())
    }
}

impl<D: Digest> Read for Hashing<'_, D> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.reader.read(buffer)?;
        self.digest.update(buffer.get(..size).unwrap_or_default());
        Ok(size)
    }
}

/// A file's hash in lower-case hex, links followed.
///
/// # Errors
/// It cannot be read.
pub fn file<D: Digest>(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hashing = Hashing::<D>::new(&mut file);
    io::copy(&mut hashing, &mut io::sink())?;
    Ok(hashing.finish())
}

/// A file's SHA-1, which Ansible calls its checksum.
///
/// # Errors
/// It cannot be read.
pub fn sha1(path: &Path) -> io::Result<String> {
    file::<Sha1>(path)
}

/// The names of the ways to hash that modules offer.
pub const ALGORITHMS: &[&str] = &["md5", "sha1", "sha224", "sha256", "sha384", "sha512"];

/// A file's hash by the algorithm of this name; SHA-1 for any other.
///
/// # Errors
/// It cannot be read.
pub fn named(algorithm: &str, path: &Path) -> io::Result<String> {
    match algorithm {
        "md5" => file::<Md5>(path),
        "sha224" => file::<Sha224>(path),
        "sha256" => file::<Sha256>(path),
        "sha384" => file::<Sha384>(path),
        "sha512" => file::<Sha512>(path),
        _ => file::<Sha1>(path),
    }
}

/// Bytes in lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
