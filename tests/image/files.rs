//! `warp image`: what is read out of images is what was put into them.

use crate::fixture::{Fixture, run};
use assert_cmd::Command;
use std::fmt::Write as _;
use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

/// Runs `warp image` and gives what it printed.
fn warp(args: &[&str]) -> String {
    let out = Command::cargo_bin("warp").unwrap().arg("image").args(args).output().unwrap();
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

/// What it says when it fails.
fn refused(args: &[&str]) -> String {
    let out = Command::cargo_bin("warp").unwrap().arg("image").args(args).output().unwrap();
    assert!(!out.status.success(), "{args:?} succeeds");
    String::from_utf8(out.stderr).unwrap()
}

/// A folder that is hard to read: a large directory, links, holes, names of all lengths, permissions.
fn difficult(f: &Fixture) {
    let root = f.path("root");
    for folder in ["many", "deep/a/b", "home/me"] {
        std::fs::create_dir_all(root.join(folder)).unwrap();
    }
    for i in 0..600 {
        std::fs::write(root.join(format!("many/file-{}-{i}", "n".repeat(i % 200))), format!("{i}\n"))
            .unwrap();
    }
    std::fs::write(root.join("etc/os-release"), "PRETTY_NAME=\"Test Linux 9\"\nID=test\n").unwrap();
    std::fs::write(root.join("deep/a/b/empty"), "").unwrap();
    std::fs::write(root.join("deep/exact"), vec![7; 4096]).unwrap();
    let sparse = std::fs::File::create(root.join("deep/sparse")).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&sparse, b"in the middle", 1_500_000).unwrap();
    sparse.set_len(3_000_001).unwrap();
    symlink("../etc/os-release", root.join("usr/os-release")).unwrap();
    symlink("/deep", root.join("absolute")).unwrap();
    symlink("x/".repeat(150), root.join("deep/long")).unwrap();
    symlink("round", root.join("round")).unwrap();
    std::fs::write(root.join("home/me/key"), "secret\n").unwrap();
    std::fs::set_permissions(root.join("home/me/key"), Permissions::from_mode(0o600)).unwrap();
    std::fs::set_permissions(root.join("home/me"), Permissions::from_mode(0o710)).unwrap();
}

/// The lines of a file that mkfs.xfs fills a file system by.
fn prototype(folder: &Path, text: &mut String) {
    let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    names.sort();
    for path in names {
        let meta = path.symlink_metadata().unwrap();
        let (name, mode) = (path.file_name().unwrap().to_str().unwrap(), meta.mode() & 0o777);
        if meta.is_symlink() {
            let target = path.read_link().unwrap();
            writeln!(text, "{name} l--{mode:03o} 0 0 {}", target.display()).unwrap();
        } else if meta.is_dir() {
            writeln!(text, "{name} d--{mode:03o} 0 0").unwrap();
            prototype(&path, text);
            text.push_str("$\n");
        } else {
            writeln!(text, "{name} ---{mode:03o} 0 0 {}", path.display()).unwrap();
        }
    }
}

/// `name`, an XFS file system with the fixture's folder in it.
fn xfs(f: &Fixture, name: &str, options: &[&str]) -> String {
    let mut text = String::from("/unused\n0 0\nd--755 0 0\n");
    prototype(&f.path("root"), &mut text);
    text.push_str("$\n");
    std::fs::write(f.path("prototype"), text).unwrap();
    let (image, from) = (f.text(name), f.text("prototype"));
    run("truncate", &["-s", "320M", &image]);
    let mut args = vec!["-q", "-p", &from];
    args.extend(options);
    args.push(&image);
    run("mkfs.xfs", &args);
    image
}

/// Copies everything out of an image and compares it, with permissions.
fn same(f: &Fixture, image: &str) {
    let out = f.path("out");
    let _ = std::fs::remove_dir_all(&out);
    std::fs::create_dir(&out).unwrap();
    warp(&["cp-out", image, "/", out.to_str().unwrap()]);
    let _ = std::fs::remove_dir(out.join("lost+found"));
    run("diff", &["-r", "--no-dereference", &f.text("root"), &f.text("out")]);
    let modes = |folder: &str| {
        run("sh", &["-c", &format!("cd {folder} && find . -mindepth 1 -printf '%p %m %l\n' | sort")])
    };
    assert_eq!(modes(&f.text("root")), modes(&f.text("out")), "{image}");
}

