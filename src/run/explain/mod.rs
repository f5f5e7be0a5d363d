//! What a variable is for a host, layer by layer.

mod places;

use super::catalogue::Flat;
use super::settings::Settings;
use super::vars::{HostScope, Level, Options, PlayVars, Variables};
use crate::config::VarsStage;
use crate::error::Result;
use crate::inventory::{Inventory, Layer};
use crate::play::{Plan, Play, Step, Task};
use crate::template::{Engine, Scope};
use crate::value::{Value, normal, place_in, place_of};
use places::Places;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

/// A value that a layer gives a variable.
#[derive(Clone, Debug)]
pub struct Given {
    /// The layer.
    pub layer: String,
    /// The value as it was written.
    pub value: Value,
    /// Where: a file, with its line where that can be told.
    pub place: Option<String>,
}

/// What a variable is in a play, or outside of any.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The play's name.
    pub play: Option<String>,
    /// What every task sees, the winner first.
    pub given: Vec<Given>,
    /// The winner's value rendered, or why it cannot be.
    pub value: std::result::Result<Value, String>,
    /// Tasks for which something else wins: their names and places, and what wins there.
    pub tasks: Vec<(String, Given)>,
}

/// Explains a variable of a host, in every play of the plans that the host is in; without plans outside of any. `extra` are
/// the files that extra variables came from.
///
/// # Errors
/// A file of variables that cannot be read, a host pattern that cannot be understood.
pub fn explain(
    name: &str,
    host: &Arc<str>,
    inventory: &Inventory,
    settings: &Settings,
    engine: &Arc<Engine>,
    plans: &[Plan],
    extra: &[PathBuf],
) -> Result<Vec<Explained>> {
    let options = Options { inventory: settings.inventory_sources.clone(), ..Options::default() };
    let variables = Variables::new(
        Arc::clone(engine),
        inventory.clone(),
        Arc::clone(&settings.extra_vars),
        options,
        settings.config.variables.clone(),
    );
    let variables = Arc::new(variables);
    let mut explained = Vec::new();
    if plans.is_empty() {
        let folder = normal(Path::new("."));
        variables.set_playbook_dir(folder.clone());
        let scope = variables.host_scope(host)?;
        let places = Places { name, play: None, extra };
        let teller = Teller { name, host, inventory, engine, folder: &folder, places };
        explained.push(teller.explained(None, &scope)?);
    }
    for plan in plans {
        let folder = normal(&plan.path).parent().map(PathBuf::from).unwrap_or_default();
        variables.set_playbook_dir(folder.clone());
        for play in &plan.plays {
            let hosts = inventory.matching(&engine.render(&play.hosts, &Flat::of(settings, play))?)?;
            if !hosts.contains(host) {
                continue;
            }
            let vars = Arc::new(play_vars(play, hosts));
            let scope = variables.task_scope(host, &vars, None)?;
            let places = Places { name, play: Some(play), extra };
            let teller = Teller { name, host, inventory, engine, folder: &folder, places };
            let title = play.name.as_ref().map_or_else(|| vars.name.to_string(), |n| n.as_str().to_owned());
            let mut own = teller.explained(Some(title), &scope)?;
            let mut tasks = Vec::new();
            play.sections.iter().for_each(|section| collect(section, &mut tasks));
            for task in tasks.iter().chain(&play.handlers) {
                let scope = variables.task_scope(host, &vars, Some(task))?;
                own.tasks.extend(teller.of_task(task, &scope)?);
            }
            explained.push(own);
        }
    }
    Ok(explained)
}

/// A play's variables, of none of its hosts' batches.
pub(super) fn play_vars(play: &Arc<Play>, hosts: Vec<Arc<str>>) -> PlayVars {
    PlayVars {
        play: Arc::clone(play),
        name: super::pattern_text(&play.hosts).into(),
        batch: hosts.clone(),
        hosts_all: RwLock::new(hosts),
        removed: RwLock::default(),
        roles: RwLock::new(play.roles.clone()),
    }
}

fn collect(steps: &[Step], tasks: &mut Vec<Arc<Task>>) {
    for step in steps {
        match step {
            Step::Task(task) => tasks.push(Arc::clone(task)),
            Step::Block(block) => {
                [&block.steps, &block.rescue, &block.always].into_iter().for_each(|s| collect(s, tasks));
            }
            Step::FlushHandlers => {}
        }
    }
}

/// Tells one variable of one host.
struct Teller<'a> {
    name: &'a str,
    host: &'a Arc<str>,
    inventory: &'a Inventory,
    engine: &'a Engine,
    folder: &'a Path,
    places: Places<'a>,
}

impl Teller<'_> {
    fn explained(&self, play: Option<String>, scope: &Arc<HostScope>) -> Result<Explained> {
        let mut given = Vec::new();
        if let Some(value) = scope.magic(self.name) {
            given.push(Given { layer: "magic variable, made by the run".to_owned(), value, place: None });
        }
        for layer in scope.layers() {
            if matches!(layer.level, Level::Inventory) {
                given.extend(self.of_inventory()?);
            } else if let Some(value) = layer.vars.get(self.name) {
                given.push(self.given(&layer.level, value, None));
            }
        }
        let dynamic: Arc<dyn Scope> = Arc::<HostScope>::clone(scope);
        let value = match dynamic.get(self.name) {
            Some(value) => self.engine.render(&value, &dynamic).map_err(|e| e.message().to_owned()),
            None => Err(format!("'{}' is undefined", self.name)),
        };
        Ok(Explained { play, given, value, tasks: Vec::new() })
    }

    /// What a task's own layers give, where it wins.
    fn of_task(&self, task: &Task, scope: &HostScope) -> Result<Option<(String, Given)>> {
        let winner = scope.layers().iter().find_map(|l| Some((&l.level, l.vars.get(self.name)?)));
        let own = |level: &Level| {
            matches!(
                level,
                Level::IncludeParams
                    | Level::RoleParams(_)
                    | Level::TaskVars
                    | Level::RoleVars(_)
                    | Level::RoleDefaults(_)
            )
        };
        let Some((level, value)) = winner.filter(|(level, _)| own(level)) else { return Ok(None) };
        let name = task.name.as_ref().unwrap_or(&task.action.written).as_str();
        Ok(Some((format!("{name} ({})", task.span), self.given(level, value, Some(task)))))
    }

    fn given(&self, level: &Level, value: &Value, task: Option<&Task>) -> Given {
        let place = self.places.of(level, value, task);
        Given { layer: level.to_string(), value: value.clone(), place }
    }

    /// The inventory's layers that have the variable, the highest first.
    fn of_inventory(&self) -> Result<Vec<Given>> {
        let folders = [self.folder.to_owned()];
        let layers = self.inventory.layers(self.host, &folders, VarsStage::Task)?;
        // A folder that is the inventory's and the playbook's is read as both; once is enough to tell.
        let mut told = HashSet::new();
        let once = |layer: &&Layer| layer.file.as_ref().is_none_or(|file| told.insert(normal(file)));
        let given = layers.iter().rev().filter(once).filter_map(|layer| {
            let value = layer.vars.get(self.name)?;
            let place = place_of(value, self.name, layer.file.as_deref());
            let sources = || self.inventory.sources.iter().filter(|source| source.is_file());
            let place = place.or_else(|| sources().find_map(|source| place_in(value, self.name, source)));
            let place = place.or_else(|| place_of(value, self.name, sources().next().map(PathBuf::as_path)));
            Some(Given { layer: layer.origin.clone(), value: value.clone(), place })
        });
        Ok(given.collect())
    }
}
