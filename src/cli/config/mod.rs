//! `warp config` and `ansible-config`: the settings, their values, and where each comes from.

mod chosen;
mod dump;
mod galaxy;
mod init;
mod list;
mod validate;

use super::output;
use crate::config::definitions::ConfigFile;
use crate::error::{Error, Exit, Result};
use crate::report::terminal;
use crate::value::normal;
use chosen::Chosen;
use clap::{ArgAction, ValueEnum};
use std::path::PathBuf;

/// What to do with the configuration.
#[derive(Debug, clap::Subcommand)]
pub(super) enum What {
    /// Show every setting: where its value is looked for, its type and its default.
    List {
        #[command(flatten)]
        common: Common,
        /// The form.
        #[arg(short, long, value_enum, default_value_t = Data::Yaml)]
        format: Data,
    },
    /// Show the value of every setting, and where that comes from.
    Dump {
        #[command(flatten)]
        common: Common,
        /// Leave out what has its default.
        #[arg(long, visible_alias = "changed-only")]
        only_changed: bool,
        /// The form.
        #[arg(short, long, value_enum, default_value_t = Shown::Display)]
        format: Shown,
    },
    /// Show the configuration file.
    View {
        #[command(flatten)]
        common: Common,
    },
    /// Write a configuration to begin with.
    Init {
        #[command(flatten)]
        common: Common,
        /// The form: a configuration file, environment variables, or variables.
        #[arg(short, long, value_enum, default_value_t = Beginning::Ini)]
        format: Beginning,
        /// Make comments of all settings.
        #[arg(long)]
        disabled: bool,
    },
    /// Say whether the configuration file or the environment has settings that are not known.
    Validate {
        #[command(flatten)]
        common: Common,
        /// What to look at: the configuration file or environment variables.
        #[arg(short, long, value_enum, default_value_t = Checked::Ini)]
        format: Checked,
    },
}

/// Options of all of them.
#[derive(Debug, clap::Args)]
pub(super) struct Common {
    /// The configuration file, instead of the first that is found.
    #[arg(short, long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Settings of a kind of plugin: base (none), all, become, cache, callback, connection, inventory, lookup, shell, vars ...
    #[arg(short, long, value_name = "TYPE", default_value = "base", value_parser = chosen::types())]
    r#type: String,
    /// Plugins of that type; all where none is named.
    #[arg(value_name = "PLUGIN")]
    plugins: Vec<String>,
    /// Tell which configuration file counts.
    #[arg(short, long, action = ArgAction::Count)]
    verbose: u8,
}

/// Forms of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Data {
    Json,
    Yaml,
}

/// Forms of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Shown {
    Json,
    Yaml,
    Display,
}

/// Forms of a configuration to begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Beginning {
    Ini,
    Env,
    Vars,
}

/// What is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Checked {
    Ini,
    Env,
}

/// Runs the command under warp's own name.
pub(super) fn main(what: &What) -> Exit {
    let mut warn = |warning| anstream::eprintln!("{}", Error::other(warning).as_warning());
    output::exit_of(run(what, &mut warn).map_err(Into::into))
}

/// Runs the command; `warn` is told what is passed over.
///
/// # Errors
/// A configuration that cannot be read or is not there to be shown, values that cannot be what they must be.
pub(super) fn run(what: &What, warn: &mut dyn FnMut(String)) -> Result<Exit> {
    let common = match what {
        What::List { common, .. }
        | What::Dump { common, .. }
        | What::View { common }
        | What::Init { common, .. }
        | What::Validate { common, .. } => common,
    };
    let given = common.config.as_ref().map(|path| ConfigFile::read(&normal(path))).transpose()?;
    let file = given.as_ref().or_else(|| ConfigFile::of_process());
    if common.verbose > 0 {
        let told = match file {
            Some(file) => format!("Using {} as config file", file.path().display()),
            None => "No config file found; using defaults".to_owned(),
        };
        anstream::println!("{}", terminal::visible_line(&told));
    }
    let chosen = Chosen::new(&common.r#type, &common.plugins, warn);
    let text = match what {
        What::List { format, .. } => list::text(&chosen, *format, file)?,
        What::Dump { only_changed, format, .. } => dump::text(&chosen, *format, *only_changed, file)?,
        What::View { .. } => {
            let file = file.ok_or_else(|| {
                Error::other("Invalid or no config file was supplied")
                    .hint("ANSIBLE_CONFIG names one, or ansible.cfg in this folder")
            })?;
            std::fs::read_to_string(file.path())
                .map_err(|e| Error::other(format!("Failed to open config file: {e}")))?
        }
        What::Init { format, disabled, .. } => init::text(&chosen, *format, *disabled),
        What::Validate { format, .. } => {
            let wrong = match format {
                Checked::Ini => validate::file(&chosen, file),
                Checked::Env => validate::environment(&chosen),
            };
            if let Some(wrong) = wrong.into_iter().reduce(|all, one| format!("{all}\n[ERROR]: {one}")) {
                return Err(Error::other(wrong));
            }
            "All configurations seem valid!".to_owned()
        }
    };
    anstream::println!("{}", terminal::visible(text.strip_suffix('\n').unwrap_or(&text)));
    Ok(Exit::Ok)
}
