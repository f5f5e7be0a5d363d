//! `warp deploy`: deployments.

use super::output::{self, Output};
use super::{engine, teardown};
use crate::deploy::{Deployment, Settings, Teardown};
use crate::error::Exit;
use crate::event::{Event, Events};
use crate::lab::Lab;
use crate::play::Errors;
use crate::template::Engine;
use crate::value::{self, Vars, extend};
use crate::{action, config, image, lab, run};
use clap::Subcommand;
use std::sync::Arc;

/// What is deployed.
#[derive(Debug, Subcommand)]
pub(super) enum What {
    /// An undercloud in a VM on this host; what is done already is skipped.
    Undercloud(Args),
}

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Variables: name=value, @FILE, or a JSON or YAML map; may be given several times.
    #[arg(short, long, value_name = "VARS")]
    extra_vars: Vec<String>,
    /// Do not ask before what TEARDOWN says is removed.
    #[arg(short, long)]
    yes: bool,
    /// Tell more; may be given several times.
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,
    /// What to print.
    #[arg(long, value_enum, default_value_t = Output::Screen)]
    output: Output,
}

/// Runs the command.
pub(super) fn run(what: &What) -> Exit {
    let What::Undercloud(args) = what;
    output::exit_of(undercloud(args))
}

fn undercloud(args: &Args) -> Result<Exit, Errors> {
    let settings = Settings::from_environment(|name| std::env::var(name).ok())?;
    let mut run = run::Settings::new(config::Settings::of_process()?);
    run.verbosity = args.verbose;
    let mut vars = Vars::new();
    for file in settings.variable_files() {
        extend(&mut vars, &value::read_vars(&file)?);
    }
    extend(&mut vars, &run::extra_vars(&args.extra_vars)?);
    vars.extend(settings.variables());
    run.extra_vars = Arc::new(vars);

    let events = args.output.events(args.verbose, run.check, false, &run.config)?;
    let lab = opened(&settings, args, &events)?;
    let _held = lab.lock("warp deploy undercloud")?;
    run.run_key = lab.id();
    let mut actions = action::builtin();
    for action in lab::actions(Arc::clone(&lab)).into_iter().chain(image::actions(&events)) {
        actions.register(action);
    }
    engine::drive(Arc::new(Engine::new()), Arc::new(actions), events, async |services| {
        Deployment { settings, lab, services, run }.undercloud().await?;
        Ok(Exit::Ok)
    })
}

/// The lab, after what TEARDOWN says was removed from it.
fn opened(settings: &Settings, args: &Args, events: &Events) -> Result<Arc<Lab>, Errors> {
    let lwd = &settings.local_working_dir;
    if settings.teardown > Teardown::None
        && let Some(lab) = Lab::find(lwd)?
    {
        let _held = lab.lock("warp deploy undercloud")?;
        teardown::ask(settings.teardown, lwd, args.yes || !settings.interactive)?;
        for kept in teardown::remove(&lab, settings.teardown)?.kept {
            events.emit(&Event::warning(format!("not removed: {kept}")));
        }
    }
    Ok(Arc::new(Lab::open(lwd)?))
}
