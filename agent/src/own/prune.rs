//! Kept modules that nobody uses any more are removed when another one comes.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What was not used for so long goes.
const FORGOTTEN: Duration = Duration::from_secs(30 * DAY.as_secs());

/// Of what is left so many stay, those used last.
const MOST: usize = 100;

/// What was used since stays anyhow: a run may be about to use it.
const RECENT: Duration = DAY;

/// Notes that a kept file is in use: its time of modification is that of its last use.
pub(super) fn used(path: &Path) {
    // Where it cannot be noted the file is sent again some day, no more.
    let _ = File::open(path).and_then(|file| file.set_modified(SystemTime::now()));
}

/// Removes what has not been used for long, drafts that were never finished too.
pub(super) fn prune(folder: &Path, now: SystemTime) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<(Duration, PathBuf)> = entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
        .filter_map(|entry| {
            let unused = now.duration_since(entry.metadata().ok()?.modified().ok()?).unwrap_or_default();
            Some((unused, entry.path()))
        })
        .collect();
    files.sort();
    for (index, (unused, path)) in files.into_iter().enumerate() {
        let is_draft = path.extension().is_some();
        if unused > FORGOTTEN || (unused > RECENT && (index >= MOST || is_draft)) {
            // Another agent of this account may have been quicker.
            let _ = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test ends by panicking")]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn left(made: &[(&str, u64)]) -> BTreeSet<String> {
        let folder = tempfile::tempdir().unwrap();
        let now = SystemTime::now();
        for (name, hours) in made {
            let file = File::create(folder.path().join(name)).unwrap();
            file.set_modified(now - Duration::from_secs(hours * 3600)).unwrap();
        }
        prune(folder.path(), now);
        let entries = fs::read_dir(folder.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn what_is_forgotten_goes() {
        let made = [("old", 31 * 24), ("young", 29 * 24), ("draft.7", 25), ("arriving.8", 1)];
        assert_eq!(left(&made), ["young", "arriving.8"].map(str::to_owned).into());
    }

    #[test]
    fn of_many_those_used_last_stay() {
        let names: Vec<String> = (0..130).map(|n| format!("{n:03}")).collect();
        let hours = |n: usize| if n < 110 { 1 } else { 48 };
        let made: Vec<(&str, u64)> =
            names.iter().enumerate().map(|(n, name)| (name.as_str(), hours(n))).collect();
        assert_eq!(left(&made), names.iter().take(110).cloned().collect());
    }
}
