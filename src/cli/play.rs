//! `warp play`: runs playbooks.

use super::engine;
use super::output::{self, Output};
use crate::error::{Error, Exit};
use crate::event::{Event, Events};
use crate::inventory::{self, Inventory, Sources};
use crate::play::{Errors, Loader, Plan};
use crate::report::terminal;
use crate::run::{self, LoadTime, Modules, Runner, Settings};
use crate::template::Engine;
use crate::{action, config, lab};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Options of `warp play`; the names are ansible-playbook's.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Playbooks to run, in order.
    #[arg(required = true, value_name = "PLAYBOOK")]
    playbooks: Vec<PathBuf>,
    /// Inventory file, folder, or comma-separated list of hosts; may be given several times.
    #[arg(short, long, value_name = "INVENTORY", visible_alias = "inventory-file")]
    inventory: Vec<String>,
    /// Variables: name=value, @FILE, or a JSON or YAML map; may be given several times.
    #[arg(short, long, value_name = "VARS")]
    extra_vars: Vec<String>,
    /// Restrict every play to hosts that match this pattern.
    #[arg(short, long, value_name = "PATTERN")]
    limit: Option<String>,
    /// Run only plays and tasks with these tags.
    #[arg(short, long, value_name = "TAGS", value_delimiter = ',')]
    tags: Vec<String>,
    /// Leave out plays and tasks with these tags.
    #[arg(long, value_name = "TAGS", value_delimiter = ',')]
    skip_tags: Vec<String>,
    /// How many hosts a step runs on at once.
    #[arg(short, long)]
    forks: Option<usize>,
    /// Predict changes, make none.
    #[arg(short = 'C', long)]
    check: bool,
    /// Show what changes in files.
    #[arg(short = 'D', long)]
    diff: bool,
    /// Tell more; may be given several times.
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,
    /// The account to log in as.
    #[arg(short, long = "user", value_name = "USER")]
    user: Option<String>,
    /// The key to log in with.
    #[arg(long, value_name = "FILE", visible_alias = "key-file")]
    private_key: Option<PathBuf>,
    /// How to connect: ssh or local.
    #[arg(short, long)]
    connection: Option<String>,
    /// Seconds that connecting may take.
    #[arg(short = 'T', long, value_name = "SECONDS")]
    timeout: Option<u64>,
    /// Become another account.
    #[arg(short, long = "become")]
    become_: bool,
    /// The account to become.
    #[arg(long, value_name = "USER")]
    become_user: Option<String>,
    /// Run handlers on hosts that failed too.
    #[arg(long)]
    force_handlers: bool,
    /// List the tasks that would run, run none.
    #[arg(long)]
    list_tasks: bool,
    /// List the hosts of every play, run nothing.
    #[arg(long)]
    list_hosts: bool,
    /// List all tags, run nothing.
    #[arg(long)]
    list_tags: bool,
    /// Load the playbooks, run nothing.
    #[arg(long)]
    syntax_check: bool,
    /// What to print.
    #[arg(long, value_enum, default_value_t = Output::Screen)]
    output: Output,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> Exit {
    output::exit_of(play(args))
}

fn play(args: &Args) -> Result<Exit, Errors> {
    let config = config::Settings::of_process()?;
    let given = if args.inventory.is_empty() { config.inventory.clone() } else { args.inventory.clone() };
    let events = args.output.events(args.verbose);
    for warning in &config.warnings {
        events.emit(&Event::Warning(warning.clone()));
    }
    let inventory = Sources::default().load(&given)?;
    if let Some(missing) = args.playbooks.iter().find(|p| !p.exists()) {
        return Err(Error::other(format!("the playbook: {} could not be found", missing.display())).into());
    }
    let settings = settings(args, config, &given)?;
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
    let plans = load(args, &settings, &engine, &actions, &events)?;
    if args.list_tasks || args.list_hosts || args.list_tags || args.syntax_check {
        return look(args, &plans, &inventory, &settings, &engine);
    }
    engine::drive(engine, actions, events, async |services| {
        let runner = Runner::new(settings, inventory, services);
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

fn settings(args: &Args, config: config::Settings, inventory: &[String]) -> Result<Settings, Error> {
    let trimmed = |tags: &[String]| -> Vec<String> {
        tags.iter().map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()).collect()
    };
    let mut settings = Settings::new(config);
    settings.extra_vars = Arc::new(run::extra_vars(&args.extra_vars)?);
    if !args.tags.is_empty() {
        settings.tags = trimmed(&args.tags);
    }
    if !args.skip_tags.is_empty() {
        settings.skip_tags = trimmed(&args.skip_tags);
    }
    if let Some(text) = &args.limit {
        settings.limit = Some((inventory::limit(text)?, text.clone()));
    }
    settings.forks = args.forks.unwrap_or(settings.forks);
    settings.check = args.check;
    settings.diff |= args.diff;
    settings.verbosity = args.verbose;
    settings.user = args.user.clone().or(settings.user);
    settings.private_key = args.private_key.clone().or(settings.private_key);
    settings.connection = args.connection.clone().unwrap_or(settings.connection);
    settings.timeout = args.timeout.map_or(settings.timeout, Duration::from_secs);
    settings.become_ |= args.become_;
    settings.become_user = args.become_user.clone().unwrap_or(settings.become_user);
    settings.force_handlers |= args.force_handlers;
    settings.inventory_sources = inventory.to_vec();
    // A rerun of the same playbook attaches to the detached steps of one that was cut off.
    if let Some(first) = args.playbooks.first() {
        settings.run_key = std::path::absolute(first)?.to_string_lossy().into_owned();
    }
    Ok(settings)
}

fn load(
    args: &Args,
    settings: &Settings,
    engine: &Arc<Engine>,
    actions: &Arc<action::Actions>,
    events: &Events,
) -> Result<Vec<Plan>, Errors> {
    let modules = Modules::new(Arc::clone(actions));
    let render = LoadTime { engine: Arc::clone(engine), extra: Arc::clone(&settings.extra_vars) };
    let loader =
        Loader { catalogue: &modules, render: &render, roles_path: settings.config.roles_path.clone() };
    let mut plans = Vec::new();
    for playbook in &args.playbooks {
        let loaded = loader.playbook(playbook)?;
        for warning in loaded.warnings {
            events.emit(&Event::Warning(warning.to_string()));
        }
        plans.push(loaded.value);
    }
    Ok(plans)
}

/// `--list-*` and `--syntax-check`.
fn look(
    args: &Args,
    plans: &[Plan],
    inventory: &Inventory,
    settings: &Settings,
    engine: &Engine,
) -> Result<Exit, Errors> {
    for (plan, given) in plans.iter().zip(&args.playbooks) {
        anstream::println!("\nplaybook: {}", terminal::visible_line(&given.display().to_string()));
        if !args.syntax_check {
            let wanted =
                run::Listing { hosts: args.list_hosts, tags: args.list_tags, tasks: args.list_tasks };
            let text = run::list(plan, inventory, settings, engine, wanted)?;
            anstream::print!("{}", terminal::visible(&text));
        }
    }
    Ok(Exit::Ok)
}
