//! `warp image cp-out`.

use super::Image;
use crate::error::{Error, Result};
use crate::image::files::{Kind, Meta, System};
use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    image: Image,
    /// Files and directories, by their paths in the image, then the directory that they are copied into. Files keep
    /// their permissions but for setuid, setgid and sticky, and belong to who runs warp; devices, pipes and sockets are
    /// left out.
    #[arg(required = true, num_args = 2.., value_names = ["PATH", "DIRECTORY"])]
    paths: Vec<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<()> {
    let Some((to, paths)) = args.paths.split_last() else { return Ok(()) };
    if !to.is_dir() {
        return Err(Error::input(format!("{} is not a directory", to.display())));
    }
    let system = args.image.open()?;
    for path in paths {
        let name = path.file_name().map(ToOwned::to_owned);
        let meta = system.meta(path)?;
        match name {
            Some(name) => entry(&system, path, &meta, to, &name)?,
            // The image's root: what is in it.
            None => entries(&system, path, to)?,
        }
    }
    Ok(())
}

/// Copies what is at `path` to `name` in `to`.
fn entry(system: &System, path: &Path, meta: &Meta, to: &Path, name: &OsStr) -> Result<()> {
    // An image that is not what it should be may have names that lead elsewhere.
    if Path::new(name).file_name() != Some(name) {
        return Err(Error::input(format!("the image has a file of the name {name:?} in {}", path.display())));
    }
    let target = to.join(name);
    let failed = |e: io::Error| Error::other(format!("{} cannot be written: {e}", target.display()));
    match meta.kind {
        Kind::File => {
            // Written beside and renamed: what is there, a link too, is replaced and never written through.
            let file = tempfile::NamedTempFile::new_in(to).map_err(failed)?;
            let mut out = BufWriter::new(file);
            system.copy(path, &mut out)?;
            out.flush().map_err(failed)?;
            let file = out.into_inner().map_err(|e| failed(e.into_error()))?;
            file.as_file().set_permissions(permissions(meta)).map_err(failed)?;
            file.persist(&target).map_err(|e| failed(e.error))?;
        }
        Kind::Directory => {
            match fs::create_dir(&target) {
                Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(failed(e)),
                _ => {}
            }
            if !fs::symlink_metadata(&target).map_err(failed)?.is_dir() {
                return Err(Error::input(format!("{} is there and is not a directory", target.display())));
            }
            entries(system, path, &target)?;
            fs::set_permissions(&target, permissions(meta)).map_err(failed)?;
        }
        Kind::Link => {
            match fs::remove_file(&target) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(failed(e)),
                _ => {}
            }
            symlink(system.target(path)?, &target).map_err(failed)?;
        }
        _ => anstream::eprintln!("left out: {} is a device, pipe or socket", path.display()),
    }
    Ok(())
}

fn entries(system: &System, directory: &Path, to: &Path) -> Result<()> {
    for (name, meta) in system.list(directory)? {
        entry(system, &directory.join(&name), &meta, to, &name)?;
    }
    Ok(())
}

fn permissions(meta: &Meta) -> Permissions {
    Permissions::from_mode(u32::from(meta.mode & 0o777))
}
