//! A home directory, made from the skeleton.

use super::super::edit;
use crate::acting::Acting;
use crate::args::Args;
use crate::effects::{FileArgs, ModeArg};
use crate::module::{Context, Failed};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Makes the home directory of an account that lacks it.
pub fn make(args: &Args, cx: &mut Context<'_>, home: &Path, owner: (u32, u32)) -> Result<(), Failed> {
    if !cx.effects.other() {
        return Ok(());
    }
    edit::make_parents(cx, home)?;
    let _acting = Acting::for_path(home);
    // Closed until all of it is the account's.
    cx.effects.make_dir(home, 0o700).map_err(|e| failed(home, &e))?;
    let skeleton = Path::new(args.str("skeleton").unwrap_or("/etc/skel"));
    if skeleton.is_dir() {
        copy(cx, skeleton, home, owner)?;
    }
    own(cx, home, owner, Some(mode()))
}

fn failed(path: &Path, e: &std::io::Error) -> Failed {
    Failed::new(format!("{}: {e}", path.display()))
}

fn own(cx: &mut Context<'_>, path: &Path, (uid, gid): (u32, u32), mode: Option<u32>) -> Result<(), Failed> {
    let wanted = FileArgs {
        mode: mode.map(ModeArg::Bits),
        owner: Some(uid.to_string()),
        group: Some(gid.to_string()),
        ..FileArgs::default()
    };
    cx.effects.set_attributes(path, &wanted).map(drop)
}

/// Copies what is in a directory, links as links.
fn copy(cx: &mut Context<'_>, from: &Path, to: &Path, owner: (u32, u32)) -> Result<(), Failed> {
    for entry in fs::read_dir(from).map_err(|e| failed(from, &e))? {
        let entry = entry.map_err(|e| failed(from, &e))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let meta = entry.metadata().map_err(|e| failed(&source, &e))?;
        let mode = meta.permissions().mode() & 0o7777;
        if meta.is_symlink() {
            let link = fs::read_link(&source).map_err(|e| failed(&source, &e))?;
            cx.effects.symlink(&link, &target).map_err(|e| failed(&target, &e))?;
            own(cx, &target, owner, None)?;
        } else if meta.is_dir() {
            cx.effects.make_dir(&target, 0o700).map_err(|e| failed(&target, &e))?;
            copy(cx, &source, &target, owner)?;
            own(cx, &target, owner, Some(mode))?;
        } else if meta.is_file() {
            let bytes = fs::read(&source).map_err(|e| failed(&source, &e))?;
            cx.effects.write(&target, &bytes, false).map_err(|e| failed(&target, &e))?;
            own(cx, &target, owner, Some(mode))?;
        }
    }
    Ok(())
}

/// The permissions that login.defs gives a home: HOME_MODE, else what UMASK leaves.
fn mode() -> u32 {
    let text = fs::read_to_string("/etc/login.defs").unwrap_or_default();
    let octal = |key: &str| {
        let mut words = text.lines().map(str::split_whitespace);
        words
            .find_map(|mut line| if line.next() == Some(key) { line.next() } else { None })
            .and_then(|digits| u32::from_str_radix(digits, 8).ok())
    };
    octal("HOME_MODE").or_else(|| octal("UMASK").map(|umask| 0o777 & !umask)).unwrap_or(0o755)
}
