//! What is mutated: the checkout's own texts, and those of the folder that `FUZZ_CORPUS` names.

use super::targets::Target;
use std::fs;
use std::path::Path;

/// Larger files are left out: their mutations take long and find nothing more.
const LARGEST: usize = 8 << 10;

/// The texts that a target's mutations begin with.
pub fn texts(target: &Target) -> Vec<Vec<u8>> {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found: Vec<Vec<u8>> = target.seeds.iter().map(|text| text.as_bytes().to_vec()).collect();
    found.extend((target.more)());
    for folder in ["tests", "tasks", "templates", "vars", "images"] {
        walk(&checkout.join(folder), target.endings, &mut found);
    }
    if let Some(folder) = super::variable("FUZZ_CORPUS") {
        walk(Path::new(&folder), target.endings, &mut found);
    }
    if target.lines {
        let lines = found.iter().flat_map(|text| text.split(|b| *b == b'\n'));
        found = lines.filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect();
    }
    assert!(!found.is_empty());
    found
}

fn walk(folder: &Path, endings: &[&str], into: &mut Vec<Vec<u8>>) {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let name = path.to_string_lossy();
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            walk(&path, endings, into);
        } else if endings.iter().any(|end| name.ends_with(end)) {
            into.extend(fs::read(&path).ok().filter(|bytes| bytes.len() <= LARGEST));
        }
    }
}
