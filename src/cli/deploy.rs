//! `warp deploy`: deployments.

use super::journal::{self, Keeping};
use super::output::{self, Output};
use super::{engine, overcloud, teardown};
use crate::deploy::{Deployment, OVERCLOUD_STAGES, Revert, STAGES, Settings, Teardown};
use crate::error::Exit;
use crate::event::{Event, Events};
use crate::journal::Folder;
use crate::lab::Lab;
use crate::play::Errors;
use crate::run::Keep;
use crate::template::Engine;
use crate::value::{self, Text, Value, Vars, extend};
use crate::{action, config, image, lab, run};
use clap::Subcommand;
use std::sync::Arc;

/// What is deployed.
#[derive(Debug, Subcommand)]
pub(super) enum What {
    /// An undercloud in a VM on this host, or on the one that VIRTHOST names; what is done already is skipped.
    Undercloud(Args),
    /// An overcloud of VMs on this host, or of servers that exist, by the undercloud that is there.
    Overcloud(overcloud::Wanted),
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
    #[command(flatten)]
    whether: journal::Whether,
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
        let (What::Undercloud(args) | What::Overcloud(overcloud::Wanted { args, .. })) = self;
        args.resumed = Some(resumption);
    }

    /// Its stages.
    pub fn stages(&self) -> &'static [&'static str] {
        match self {
            What::Undercloud(_) => &STAGES,
            What::Overcloud(_) => &OVERCLOUD_STAGES,
        }
    }
}

impl Args {
    /// The journal of the deployment, beside its lab; or that of the one that is taken up.
    fn keep(&self, settings: &Settings, events: &Events) -> Option<Arc<Keep>> {
        let keeping = match &self.resumed {
            Some(resumption) => Keeping::Resumed(Arc::clone(&resumption.keep)),
            None => self.whether.keeping(None, || Folder::at(&journal::of_lab(&settings.local_working_dir))),
        };
        keeping.begin(events)
    }

    /// The settings, with what part of the deployment is meant.
    fn settings(&self) -> Result<Settings, Errors> {
        let mut settings = Settings::from_environment(|name| std::env::var(name).ok())?;
        if let Some(Resumption { from, to, fresh_from, .. }) = &self.resumed {
            // What was to be removed was removed when the run began.
            settings.teardown = Teardown::None;
            // What follows a snapshot is the stage after that of its name; of another's name everything does.
            let after = |name: &String| {
                let at = STAGES.iter().position(|stage| stage == name);
                at.map_or(STAGES.first(), |at| STAGES.get(at + 1)).map(ToString::to_string)
            };
            settings.from = from.clone().or_else(|| fresh_from.as_ref().and_then(after));
            settings.to = to.clone().or(settings.to);
        }
        Ok(settings)
    }
}

/// Runs the command.
pub(super) fn run(what: &What) -> Exit {
    output::exit_of(match what {
        What::Undercloud(args) => undercloud(args),
        What::Overcloud(args) => overcloud::deploy(args),
    })
}

/// Collects the logs of the undercloud and the nodes.
pub(super) fn logs(mut args: Args) -> Exit {
    // There is nothing in it to be taken up.
    args.whether = journal::Whether::not();
    output::exit_of(on_undercloud(&args, Vars::new(), "warp logs", Deployment::logs))
}

/// Runs what there must be an undercloud for: nothing is removed before. `above` are variables above those of the user's
/// files and beneath -e.
pub(super) fn on_undercloud(
    args: &Args,
    above: Vars,
    what: &str,
    work: impl AsyncFnOnce(Deployment) -> Result<(), Errors>,
) -> Result<Exit, Errors> {
    let open = |settings: &Settings, _: &Events| Ok(Lab::open(&settings.local_working_dir)?);
    in_lab(args, above, what, open, work)
}

