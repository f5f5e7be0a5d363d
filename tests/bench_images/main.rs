//! `make bench`: warp beside libguestfs, on the same image, in one run: a kernel copied out, and five changes made; and
//! three guests reverted beside the boot of one.
//!
//! Kernels must be equal byte for byte. Figures are medians of `BENCH_RUNS` (3); what issue 4 asks for is asserted.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test ends by panicking"
)]

#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "../support/mod.rs"]
mod support;

#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "../injection/guests.rs"]
mod guests;

#[path = "../support/left.rs"]
#[allow(dead_code, reason = "each test program uses a part of it")]
mod left;

#[allow(dead_code, reason = "each test program uses a part of it")]
#[path = "../undercloud/lab.rs"]
mod lab;

mod reverts;

use guests::{FileSystem, Initrd, Kind, Layout};
use std::path::Path;
use std::process::Command;
use std::time::Instant;
use warp::image::boot::{self, Wanted, Way};
use warp::image::inject::{File, HostKey, Injection, User};

/// A public key that nobody has the other half of.
const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGq3Hq1Dd1p6vX4bO0bq4mZ8cC0w1lqk1Cw5mJ0Jt9bT bench";

fn main() {
    let kind =
        Kind { file_system: FileSystem::Xfs, layout: Layout::Gpt, initrd: Initrd::Dracut, cloud_init: false };
    let (revert, boot) = reverts::measure(kind, |work| median(work));
    println!(
        "revert     three guests put back and logged in to {revert:>8.1} s, one guest's own boot {boot:>8.1} s"
    );
    let (image, root) = (guests::image(kind), support::scratch("bench-images"));
    let kernel = warp::image::kernel::read(&image).unwrap();
    let path = format!("/boot/vmlinuz-{}", kernel.version);
    // libguestfs wants the folder's own mode, also where the modules are elsewhere: a container has none.
    let _modules = Folder::made(Path::new("/lib/modules"));
    let text = |name: &str| root.join(name).display().to_string();
    for folder in ["ours", "theirs"] {
        std::fs::create_dir_all(root.join(folder)).unwrap();
    }
    std::fs::write(root.join("key.pub"), format!("{KEY}\n")).unwrap();
    let image_text = image.display().to_string();

    let ours = median(|| {
        run(support::warp().args(["image", "cp-out", &image_text, &path, &text("ours")]));
    });
    let theirs = median(|| {
        run(guestfs("virt-copy-out").args(["-a", &image_text, &path, &text("theirs")]));
    });
    let name = Path::new(&path).file_name().unwrap();
    let read = |folder: &str| std::fs::read(root.join(folder).join(name)).unwrap();
    assert!(read("ours") == read("theirs"), "the kernels differ");
    told("cp-out", "virt-copy-out", ours, theirs, 100.0);

    let injection = Injection {
        hostname: Some("bench".to_owned()),
        users: vec![User {
            name: "stack".to_owned(),
            shell: "/bin/bash".to_owned(),
            groups: Vec::new(),
            sudo: false,
            authorized_keys: vec![KEY.to_owned()],
        }],
        host_keys: vec![HostKey { private: "private".to_owned(), public: KEY.to_owned() }],
        files: vec![File {
            path: "/etc/bench".to_owned(),
            mode: "0644".to_owned(),
            owner: "root".to_owned(),
            content: "bench\n".to_owned(),
        }],
        ..Injection::default()
    };
    let wanted = Wanted { injection: Some(&injection), way: Way::Initrd, ..Wanted::of(&image) };
    let overlay = text("overlay.qcow2");
    let fresh = || {
        run(Command::new("qemu-img").args([
            "create",
            "-q",
            "-f",
            "qcow2",
            "-F",
            "qcow2",
            "-b",
            &image_text,
            &overlay,
        ]));
    };
    let ours = median(|| {
        fresh();
        for file in ["bench.vmlinuz", "bench.initrd"] {
            let _ = std::fs::remove_file(root.join(file));
        }
        boot::prepare(&wanted, &root, "bench", false).unwrap();
    });
    let theirs = median(|| {
        fresh();
        let key = format!("stack:file:{}", text("key.pub"));
        run(guestfs("virt-customize").args([
            "-a",
            &overlay,
            "--hostname",
            "bench",
            "--run-command",
            "useradd -m -s /bin/bash stack",
            "--ssh-inject",
            &key,
            "--write",
            "/etc/ssh/ssh_host_ed25519_key:private",
            "--write",
            "/etc/bench:bench",
        ]));
    });
    told("injection", "virt-customize", ours, theirs, 20.0);
}

/// A folder that is gone again with it, where it was not there before.
struct Folder<'a>(Option<&'a Path>);

impl<'a> Folder<'a> {
    fn made(path: &'a Path) -> Self {
        Folder(std::fs::create_dir(path).is_ok().then_some(path))
    }
}

impl Drop for Folder<'_> {
    fn drop(&mut self) {
        let _ = self.0.map(std::fs::remove_dir);
    }
}

/// libguestfs without a daemon, with the emulator and the kernel that the image has: the machine may have none of its own.
fn guestfs(program: &str) -> Command {
    let tree = guests::trees().join("without");
    let modules = std::fs::read_dir(tree.join("lib/modules")).unwrap().next().unwrap().unwrap();
    let kernel = tree.join(format!("boot/vmlinuz-{}", modules.file_name().display()));
    let mut command = Command::new(program);
    command
        .env("LIBGUESTFS_BACKEND", "direct")
        .env("LIBGUESTFS_BACKEND_SETTINGS", "force_tcg")
        .env("SUPERMIN_KERNEL", kernel)
        .env("SUPERMIN_MODULES", modules.path());
    command
}

fn run(command: &mut Command) {
    let out =
        command.output().unwrap_or_else(|e| panic!("{command:?}: {e}; apt-get install libguestfs-tools"));
    assert!(out.status.success(), "{command:?}: {}", support::streams(&out));
}

fn median(mut work: impl FnMut()) -> f64 {
    let runs: usize = std::env::var("BENCH_RUNS").ok().and_then(|n| n.parse().ok()).unwrap_or(3);
    let mut seconds: Vec<f64> = (0..runs.max(1))
        .map(|_| {
            let began = Instant::now();
            work();
            began.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

fn told(what: &str, other: &str, ours: f64, theirs: f64, least: f64) {
    let ratio = theirs / ours;
    println!("{what:<10} warp {ours:>8.3} s, {other} {theirs:>8.1} s: {ratio:.0} times as fast");
    assert!(ratio >= least, "{what}: less than {least} times as fast as {other}");
}
