//! `warp run`: runs a module on hosts.

use super::journal::Keeping;
use super::options::Options;
use super::output::{self, Output};
use super::ready::{self, Ready};
use crate::config;
use crate::error::{Error, Exit};
use crate::event::Event;
use crate::inventory::LOCALHOST;
use crate::play::{AdHoc, Errors};
use crate::report::terminal;
use crate::value::{self, Value};
use std::path::PathBuf;

/// Options of `warp run`; the names are ansible's.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What to print.
    #[arg(long, value_enum, default_value_t = Output::Screen)]
    output: Output,
    #[command(flatten)]
    run: Run,
}

/// A module, and how to run it.
#[derive(Debug, clap::Args)]
pub(super) struct Run {
    /// The hosts.
    #[arg(value_name = "PATTERN")]
    pattern: String,
    /// The module.
    #[arg(short, long, value_name = "MODULE")]
    module_name: Option<String>,
    /// Its arguments: `name=value` pairs, a command, or a JSON map.
    #[arg(short, long, value_name = "ARGS", allow_hyphen_values = true)]
    args: Option<String>,
    /// Run in the background, at most this many seconds.
    #[arg(short = 'B', long, value_name = "SECONDS", default_value_t = 0)]
    background: u64,
    /// Seconds between looks at what runs in the background; 0 leaves it.
    #[arg(short = 'P', long, value_name = "SECONDS")]
    poll: Option<u64>,
    /// Seconds that the module may take.
    #[arg(long, value_name = "SECONDS")]
    task_timeout: Option<u64>,
    /// The folder that counts as the playbook's.
    #[arg(long, value_name = "DIR")]
    playbook_dir: Option<PathBuf>,
    #[command(flatten)]
    options: Options,
}

/// Modules that do nothing without arguments.
const WANT_ARGS: [&str; 4] = ["command", "shell", "script", "raw"];

/// Runs the command.
pub(super) fn run(args: &Args) -> Exit {
    let config = config::Settings::of_process().map_err(Into::into);
    output::exit_of(config.and_then(|config| adhoc(&args.run, config, args.output, true)))
}

/// Runs a module, or lists the hosts. What surely fails is refused before it runs if `early`.
///
/// # Errors
/// What keeps it from running, or ends it at once.
pub(super) fn adhoc(
    args: &Run,
    config: config::Settings,
    output: Output,
    early: bool,
) -> Result<Exit, Errors> {
    let mut ready = Ready::new(config, &args.options, output, args.options.list_hosts)?;
    ready.settings.early = early;
    let hosts = hosts(args, &ready)?;
    if args.options.list_hosts {
        anstream::println!("  hosts ({}):", hosts.len());
        for host in hosts {
            anstream::println!("    {}", terminal::visible_line(&host));
        }
        return Ok(Exit::Ok);
    }
    let config = &ready.settings.config;
    let adhoc = AdHoc {
        hosts: args.pattern.clone(),
        module: args.module_name.clone().unwrap_or_else(|| config.command.module_name.clone()),
        args: args.args.clone().unwrap_or_else(|| config.command.module_args.clone()),
        background: args.background,
        poll: args.poll.unwrap_or(config.poll_interval),
        timeout: args.task_timeout.unwrap_or(config.task_timeout),
    };
    refuse(&adhoc)?;
    let dir = args.playbook_dir.clone().or_else(|| config.command.playbook_dir.clone());
    let dir = value::normal(&dir.unwrap_or_default());
    // A rerun of the same command attaches to a step that was cut off.
    ready.settings.run_key = format!("{}\n{adhoc:?}", dir.display());
    let loading = ready.loading();
    ready.run(std::iter::once_with(|| loading.adhoc(&dir, &adhoc)), Keeping::None)
}

/// The hosts of the pattern that the limit leaves. None is no error, nor is a pattern that cannot be understood, unless
/// there is a limit.
fn hosts(args: &Run, ready: &Ready) -> Result<Vec<String>, Error> {
    let pattern = Value::data(args.pattern.as_str());
    ready.warn_of_localhost(&args.pattern);
    let mut warnings = Vec::new();
    let found = ready.inventory.matching_or_warn(&pattern, &mut warnings);
    let hosts = match &ready.settings.limit {
        None => found.unwrap_or_default(),
        Some((limit, _)) => {
            let limited = ready.inventory.within(limit, &mut warnings)?;
            found?.into_iter().filter(|host| limited.contains(host)).collect()
        }
    };
    for warning in &warnings {
        ready.events.emit(&Event::warning(warning.message()));
    }
    // The implicit localhost is not in `all`, but no limit takes it away.
    if hosts.is_empty() && LOCALHOST.contains(&&*args.pattern) {
        return Ok(vec![args.pattern.clone()]);
    }
    if hosts.is_empty() && !ready.no_hosts() {
        if args.options.limit.is_some() {
            return Err(ready::no_hosts());
        }
        ready.events.emit(&Event::warning("No hosts matched, nothing to do"));
    }
    Ok(hosts.iter().map(ToString::to_string).collect())
}

/// Refuses modules that make no sense alone.
fn refuse(adhoc: &AdHoc) -> Result<(), Error> {
    let short = adhoc.module.rsplit('.').next().unwrap_or_default();
    if short == "import_playbook" {
        let msg = format!("'{}' is not a valid action for ad-hoc commands", adhoc.module);
        return Err(Error::new(Exit::Usage, msg));
    }
    if WANT_ARGS.contains(&short) && adhoc.args.is_empty() {
        let mut msg = format!("No argument passed to {} module", adhoc.module);
        if adhoc.hosts.ends_with(".yml") {
            msg.push_str(" (did you mean to run ansible-playbook?)");
        }
        return Err(Error::new(Exit::Usage, msg));
    }
    Ok(())
}
