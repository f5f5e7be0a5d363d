//! `warp vars`: what variables are, and why.

use super::inventories;
use super::options::Vault;
use super::output::{self, Output};
use crate::error::{Error, Exit, did_you_mean};
use crate::event::Event;
use crate::inventory::LOCALHOST;
use crate::play::Errors;
use crate::report::{terminal, without_vaults};
use crate::run::{self, Explained, Given, Settings};
use crate::template::{Engine, dump};
use crate::value::Value;
use crate::{action, config, lab};
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;

/// What `warp vars` does.
#[derive(Debug, clap::Subcommand)]
pub(super) enum What {
    /// Show what each layer gives a variable of a host, with file and line; the winner is marked.
    Explain(Box<Explain>),
}

/// Options of `warp vars explain`.
#[derive(Debug, clap::Args)]
pub(super) struct Explain {
    /// The variable.
    name: String,
    /// The host.
    host: String,
    /// Playbooks in whose plays it is looked at; without any, outside of plays.
    #[arg(value_name = "PLAYBOOK")]
    playbooks: Vec<PathBuf>,
    /// Inventory file, folder, or comma-separated list of hosts; may be given several times.
    #[arg(short, long, value_name = "INVENTORY")]
    inventory: Vec<String>,
    /// Variables: name=value, @FILE, or a JSON or YAML map; may be given several times.
    #[arg(short, long, value_name = "VARS")]
    extra_vars: Vec<String>,
    #[command(flatten)]
    vault: Vault,
}

/// Runs the command.
pub(super) fn main(what: &What) -> Exit {
    let What::Explain(args) = what;
    output::exit_of(explain(args))
}

fn explain(args: &Explain) -> Result<Exit, Errors> {
    let config = config::Settings::of_process()?;
    let events = Output::Screen.events(0, false, true, &config)?;
    args.vault.install(&config.vault, &mut |warning| events.emit(&Event::warning(warning)))?;
    let mut settings = Settings::new(config);
    settings.extra_vars = Arc::new(run::extra_vars(&args.extra_vars)?);
    settings.inventory_sources = match args.inventory.is_empty() {
        true => settings.config.inventory.clone(),
        false => args.inventory.clone(),
    };
    let (_, inventory) = inventories::load(&settings, &events)?;
    if !inventory.hosts.contains_key(&*args.host) && !LOCALHOST.contains(&args.host.as_str()) {
        let error = Error::input(format!("the inventory has no host `{}`", args.host));
        let names = inventory.hosts.keys().map(|h| &**h);
        return Err(match did_you_mean(&args.host, names) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error,
        }
        .into());
    }
    let engine = Arc::new(Engine::new());
    let mut actions = action::builtin();
    lab::plain_actions().into_iter().for_each(|action| actions.register(action));
    let actions = Arc::new(actions);
    let load = |playbook: &PathBuf| run::load(&settings, &engine, &actions, &events, playbook);
    let plans = args.playbooks.iter().map(load).collect::<Result<Vec<_>, _>>()?;
    let host: Arc<str> = Arc::from(args.host.as_str());
    let extra: Vec<PathBuf> =
        args.extra_vars.iter().filter_map(|given| given.strip_prefix('@')).map(PathBuf::from).collect();
    let explained = run::explain(&args.name, &host, &inventory, &settings, &engine, &plans, &extra)?;
    let mut exit = Exit::Ok;
    if explained.is_empty() {
        anstream::println!("no play of these playbooks has the host {}", args.host);
        exit = Exit::Error;
    }
    for explained in &explained {
        if explained.given.is_empty() && explained.tasks.is_empty() {
            exit = Exit::Error;
        }
        anstream::print!("{}", terminal::visible(&without_vaults(&text(args, explained))));
    }
    Ok(exit)
}

fn text(args: &Explain, explained: &Explained) -> String {
    let mut out = String::new();
    let place = explained.play.as_ref().map(|play| format!(" in the play {play}")).unwrap_or_default();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{} of {}{place}: {}", args.name, args.host, value(explained));
    let width = explained.given.iter().map(|g| g.layer.chars().count()).max().unwrap_or_default();
    for (index, given) in explained.given.iter().enumerate() {
        let mark = if index == 0 { '*' } else { ' ' };
        let _ = writeln!(out, "{mark} {:width$}  {}", given.layer, written(given));
    }
    for (task, given) in &explained.tasks {
        let _ = writeln!(out, "  for the task {task}:\n  * {}  {}", given.layer, written(given));
    }
    out
}

fn value(explained: &Explained) -> String {
    match &explained.value {
        Ok(value) => shown(value),
        Err(why) => why.clone(),
    }
}

fn written(given: &Given) -> String {
    let place = given.place.as_ref().map(|place| format!("  {place}")).unwrap_or_default();
    format!("{}{place}", shown(&given.value))
}

fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) if text.is_vault() => "(encrypted)".to_owned(),
        other => dump::json(other, None).unwrap_or_else(|| crate::value::python_str(other)),
    }
}
