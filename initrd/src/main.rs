//! The static helper in a guest's initrd: `warp-initrd ROOT SCRIPT`, once the guest's root is mounted at ROOT.
//!
//! It grows the root's partition and file system into what the disk has behind them, and runs SCRIPT in the root by the
//! guest's own shell. An initrd's tools cannot do this everywhere: klibc's mount does not remount, and none can grow.

mod disk;
mod file_system;
mod gpt;
mod mbr;
mod partition;
mod root;
mod script;

use root::Root;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Why something could not be done.
type Result<T> = std::result::Result<T, String>;

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(at), Some(script), None) = (args.next(), args.next(), args.next()) else {
        eprintln!("usage: warp-initrd ROOT SCRIPT");
        return ExitCode::from(2);
    };
    match work(&at, &script) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            tell(&why);
            ExitCode::FAILURE
        }
    }
}

fn work(at: &Path, script: &Path) -> Result<()> {
    let root = Root::writable(at)?;
    // A guest that stays small still works; one without its keys does not.
    if let Err(why) = grow(&root) {
        tell(&format!("the root file system does not grow: {why}"));
    }
    let done = script::run(root.path(), script);
    root.restore()?;
    done
}

/// Grows the partition, where the root is on one, and then the file system on it.
fn grow(root: &Root) -> Result<()> {
    if let Some(partition) = root.partition()? {
        partition::grow(&partition)?;
    }
    file_system::grow(root)
}

/// Tells the kernel's log, which is on the console and later in the guest's journal, or who called where there is none.
fn tell(what: &str) {
    let told = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/kmsg")
        .and_then(|mut log| log.write_all(format!("<3>warp: {what}\n").as_bytes()));
    if told.is_err() {
        eprintln!("warp: {what}");
    }
}
