//! `warp image prune`.

use crate::deploy::Settings;
use crate::error::Result;
use crate::image::store::{Policy, Store};
use indicatif::BinaryBytes;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Days without use after which an image is removed.
    #[arg(long, value_name = "NUMBER", default_value_t = 14)]
    days: u64,
    /// Remove all that no disk is laid over, however new.
    #[arg(long, conflicts_with = "days")]
    all: bool,
    /// Only tell what would be removed.
    #[arg(short = 'n', long)]
    dry_run: bool,
}

pub(super) fn run(args: &Args) -> Result<()> {
    let settings = Settings::from_environment(|name| std::env::var(name).ok())?;
    let store = Store::at(&settings.image_cache);
    if !store.dir().exists() {
        anstream::println!("nothing to remove: there is no {}", store.dir().display());
        return Ok(());
    }
    let _lock = store.lock(&|words| anstream::eprintln!("{words}"))?;
    let days = if args.all { 0 } else { args.days };
    let pruned = store.prune(&Policy { days, keep: &[], dry: args.dry_run })?;
    let word = if args.dry_run { "would remove" } else { "removed" };
    for (path, size) in &pruned.removed {
        anstream::println!("{word} {} ({})", path.display(), BinaryBytes(*size));
    }
    for (path, why) in &pruned.kept {
        anstream::println!("kept {}: {why}", path.display());
    }
    if pruned.removed.is_empty() && pruned.kept.is_empty() {
        anstream::println!("nothing to remove");
    }
    Ok(())
}
