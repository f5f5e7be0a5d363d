//! Plays as they are looked at, without running them: with the variables that need no host.

use super::explain::play_vars;
use super::keyword::Rendered;
use super::prompt;
use super::settings::Settings;
use super::vars::{Options, Variables};
use crate::error::Result;
use crate::inventory::Inventory;
use crate::play::{Plan, Play};
use crate::template::{Engine, Scope};
use crate::value::Value;
use std::sync::Arc;

/// A play with what it is called and where it runs.
pub(super) struct Looked {
    pub play: Arc<Play>,
    /// Its hosts, rendered; an empty text where they are omitted.
    pub hosts: Value,
    pub name: String,
    pub scope: Arc<dyn Scope>,
}

/// Looks at each play of a plan, as Ansible does for `--syntax-check` too.
///
/// # Errors
/// A file of variables that cannot be read, a keyword that cannot be rendered.
pub(super) fn plays(
    plan: &Plan,
    inventory: &Inventory,
    settings: &Settings,
    engine: &Arc<Engine>,
) -> Result<Vec<Looked>> {
    let options = Options { inventory: settings.inventory_sources.clone(), ..Options::default() };
    let variables = Arc::new(Variables::new(
        Arc::clone(engine),
        inventory.clone(),
        Arc::clone(&settings.extra_vars),
        options,
        settings.config.variables.clone(),
    ));
    plan.plays.iter().map(|play| look(play, &variables, settings, engine)).collect()
}

fn look(
    play: &Arc<Play>,
    variables: &Arc<Variables>,
    settings: &Settings,
    engine: &Engine,
) -> Result<Looked> {
    let play = prompt::with_defaults(play, settings, engine)?;
    variables.set_playbook_dir(play.basedir.clone());
    let scope: Arc<dyn Scope> = variables.play_scope(&Arc::new(play_vars(&play, Vec::new())), None)?;
    let r = Rendered { engine, scope: &scope };
    let name = r.text("name", play.name.clone().map(Value::Text).as_ref())?;
    // A play without a name is called as its hosts are.
    let what = if play.name.is_some() { "hosts" } else { "name" };
    let hosts = r.value(what, Some(&play.hosts))?.unwrap_or_else(|| Value::data(""));
    for (keyword, value) in [
        ("gather_facts", &play.gather_facts),
        ("gather_subset", &play.gather_subset),
        ("gather_timeout", &play.gather_timeout),
        ("force_handlers", &play.force_handlers),
        ("max_fail_percentage", &play.max_fail_percentage),
        ("serial", &play.serial),
        ("strategy", &play.strategy),
        ("order", &play.order),
    ] {
        r.value(keyword, value.as_ref())?;
    }
    let name = name.unwrap_or_else(|| super::pattern_text(&hosts));
    Ok(Looked { play, hosts, name, scope })
}