#[test]
fn every_kind_of_xfs_is_read() {
    let f = Fixture::new();
    difficult(&f);
    for (name, options) in [
        ("five.raw", &[][..]),
        ("four.raw", &["-m", "crc=0"]),
        ("blocks.raw", &["-b", "size=1024"]),
        ("directories.raw", &["-n", "size=16384"]),
        ("plain.raw", &["-m", "bigtime=0,reflink=0", "-i", "nrext64=0"]),
        ("extents.raw", &["-i", "nrext64=1"]),
        ("sectors.raw", &["-s", "size=4096"]),
        ("groups.raw", &["-d", "agsize=20000b"]),
    ] {
        same(&f, &xfs(&f, name, options));
    }
}

#[test]
fn every_kind_of_qcow2_is_read() {
    let f = Fixture::new();
    difficult(&f);
    let raw = f.text("root.raw");
    run("truncate", &["-s", "64M", &raw]);
    run("mke2fs", &["-q", "-F", "-t", "ext4", "-d", &f.text("root"), &raw]);
    same(&f, &raw);
    for (i, options) in [
        &[][..],
        &["-c"],
        &["-c", "-o", "compression_type=zstd"],
        &["-c", "-o", "compression_type=zstd,cluster_size=2M"],
        &["-o", "compat=0.10"],
        &["-o", "cluster_size=512"],
    ]
    .into_iter()
    .enumerate()
    {
        let image = f.qcow2(&format!("q{i}.qcow2"), options);
        same(&f, image.to_str().unwrap());
        let over = f.path(&format!("o{i}.qcow2"));
        f.overlay(&over, &image, 80 << 20);
        run("qemu-io", &["-c", "write -P 9 70M 64k", over.to_str().unwrap()]);
        run("qemu-img", &["snapshot", "-c", "one", over.to_str().unwrap()]);
        same(&f, over.to_str().unwrap());
    }
}

#[test]
fn paths_are_followed_as_in_the_guest() {
    let f = Fixture::new();
    difficult(&f);
    let image = xfs(&f, "root.xfs", &[]);
    let release = "PRETTY_NAME=\"Test Linux 9\"\nID=test\n";
    assert_eq!(warp(&["cat", &image, "/usr/os-release"]), release);
    assert_eq!(warp(&["cat", &image, "absolute/../etc/./os-release"]), release);
    assert_eq!(warp(&["ls", &image, "/absolute"]), "a\nexact\nlong\nsparse\n");
    let listed = warp(&["ls", "-l", &image, "/home"]);
    assert!(listed.starts_with("drwx--x---     0     0 "), "{listed}");
    assert!(warp(&["ls", "-l", &image, "usr"]).contains(" os-release -> ../etc/os-release\n"));
    for (args, said) in [
        (&["cat", &image, "/etc"][..], "/etc in the image "),
        (&["cat", &image, "/no/such"], "/no/such in the image "),
        (&["cat", &image, "/round"], "too many levels of symbolic links"),
        (&["ls", &image, "/etc/os-release/x"], "no such file or directory"),
        (&["cp-out", &image, "/etc", "/no/such/folder"], "/no/such/folder is not a directory"),
        (&["ls", "--partition", "3", &image], "it has no partition 3"),
    ] {
        let error = refused(args);
        assert!(error.contains(said), "{args:?}: {error}");
    }
}

/// What is in the way is replaced, never written through.
#[test]
fn copies_are_not_written_through_links() {
    let f = Fixture::new();
    let out = f.path("out");
    std::fs::create_dir(&out).unwrap();
    std::fs::write(f.path("outside"), "mine").unwrap();
    symlink(f.path("outside"), out.join("vmlinuz-6.2.0")).unwrap();
    warp(&["cp-out", &f.text("root.raw"), "/boot/vmlinuz-6.2.0", out.to_str().unwrap()]);
    assert_eq!(std::fs::read(f.path("outside")).unwrap(), b"mine");
    assert_eq!(std::fs::read(out.join("vmlinuz-6.2.0")).unwrap(), f.dump("/boot/vmlinuz-6.2.0"));
    symlink(f.path("root"), out.join("boot")).unwrap();
    let error = refused(&["cp-out", &f.text("root.raw"), "/boot", out.to_str().unwrap()]);
    assert!(error.contains("out/boot is there and is not a directory"), "{error}");
}

