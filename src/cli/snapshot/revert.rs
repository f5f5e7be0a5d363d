//! `warp snapshot revert`.

use crate::cli::engine;
use crate::cli::output::Output;
use crate::deploy::Revert;
use crate::error::{Exit, Result};
use crate::play::Errors;
use crate::template::Engine;
use crate::value::{self, Vars, extend};
use crate::{action, config, lab, run};
use std::sync::Arc;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The snapshot.
    name: String,
    /// Leave machines that the snapshot has not as they are.
    #[arg(long)]
    partial: bool,
    /// Tell more; may be given several times.
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,
    /// What to print.
    #[arg(long, value_enum, default_value_t = Output::Screen)]
    output: Output,
}

pub(super) fn run(args: &Args) -> Result<Exit, Errors> {
    let (settings, lab) = super::lab()?;
    let lab = Arc::new(lab);
    let mut run = run::Settings::new(config::Settings::of_process()?);
    run.verbosity = args.verbose;
    let mut vars = Vars::new();
    for file in settings.variable_files() {
        extend(&mut vars, &value::read_vars(&file)?);
    }
    vars.extend(settings.variables());
    run.extra_vars = Arc::new(vars);
    run.run_key = lab.id();
    let events = args.output.events(args.verbose, run.check, false, &run.config)?;
    let _held = lab.lock("warp snapshot revert")?;
    let mut actions = action::builtin();
    lab::actions(Arc::clone(&lab)).into_iter().for_each(|action| actions.register(action));
    engine::drive(Arc::new(Engine::new()), Arc::new(actions), events, async |services| {
        let revert = Revert { settings, lab, services, run };
        let done = revert.to(&args.name, args.partial).await?;
        let list =
            |names: &[String], word| (!names.is_empty()).then(|| format!("{word}: {}", names.join(", ")));
        let told = [
            list(&done.running, "running"),
            list(&done.stopped, "shut off"),
            list(&done.left, "left as they were"),
        ];
        anstream::println!(
            "reverted to {}; {}",
            args.name,
            told.into_iter().flatten().collect::<Vec<_>>().join("; ")
        );
        Ok(Exit::Ok)
    })
}
