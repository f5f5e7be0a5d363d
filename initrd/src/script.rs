//! Running the script in the guest's root.

use crate::{Result, tell};
use nix::mount::{MsFlags, mount, umount};
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A mount that is gone with it.
struct Mounted(PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = umount(&self.0);
    }
}

/// Runs the script by the guest's shell as root in the guest's root, on standard input: it is no file of the guest.
pub fn run(root: &Path, script: &Path) -> Result<()> {
    let input = File::open(script).map_err(|e| format!("{} cannot be read: {e}", script.display()))?;
    let _proc = mounted("proc", &root.join("proc"), Some("proc"), MsFlags::empty())?;
    let _dev = mounted("/dev", &root.join("dev"), None, MsFlags::MS_BIND)?;
    let mut shell = Command::new("/bin/sh");
    shell.arg("-s").stdin(input).env_clear();
    let (inside, slash) = (root.to_owned(), Path::new("/"));
    // SAFETY: both are calls of the system that take no memory and no lock.
    unsafe {
        shell.pre_exec(move || {
            nix::unistd::chroot(&inside).map_err(std::io::Error::from)?;
            nix::unistd::chdir(slash).map_err(std::io::Error::from)
        });
    }
    let said = shell.output().map_err(|e| format!("the guest's shell cannot be run: {e}"))?;
    for line in [said.stdout, said.stderr].iter().flat_map(|text| text.split(|b| *b == b'\n')) {
        if !line.is_empty() {
            tell(&String::from_utf8_lossy(line));
        }
    }
    if said.status.success() { Ok(()) } else { Err(format!("the injection failed: {}", said.status)) }
}

fn mounted(what: &str, at: &Path, kind: Option<&str>, flags: MsFlags) -> Result<Mounted> {
    mount(Some(what), at, kind, flags, None::<&str>)
        .map_err(|e| format!("{what} cannot be mounted on {}: {e}", at.display()))?;
    Ok(Mounted(at.to_owned()))
}
