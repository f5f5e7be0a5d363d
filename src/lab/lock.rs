//! One warp at a time changes a lab.

use crate::error::{Error, Exit, Result};
use crate::process::lock;
use nix::fcntl::Flock;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The lab is ours until this is dropped, or until warp dies in whatever way: the kernel then lets go of it.
#[must_use]
pub struct Held {
    _lock: Flock<File>,
}

/// Takes the lab's lock and writes into it who holds it: process, beginning, command.
///
/// # Errors
/// `Exit::LabHeld`, naming the holder, when another warp has it.
pub fn take(path: &Path, command: &str) -> Result<Held> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(|e| Error::other(format!("cannot open the lab's lock {}: {e}", path.display())))?;
    let holder = || {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        text.lines().find_map(|line| line.strip_prefix("pid:")?.trim().parse().ok())
    };
    match lock::take(file, holder) {
        Ok(Ok(mut locked)) => {
            let since = jiff::Zoned::now().strftime("%Y-%m-%d %H:%M:%S %:z").to_string();
            let text = format!("pid: {}\nsince: {since}\ncommand: {command}\n", std::process::id());
            locked.set_len(0)?;
            locked.rewind()?;
            locked.write_all(text.as_bytes())?;
            Ok(Held { _lock: locked })
        }
        Ok(Err(mut file)) => {
            let mut holder = String::new();
            let _ = file.read_to_string(&mut holder);
            Err(held(path, &holder))
        }
        Err(e) => Err(Error::other(format!("cannot lock {}: {e}", path.display()))),
    }
}

fn held(path: &Path, holder: &str) -> Error {
    let field = |name: &str| holder.lines().find_map(|l| l.strip_prefix(name)).map_or("unknown", str::trim);
    Error::new(
        Exit::LabHeld,
        format!("another warp holds this lab: process {}, `{}`", field("pid:"), field("command:")),
    )
    .note(format!("since {}, by {}", field("since:"), path.display()))
    .help("wait for it to end, or stop it; for a lab of its own set LWD to another directory")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_holds_the_lab_and_gets_it_when_the_first_lets_go() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let first = take(&path, "warp deploy undercloud").unwrap();
        let refused = take(&path, "warp ls").err().unwrap();
        assert_eq!(refused.exit(), Exit::LabHeld);
        assert_eq!(
            refused.message(),
            format!("another warp holds this lab: process {}, `warp deploy undercloud`", std::process::id())
        );
        drop(first);
        assert!(take(&path, "warp ls").is_ok());
    }
}
