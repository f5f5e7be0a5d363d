//! `warp resume`: goes on with a run.

use super::journal::{self, Resumed, Where};
use super::{Cli, Command, output, play};
use crate::error::{Error, Exit};
use crate::journal::{Head, Run, State};
use crate::play::Errors;
use crate::run::Past;
use clap::Parser;
use std::path::Path;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The run: its id, or the beginning of it; or a lab's folder (LWD), for the last run there. Without one, the last run
    /// that did not end well.
    #[arg(value_name = "RUN|DIR")]
    run: Option<String>,
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
    if run.state(&segments) == State::Ended(0) {
        anstream::println!("{} ended well: there is nothing to resume", run.id());
        return Ok(Exit::Ok);
    }
    let resumed = Resumed { run, past: Past::of(segments) };
    restore(&head)?;
    let cli = Cli::try_parse_from(&head.command).map_err(|e| {
        Error::new(Exit::Usage, format!("the run's command line is not understood by this warp: {e}"))
            .note(format!("it was begun by warp {}", head.version))
    })?;
    match cli.command {
        Command::Play(args) => play::kept(&args, Some(resumed)),
        _ => Err(Error::new(Exit::Usage, "only runs of `warp play` can be resumed").into()),
    }
}

/// The run that is meant.
fn chosen(args: &Args) -> Result<Run, Error> {
    let id = args.run.as_deref().filter(|run| !Path::new(run).is_dir());
    let folders = journal::folders(&args.place, args.run.as_deref().filter(|_| id.is_none()))?;
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
    let unfinished = |run: &Run| run.segments().is_ok_and(|s| run.state(&s) != State::Ended(0));
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
