//! Reading, verifying and laying over.

use crate::fixture::{Fixture, read, run};
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;
use warp::image::{boot, disk, kernel};

/// The kernel that is read is debugfs's, byte for byte, from every kind of image that is read.
#[test]
fn the_newest_kernel_with_an_initrd_is_read() {
    let f = Fixture::new();
    let mut images = vec![
        f.path("root.raw"),
        f.qcow2("plain.qcow2", &[]),
        f.qcow2("deflate.qcow2", &["-c"]),
        f.qcow2("zstd.qcow2", &["-c", "-o", "compression_type=zstd"]),
        f.qcow2("old.qcow2", &["-o", "compat=0.10"]),
        f.qcow2("small.qcow2", &["-o", "cluster_size=4096"]),
    ];
    for (i, base) in images.clone().iter().enumerate() {
        images.push(f.path(&format!("over{i}.qcow2")));
        f.overlay(images.last().unwrap(), base, 64 << 20);
    }
    for image in images {
        let found = kernel::read(&image).unwrap_or_else(|e| panic!("{}: {e}", image.display()));
        assert_eq!((found.version.as_str(), found.root.as_str()), ("6.1.0-10", "/dev/vda"));
        assert!(found.kernel == f.dump("/boot/vmlinuz-6.1.0-10"), "{}", image.display());
        assert!(found.initrd == f.dump("/boot/initrd.img-6.1.0-10"), "{}", image.display());
    }
}

/// Partitions of both kinds of table are found, and the root device named after them.
#[test]
fn a_kernel_is_read_out_of_a_partition() {
    let f = Fixture::new();
    for (name, table) in
        [("mbr.raw", "label: dos\nstart=2048, type=83\n"), ("gpt.raw", "label: gpt\nstart=2048\n")]
    {
        let disk = f.text(name);
        run("truncate", &["-s", "40M", &disk]);
        std::fs::write(f.path("table"), table).unwrap();
        run("sh", &["-c", &format!("sfdisk -q {disk} < {}", f.text("table"))]);
        run(
            "dd",
            &[
                &format!("if={}", f.text("root.raw")),
                &format!("of={disk}"),
                "bs=1M",
                "seek=1",
                "conv=notrunc,fsync",
            ],
        );
        let found = kernel::read(&f.path(name)).unwrap();
        assert_eq!(found.root, "/dev/vda1");
        assert!(found.kernel == f.dump("/boot/vmlinuz-6.1.0-10"));
    }
}

#[test]
fn file_systems_that_are_not_read_are_named() {
    let f = Fixture::new();
    for (name, at, magic) in
        [("LVM", 512, "LABELONE"), ("btrfs", 0x10040, "_BHRfS_M"), ("swap", 4086, "SWAPSPACE2")]
    {
        let mut bytes = vec![0; 1 << 20];
        bytes[at..at + magic.len()].copy_from_slice(magic.as_bytes());
        std::fs::write(f.path("other.raw"), &bytes).unwrap();
        let error = kernel::read(&f.path("other.raw")).unwrap_err();
        assert!(error.to_string().contains("it holds no file system that warp reads"), "{error}");
        assert!(format!("{error:?}").contains(&format!("the whole disk: {name}")), "{error:?}");
    }
}

/// A download that was cut off, wherever it was, is told from a whole one.
#[test]
fn a_truncated_qcow2_is_refused() {
    let f = Fixture::new();
    for options in [&[][..], &["-c"][..]] {
        let image = f.qcow2("cut.qcow2", options);
        disk::verify(&image).unwrap();
        let whole = std::fs::metadata(&image).unwrap().len();
        for keep in [whole - 65536, whole / 2, 200_000, 300, 90] {
            OpenOptions::new().write(true).open(&image).unwrap().set_len(keep).unwrap();
            let error = disk::verify(&image).unwrap_err().to_string();
            assert!(error.contains("cut.qcow2"), "{error}");
            assert!(error.contains("truncated: "), "{error}");
            assert!(error.contains(&format!("ends at {keep}")), "{keep}: {error}");
        }
    }
}

#[test]
fn a_truncated_raw_image_is_told_by_its_file_system() {
    let f = Fixture::new();
    OpenOptions::new().write(true).open(f.path("root.raw")).unwrap().set_len(20 << 20).unwrap();
    let error = kernel::read(&f.path("root.raw")).unwrap_err().to_string();
    assert!(error.contains("truncated: the ext4 file system at byte 0"), "{error}");
    assert!(error.contains("is given 20971520 bytes"), "{error}");
}

