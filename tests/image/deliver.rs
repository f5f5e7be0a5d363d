//! Images that are put somewhere, archives with images in them, and the list `images` of a deployment.

use crate::fetch::Cache;
use crate::fixture::{Fixture, read, run};
use crate::server::{Server, md5};
use serde_json::json;
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;
use warp::image::fetch::{Entry, Fetcher, Lines, fetch_all};
use warp::image::store::Store;

#[test]
fn an_image_is_put_where_it_is_wanted_but_over_nobodys_file() {
    let (f, cache) = (Fixture::new(), Cache::new());
    let image = f.qcow2("u.qcow2", &[]);
    let to = f.path("to");
    let args = [image.to_str().unwrap(), "--name", "overcloud-full", "--to", to.to_str().unwrap()];
    let path = cache.fetched(&args);
    assert_eq!(path, to.join("overcloud-full.qcow2"));
    assert!(read(&path) == read(&image));
    // A second time nothing is written, and what a killed one left is removed by the next that writes; a newer image takes its place.
    let before = fs::metadata(&path).unwrap().modified().unwrap();
    cache.fetched(&args);
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), before);
    fs::write(to.join(".warp-image-left"), "part").unwrap();
    let newer = f.qcow2("newer.qcow2", &["-c"]);
    let other = [newer.to_str().unwrap(), args[1], args[2], args[3], args[4]];
    cache.fetched(&other);
    assert!(read(&path) == read(&newer) && !to.join(".warp-image-left").exists());
    // What was changed there since is somebody's.
    fs::write(&path, "mine").unwrap();
    let text = cache.refused(&args);
    assert!(text.contains("is not as warp would have put it there"), "{text}");
    assert_eq!(read(&path), b"mine");
}

/// On an XFS in a mount namespace: as root, where there are loop devices.
#[test]
fn a_copy_is_by_reference_where_the_file_system_can() {
    let dir = TempDir::new().unwrap();
    let disk = dir.path().join("xfs.raw").display().to_string();
    run("truncate", &["-s", "400M", &disk]);
    run("mkfs.xfs", &["-q", "-m", "reflink=1", &disk]);
    let script = "mount -o loop \"$2\" /mnt || exit 77; cd /mnt; \
                  head -c 9000000 /dev/urandom > u.raw; qemu-img convert -O qcow2 u.raw u.qcow2; sync; \
                  \"$1\" image fetch /mnt/u.qcow2 --to /mnt/to > /dev/null; sync; \
                  filefrag -v to/u.qcow2; cmp u.qcow2 to/u.qcow2";
    let args = ["-m", "sh", "-c", script, "sh", env!("CARGO_BIN_EXE_warp"), &disk];
    let out =
        Command::new("unshare").args(args).env("IMAGECACHE", dir.path().join("cache")).output().unwrap();
    if out.status.code() == Some(77) {
        eprintln!("not tried: no loop device can be mounted here");
        return;
    }
    let text = String::from_utf8_lossy(&out.stdout);
    assert!(
        out.status.success() && text.contains("shared"),
        "{text}{}",
        String::from_utf8_lossy(&out.stderr)
    );
}

/// An archive that GNU tar makes of these files in a folder.
fn archive(dir: &Path, options: &[&str], files: &[&str]) -> String {
    let to = dir.join("images.tar").display().to_string();
    let dir = dir.display().to_string();
    run("tar", &[&["-C", &dir, "-cf", &to], options, files].concat());
    to
}

#[test]
fn archives_are_unpacked_side_by_side() {
    let f = Fixture::new();
    f.qcow2("overcloud-full.qcow2", &[]);
    fs::create_dir(f.path("sub")).unwrap();
    fs::write(f.path("sub/overcloud-full.vmlinuz"), "kernel").unwrap();
    for pack in ["-p", "-z", "-J", "--zstd"] {
        let (cache, to) = (Cache::new(), TempDir::new().unwrap());
        let tar = archive(f.dir.path(), &[pack], &["./overcloud-full.qcow2", "sub"]);
        let args = ["fetch", &tar, "--to", to.path().to_str().unwrap()];
        let out = cache.run(&args);
        let printed = String::from_utf8(out.stdout).unwrap();
        assert_eq!(printed.lines().count(), 2, "{pack}: {}", String::from_utf8_lossy(&out.stderr));
        assert!(
            read(&to.path().join("overcloud-full.qcow2")) == read(&f.path("overcloud-full.qcow2")),
            "{pack}"
        );
        assert_eq!(read(&to.path().join("overcloud-full.vmlinuz")), b"kernel");
        assert_eq!(String::from_utf8(cache.run(&args).stdout).unwrap().lines().count(), 2);
    }
}

