//! Reading what the kernel and the machine's files say.

use std::fs;
use std::path::Path;

/// A file's text without surrounding blanks; nothing where it is empty or cannot be read.
pub fn content(path: impl AsRef<Path>) -> Option<String> {
    let bytes = fs::read(path).ok()?;
    let text = String::from_utf8_lossy(&bytes).trim().to_owned();
    (!text.is_empty()).then_some(text)
}

/// A file's lines; none where it cannot be read.
pub fn lines(path: impl AsRef<Path>) -> Vec<String> {
    content(path).map(|text| text.lines().map(str::to_owned).collect()).unwrap_or_default()
}

/// Whether there is something at this path.
pub fn exists(path: impl AsRef<Path>) -> bool {
    path.as_ref().exists()
}

/// The names in a directory, as the directory lists them; none where it cannot be read.
pub fn names(dir: impl AsRef<Path>) -> Vec<String> {
    let Ok(entries) = fs::read_dir(dir) else {
        return Vec::new();
    };
    entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// The last part of the path that a link holds.
pub fn link_name(path: impl AsRef<Path>) -> Option<String> {
    let target = fs::read_link(path).ok()?;
    Some(target.file_name()?.to_string_lossy().into_owned())
}
