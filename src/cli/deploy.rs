//! `warp deploy`: deployments.

use super::journal::{self, Keeping};
use super::output::{self, Output};
use super::{engine, teardown};
use crate::deploy::{Deployment, Revert, STAGES, Settings, Teardown};
use crate::error::Exit;
use crate::event::{Event, Events};
use crate::journal::Folder;
use crate::lab::Lab;
use crate::play::Errors;
use crate::run::Keep;
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
    /// The run that is taken up, by `warp resume`.
    #[arg(skip)]
    pub resumed: Option<Resumption>,
}

/// A deployment that is taken up, and which part of it.
#[derive(Debug)]
pub(super) struct Resumption {
    pub keep: Arc<Keep>,
    /// The stage from which nothing is taken from the journal.
    pub from: Option<String>,
    /// The stage after which it ends.
    pub to: Option<String>,
    /// The snapshot that the undercloud is put back to first.
    pub fresh_from: Option<String>,
}

impl What {
    /// To be taken up.
    pub fn resuming(&mut self, resumption: Resumption) {
        let What::Undercloud(args) = self;
        args.resumed = Some(resumption);
    }

    /// Its stages.
    pub fn stages(&self) -> &'static [&'static str] {
        let What::Undercloud(_) = self;
        &STAGES
    }
}

impl Args {
    /// The journal of the deployment, beside its lab; or that of the one that is taken up.
    fn keep(&self, settings: &Settings, events: &Events) -> Option<Arc<Keep>> {
        let keeping = match &self.resumed {
            Some(resumption) => Keeping::Resumed(Arc::clone(&resumption.keep)),
            None => Keeping::New(Folder::at(&journal::of_lab(&settings.local_working_dir)).map_err(Box::new)),
        };
        keeping.begin(events)
    }

    /// The settings, with what part of the deployment is meant.
    fn settings(&self) -> Result<Settings, Errors> {
        let mut settings = Settings::from_environment(|name| std::env::var(name).ok())?;
        if let Some(Resumption { from, to, fresh_from, .. }) = &self.resumed {
            // What was to be removed was removed when the run began.
            settings.teardown = Teardown::None;
            // What follows a snapshot is the stage after that of its name.
            let after = |name: &String| {
                let at = STAGES.iter().position(|stage| stage == name)?;
                STAGES.get(at + 1).map(ToString::to_string)
            };
            settings.from = from.clone().or_else(|| fresh_from.as_ref().and_then(after));
            settings.to.clone_from(to);
        }
        Ok(settings)
    }
}

/// Runs the command.
pub(super) fn run(what: &What) -> Exit {
    let What::Undercloud(args) = what;
    output::exit_of(undercloud(args))
}

fn undercloud(args: &Args) -> Result<Exit, Errors> {
    let settings = args.settings()?;
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
    // The revert is no part of what the journal keeps.
    let unkept = run.clone();
    let fresh_from = args.resumed.as_ref().and_then(|resumed| resumed.fresh_from.clone());
    run.keep = args.keep(&settings, &events);
    let keep = run.keep.clone();
    let mut actions = action::builtin();
    for action in lab::actions(Arc::clone(&lab)).into_iter().chain(image::actions(&events)) {
        actions.register(action);
    }
    let end = engine::drive(Arc::new(Engine::new()), Arc::new(actions), events, async |services| {
        if let Some(snapshot) = fresh_from {
            let (settings, lab, services) = (settings.clone(), Arc::clone(&lab), services.clone());
            Revert { settings, lab, services, run: unkept }.to(&snapshot, false).await?;
        }
        Deployment { settings, lab, services, run }.undercloud().await?;
        Ok(Exit::Ok)
    });
    journal::end(keep, end)
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
