//! `warp image`: what is in a disk image, without booting it; and the image cache.

mod build;
mod copy;
mod fetch;
mod info;
mod list;
mod prune;

use super::output;
use crate::error::{Exit, Result};
use crate::image::disk;
use crate::image::files::System;
use std::io::Write;
use std::path::PathBuf;

#[derive(Debug, clap::Subcommand)]
pub(super) enum What {
    /// Show an image's format, file systems, system, kernels and boot entries.
    Info(info::Args),
    /// List a directory of an image.
    Ls(list::Args),
    /// Print files of an image.
    Cat {
        #[command(flatten)]
        image: Image,
        /// Files, by their paths in the image.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Copy files and directories out of an image, with their permissions, into a directory.
    CpOut(copy::Args),
    /// Fetch an image into the cache (IMAGECACHE), checked by its checksum; print its path.
    Fetch(fetch::Args),
    /// Build an image from its description into the cache (IMAGECACHE); print its path.
    Build(build::Args),
    /// Remove images that warp fetched or built and that nobody uses from the cache (IMAGECACHE).
    Prune(prune::Args),
    /// Check that an image and what it is laid over are whole. Reads tables, not data.
    Verify {
        /// Images, raw or qcow2.
        #[arg(required = true)]
        images: Vec<PathBuf>,
    },
}

/// The image whose files are meant. Its root file system and what its /etc/fstab mounts are seen as the guest sees them.
#[derive(Debug, clap::Args)]
pub(super) struct Image {
    /// The image, raw or qcow2.
    image: PathBuf,
    /// The partition that is the root, where it is not found by its folders.
    #[arg(long, value_name = "NUMBER")]
    partition: Option<u32>,
}

impl Image {
    fn open(&self) -> Result<System> {
        System::open(&self.image, self.partition)
    }
}

/// Runs the command.
pub(super) fn run(what: &What) -> Exit {
    let done = match what {
        What::Info(args) => info::run(args),
        What::Ls(args) => list::run(args),
        What::Cat { image, files } => image.open().and_then(|system| {
            let mut out = std::io::stdout().lock();
            files.iter().try_for_each(|file| system.copy(file, &mut out))?;
            Ok(out.flush()?)
        }),
        What::CpOut(args) => copy::run(args),
        What::Fetch(args) => fetch::run(args),
        What::Build(args) => build::run(args),
        What::Prune(args) => prune::run(args),
        What::Verify { images } => images.iter().try_for_each(|image| {
            let files = disk::chain(image)?.len();
            anstream::println!(
                "{}: whole, {files} file{}",
                image.display(),
                if files == 1 { "" } else { "s" }
            );
            Ok(())
        }),
    };
    output::exit_of(done.map(|()| Exit::Ok).map_err(Into::into))
}
