//! `warp plan`: what a deployment would make and change.

use super::output::{self, Output};
use super::{consent, deploy, engine, overcloud};
use crate::deploy::{ACCESS, Deployment, Gatherer, Object, Settings};
use crate::error::{Error, Exit};
use crate::event::Events;
use crate::lab::Lab;
use crate::play::Errors;
use crate::report::{Redacting, terminal};
use crate::template::Engine;
use crate::value::{Value, Vars};
use crate::{config, run};
use serde_json::json;
use std::sync::{Arc, Mutex};

/// What is planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// The undercloud: networks, pool, disk and VM.
    Undercloud,
    /// The overcloud's nodes: their disks and VMs.
    Overcloud,
}

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What would be deployed.
    #[arg(value_enum, default_value_t = What::Undercloud)]
    what: What,
    #[command(flatten)]
    amounts: overcloud::Amounts,
    /// Variables: name=value, @FILE, or a JSON or YAML map; may be given several times.
    #[arg(short, long, value_name = "VARS")]
    extra_vars: Vec<String>,
    /// Print one JSON object: changes (whether there are any), and objects with kind, name, actions (none when it is as
    /// wanted), and the definition of what is not there or the differences (path, is, wanted) of what is.
    #[arg(long, conflicts_with = "apply")]
    json: bool,
    /// End with 2 when there are changes, and with 1 after every error.
    #[arg(long)]
    detailed_exitcode: bool,
    /// Then make the changes, also of what is there already, after asking.
    #[arg(long)]
    apply: bool,
    /// Do not ask.
    #[arg(short, long, requires = "apply")]
    yes: bool,
}

impl What {
    /// The plays that make it, by their stages.
    fn plays(self) -> &'static [(&'static str, &'static str)] {
        match self {
            What::Undercloud => &[("prepare", "prepare"), ("provision", "provision")],
            What::Overcloud => &[("nodes", "overcloud-nodes")],
        }
    }
}

impl Args {
    /// The variables of the overcloud's nodes.
    fn nodes(&self) -> Result<Vars, Error> {
        if self.what == What::Undercloud {
            return match self.amounts.any() {
                true => Err(Error::new(Exit::Usage, "the undercloud has no nodes of other kinds")
                    .help("`warp plan overcloud` has them")),
                false => Ok(Vars::new()),
            };
        }
        let nodes = self.amounts.nodes()?;
        if nodes.are_servers()? == Some(true) {
            return Err(Error::new(Exit::Usage, "servers that exist are not made: there is nothing to plan")
                .help("`warp deploy overcloud` begins by looking whether it can log in to each"));
        }
        Ok(nodes.variables())
    }
}

/// Runs the command.
pub(super) fn run(args: &Args) -> Exit {
    match (plan(args), args.detailed_exitcode) {
        // 2 says that there are changes, whatever else a failed step would end with.
        (Err(errors), true) => {
            output::exit_of(Err(errors));
            Exit::Error
        }
        (end, _) => output::exit_of(end),
    }
}

fn plan(args: &Args) -> Result<Exit, Errors> {
    let settings = Settings::from_environment(|name| std::env::var(name).ok())?;
    let objects = planned(args, &settings)?;
    let changes = objects.iter().any(|object| !object.actions.is_empty());
    if args.json {
        anstream::println!("{}", json!({"changes": changes, "objects": objects}));
    } else {
        show(&objects);
    }
    let exit = if changes && args.detailed_exitcode { Exit::HostsFailed } else { Exit::Ok };
    if args.apply && changes {
        confirm(args, &settings)?;
        apply(args, settings)?;
    }
    Ok(exit)
}

fn planned(args: &Args, settings: &Settings) -> Result<Vec<Object>, Errors> {
    let lab = Arc::new(Lab::look(&settings.local_working_dir)?);
    let mut run = settings_of_run(args, settings, &lab)?;
    if args.what == What::Overcloud && !run.extra_vars.contains_key("overcloud_nodes") {
        return Err(overcloud::none_named().into());
    }
    let wanted = args.what.plays();
    run.check = true;
    run.skip_tags = vec![ACCESS.to_owned()];
    let gatherer = Gatherer::default();
    let events = Events::new(vec![Box::new(Redacting::new(vec![Box::new(gatherer.clone())]))]);
    let actions = Arc::new(deploy::actions(&lab, &events));
    let objects: Mutex<Vec<Object>> = Mutex::default();
    let settings = settings.clone();
    engine::drive(Arc::new(Engine::new()), actions, events, async |services| {
        let found = Deployment { settings, lab, services, run }.plan(&gatherer, wanted).await?;
        *objects.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = found;
        Ok(Exit::Ok)
    })?;
    Ok(objects.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner))
}

fn apply(args: &Args, settings: Settings) -> Result<Exit, Errors> {
    let wanted = args.what.plays();
    let lab = Arc::new(Lab::open(&settings.local_working_dir)?);
    let _held = lab.lock("warp plan --apply")?;
    let mut run = settings_of_run(args, &settings, &lab)?;
    run.run_key = lab.id();
    let events = Output::Screen.events(0, false, false, &run.config)?;
    let actions = Arc::new(deploy::actions(&lab, &events));
    engine::drive(Arc::new(Engine::new()), actions, events, async |services| {
        Deployment { settings, lab, services, run }.apply(wanted).await?;
        Ok(Exit::Ok)
    })
}

/// As a deployment runs, but that what is there and differs is changed.
fn settings_of_run(args: &Args, settings: &Settings, lab: &Lab) -> Result<run::Settings, Errors> {
    let mut run = run::Settings::new(config::Settings::of_process()?);
    let above = args.nodes()?;
    let given = deploy::variables(settings, &args.extra_vars, above)?;
    let mut vars = deploy::placed(given, lab)?;
    vars.insert("apply_changes".into(), Value::Bool(true));
    run.extra_vars = Arc::new(vars);
    Ok(run)
}

fn show(objects: &[Object]) {
    let (mut made, mut changed) = (0, 0);
    for object in objects {
        let create = object.actions.iter().any(|action| action == "create");
        let sign = match object.actions.as_slice() {
            [] => '=',
            _ if create => '+',
            _ => '~',
        };
        made += usize::from(sign == '+');
        changed += usize::from(sign == '~');
        let line = format!("{sign} {} {}", object.kind, object.name);
        anstream::println!("{line:<40} {}", object.actions.join(", "));
        for line in object.definition.iter().flat_map(|text| text.lines()).filter(|l| !l.trim().is_empty()) {
            anstream::println!("    + {}", terminal::visible_line(line));
        }
        let word = |value: &Option<String>| value.clone().unwrap_or_else(|| "absent".to_owned());
        for difference in &object.differences {
            let line =
                format!("{}: {} -> {}", difference.path, word(&difference.is), word(&difference.wanted));
            anstream::println!("    {}", terminal::visible_line(&line));
        }
    }
    let same = objects.len() - made - changed;
    anstream::println!("{made} to create, {changed} to change, {same} as wanted");
}

fn confirm(args: &Args, settings: &Settings) -> Result<(), Error> {
    if args.yes || !settings.interactive {
        return Ok(());
    }
    let lwd = settings.local_working_dir.display();
    consent::agreed(&format!("Make these changes in {lwd}?"), "nothing was changed", consent::LAB)
}
