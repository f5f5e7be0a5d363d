//! Sending a file.

use crate::digest::Hashing;
use crate::outcome::Outcome;
use crate::stream;
use sha1::Sha1;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;

/// Sends a file's bytes, and answers with their number and SHA-1.
pub(super) fn file(path: &str, to: &mut impl Write) -> Outcome {
    // A pipe without a writer must not hold the request up.
    let opened = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path);
    let mut file = match opened.and_then(|f| f.metadata().map(|meta| (f, meta))) {
        Ok((_, meta)) if meta.is_dir() => {
            return Outcome::failed(format!("the remote file is a directory, which cannot be read: {path}"));
        }
        Ok((_, meta)) if !meta.is_file() => {
            return Outcome::failed(format!("the remote file is not a regular file: {path}"));
        }
        Ok((file, _)) => file,
        Err(e) if e.kind() == ErrorKind::NotFound => {
            return Outcome::failed(format!("the remote file does not exist: {path}"));
        }
        Err(e) => return Outcome::failed(format!("the remote file cannot be read: {path}: {e}")),
    };
    let mut hashing = Hashing::<Sha1>::new(&mut file);
    match stream::copy(&mut hashing, to) {
        Ok(size) => Outcome::ok().with("size", size).with("checksum", hashing.finish()),
        Err(e) => Outcome::failed(format!("reading the remote file broke off: {path}: {e}")),
    }
}