fn undercloud(args: &Args) -> Result<Exit, Errors> {
    let settings = args.settings()?;
    if let Some(play) = settings.play {
        // What TEARDOWN removes are the machines that the playbook is for: the playbook is told.
        let teardown = std::env::var("TEARDOWN").unwrap_or_else(|_| "false".to_owned());
        let above = Vars::from_iter([("teardown".into(), Value::Text(Text::data(teardown)))]);
        return on_undercloud(args, above, "warp deploy undercloud", async |lab| lab.custom(&play).await);
    }
    let open = |settings: &Settings, events: &Events| opened(settings, args, events);
    in_lab(args, Vars::new(), "warp deploy undercloud", open, Deployment::undercloud)
}

/// Runs a part of a deployment with the lab held, and with a journal.
fn in_lab(
    args: &Args,
    above: Vars,
    what: &str,
    open: impl FnOnce(&Settings, &Events) -> Result<Lab, Errors>,
    work: impl AsyncFnOnce(Deployment) -> Result<(), Errors>,
) -> Result<Exit, Errors> {
    let settings = args.settings()?;
    let mut run = run::Settings::new(config::Settings::of_process()?);
    run.verbosity = args.verbose.max(settings.verbosity);
    let given = variables(&settings, &args.extra_vars, above)?;
    let events = args.output.events(run.verbosity, run.check, false, &run.config)?;
    for note in &settings.notes {
        events.emit(&Event::Verbose { level: 0, text: note.clone() });
    }
    let lab = Arc::new(open(&settings, &events)?);
    let _held = lab.lock(what)?;
    run.run_key = lab.id();
    run.extra_vars = Arc::new(placed(given, &lab)?);
    // The revert is no part of what the journal keeps.
    let unkept = run.clone();
    let fresh_from = args.resumed.as_ref().and_then(|resumed| resumed.fresh_from.clone());
    run.keep = args.keep(&settings, &events);
    let keep = run.keep.clone();
    let actions = Arc::new(actions(&lab, &events));
    let end = engine::drive(Arc::new(Engine::new()), actions, events, async |services| {
        if let Some(snapshot) = fresh_from {
            let (settings, lab, services) = (settings.clone(), Arc::clone(&lab), services.clone());
            Box::pin(Revert { settings, lab, services, run: unkept }.to(&snapshot, false)).await?;
        }
        // Boxed: what runs in it is deeper than the compiler looks into at once.
        Box::pin(work(Deployment { settings, lab, services, run })).await?;
        Ok(Exit::Ok)
    });
    journal::end(keep, end, args.output)
}

/// What plays are told from outside: files, `above` them, -e, and the settings.
pub(super) fn variables(settings: &Settings, extra_vars: &[String], above: Vars) -> Result<Vars, Errors> {
    let mut vars = Vars::new();
    for file in settings.variable_files() {
        extend(&mut vars, &value::read_vars(&file)?);
    }
    vars.extend(above);
    extend(&mut vars, &run::extra_vars(extra_vars)?);
    vars.extend(settings.variables());
    Ok(vars)
}

/// Those above what the lab's place on its daemon gives.
///
/// # Errors
/// The daemon cannot be asked for other labs.
pub(super) fn placed(given: Vars, lab: &Lab) -> Result<Vars, Errors> {
    let mut vars = Settings::place(&lab.place()?, lab.virthost().as_deref());
    extend(&mut vars, &given);
    Ok(vars)
}

/// Ansible's actions and the lab's.
pub(super) fn actions(lab: &Arc<Lab>, events: &Events) -> action::Actions {
    let mut actions = action::builtin();
    for action in lab::actions(Arc::clone(lab)).into_iter().chain(image::actions(events)) {
        actions.register(action);
    }
    actions
}

/// The lab, after what TEARDOWN says was removed from it.
fn opened(settings: &Settings, args: &Args, events: &Events) -> Result<Lab, Errors> {
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
    Ok(Lab::open(lwd)?)
}
