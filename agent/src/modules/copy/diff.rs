//! The difference that a copy makes, within the limits that Ansible keeps.

use crate::args::Args;
use crate::outcome::Diff;
use std::fs;
use std::path::Path;

/// No side larger than this is shown, in bytes, where the controller does not say.
const MOST: u64 = 104_448;

/// No side larger than this is shown, in bytes.
pub(super) fn most(args: &Args) -> u64 {
    match args.int::<i64>("_max_diff") {
        None => MOST,
        // As Ansible has it, none and less is no limit.
        Some(most) => u64::try_from(most).ok().filter(|most| *most > 0).unwrap_or(u64::MAX),
    }
}

/// What replacing `dest` by `after` changes; `after` may be cut off after `most` and one more byte.
pub(super) fn of(dest: &Path, after: &[u8], after_header: &str, most: u64) -> Diff {
    let mut diff = Diff::default();
    match fs::metadata(dest) {
        Ok(meta) if meta.is_file() && meta.len() > most => {
            diff.skipped.push(format!("destination file size is greater than {most}"));
        }
        Ok(meta) if meta.is_file() => {
            let before = fs::read(dest).unwrap_or_default();
            if before.contains(&0) {
                diff.skipped.push("destination file appears to be binary".to_owned());
            } else {
                diff.before_header = dest.to_string_lossy().into_owned();
                diff.before = String::from_utf8_lossy(&before).into_owned();
            }
        }
        _ => {}
    }
    if after.len() as u64 > most {
        diff.skipped.push(format!("source file size is greater than {most}"));
    } else if after.contains(&0) {
        diff.skipped.push("source file appears to be binary".to_owned());
    } else {
        diff.after_header = after_header.to_owned();
        diff.after = String::from_utf8_lossy(after).into_owned();
    }
    diff
}
