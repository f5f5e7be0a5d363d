//! The default image, for real.

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
    let (boot, changed) = boot::prepare(&first.path, None, &dir, "undercloud", false).unwrap();
    assert!(changed);
    assert_eq!(boot.root, "/dev/vda");
    assert!(std::fs::metadata(&boot.initrd).unwrap().len() > 1 << 20);
}
