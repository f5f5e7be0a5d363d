//! Growing the partition of a mounted root.

use crate::disk::Disk;
use crate::{Result, gpt, mbr};
use std::ffi::{c_int, c_void};
use std::os::fd::AsRawFd;
use std::path::PathBuf;

/// A partition as the kernel has it.
pub struct Partition {
    /// Its disk's device.
    pub disk: PathBuf,
    /// Bytes of a logical block of the disk.
    pub block: u64,
    /// Its number.
    pub number: u32,
    /// Its first byte.
    pub start: u64,
}

/// `struct blkpg_ioctl_arg` of linux/blkpg.h.
#[repr(C)]
struct Request {
    op: c_int,
    flags: c_int,
    length: c_int,
    data: *const c_void,
}

/// `struct blkpg_partition` of linux/blkpg.h.
#[repr(C)]
struct Described {
    start: i64,
    length: i64,
    number: c_int,
    names: [u8; 128],
}

const BLKPG_RESIZE_PARTITION: c_int = 3;

mod sys {
    nix::ioctl_write_ptr_bad!(blkpg, 0x1269, super::Request);
}

/// Grows it on the disk and in the kernel, where there is free room behind it.
pub fn grow(partition: &Partition) -> Result<()> {
    let disk = Disk::open(&partition.disk, partition.block)?;
    let Some(blocks) = grow_table(&disk, partition.number)? else { return Ok(()) };
    let size = blocks * disk.block;
    let signed = |n: u64| i64::try_from(n).map_err(|e| e.to_string());
    let described = Described {
        start: signed(partition.start)?,
        length: signed(size)?,
        number: c_int::try_from(partition.number).map_err(|e| e.to_string())?,
        names: [0; 128],
    };
    let request = Request {
        op: BLKPG_RESIZE_PARTITION,
        flags: 0,
        length: size_of::<Described>() as c_int,
        data: (&raw const described).cast(),
    };
    // SAFETY: the request points to a description that outlives the call, in the form that the kernel knows.
    unsafe { sys::blkpg(disk.file.as_raw_fd(), &raw const request) }
        .map_err(|e| format!("the kernel keeps the size of partition {}: {e}", partition.number))?;
    Ok(())
}

/// Grows it in the table; gives its new size in blocks where it changed.
fn grow_table(disk: &Disk, number: u32) -> Result<Option<u64>> {
    let mut sector = disk.read(0, 512)?;
    if sector.last_chunk() != Some(&[0x55, 0xaa]) {
        return Err("the disk has no table of partitions that is known".to_owned());
    }
    if mbr::kinds(&sector).contains(&0xee) {
        gpt::grow(disk, &mut sector, number)
    } else {
        mbr::grow(disk, &mut sector, number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::process::{Command, Stdio};

    const MIB: u64 = 1 << 20;

    /// A disk in a file that is larger than when sfdisk made this table on it.
    fn disk(table: &str, before: u64, now: u64) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(before).unwrap();
        let mut sfdisk = Command::new("/sbin/sfdisk");
        let mut sfdisk = sfdisk.arg("-q").arg(file.path()).stdin(Stdio::piped()).spawn().unwrap();
        sfdisk.stdin.take().unwrap().write_all(table.as_bytes()).unwrap();
        assert!(sfdisk.wait().unwrap().success());
        file.as_file().set_len(now).unwrap();
        file
    }

    /// The partitions that sfdisk finds.
    fn dump(file: &tempfile::NamedTempFile) -> Vec<String> {
        let out = Command::new("/sbin/sfdisk").arg("--dump").arg(file.path()).output().unwrap();
        let text = String::from_utf8(out.stdout).unwrap();
        text.lines().filter_map(|l| l.split_once(" : ")).map(|(_, what)| what.replace(' ', "")).collect()
    }

    /// The same where sfdisk has nothing to complain of.
    fn told(file: &tempfile::NamedTempFile) -> Vec<String> {
        let verify = Command::new("/sbin/sfdisk").arg("--verify").arg(file.path()).output().unwrap();
        assert!(verify.status.success() && verify.stderr.is_empty(), "{verify:?}");
        dump(file)
    }

    fn grown(file: &tempfile::NamedTempFile, number: u32) -> crate::Result<Option<u64>> {
        grow_table(&Disk::open(file.path(), 512).unwrap(), number)
    }

    #[test]
    fn the_last_partition_grows_to_the_end_and_once() {
        for (label, end) in [("dos", 0), ("gpt", 33)] {
            let file = disk(
                &format!("label: {label}\nstart=2048, size=4096\nstart=6144, size=8192\n"),
                16 * MIB,
                64 * MIB,
            );
            let before = dump(&file);
            let size = 64 * MIB / 512 - 6144 - end;
            assert_eq!(grown(&file, 2), Ok(Some(size)), "{label}");
            let after = told(&file);
            assert_eq!(after.first(), before.first(), "{label}");
            assert_eq!(
                after.get(1),
                before.get(1).map(|l| l.replace("size=8192", &format!("size={size}"))).as_ref()
            );
            assert_eq!(grown(&file, 2), Ok(None), "{label}");
            assert_eq!(grown(&file, 1), Ok(None), "{label}: another begins behind it");
        }
    }

    #[test]
    fn a_partition_grows_to_the_next_one() {
        for label in ["dos", "gpt"] {
            let file = disk(
                &format!("label: {label}\nstart=10240, size=2048\nstart=2048, size=2048\n"),
                16 * MIB,
                64 * MIB,
            );
            assert_eq!(grown(&file, 2), Ok(Some(8192)), "{label}");
            assert!(told(&file).iter().any(|l| l.starts_with("start=2048,size=8192")), "{label}");
        }
    }

    #[test]
    fn a_damaged_table_is_left_alone() {
        let file = disk("label: gpt\nstart=2048, size=4096\n", 16 * MIB, 64 * MIB);
        let open = Disk::open(file.path(), 512).unwrap();
        let mut table = open.read(2, 128).unwrap();
        if let Some(byte) = table.get_mut(40) {
            *byte ^= 1;
        }
        open.write(2, &table).unwrap();
        let before = std::fs::read(file.path()).unwrap();
        assert_eq!(grown(&file, 1), Err("a checksum of the disk's GPT is wrong".to_owned()));
        assert!(std::fs::read(file.path()).unwrap() == before);
        let empty = disk("label: dos\n", MIB, MIB);
        empty.as_file().set_len(0).unwrap();
        empty.as_file().set_len(MIB).unwrap();
        assert_eq!(grown(&empty, 1), Err("the disk has no table of partitions that is known".to_owned()));
        let logical =
            disk("label: dos\nstart=2048, size=8192, type=5\nstart=4096, size=2048\n", 16 * MIB, 64 * MIB);
        assert_eq!(grown(&logical, 5), Err("partition 5 is a logical one, within another".to_owned()));
    }
}
