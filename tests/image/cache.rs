//! Which image is taken, without building one.

use crate::fixture::{Fixture, read};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use warp::image::cache;

fn quiet(_: &str) {}

#[test]
fn the_users_own_image_is_taken_as_it_is() {
    let f = Fixture::new();
    let own = f.qcow2("undercloud.qcow2", &["-c"]);
    let before = read(&own);
    let found = cache::find(f.dir.path(), "undercloud", "lab", false, &quiet).unwrap();
    assert_eq!((&found.path, found.built), (&own, false));
    assert!(read(&own) == before);

    fs::OpenOptions::new().write(true).open(&own).unwrap().set_len(300).unwrap();
    let error = cache::find(f.dir.path(), "undercloud", "lab", false, &quiet).unwrap_err().to_string();
    assert!(error.contains("undercloud.qcow2: truncated"), "{error}");
    assert_eq!(read(&own).len(), 300, "a damaged image is the user's to remove");
}

#[test]
fn check_mode_says_that_an_image_would_be_built() {
    let dir = tempfile::tempdir().unwrap();
    let cache = dir.path().join("cache");
    let found = cache::find(&cache, "undercloud", "lab", true, &quiet).unwrap();
    assert!(found.built && !cache.exists());
    // What is not whole under its name is not taken for done.
    fs::create_dir(&cache).unwrap();
    fs::write(&found.path, b"QFI\xfb").unwrap();
    let error = cache::find(&cache, "undercloud", "lab", false, &quiet).unwrap_err();
    assert!(error.message().contains("truncated"), "{error}");
    assert_eq!(error.help_lines().last().map(String::as_str), Some("remove it: it is built again"));
}

#[test]
fn nothing_is_built_where_others_can_write() {
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let error = cache::find(dir.path(), "undercloud", "lab", false, &quiet).unwrap_err();
    assert!(error.message().contains("other accounts can write there (mode 777"), "{error}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn an_unknown_description_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let error = cache::find(dir.path(), "undercloud", "labb", false, &quiet).unwrap_err();
    assert_eq!(error.message(), "there is no image description \"labb\"");
    assert_eq!(error.help_lines(), ["the descriptions are: lab"]);
}
