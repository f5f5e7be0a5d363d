//! `warp config`: the settings, and where each comes from.

use crate::config::{Origin, Settings};
use crate::error::{Error, Exit, Result};
use crate::report::terminal;

/// What of the configuration to show.
#[derive(Debug, clap::Subcommand)]
pub(super) enum What {
    /// Show the configuration file.
    View,
    /// Show every setting that warp reads, its value, and where that comes from.
    Dump {
        /// Leave out what has its default.
        #[arg(long, visible_alias = "changed-only")]
        only_changed: bool,
    },
}

/// Runs the command.
///
/// # Errors
/// A configuration that cannot be read, or is not there to be shown.
pub(super) fn run(what: &What) -> Result<Exit> {
    let settings = Settings::of_process()?;
    match what {
        What::View => {
            let file = settings.file.as_ref().ok_or_else(|| {
                Error::other("Invalid or no config file was supplied")
                    .help("ANSIBLE_CONFIG names one, or ansible.cfg in this folder")
            })?;
            anstream::println!("{}", terminal::visible(&std::fs::read_to_string(file)?));
        }
        What::Dump { only_changed } => {
            let file = settings.file.as_ref().map_or_else(|| "None".to_owned(), |f| f.display().to_string());
            anstream::println!("CONFIG_FILE() = {}", terminal::visible(&file));
            for setting in &settings.all {
                if *only_changed && matches!(setting.origin, Origin::Default) {
                    continue;
                }
                let text = setting.text.as_deref().unwrap_or("None");
                let line = format!("{}({}) = {text}", setting.name.to_uppercase(), setting.origin);
                anstream::println!("{}", terminal::visible(&line));
            }
        }
    }
    Ok(Exit::Ok)
}
