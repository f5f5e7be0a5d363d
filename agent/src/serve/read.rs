//! Sending a file.

use crate::digest::Hashing;
use crate::outcome::Outcome;
use crate::stream;
use sha1::Sha1;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;

/// How much may come of a file that does not say how long it is, as those of the kernel: one that goes on is refused.
const MOST_UNTOLD: u64 = 256 << 20;

/// Sends a file's bytes, as many as it had when it was opened, and answers with their number and SHA-1.
pub(super) fn file(path: &str, to: &mut impl Write) -> Outcome {
    // A pipe without a writer must not hold the request up.
    let opened = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path);
    let (file, told) = match opened.and_then(|f| f.metadata().map(|meta| (f, meta))) {
        Ok((_, meta)) if meta.is_dir() => {
            return Outcome::failed(format!("the remote file is a directory, which cannot be read: {path}"));
        }
        Ok((_, meta)) if !meta.is_file() => {
            return Outcome::failed(format!("the remote file is not a regular file: {path}"));
        }
        Ok((file, meta)) => (file, meta.len()),
        Err(e) if e.kind() == ErrorKind::NotFound => {
            return Outcome::failed(format!("the remote file does not exist: {path}"));
        }
        Err(e) => return Outcome::failed(format!("the remote file cannot be read: {path}: {e}")),
    };
    // One that grows all the while has an end too.
    let most = if told > 0 { told } else { MOST_UNTOLD };
    let mut bounded = file.take(most);
    let mut hashing = Hashing::<Sha1>::new(&mut bounded);
    match stream::copy(&mut hashing, to) {
        Ok(size) if size == MOST_UNTOLD && told == 0 => Outcome::failed(format!(
            "the remote file does not say how long it is, and did not end after {MOST_UNTOLD} bytes: {path}"
        )),
        Ok(size) => Outcome::ok().with("size", size).with("checksum", hashing.finish()),
        Err(e) => Outcome::failed(format!("reading the remote file broke off: {path}: {e}")),
    }
}
