//! `warp resume`: goes on with a run.

use super::deploy::{self, Resumption};
use super::journal::{self, Where};
use super::{Cli, Command, output, play};
use crate::error::{Error, Exit, did_you_mean};
use crate::journal::{Head, Journal, Run, State};
use crate::play::Errors;
use crate::run::{Keep, Past};
use clap::Parser;
use std::path::Path;
use std::sync::Arc;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The run: its id, or the beginning of it; or a lab's folder (LWD), for the last run there. Without one, the last run
    /// that did not end well.
    #[arg(value_name = "RUN|DIR")]
    run: Option<String>,
    /// Of a deployment: take nothing from the journal from this stage on.
    #[arg(long, value_name = "STAGE", conflicts_with = "fresh_from")]
    from: Option<String>,
    /// Of a deployment: end after this stage.
    #[arg(long, value_name = "STAGE")]
    to: Option<String>,
    /// Of a deployment: put the undercloud back to this snapshot first, and run anew what follows it.
    #[arg(long, value_name = "SNAPSHOT")]
    fresh_from: Option<String>,
    #[command(flatten)]
    place: Where,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> Exit {
    output::exit_of(resume(args))
}

fn resume(args: &Args) -> Result<Exit, Errors> {
    let run = chosen(args)?;
    let segments = run.segments()?;
    let head = segments.iter().find_map(|segment| segment.head()).cloned();
    let Some(head) = head else {
        return Err(Error::other(format!("the run {} has no beginning", run.id()))
            .note("it was cut off before it had one: nothing was done")
            .help("run its command again")
            .into());
    };
    let partly = args.from.is_some() || args.to.is_some() || args.fresh_from.is_some();
    if run.state(&segments) == State::Ended(0) && !partly {
        anstream::println!("{} ended well: there is nothing to resume", run.id());
        return Ok(Exit::Ok);
    }
    restore(&head)?;
    let cli = Cli::try_parse_from(&head.command).map_err(|e| {
        Error::new(Exit::Usage, format!("the run's command line is not understood by this warp: {e}"))
            .note(format!("it was begun by warp {}", head.version))
    })?;
    let keep = || -> Result<Arc<Keep>, Error> {
        let (past, journal) = (Past::of(segments), Journal::resume(run, &Head::of_process())?);
        Ok(Arc::new(Keep { journal, past }))
    };
    match cli.command {
        Command::Play(_) if partly => {
            Err(Error::new(Exit::Usage, "the run is one of playbooks, which have no stages").into())
        }
        Command::Play(args) => play::kept(&args, Some(keep()?)),
        Command::Deploy(mut what) => {
            for stage in args.from.iter().chain(&args.to) {
                known(stage, what.stages())?;
            }
            let (from, to, fresh_from) = (args.from.clone(), args.to.clone(), args.fresh_from.clone());
            what.resuming(Resumption { keep: keep()?, from, to, fresh_from });
            Ok(deploy::run(&what))
        }
        _ => Err(Error::new(Exit::Usage, "only runs of `warp play` and `warp deploy` are resumed").into()),
    }
}

/// Sees that there is such a stage.
fn known(stage: &str, stages: &[&str]) -> Result<(), Error> {
    if stages.contains(&stage) {
        return Ok(());
    }
    let error = Error::new(Exit::Usage, format!("there is no stage {stage}"));
    Err(match did_you_mean(stage, stages.iter().copied()) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help(format!("the stages are {}", stages.join(", "))),
    })
}

/// The run that is meant.
fn chosen(args: &Args) -> Result<Run, Error> {
    let id = args.run.as_deref().filter(|run| !Path::new(run).is_dir());
    let mut folders = journal::folders(&args.place, args.run.as_deref().filter(|_| id.is_none()))?;
    let partly = args.from.is_some() || args.to.is_some() || args.fresh_from.is_some();
    if partly && folders.len() > 1 {
        // Playbooks have no stages: what is meant is a deployment.
        folders.remove(0);
    }
    let mut wrong = None;
    let mut runs = Vec::new();
    for folder in &folders {
        match id.map(|id| folder.find(id)) {
            Some(Ok(run)) => return Ok(run),
            Some(Err(e)) => wrong = Some(e),
            None => runs.extend(folder.runs()?),
        }
    }
    if let Some(wrong) = wrong {
        return Err(wrong);
    }
    runs.sort_by_key(Run::id);
    let unfinished = |run: &Run| partly || run.segments().is_ok_and(|s| run.state(&s) != State::Ended(0));
    let last = runs.into_iter().rev().find(unfinished);
    last.ok_or_else(|| {
        Error::new(Exit::Usage, "no run is there to resume: all that are kept ended well")
            .help("`warp journal` lists the runs that are kept")
    })
}

/// Goes where the run was begun, with what it had in its environment.
fn restore(head: &Head) -> Result<(), Error> {
    std::env::set_current_dir(&head.folder).map_err(|e| {
        Error::other(format!("cannot go to {}, where the run was begun: {e}", head.folder.display()))
    })?;
    for (name, value) in &head.environment {
        // SAFETY: this is the only thread yet; nobody else reads the environment.
        unsafe { std::env::set_var(name, value) };
    }
    Ok(())
}
