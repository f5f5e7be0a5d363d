//! Small images with a kernel in them.

use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Runs a tool and gives what it printed.
pub fn run(program: &str, args: &[&str]) -> String {
    let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap());
    let out = Command::new(program)
        .args(args)
        .env("PATH", path)
        .output()
        .unwrap_or_else(|e| panic!("{program}: {e}"));
    assert!(out.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

/// A folder with images that are removed with it.
pub struct Fixture {
    /// The folder.
    pub dir: TempDir,
}

/// Bytes that do not compress and differ by `seed`.
pub fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let mut byte = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 56) as u8
    };
    (0..len).map(|_| byte()).collect()
}

impl Fixture {
    /// `root.raw`, an ext4 file system with two kernels in /boot; 6.1.0-10 is the newest that has an initrd.
    pub fn new() -> Self {
        let fixture = Fixture { dir: tempfile::tempdir().unwrap() };
        let boot = fixture.path("root").join("boot");
        std::fs::create_dir_all(&boot).unwrap();
        for folder in ["etc", "usr"] {
            std::fs::create_dir_all(fixture.path("root").join(folder)).unwrap();
        }
        for (seed, name) in (1..).zip([
            "vmlinuz-6.1.0-9",
            "initrd.img-6.1.0-9",
            "vmlinuz-6.1.0-10",
            "initrd.img-6.1.0-10",
            "vmlinuz-6.2.0",
        ]) {
            std::fs::write(boot.join(name), noise(700_000 + 1111 * seed as usize, seed)).unwrap();
        }
        let raw = fixture.text("root.raw");
        run("truncate", &["-s", "24M", &raw]);
        run("mke2fs", &["-q", "-F", "-t", "ext4", "-d", &fixture.text("root"), &raw]);
        fixture
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// The raw image as qcow2, with these options to `qemu-img convert`.
    pub fn qcow2(&self, name: &str, options: &[&str]) -> PathBuf {
        let (raw, to) = (self.text("root.raw"), self.text(name));
        let mut args = vec!["convert", "-f", "raw", "-O", "qcow2"];
        args.extend(options);
        args.extend([raw.as_str(), to.as_str()]);
        run("qemu-img", &args);
        self.path(name)
    }

    /// A qcow2 disk of `size` bytes over another image.
    pub fn overlay(&self, path: &Path, base: &Path, size: u64) {
        let format = if base.extension().is_some_and(|e| e == "raw") { "raw" } else { "qcow2" };
        let (path, base) = (path.to_str().unwrap(), base.to_str().unwrap());
        run("qemu-img", &["create", "-q", "-f", "qcow2", "-F", format, "-b", base, path, &size.to_string()]);
    }

    /// What debugfs reads out of the raw image.
    pub fn dump(&self, file: &str) -> Vec<u8> {
        let to = self.text("dump");
        run("debugfs", &["-R", &format!("dump {file} {to}"), &self.text("root.raw")]);
        std::fs::read(to).unwrap()
    }
}

/// The bytes of a file.
pub fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}
