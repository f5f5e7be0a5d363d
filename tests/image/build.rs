//! The default image, for real.

use crate::fetch::Cache;
use std::fs;
use std::path::PathBuf;
use warp::image::{boot, cache, disk};

/// `WARP_TEST_IMAGECACHE=/somewhere cargo test --test image -- --ignored builds` as root.
#[test]
#[ignore = "builds a whole guest: root, the distribution's packages, half a minute"]
fn the_default_image_builds_once() {
    let kept = std::env::var_os("WARP_TEST_IMAGECACHE").map(PathBuf::from);
    let dir = tempfile::tempdir().unwrap();
    let dir = kept.unwrap_or_else(|| dir.path().join("cache"));
    let tell = |what: &str| eprintln!("{what}");
    let first = cache::find(&dir, "undercloud", "lab", false, &tell).unwrap();
    disk::verify(&first.path).unwrap();
    let again = cache::find(&dir, "undercloud", "lab", false, &tell).unwrap();
    assert_eq!((again.built, &again.path), (false, &first.path));
    let (boot, changed) = boot::prepare(&boot::Wanted::of(&first.path), &dir, "undercloud", false).unwrap();
    assert!(changed);
    assert_eq!(boot.root, "/dev/vda");
    assert!(std::fs::metadata(&boot.initrd).unwrap().len() > 1 << 20);
}

#[test]
fn descriptions_are_warps_own_or_in_a_folder() {
    let cache = Cache::new();
    let said = |args: &[&str]| {
        let out = cache.run(&[&["build"], args].concat());
        String::from_utf8(out.stdout).unwrap() + &String::from_utf8(out.stderr).unwrap()
    };
    assert_eq!(said(&[]), "lab\n");
    let text = said(&["labb"]);
    assert!(text.contains("the descriptions are: lab") && text.contains("./NAME"), "{text}");
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("mine");
    let text = said(&[folder.to_str().unwrap()]);
    assert!(text.contains("mine cannot be read: No such file"), "{text}");
    fs::create_dir(&folder).unwrap();
    let text = said(&[folder.to_str().unwrap()]);
    assert!(text.contains("mine/image.yaml is missing"), "{text}");
    fs::write(folder.join("image.yaml"), "packages: {all: []}\ndisk_gib: 1\npakages: x\n").unwrap();
    let text = said(&[folder.to_str().unwrap()]);
    assert!(text.contains("mine/image.yaml:3:1") && text.contains("pakages"), "{text}");
    assert!(!cache.path().exists());
}
