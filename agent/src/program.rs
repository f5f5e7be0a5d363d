//! Finding the programs that modules start.

use crate::module::{Context, Failed};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Looked at after PATH, because a login without them still administers the machine.
const SYSTEM_DIRS: [&str; 3] = ["/sbin", "/usr/sbin", "/usr/local/sbin"];

/// A variable as the call's programs see it.
#[must_use]
pub fn variable(cx: &Context<'_>, name: &str) -> Option<String> {
    let own = cx.environment.iter().rev().find(|(key, _)| key == name);
    own.map(|(_, value)| value.clone()).or_else(|| std::env::var(name).ok())
}

/// Where a program is, looked for in PATH and the directories of system programs.
#[must_use]
pub fn find(cx: &Context<'_>, name: &str) -> Option<PathBuf> {
    directories(cx).into_iter().map(|dir| Path::new(&dir).join(name)).find(|path| is_program(path))
}

/// Where a program is that the module cannot do without.
///
/// # Errors
/// The program is not there; the message names it and where it was looked for.
pub fn require(cx: &Context<'_>, name: &str) -> Result<PathBuf, Failed> {
    find(cx, name).ok_or_else(|| {
        let paths = directories(cx).join(":");
        Failed::new(format!("Failed to find required executable \"{name}\" in paths: {paths}"))
    })
}

fn directories(cx: &Context<'_>) -> Vec<String> {
    let path = variable(cx, "PATH").unwrap_or_default();
    let mut directories: Vec<String> =
        path.split(':').filter(|dir| !dir.is_empty()).map(str::to_owned).collect();
    for dir in SYSTEM_DIRS {
        if Path::new(dir).exists() && !directories.iter().any(|d| d == dir) {
            directories.push(dir.to_owned());
        }
    }
    directories
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}
