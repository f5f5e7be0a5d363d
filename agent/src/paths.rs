//! Paths as Python's `os.path` sees them.

use std::ffi::CString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// How many links are followed before they count as a loop.
const LINKS: usize = 40;

/// `os.path.realpath`: absolute, without links; what does not exist is kept as it is named.
#[must_use]
pub fn real(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut done = PathBuf::from("/");
    let mut left: Vec<PathBuf> = parts(&absolute);
    let mut links = 0;
    while let Some(part) = left.pop() {
        if part.as_os_str() == ".." {
            done.pop();
            continue;
        }
        let next = done.join(&part);
        match fs::read_link(&next) {
            Ok(target) if links < LINKS => {
                links += 1;
                if target.is_absolute() {
                    done = PathBuf::from("/");
                }
                left.extend(parts(&target));
            }
            _ => done = next,
        }
    }
    done
}

/// `os.path.abspath`: absolute, without `.` and `..`, whatever is a link.
#[must_use]
pub fn absolute(path: &Path) -> PathBuf {
    let mut done = PathBuf::from("/");
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for part in parts(&absolute).into_iter().rev() {
        if part.as_os_str() == ".." {
            done.pop();
        } else {
            done.push(part);
        }
    }
    done
}

/// The names in a path, the last first.
fn parts(path: &Path) -> Vec<PathBuf> {
    path.components()
        .rev()
        .filter(|c| matches!(c, Component::Normal(_) | Component::ParentDir))
        .map(|c| PathBuf::from(c.as_os_str()))
        .collect()
}

/// Whether this process may read, write or search what a path leads to.
#[must_use]
pub fn accessible(path: &Path, how: libc::c_int) -> bool {
    let Ok(name) = CString::new(path.as_os_str().as_bytes()) else { return false };
    // SAFETY: name is a C string that lives through the call.
    unsafe { libc::access(name.as_ptr(), how) == 0 }
}

/// `os.path.dirname`: what is before the last slash.
#[must_use]
pub fn dirname(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some((dir, _)) if dir.chars().all(|c| c == '/') => {
            path.split_at_checked(dir.len() + 1).map_or("/", |(root, _)| root)
        }
        Some((dir, _)) => dir.trim_end_matches('/'),
        None => "",
    }
}

/// `os.path.basename`: what is after the last slash.
#[must_use]
pub fn basename(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// `os.path.join`.
#[must_use]
pub fn join(dir: &str, name: &str) -> String {
    if name.starts_with('/') || dir.is_empty() {
        name.to_owned()
    } else if dir.ends_with('/') {
        format!("{dir}{name}")
    } else {
        format!("{dir}/{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_split_and_join_as_in_python() {
        for (path, dir, base) in
            [("/a/b", "/a", "b"), ("/a", "/", "a"), ("a", "", "a"), ("/a/", "/a", ""), ("//", "//", "")]
        {
            assert_eq!((dirname(path), basename(path)), (dir, base), "{path}");
        }
        assert_eq!(join("/a", "b"), "/a/b");
        assert_eq!(join("/a/", "/b"), "/b");
        assert_eq!(real(Path::new("/nowhere/../etc/./x")), Path::new("/etc/x"));
    }
}
