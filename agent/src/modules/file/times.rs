//! The times that a file is to have.

use crate::args::Args;
use crate::errno;
use crate::module::{Context, Failed};
use crate::value::Map;
use std::ffi::CString;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// One time.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wanted {
    /// As it is.
    Preserve,
    /// When it is set.
    Now,
    /// This, in seconds.
    At(f64),
}

/// The times of last change and last access.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    modified: Wanted,
    accessed: Wanted,
}

impl Times {
    pub(super) fn from_args(args: &Args, state: &str) -> Result<Self, Failed> {
        let one = |name: &str, format: &str| match (args.str(name), state) {
            (None, "touch") | (Some("now"), _) => Ok(Wanted::Now),
            (None, _) | (Some("preserve"), _) => Ok(Wanted::Preserve),
            (Some(text), _) => parse(text, args.text(format)).map(Wanted::At).ok_or_else(|| {
                let format = args.text(format);
                Failed::new(format!(
                    "Error while obtaining timestamp for time {text} using format {format}: \
                     time data '{text}' does not match format '{format}'"
                ))
            }),
        };
        Ok(Times {
            modified: one("modification_time", "modification_time_format")?,
            accessed: one("access_time", "access_time_format")?,
        })
    }

    /// Gives a file the times it does not have yet; whether any changed. What changes is recorded in `diff`.
    pub(super) fn apply(
        self,
        cx: &mut Context<'_>,
        path: &Path,
        diff: Option<(&mut Map, &mut Map)>,
    ) -> Result<bool, Failed> {
        if (self.modified, self.accessed) == (Wanted::Preserve, Wanted::Preserve) {
            return Ok(false);
        }
        let failed = |e: std::io::Error| {
            let why = errno::python(&e, &[path]);
            Failed::new(format!("Error while updating modification or access time: {why}"))
                .with("path", path.to_string_lossy().into_owned())
        };
        let meta = fs::metadata(path).map_err(failed)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let was = |seconds: i64, nanos: i64| seconds as f64 + nanos as f64 * 1e-9;
        let modified = was(meta.mtime(), meta.mtime_nsec());
        let accessed = was(meta.atime(), meta.atime_nsec());
        let to = |wanted, was| match wanted {
            Wanted::Preserve => was,
            Wanted::Now => now,
            Wanted::At(time) => time,
        };
        let (new_modified, new_accessed) = (to(self.modified, modified), to(self.accessed, accessed));
        let both_now = (self.modified, self.accessed) == (Wanted::Now, Wanted::Now);
        if !both_now && (new_modified, new_accessed) == (modified, accessed) {
            return Ok(false);
        }
        cx.effects.set_times(path, (!both_now).then_some((new_accessed, new_modified))).map_err(failed)?;
        if let Some((before, after)) = diff {
            for (name, old, new) in [("mtime", modified, new_modified), ("atime", accessed, new_accessed)] {
                if old != new {
                    before.insert(name.to_owned(), old.into());
                    after.insert(name.to_owned(), new.into());
                }
            }
        }
        Ok(true)
    }
}

/// Seconds since the epoch of a time written so, in this machine's zone.
fn parse(text: &str, format: &str) -> Option<f64> {
    let (text, format) = (CString::new(text).ok()?, CString::new(format).ok()?);
    // SAFETY: tm is plain data for which zeroes are valid; strptime reads two C strings that live through the call,
    // writes to tm, and gives null or a pointer into the first string; mktime reads and writes tm.
    unsafe {
        let mut tm: libc::tm = std::mem::zeroed();
        tm.tm_mday = 1;
        // 1900, as Python has it where the format names no year.
        let end = libc::strptime(text.as_ptr(), format.as_ptr(), &mut tm);
        if end.is_null() || *end != 0 {
            return None;
        }
        tm.tm_isdst = -1;
        Some(libc::mktime(&mut tm) as f64)
    }
}
