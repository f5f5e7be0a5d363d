//! `warp inventory`: shows what the inventory comes to.

mod formats;
mod graph;
mod list;
mod shown;
mod toml;

use super::inventories;
use super::options::Vault;
use super::output::{self, Output};
use crate::config;
use crate::error::{Error, Exit, Result};
use crate::event::{Event, Events};
use crate::inventory::{Inventory, Limit};
use crate::run::{self, Cache, Settings};
use crate::template::dump;
use crate::value::Value;
use clap::ArgAction;
use shown::Shown;
use std::path::PathBuf;
use std::sync::Arc;

/// Options of `warp inventory`; the names are ansible-inventory's.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The group at which a graph begins.
    #[arg(value_name = "GROUP")]
    group: Option<String>,
    /// Inventory file, folder, or comma-separated list of hosts; may be given several times.
    #[arg(short, long, value_name = "INVENTORY", visible_alias = "inventory-file")]
    inventory: Vec<String>,
    /// Variables: name=value, @FILE, or a JSON or YAML map; may be given several times.
    #[arg(short, long, value_name = "VARS")]
    extra_vars: Vec<String>,
    /// Restrict to hosts that match this pattern.
    #[arg(short, long, value_name = "PATTERN")]
    limit: Option<String>,
    /// The folder whose group_vars and host_vars count as the playbook's.
    #[arg(long, value_name = "FOLDER")]
    playbook_dir: Option<PathBuf>,
    /// Forget the facts that are kept of the inventory's hosts.
    #[arg(long)]
    flush_cache: bool,
    /// Tell more; may be given several times.
    #[arg(short, long, action = ArgAction::Count)]
    verbose: u8,
    /// Write to this file; `--list` and `--host` only.
    #[arg(long = "output", value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    what: What,
    #[command(flatten)]
    form: Form,
    #[command(flatten)]
    vault: Vault,
}

/// What is shown.
#[derive(Debug, clap::Args)]
struct What {
    /// Show all hosts, as inventory scripts do.
    #[arg(long)]
    list: bool,
    /// Show one host's variables, as inventory scripts do.
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// Show groups and hosts as a tree.
    #[arg(long)]
    graph: bool,
}

/// How it is shown.
#[derive(Debug, clap::Args)]
struct Form {
    /// Print YAML instead of JSON.
    #[arg(short, long)]
    yaml: bool,
    /// Print TOML instead of JSON.
    #[arg(long)]
    toml: bool,
    /// Show variables in the graph.
    #[arg(long = "vars")]
    vars: bool,
    /// Show variables where they are set, to make an inventory of it.
    #[arg(long)]
    export: bool,
}

/// Runs the command under warp's own name.
pub(super) fn main(args: &Args) -> Exit {
    output::exit_of(run(args, Output::Screen).map_err(Into::into))
}

/// Shows what was asked for.
///
/// # Errors
/// An inventory that cannot be read, a host or group that is not there, a wrong combination of options.
pub(super) fn run(args: &Args, output: Output) -> Result<Exit> {
    let asked = [args.what.list, args.what.host.is_some(), args.what.graph];
    match asked.iter().filter(|asked| **asked).count() {
        0 => {
            return Err(Error::new(
                Exit::Usage,
                "No action selected, at least one of --host, --graph or --list needs to be specified.",
            ));
        }
        1 => {}
        _ => {
            return Err(Error::new(
                Exit::Usage,
                "Conflicting options used, only one of --host, --graph or --list can be used at the same time.",
            ));
        }
    }
    let config = config::Settings::of_process()?;
    let events = output.events(args.verbose, false, true, &config)?;
    args.vault.install(&config.vault, &mut |warning| events.emit(&Event::warning(warning)))?;
    let mut settings = Settings::new(config);
    settings.extra_vars = Arc::new(run::extra_vars(&args.extra_vars)?);
    settings.verbosity = args.verbose;
    settings.inventory_sources = match args.inventory.is_empty() {
        true => settings.config.inventory.clone(),
        false => args.inventory.clone(),
    };
    let (_, inventory) = inventories::load(&settings, &events)?;
    let cache = Cache::new(settings.config.variables.fact_cache.clone());
    if args.flush_cache {
        inventory.hosts.keys().for_each(|host| cache.forget(host));
    }
    let text = shown(args, &settings, inventory, cache, &events)?;
    match &args.output {
        Some(file) if !args.what.graph => std::fs::write(file, &text).map_err(|e| {
            Error::other(format!("Unable to write to destination file '{}'.", file.display()))
                .note(e.to_string())
        })?,
        _ => anstream::print!("{text}"),
    }
    Ok(Exit::Ok)
}

fn shown(
    args: &Args,
    settings: &Settings,
    inventory: Inventory,
    cache: Cache,
    events: &Events,
) -> Result<String> {
    let mut warnings = Vec::new();
    let hosts = match (&args.what.host, &args.limit) {
        (Some(host), _) => {
            let hosts = inventory.matching_or_warn(&Value::data(host.as_str()), &mut warnings)?;
            if hosts.len() != 1 {
                return Err(Error::new(Exit::Usage, "You must pass a single valid host to --host parameter"));
            }
            hosts
        }
        (None, Some(text)) => {
            let limited = inventory.within(&Limit::parse(text)?, &mut warnings)?;
            let mut hosts = inventory.matching(&Value::data("all"))?;
            hosts.retain(|host| limited.contains(host));
            hosts
        }
        (None, None) => inventory.matching(&Value::data("all"))?,
    };
    for warning in warnings {
        events.emit(&Event::Warning(Arc::new(warning)));
    }
    let shown = Shown {
        inventory,
        cache,
        hosts: hosts.into_iter().collect(),
        extra: Arc::clone(&settings.extra_vars),
        inject_facts: settings.config.variables.inject_facts,
        export: args.form.export || settings.config.inventories.export,
        playbook_dir: args.playbook_dir.clone(),
    };
    if args.what.graph {
        return graph::draw(&shown, args.group.as_deref().unwrap_or("all"), args.form.vars);
    }
    let text = match (&args.what.host, &args.form) {
        (Some(_), form) => {
            let host = shown.hosts.first().cloned().unwrap_or_default();
            let vars = Value::map(shown.host_vars(&host)?);
            match form {
                Form { yaml: true, .. } => yaml(&vars)?,
                Form { toml: true, .. } => toml::dump(&vars),
                _ => json(&vars)?,
            }
        }
        (None, Form { yaml: true, .. }) => yaml(&list::yaml(&shown)?)?,
        (None, Form { toml: true, .. }) => toml::dump(&list::toml(&shown)?),
        (None, _) => json(&list::json(&shown)?)?,
    };
    Ok(match text.ends_with('\n') {
        true => text,
        false => format!("{text}\n"),
    })
}

fn json(value: &Value) -> Result<String> {
    dump::json(value, Some(4)).ok_or_else(|| Error::other("keys of different types have no order"))
}

fn yaml(value: &Value) -> Result<String> {
    dump::yaml_of_variables(value).ok_or_else(|| Error::other("the inventory's variables nest too deep"))
}
