//! `warp image prune`.

use crate::fetch::Cache;
use crate::fixture::{Fixture, read};
use crate::server::{Server, md5};
use std::fs;
use std::process::Output;
use warp::image::store;

fn told(out: &Output) -> String {
    assert!(out.status.success(), "{out:?}");
    String::from_utf8(out.stdout.clone()).unwrap()
}

#[test]
fn only_what_warp_fetched_and_nobody_uses_is_removed() {
    let (f, cache) = (Fixture::new(), Cache::new());
    let body = read(&f.qcow2("u.qcow2", &[]));
    let server = Server::of_image(body.clone());
    let path = cache.fetched(&[&server.url("/u.qcow2"), "--name", "undercloud"]);

    // The user's: an image, a kernel, one under the name of its checksum, and one that a fetch found there.
    let mine = read(&f.qcow2("mine.qcow2", &["-c"]));
    let named = format!("{}.qcow2", md5(&mine));
    for (name, content) in [("undercloud.qcow2", &mine), ("vmlinuz", &body), (named.as_str(), &mine)] {
        fs::write(cache.path().join(name), content).unwrap();
    }
    cache.fetched(&[&server.url("/any"), "--name", "found", "--checksum", &md5(&mine)]);
    let all = cache.names();

    assert_eq!(told(&cache.run(&["prune"])), "nothing to remove\n");
    let would = told(&cache.run(&["prune", "--all", "--dry-run"]));
    assert!(
        would.starts_with(&format!("would remove {} (", path.display())) && would.lines().count() == 1,
        "{would}"
    );
    assert_eq!(cache.names(), all);

    // A disk that is laid over it keeps it.
    let disk = f.path("disk.qcow2");
    f.overlay(&disk, &path, 48 << 20);
    store::used_by(&path, &disk).unwrap();
    let kept = told(&cache.run(&["prune", "--all"]));
    assert_eq!(kept, format!("kept {}: the disk {} is laid over it\n", path.display(), disk.display()));
    fs::remove_file(&disk).unwrap();
    // So does a change by somebody.
    let file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    file.set_len(body.len() as u64 + 1).unwrap();
    let kept = told(&cache.run(&["prune", "--all"]));
    assert!(kept.contains("it was changed since"), "{kept}");
    assert_eq!(cache.names(), all);

    cache.fetched(&[&server.url("/u.qcow2"), "--name", "undercloud"]);
    fs::write(cache.path().join(".part-0123"), "part").unwrap();
    fs::write(cache.path().join(".part-0123.json"), "{}").unwrap();
    let gone = told(&cache.run(&["prune", "--all"]));
    assert_eq!(gone.lines().count(), 3, "{gone}");
    let mut left = vec!["latest-found.qcow2".to_owned(), named, "undercloud.qcow2".into(), "vmlinuz".into()];
    left.sort();
    assert_eq!(cache.names(), left);
}
