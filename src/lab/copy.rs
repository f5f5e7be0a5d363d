//! Copying a disk: what was never written stays unwritten, and where the file system can, nothing is copied at all.

use nix::errno::Errno;
use nix::unistd::{Whence, lseek};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// Copies a file's content into another, which stays the file that it is where it is there. `io::copy` has the kernel
/// share the blocks where it can.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let mut source = File::open(from)?;
    let mut target = OpenOptions::new().write(true).create(true).truncate(true).open(to)?;
    let length = source.metadata()?.len();
    target.set_len(length)?;
    let mut at: i64 = 0;
    loop {
        let start = match lseek(&source, at, Whence::SeekData) {
            // Nothing but a hole is left.
            Err(Errno::ENXIO) => break,
            start => start?,
        };
        at = lseek(&source, start, Whence::SeekHole)?;
        let position = SeekFrom::Start(start.unsigned_abs());
        source.seek(position)?;
        target.seek(position)?;
        io::copy(&mut Read::by_ref(&mut source).take((at - start).unsigned_abs()), &mut target)?;
    }
    target.sync_all()
}

#[cfg(test)]
mod tests {
    use super::copy;
    use std::fs::{self, File};
    use std::os::unix::fs::{FileExt, MetadataExt};

    #[test]
    fn holes_stay_holes_and_the_file_stays_itself() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        let file = File::create(&from).unwrap();
        file.set_len(64 << 20).unwrap();
        file.write_all_at(b"one", 5 << 20).unwrap();
        file.write_all_at(b"two", 40 << 20).unwrap();
        fs::write(&to, "y".repeat(9000)).unwrap();
        let before = fs::metadata(&to).unwrap().ino();
        copy(&from, &to).unwrap();
        assert!(fs::read(&from).unwrap() == fs::read(&to).unwrap());
        let after = fs::metadata(&to).unwrap();
        assert_eq!(after.ino(), before);
        assert!(after.blocks() * 512 < 1 << 20, "{} blocks", after.blocks());
    }
}
