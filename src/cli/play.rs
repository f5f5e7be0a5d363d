//! `warp play`: runs playbooks.

use super::options::Options;
use super::output::{self, Output};
use super::{engine, inventories};
use crate::error::{Error, Exit};
use crate::event::Event;
use crate::inventory::Inventory;
use crate::play::{Errors, Plan};
use crate::report::terminal;
use crate::run::{self, Runner, Settings};
use crate::template::Engine;
use crate::{action, config, lab};
use std::os::unix::fs::FileTypeExt;
use std::path::PathBuf;
use std::sync::Arc;

/// Options of `warp play`; the names are ansible-playbook's.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What to print.
    #[arg(long, value_enum, default_value_t = Output::Screen)]
    output: Output,
    #[command(flatten)]
    play: Play,
}

/// Playbooks, and how to run them.
#[derive(Debug, clap::Args)]
pub(super) struct Play {
    /// Playbooks to run, in order.
    #[arg(required = true, value_name = "PLAYBOOK")]
    playbooks: Vec<PathBuf>,
    /// Run only plays and tasks with these tags.
    #[arg(short, long, value_name = "TAGS", value_delimiter = ',')]
    tags: Vec<String>,
    /// Leave out plays and tasks with these tags.
    #[arg(long, value_name = "TAGS", value_delimiter = ',')]
    skip_tags: Vec<String>,
    /// Run handlers on hosts that failed too.
    #[arg(long)]
    force_handlers: bool,
    /// List the tasks that would run, run none.
    #[arg(long)]
    list_tasks: bool,
    /// List all tags, run nothing.
    #[arg(long)]
    list_tags: bool,
    #[command(flatten)]
    options: Options,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> Exit {
    output::exit_of(play(&args.play, args.output, true))
}

/// Runs, lists or checks playbooks.
///
/// # Errors
/// What keeps them from running, or ends them at once.
pub(super) fn play(args: &Play, output: Output, early: bool) -> Result<Exit, Errors> {
    let config = config::Settings::of_process()?;
    let events = output.events(args.options.verbose, args.options.check, &config);
    for warning in &config.warnings {
        events.emit(&Event::Warning(warning.clone()));
    }
    present(&args.playbooks)?;
    args.options.vault.install(&config.vault, &mut |warning| events.emit(&Event::Warning(warning)))?;
    let mut settings = settings(args, config)?;
    let (sources, inventory) = inventories::load(&settings, &events)?;
    let look_only = args.list_tasks || args.options.list_hosts || args.list_tags || args.options.syntax_check;
    settings.early = early && !look_only;
    if let Some((limit, _)) = &settings.limit
        && inventory.matching(limit)?.is_empty()
    {
        let msg = "Specified inventory, host pattern and/or --limit leaves us with no hosts to target.";
        return Err(Error::other(msg).into());
    }
    let engine = Arc::new(Engine::new());
    let mut actions = action::builtin();
    for action in lab::plain_actions() {
        actions.register(action);
    }
    let actions = Arc::new(actions);
    let load = |playbook: &PathBuf| run::load(&settings, &engine, &actions, &events, playbook);
    let plans = args.playbooks.iter().map(load).collect::<Result<Vec<_>, _>>()?;
    if look_only {
        return look(args, &plans, &inventory, &settings, &engine);
    }
    engine::drive(engine, actions, events, async |services| {
        let runner = Runner::new(settings, inventory, services).refreshing_from(sources);
        let mut exit = Exit::Ok;
        for plan in &plans {
            exit = runner.run(plan).await?.exit;
            if exit != Exit::Ok {
                break;
            }
        }
        Ok(exit)
    })
}

/// Sees that every playbook is there before anything else is read.
fn present(playbooks: &[PathBuf]) -> Result<(), Error> {
    for playbook in playbooks {
        let shown = playbook.display();
        let Ok(metadata) = playbook.metadata() else {
            return Err(Error::other(format!("the playbook: {shown} could not be found")));
        };
        let kind = metadata.file_type();
        if !kind.is_file() && !kind.is_fifo() {
            return Err(Error::other(format!("the playbook: {shown} does not appear to be a file")));
        }
    }
    Ok(())
}

fn settings(args: &Play, config: config::Settings) -> Result<Settings, Error> {
    let trimmed = |tags: &[String]| -> Vec<String> {
        tags.iter().map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()).collect()
    };
    let mut settings = args.options.settings(config)?;
    if !args.tags.is_empty() {
        settings.tags = trimmed(&args.tags);
    }
    if !args.skip_tags.is_empty() {
        settings.skip_tags = trimmed(&args.skip_tags);
    }
    settings.force_handlers |= args.force_handlers;
    // A rerun of the same playbook attaches to the detached steps of one that was cut off.
    if let Some(first) = args.playbooks.first() {
        settings.run_key = std::path::absolute(first)?.to_string_lossy().into_owned();
    }
    Ok(settings)
}

/// `--list-*` and `--syntax-check`.
fn look(
    args: &Play,
    plans: &[Plan],
    inventory: &Inventory,
    settings: &Settings,
    engine: &Engine,
) -> Result<Exit, Errors> {
    for (plan, given) in plans.iter().zip(&args.playbooks) {
        anstream::println!("\nplaybook: {}", terminal::visible_line(&given.display().to_string()));
        if !args.options.syntax_check {
            let wanted =
                run::Listing { hosts: args.options.list_hosts, tags: args.list_tags, tasks: args.list_tasks };
            let text = run::list(plan, inventory, settings, engine, wanted)?;
            anstream::print!("{}", terminal::visible(&text));
        }
    }
    Ok(Exit::Ok)
}
