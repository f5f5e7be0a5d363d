//! Disk images with some bytes wrong. An input says which: five bytes each, a place among the bytes that an image has
//! (four of them) and what stands there instead.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use warp::image::files::{Kind, System};
use warp::image::{disk, kernel, loader};

/// An image, and the stretches of it that are not zero.
pub struct Image {
    path: PathBuf,
    data: Vec<(u64, u64)>,
    /// Bytes in them.
    length: u64,
}

/// What is read of one image at most, in bytes: wrong sizes would have zeros read for hours.
const MOST: u64 = 64 << 20;

/// A piece that is looked at for zeros, in bytes.
const PIECE: usize = 512;

fn run(program: &str, args: &[&str]) {
    let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap());
    let out = Command::new(program).args(args).env("PATH", path).output().unwrap();
    assert!(out.status.success(), "{program}: {}", String::from_utf8_lossy(&out.stderr));
}

impl Image {
    /// `name` is one of `ext4`, `xfs4`, `xfs5` and `qcow2`.
    pub fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz/images").join(name);
        let _ = fs::remove_dir_all(&folder);
        let root = folder.join("root");
        for below in ["etc", "usr", "boot/loader/entries", "many"] {
            fs::create_dir_all(root.join(below)).unwrap();
        }
        for i in 0..120 {
            fs::write(root.join(format!("many/{i}-{}", "n".repeat(i))), "x".repeat(i * 40)).unwrap();
        }
        for file in ["vmlinuz-6.1", "initrd.img-6.1"] {
            fs::write(root.join("boot").join(file), vec![b'k'; 70_000]).unwrap();
        }
        fs::write(root.join("boot/loader/entries/a.conf"), "title A\nlinux /vmlinuz-6.1\noptions ro\n")
            .unwrap();
        fs::write(root.join("etc/fstab"), "/dev/vda1 / ext4 defaults 0 0\n").unwrap();
        std::os::unix::fs::symlink("../etc/fstab", root.join("usr/link")).unwrap();
        let text = |name: &str| folder.join(name).display().to_string();
        let raw = text("image.raw");
        let ext4 = |to: &str| run("mke2fs", &["-q", "-F", "-t", "ext4", "-d", &text("root"), to, "8M"]);
        let xfs = |options: &[&str]| {
            let mut lines = String::from("/unused\n0 0\nd--755 0 0\n");
            prototype(&root, &mut lines);
            fs::write(text("prototype"), lines + "$\n").unwrap();
            File::create(&raw).unwrap().set_len(320 << 20).unwrap();
            run("mkfs.xfs", &[&["-q", "-f", "-p", &text("prototype")], options, &[&raw]].concat());
        };
        let path = match name {
            "ext4" => {
                ext4(&raw);
                raw
            }
            "xfs4" => {
                xfs(&["-m", "crc=0"]);
                raw
            }
            "xfs5" => {
                xfs(&[]);
                raw
            }
            _ => {
                ext4(&raw);
                let to = text("image.qcow2");
                run("qemu-img", &["convert", "-c", "-O", "qcow2", &raw, &to]);
                to
            }
        };
        let data = data(Path::new(&path)).unwrap();
        let length = data.iter().map(|(_, length)| length).sum();
        Image { path: path.into(), data, length }
    }

    /// Reads the image with these bytes wrong.
    pub fn read(&self, input: &[u8]) {
        let file = OpenOptions::new().read(true).write(true).open(&self.path).unwrap();
        let mut right = Vec::new();
        for wrong in input.as_chunks::<5>().0 {
            let [a, b, c, d, byte] = *wrong;
            let at = self.place(u64::from(u32::from_le_bytes([a, b, c, d])) % self.length);
            let mut old = [0];
            file.read_exact_at(&mut old, at).unwrap();
            file.write_all_at(&[byte], at).unwrap();
            right.push((at, old));
        }
        look(&self.path);
        for (at, old) in right.iter().rev() {
            file.write_all_at(old, *at).unwrap();
        }
    }

    /// The image's byte that is so many bytes into its data.
    fn place(&self, mut into: u64) -> u64 {
        for (start, length) in &self.data {
            if into < *length {
                return start + into;
            }
            into -= length;
        }
        0
    }
}

/// The stretches that are not zero.
fn data(path: &Path) -> io::Result<Vec<(u64, u64)>> {
    let (file, mut found) = (File::open(path)?, Vec::<(u64, u64)>::new());
    let mut piece = [0; PIECE];
    for at in (0..file.metadata()?.len()).step_by(PIECE) {
        let length = file.read_at(&mut piece, at)? as u64;
        if piece.iter().all(|byte| *byte == 0) {
            continue;
        }
        match found.last_mut() {
            Some((start, so_far)) if *start + *so_far == at => *so_far += length,
            _ => found.push((at, length)),
        }
    }
    Ok(found)
}

/// The lines by which mkfs.xfs fills a file system.
fn prototype(folder: &Path, lines: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if let Ok(target) = path.read_link() {
            lines.push_str(&format!("{name} l--777 0 0 {}\n", target.display()));
        } else if path.is_dir() {
            lines.push_str(&format!("{name} d--755 0 0\n"));
            prototype(&path, lines);
            lines.push_str("$\n");
        } else {
            lines.push_str(&format!("{name} ---644 0 0 {}\n", path.display()));
        }
    }
}

/// Everything that warp reads of an image.
fn look(path: &Path) {
    let _ = disk::verify(path).map_err(|e| e.to_string());
    let _ = kernel::read(path).map_err(|e| e.to_string());
    let Ok(system) = System::open(path, None).map_err(|e| e.to_string()) else { return };
    let _ = loader::entries(&system);
    let (mut left, mut folders) = (MOST, vec![PathBuf::from("/")]);
    while let Some(folder) = folders.pop() {
        for (name, meta) in system.list(&folder).unwrap_or_default() {
            let path = folder.join(name);
            match meta.kind {
                // A folder that is in itself has no end.
                Kind::Directory if path.components().count() < 8 => folders.push(path),
                Kind::File if meta.size <= left => {
                    left -= meta.size;
                    let _ = system.copy(&path, &mut io::sink()).map_err(|e| e.to_string());
                }
                Kind::Link => drop(system.target(&path)),
                _ => {}
            }
        }
    }
}
