//! `warp doc`: what modules do and take, from the tables that check their arguments.

mod json;
mod markdown;
mod settings;
mod text;

use crate::action;
use crate::error::{Error, Exit, Result, did_you_mean};
use crate::lab;
use crate::play::Catalogue;
use crate::report::terminal;
use crate::run::Modules;
use std::path::PathBuf;
use std::sync::Arc;
use warp_agent::spec::Spec;

/// Show what modules do and which arguments they take.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The modules, by their short or whole names.
    pub modules: Vec<String>,
    /// List all modules.
    #[arg(short, long)]
    pub list: bool,
    /// Show a task to start from.
    #[arg(short, long)]
    pub snippet: bool,
    /// Write JSON.
    #[arg(short, long)]
    pub json: bool,
    /// Write a page for each module into this folder, in Markdown.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["modules", "list", "snippet", "json"])]
    pub reference: Option<PathBuf>,
}

/// Runs the command; `missing` is told of modules that there are not.
///
/// # Errors
/// What `missing` makes one; a folder that cannot be written.
pub(super) fn run(args: &Args, missing: &mut dyn FnMut(Error) -> Result<()>) -> Result<Exit> {
    let catalogue = catalogue();
    let all = specs(&catalogue);
    if let Some(folder) = &args.reference {
        markdown::write(folder, &all)?;
        return Ok(Exit::Ok);
    }
    if args.list {
        anstream::print!("{}", if args.json { json::list(&all) } else { text::list(&all) });
        return Ok(Exit::Ok);
    }
    if args.modules.is_empty() {
        return Err(Error::new(Exit::Usage, "no module is named").help("`warp doc --list` lists them"));
    }
    let mut found = Vec::new();
    for name in &args.modules {
        match catalogue.spec(name) {
            Some(spec) => found.push(spec),
            None => {
                let names = catalogue.names();
                let help = match did_you_mean(name, names.iter().copied()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "`warp doc --list` lists all modules".to_owned(),
                };
                let error = Error::new(Exit::Missing, format!("{name} was not found")).help(help);
                missing(error)?;
            }
        }
    }
    if args.json {
        anstream::print!("{}", json::pages(&found));
        return Ok(Exit::Ok);
    }
    for spec in found {
        let page = if args.snippet { text::snippet(spec) } else { text::page(spec) };
        anstream::println!("{}", terminal::visible(&page));
    }
    Ok(Exit::Ok)
}

/// Every module that plays may name.
fn catalogue() -> Modules {
    let mut actions = action::builtin();
    for action in lab::plain_actions() {
        actions.register(action);
    }
    Modules::new(Arc::new(actions))
}

/// Their tables, by whole name; without those that only look inside, which ansible-doc does not list either.
fn specs(catalogue: &Modules) -> Vec<&'static Spec> {
    let names = catalogue.names().into_iter();
    let mut all: Vec<_> = names.filter_map(|name| catalogue.find(name)).collect();
    all.retain(|spec| spec.collection != "ansible._protomatter");
    all.sort_by_key(|spec| full_name(spec));
    all
}

/// `ansible.builtin.copy`.
fn full_name(spec: &Spec) -> String {
    format!("{}.{}", spec.collection, spec.name)
}

/// What check mode does with it, in Ansible's words.
fn check_support(spec: &Spec) -> &'static str {
    use warp_agent::spec::CheckSupport;
    match spec.check {
        CheckSupport::Full => "full",
        CheckSupport::Partial => "partial",
        CheckSupport::None => "none",
    }
}
