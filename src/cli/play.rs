//! `warp play`: runs playbooks.

use super::arguments;
use super::journal::{self, Keeping};
use super::options::Options;
use super::output::{self, Output};
use super::ready::Ready;
use crate::config;
use crate::error::{Error, Exit};
use crate::play::{Errors, Plan, playbook_of_collection};
use crate::report::terminal;
use crate::run::{self, Keep, Settings};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Options of `warp play`; the names are ansible-playbook's.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What to print.
    #[arg(long, value_enum, default_value_t = Output::Screen)]
    output: Output,
    #[command(flatten)]
    journal: journal::Where,
    #[command(flatten)]
    whether: journal::Whether,
    #[command(flatten)]
    play: Play,
}

/// Playbooks, and how to run them.
#[derive(Debug, clap::Args)]
pub(super) struct Play {
    /// Playbooks to run, in order: files, or playbooks of collections (`namespace.collection.playbook`).
    #[arg(required = true, value_name = "PLAYBOOK")]
    pub playbooks: Vec<PathBuf>,
    /// Run only plays and tasks with these tags.
    #[arg(short, long, value_name = "TAGS", value_delimiter = ',')]
    pub tags: Vec<String>,
    /// Leave out plays and tasks with these tags.
    #[arg(long, value_name = "TAGS", value_delimiter = ',')]
    pub skip_tags: Vec<String>,
    /// Run handlers on hosts that failed too.
    #[arg(long)]
    pub force_handlers: bool,
    /// List the tasks that would run, run none.
    #[arg(long)]
    list_tasks: bool,
    /// List all tags, run nothing.
    #[arg(long)]
    list_tags: bool,
    /// Start at the task of this name, which may be a pattern.
    #[arg(long, value_name = "NAME")]
    pub start_at_task: Option<String>,
    /// Ask before every task.
    #[arg(long)]
    pub step: bool,
    /// Load the plays, run nothing.
    #[arg(long)]
    syntax_check: bool,
    #[command(flatten)]
    pub options: Options,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> Exit {
    output::exit_of(kept(args, None))
}

/// Runs it, with a journal; or takes a run up.
///
/// # Errors
/// As `play`.
pub(super) fn kept(args: &Args, resumed: Option<Arc<Keep>>) -> Result<Exit, Errors> {
    let keeping = match resumed {
        Some(resumed) => Keeping::Resumed(resumed),
        None => args.whether.keeping(Some(&args.journal), || args.journal.folder()),
    };
    play(&args.play, args.output, true, keeping)
}

/// Runs, lists or checks playbooks. What surely fails is refused before anything runs if `early`; as Ansible does it, a
/// playbook is not even loaded before those that go before it have run.
///
/// # Errors
/// What keeps them from running, or ends them at once.
pub(super) fn play(args: &Play, output: Output, early: bool, keeping: Keeping) -> Result<Exit, Errors> {
    let playbooks = args.playbooks.iter().map(|name| found(name)).collect::<Result<Vec<_>, _>>()?;
    let look_only = args.list_tasks || args.options.list_hosts || args.list_tags || args.syntax_check;
    let mut config = config::Settings::of_process()?;
    config.screen.command_line = arguments::told(args, &config);
    let mut ready = Ready::new(config, &args.options, output, look_only)?;
    args.apply(&mut ready.settings, &playbooks)?;
    ready.settings.early = early && !look_only;
    ready.warn_of_localhost("all");
    ready.check_limit()?;
    let loading = ready.loading();
    let plans = playbooks.iter().map(|playbook| loading.playbook(playbook));
    if look_only {
        return look(args, &ready, &playbooks, plans);
    }
    if early {
        let plans = plans.collect::<Result<Vec<_>, _>>()?;
        return ready.run(plans.into_iter().map(Ok), keeping);
    }
    ready.run(plans, keeping)
}

/// The file of a playbook, which is looked for before anything else is read.
fn found(playbook: &Path) -> Result<PathBuf, Error> {
    let name = playbook.to_string_lossy();
    if name.matches('.').count() > 1 {
        let roots = config::Settings::of_process()?.collections_path;
        if let Some(path) = playbook_of_collection(&roots, &name) {
            return Ok(path);
        }
    }
    let Ok(metadata) = playbook.metadata() else {
        return Err(Error::other(format!("the playbook: {name} could not be found")));
    };
    let kind = metadata.file_type();
    if !kind.is_file() && !kind.is_fifo() {
        return Err(Error::other(format!("the playbook: {name} does not appear to be a file")));
    }
    Ok(playbook.to_owned())
}

impl Play {
    fn apply(&self, settings: &mut Settings, playbooks: &[PathBuf]) -> Result<(), Error> {
        let trimmed = |tags: &[String]| -> Vec<String> {
            tags.iter().map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()).collect()
        };
        if !self.tags.is_empty() {
            settings.tags = trimmed(&self.tags);
        }
        if !self.skip_tags.is_empty() {
            settings.skip_tags = trimmed(&self.skip_tags);
        }
        settings.force_handlers |= self.force_handlers;
        settings.start_at.clone_from(&self.start_at_task);
        settings.retry.clone_from(&settings.config.tasks.retry);
        settings.step = self.step;
        // A rerun of the same playbook attaches to the detached steps of one that was cut off.
        if let Some(first) = playbooks.first() {
            settings.run_key = std::path::absolute(first)?.to_string_lossy().into_owned();
        }
        Ok(())
    }
}

/// `--list-*` and `--syntax-check`.
fn look(
    args: &Play,
    ready: &Ready,
    playbooks: &[PathBuf],
    plans: impl Iterator<Item = Result<Plan, Errors>>,
) -> Result<Exit, Errors> {
    // All are loaded before any is shown, as Ansible does.
    let plans = plans.collect::<Result<Vec<_>, _>>()?;
    let wanted = match args.syntax_check {
        true => run::Listing::default(),
        false => {
            run::Listing { hosts: args.options.list_hosts, tags: args.list_tags, tasks: args.list_tasks }
        }
    };
    let list = |plan: &Plan| run::list(plan, &ready.inventory, &ready.settings, &ready.engine, wanted);
    let texts = plans.iter().map(list).collect::<Result<Vec<_>, _>>()?;
    for (text, given) in texts.iter().zip(playbooks) {
        anstream::println!("\nplaybook: {}", terminal::visible_line(&given.display().to_string()));
        anstream::print!("{}", terminal::visible(text));
    }
    Ok(Exit::Ok)
}