/// A disk with the parts of a real system: /boot on a partition of its own, found by fstab, and a boot loader's entries.
#[test]
fn a_system_of_several_partitions_is_one() {
    let f = Fixture::new();
    let uuid = "01234567-89ab-cdef-0123-456789abcdef";
    std::fs::write(f.path("root/etc/fstab"), format!("# a comment\nUUID={uuid} /boot ext4 defaults 0 2\n"))
        .unwrap();
    std::fs::write(f.path("root/etc/os-release"), "PRETTY_NAME='Test Linux 9'\n").unwrap();
    let boot = f.path("bootfs");
    std::fs::rename(f.path("root/boot"), &boot).unwrap();
    std::fs::create_dir(f.path("root/boot")).unwrap();
    std::fs::create_dir_all(boot.join("loader/entries")).unwrap();
    std::fs::create_dir_all(boot.join("grub2")).unwrap();
    for version in ["6.1.0-9", "6.1.0-10"] {
        let entry = format!(
            "title Test ({version})\nlinux /vmlinuz-{version}\ninitrd /initrd.img-{version} $tuned\noptions $kernelopts quiet\n"
        );
        std::fs::write(boot.join(format!("loader/entries/test-{version}.conf")), entry).unwrap();
    }
    let environment = "# GRUB\nsaved_entry=test-6.1.0-9\nkernelopts=root=LABEL=top ro \n";
    std::fs::write(boot.join("grub2/grubenv"), environment).unwrap();
    let root = xfs(&f, "root.xfs", &["-L", "top"]);
    run(
        "mke2fs",
        &["-q", "-F", "-t", "ext4", "-U", uuid, "-d", boot.to_str().unwrap(), &f.text("boot.raw"), "16M"],
    );
    // The root is a logical partition: the fifth.
    let disk = f.text("disk.raw");
    run("truncate", &["-s", "400M", &disk]);
    let table = "label: dos\nstart=2048, size=32768, type=83\nstart=34816, type=5\nstart=36864, size=655360, type=83\n";
    std::fs::write(f.path("table"), table).unwrap();
    run("sh", &["-c", &format!("sfdisk -q {disk} < {}", f.text("table"))]);
    for (from, at) in [(f.text("boot.raw"), "1"), (root, "18")] {
        run(
            "dd",
            &[
                &format!("if={from}"),
                &format!("of={disk}"),
                "bs=1M",
                &format!("seek={at}"),
                "conv=notrunc,sparse",
            ],
        );
    }
    let told: serde_json::Value = serde_json::from_str(&warp(&["info", "--json", &disk])).unwrap();
    let volumes = told["volumes"].as_array().unwrap();
    let seen: Vec<_> =
        volumes.iter().map(|v| (v["number"].as_u64(), v["holds"].as_str(), v["mounted"].as_str())).collect();
    assert_eq!(seen, [(Some(1), Some("ext4"), Some("/boot")), (Some(5), Some("xfs"), Some("/"))]);
    assert_eq!((volumes[0]["uuid"].as_str(), volumes[1]["label"].as_str()), (Some(uuid), Some("top")));
    assert_eq!(told["os"]["PRETTY_NAME"], "Test Linux 9");
    assert_eq!(told["kernels"][0]["version"], "6.1.0-10");
    assert_eq!(told["entries"][0]["id"], "test-6.1.0-9");
    assert_eq!(told["entries"][0]["arguments"], "root=LABEL=top ro quiet");
    assert_eq!(told["entries"][0]["initrd"], "/initrd.img-6.1.0-9");
    assert_eq!(told["entries"][1]["title"], "Test (6.1.0-10)");
    assert!(warp(&["ls", &disk, "/boot"]).contains("vmlinuz-6.1.0-10\n"));
    assert_eq!(warp(&["ls", "--partition", "1", &disk]).lines().next(), Some("grub2"));
    let shown = warp(&["info", &disk]);
    assert!(
        shown.contains("partition 5 xfs, 320.00 MiB") && shown.contains("starts      Test (6.1.0-9)"),
        "{shown}"
    );
}

#[test]
fn an_image_that_is_not_whole_is_told() {
    let f = Fixture::new();
    let image = f.qcow2("image.qcow2", &[]);
    let image = image.to_str().unwrap();
    assert_eq!(warp(&["verify", image]), format!("{image}: whole, 1 file\n"));
    let xfs = xfs(&f, "cut.xfs", &[]);
    run("truncate", &["-s", "200M", &xfs]);
    let error = refused(&["info", &xfs]);
    assert!(error.contains("its XFS file system cannot be read: truncated"), "{error}");
    run("truncate", &["-s", "300000", image]);
    let error = refused(&["verify", image]);
    assert!(error.contains("truncated"), "{error}");
}
