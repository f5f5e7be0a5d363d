//! `warp image build`.

use crate::deploy::Settings;
use crate::error::Result;
use crate::image::build::Recipe;
use crate::image::cache;
use crate::report::terminal::visible_line;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The description: one of warp's own, or a folder with an image.yaml, as ./NAME. Without it, warp's own are listed.
    name: Option<String>,
}

pub(super) fn run(args: &Args) -> Result<()> {
    let Some(name) = &args.name else {
        Recipe::names().iter().for_each(|name| anstream::println!("{name}"));
        return Ok(());
    };
    let settings = Settings::from_environment(|name| std::env::var(name).ok())?;
    let recipe = Recipe::named(name)?;
    let tell = |words: &str| anstream::eprintln!("{}", visible_line(words));
    let built = cache::build(&settings.image_cache, &recipe, false, &tell)?;
    anstream::println!("{}", built.path.display());
    Ok(())
}
