//! `warp compat`: makes the links.

use super::TOOLS;
use crate::cli::output;
use crate::error::{Error, Exit, Result};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The folder, made if need be; put it before others in PATH.
    dir: PathBuf,
}

/// Runs the command.
pub(in crate::cli) fn run(args: &Args) -> Exit {
    output::exit_of(links(&args.dir).map(|()| Exit::Ok).map_err(Into::into))
}

fn links(dir: &Path) -> Result<()> {
    let warp = std::env::current_exe()?;
    std::fs::create_dir_all(dir)
        .map_err(|e| Error::other(format!("cannot make the folder {}: {e}", dir.display())))?;
    for tool in &TOOLS {
        let link = dir.join(tool.name);
        make(&link, &warp)?;
        anstream::println!("{} -> {}", link.display(), warp.display());
    }
    Ok(())
}

/// Makes one link. A link that is there is made anew, for warp may have moved; anything else is the user's.
fn make(link: &Path, warp: &Path) -> Result<()> {
    let cannot = |e: std::io::Error| Error::other(format!("cannot make the link {}: {e}", link.display()));
    match link.symlink_metadata() {
        Ok(metadata) if metadata.is_symlink() => std::fs::remove_file(link).map_err(cannot)?,
        Ok(_) => {
            return Err(Error::other(format!("{} is there and no link", link.display()))
                .help("move it away, or give another folder"));
        }
        Err(_) => {}
    }
    symlink(warp, link).map_err(cannot)
}