#[test]
fn damaged_headers_are_refused() {
    let f = Fixture::new();
    let cases: [(u64, &[u8], &str); 6] = [
        (4, &[0, 0, 0, 9], "qcow2 version 9 is not supported"),
        (20, &[0, 0, 0, 60], "clusters of 2^60 bytes"),
        (32, &[0, 0, 0, 2], "it is encrypted"),
        (36, &[0, 0, 0, 0], "needs 1 L1 entries, it has 0"),
        (72, &[0, 0, 0, 0, 0, 0, 0, 2], "it is marked corrupt"),
        (96, &[0, 0, 0, 200], "reference counts of 2^200 bits"),
    ];
    for (offset, bytes, expected) in cases {
        let image = f.qcow2("bad.qcow2", &[]);
        OpenOptions::new().write(true).open(&image).unwrap().write_all_at(bytes, offset).unwrap();
        let error = disk::verify(&image).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

/// Where an image says what is used of it, by qemu's own account of each kind.
#[test]
fn clusters_that_count_as_free_are_told() {
    let f = Fixture::new();
    for options in [
        &["-o", "refcount_bits=1"][..],
        &["-o", "refcount_bits=2,cluster_size=512"],
        &["-o", "refcount_bits=8", "-c"],
        &["-o", "compat=0.10"],
        &["-o", "refcount_bits=32,cluster_size=2M"],
        &["-o", "refcount_bits=64", "-c"],
    ] {
        let image = f.qcow2("counted.qcow2", options);
        assert_eq!(warp(&["verify"], &image), (Some(0), "whole, 1 file".to_owned()), "{options:?}");
        // The table's first entry is the place of the first counts; all of them say free.
        let file = OpenOptions::new().read(true).write(true).open(&image).unwrap();
        let at = |offset| {
            let mut bytes = [0; 8];
            file.read_exact_at(&mut bytes, offset).unwrap();
            u64::from_be_bytes(bytes)
        };
        let counts = at(at(48));
        file.write_all_at(&[0; 512], counts).unwrap();
        let (code, said) = warp(&["verify"], &image);
        assert!(
            code == Some(4)
                && said.contains("damaged: its header is at byte 0, which its reference counts say is free"),
            "{options:?}: {code:?} {said}"
        );
    }
    // One that is a guest's data.
    let image = f.qcow2("counted.qcow2", &[]);
    let file = OpenOptions::new().read(true).write(true).open(&image).unwrap();
    let at = |offset| {
        let mut bytes = [0; 8];
        file.read_exact_at(&mut bytes, offset).unwrap();
        u64::from_be_bytes(bytes)
    };
    let counts = at(at(48));
    file.write_all_at(&[0, 0], counts + 2 * 8).unwrap();
    let (_, said) = warp(&["verify"], &image);
    assert!(
        said.contains("the cluster of the disk's byte ") && said.contains("at byte 524288, which"),
        "{said}"
    );
}

/// `warp image` on an image: how it ended, and what it said of it.
fn warp(args: &[&str], image: &Path) -> (Option<i32>, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_warp")).arg("image").args(args).arg(image).output().unwrap();
    let text = [out.stdout, out.stderr].concat();
    let text = String::from_utf8_lossy(&text).replace(&format!("{}: ", image.display()), "");
    (out.status.code(), text.trim().to_owned())
}

#[test]
fn backing_chains_are_followed_and_loops_refused() {
    let f = Fixture::new();
    let base = f.qcow2("base.qcow2", &[]);
    let top = f.path("top.qcow2");
    f.overlay(&top, &base, 24 << 20);
    disk::verify(&top).unwrap();
    // The base is laid over the top: the chain comes back.
    run(
        "qemu-img",
        &["rebase", "-u", "-f", "qcow2", "-F", "qcow2", "-b", &f.text("top.qcow2"), &f.text("base.qcow2")],
    );
    let error = disk::verify(&top).unwrap_err().to_string();
    assert!(error.contains("is laid over itself"), "{error}");
    std::fs::remove_file(&base).unwrap();
    let error = disk::verify(&top).unwrap_err().to_string();
    assert!(
        error.contains("top.qcow2 is laid over") && error.contains("base.qcow2, which cannot be read"),
        "{error}"
    );
}

/// The files of a boot are written when they differ, and never in check mode.
#[test]
fn boot_files_follow_their_image() {
    let f = Fixture::new();
    let prepare =
        |check| boot::prepare(&boot::Wanted::of(&f.path("root.raw")), f.dir.path(), "node", check).unwrap();
    let (files, changed) = prepare(true);
    assert!(changed && !files.kernel.exists() && !files.initrd.exists());
    assert!(prepare(false).1);
    assert!(read(&files.kernel) == f.dump("/boot/vmlinuz-6.1.0-10"));
    assert!(!prepare(false).1);
    std::fs::write(&files.initrd, "cut").unwrap();
    assert!(prepare(false).1);
    assert!(read(&files.initrd) == f.dump("/boot/initrd.img-6.1.0-10"));
}