#[test]
fn hostile_archives_are_refused_whole() {
    let dir = TempDir::new().unwrap();
    let at = dir.path().join("in");
    fs::create_dir_all(at.join("d")).unwrap();
    fs::write(at.join("good"), "good").unwrap();
    fs::write(at.join("d/good"), "other").unwrap();
    fs::write(at.join(".hidden"), "x").unwrap();
    std::os::unix::fs::symlink("/etc/passwd", at.join("link")).unwrap();
    fs::hard_link(at.join("good"), at.join("hard")).unwrap();
    run("mkfifo", &[at.join("pipe").to_str().unwrap()]);
    for (options, files, words) in [
        (&["--transform=s,^d/good,../../evil,"][..], &["good", "d/good"][..], "leads out of it"),
        (&["-P", "--transform=s,^d/good,/tmp/warp-evil,"], &["good", "d/good"], "leads out of it"),
        (&[], &["good", "link"], "is no file but a link"),
        (&[], &["good", "hard"], "is no file but a link"),
        (&[], &["good", "pipe"], "is no file but a pipe"),
        (&[], &["good", "d/good"], "two files \"good\""),
        (&[], &["good", ".hidden"], "hidden file"),
        (&["-T", "/dev/null"], &[], "it has no files"),
    ] {
        let (cache, to) = (Cache::new(), dir.path().join("to"));
        let tar = archive(&at, options, files);
        let text = cache.refused(&[&tar, "--to", to.to_str().unwrap()]);
        assert!(text.contains(words), "{options:?} {files:?}: {text}");
        let left: Vec<_> = fs::read_dir(&to).unwrap().collect();
        assert!(left.is_empty(), "{words}: {left:?}");
    }
    // One that was cut off.
    let tar = archive(&at, &[], &["good"]);
    fs::OpenOptions::new().write(true).open(&tar).unwrap().set_len(600).unwrap();
    let text = Cache::new().refused(&[&tar, "--to", dir.path().join("to").to_str().unwrap()]);
    assert!(text.contains("cannot be read"), "{text}");
    assert!(!dir.path().join("to/good").exists() && !Path::new("/tmp/warp-evil").exists());
}

#[test]
fn a_deployments_list_of_images() {
    let (f, cache) = (Fixture::new(), Cache::new());
    let (under, over) = (f.qcow2("under.qcow2", &[]), f.qcow2("overcloud-full.qcow2", &["-c"]));
    let tar = archive(f.dir.path(), &[], &["overcloud-full.qcow2"]);
    let server = Server::of_image(read(&under));
    let list = |entries: serde_json::Value, name: &str, check: bool| {
        let entries: Vec<Entry> = serde_json::from_value(entries).map_err(|e| e.to_string())?;
        let (store, tell) = (Store::at(&cache.path()), |_: &str| {});
        let lines = Lines::new(&tell);
        let fetcher = Fetcher { store: &store, offline: false, check, watch: &lines };
        fetch_all(&fetcher, &entries, name, &f.path("work"), false).map_err(|e| e.to_string())
    };
    let undercloud = json!({"name": "undercloud", "type": "qcow2", "url": server.url("/u.qcow2")});
    let tarred = json!({"name": "overcloud-full", "type": "tar", "url": format!("file://{tar}")});
    let both = json!([undercloud, tarred]);

    let would = list(both.clone(), "undercloud", true).unwrap();
    assert!(would.changed && !cache.path().exists() && !f.path("work").exists());
    let done = list(both.clone(), "undercloud", false).unwrap();
    assert!(done.changed && would.path == done.path);
    assert_eq!(done.files, [f.path("work/overcloud-full.qcow2")]);
    assert!(read(&done.path) == read(&under) && read(&done.files[0]) == read(&over));
    assert!(!list(both.clone(), "undercloud", false).unwrap().changed);
    // The overcloud's image as the undercloud's, out of an archive.
    assert_eq!(list(both, "overcloud-full", false).unwrap().path, f.path("work/overcloud-full.qcow2"));
    // Another name with an MD5 is the undercloud's; the MD5 is checked.
    let md5sum = format!("{} CentOS.qcow2", md5(&read(&over)));
    let named = |sum: &str| json!([{"name": "CentOS", "type": "qcow2", "url": over.to_str(), "md5sum": sum}]);
    assert_eq!(list(named(&md5sum), "undercloud", false).unwrap().path, over);
    let error = list(named(&"0".repeat(32)), "undercloud", false).unwrap_err();
    assert!(error.contains("the image CentOS: the checksum is wrong"), "{error}");
    // What a list may not say.
    let error = list(json!([{"name": "x", "url": "y", "typ": "tar"}]), "x", false).unwrap_err();
    assert!(error.contains("unknown field `typ`"), "{error}");
    let error = list(json!([tarred]), "undercloud", false).unwrap_err();
    assert!(error.contains("none of the images is undercloud.qcow2: they are overcloud-full"), "{error}");
    let error = list(json!([{"name": "../x", "url": "y"}]), "x", false).unwrap_err();
    assert!(error.contains("\"../x\" is no name of an image"), "{error}");
}
