//! Variables: every layer kept apart and looked up lazily, in Ansible's order of precedence.
//!
//! Nothing is merged per task: a scope is a short list of shared layers. From the highest:
//! what a running task adds (`item`, its registered result) > magic variables > extra vars > include params >
//! role params > `set_fact` and `register` > `include_vars` > vars of task, blocks and role entries > vars of the
//! task's role > vars of the play's roles > `vars_files` > play vars > facts > host vars > group vars > defaults of
//! the task's role > defaults of the play's roles.

mod cache;
mod extra;
mod files;
mod host;
mod layer;
mod magic;
mod scope;

pub use cache::Cache;
pub use extra::extra_vars;
pub use host::{HostState, injectable};
pub use layer::{Layer, Level};
pub use scope::HostScope;

use crate::config::{self, VarsRoot};
use crate::error::Result;
use crate::inventory::Inventory;
use crate::play::{Play, Role, Task};
use crate::template::Engine;
use crate::value::{Map, Value, Vars};
use files::VarsFiles;
use magic::Magic;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, RwLock};

pub use magic::{Options, View, is_reserved};

/// All variables of a run.
pub struct Variables {
    engine: Arc<Engine>,
    extra: Arc<Vars>,
    options: Options,
    files: VarsFiles,
    playbook_dir: RwLock<PathBuf>,
    view: RwLock<Arc<View>>,
    hosts: RwLock<HashMap<Arc<str>, HostState>>,
    config: config::Variables,
    cache: Cache,
}

/// A play's own layers, and which of its hosts are in it.
pub struct PlayVars {
    /// The play.
    pub play: Arc<Play>,
    /// Its name, or its host pattern.
    pub name: Arc<str>,
    /// The hosts that its pattern matches: matched, until the inventory is read anew.
    pub hosts_all: RwLock<Vec<Arc<str>>>,
    /// The hosts of the batch that runs now.
    pub batch: Vec<Arc<str>>,
    /// Hosts that failed, ended or could not be reached.
    pub removed: RwLock<Vec<Arc<str>>>,
    /// Its roles in the order they run; imports are there from the beginning, `include_role` adds. The whole play sees
    /// the defaults and vars of those that are public.
    pub roles: RwLock<Vec<Arc<Role>>>,
}

impl Variables {
    /// Over an inventory, with these extra vars.
    #[must_use]
    pub fn new(
        engine: Arc<Engine>,
        inventory: Inventory,
        extra: Arc<Vars>,
        options: Options,
        config: config::Variables,
    ) -> Self {
        Variables {
            engine,
            extra,
            options,
            files: VarsFiles::default(),
            playbook_dir: RwLock::new(PathBuf::new()),
            view: RwLock::new(Arc::new(View::new(inventory))),
            hosts: RwLock::default(),
            cache: Cache::new(config.fact_cache.clone()),
            config,
        }
    }

    /// Sets the folder that `playbook_dir` names and whose group_vars and host_vars count.
    pub fn set_playbook_dir(&self, dir: PathBuf) {
        *write(&self.playbook_dir) = dir;
    }

    /// The inventory as it is now.
    #[must_use]
    pub fn view(&self) -> Arc<View> {
        Arc::clone(&read(&self.view))
    }

    /// Changes the inventory: `add_host` and `group_by`.
    pub fn change_inventory<T>(&self, change: impl FnOnce(&mut Inventory) -> T) -> T {
        let mut view = write(&self.view);
        let mut inventory = view.inventory.clone();
        let made = change(&mut inventory);
        *view = Arc::new(View::new(inventory));
        made
    }

    /// What is known of a host.
    #[must_use]
    pub fn host(&self, host: &str) -> HostState {
        if let Some(state) = read(&self.hosts).get(host) {
            return state.clone();
        }
        let state = self.remembered(host);
        write(&self.hosts).entry(Arc::from(host)).or_insert(state).clone()
    }

    /// What is known of a host from earlier runs.
    fn remembered(&self, host: &str) -> HostState {
        let facts = self.cache.get(host);
        facts.map(|facts| HostState::of_facts(&facts, self.config.inject_facts)).unwrap_or_default()
    }

    /// Changes what is known of a host.
    pub fn change_host(&self, host: &Arc<str>, change: impl FnOnce(&mut HostState)) {
        let mut hosts = write(&self.hosts);
        change(hosts.entry(Arc::clone(host)).or_insert_with(|| self.remembered(host)));
    }

    /// Adds facts of a host, and keeps them for runs to come. The error is for a warning: nothing else fails.
    ///
    /// # Errors
    /// A cache that cannot be written.
    pub fn add_facts(&self, host: &Arc<str>, facts: &Map) -> Result<()> {
        self.change_host(host, |state| state.add_facts(facts, self.config.inject_facts));
        self.cache.set(host, self.host(host).known_facts())
    }

    /// Notes that a host's facts were gathered.
    ///
    /// # Errors
    /// As `add_facts`.
    pub fn set_gathered(&self, host: &Arc<str>) -> Result<()> {
        self.change_host(host, HostState::set_gathered);
        self.cache.set(host, self.host(host).known_facts())
    }

    /// Forgets the facts of a host, kept ones too.
    pub fn clear_facts(&self, host: &Arc<str>) {
        self.change_host(host, HostState::clear_facts);
        self.cache.forget(host);
    }

    fn magic(
        self: &Arc<Self>,
        host: &Arc<str>,
        state: &HostState,
        play: Option<&Arc<PlayVars>>,
        task: Option<&Arc<Task>>,
    ) -> Arc<Magic> {
        Arc::new(Magic {
            variables: Arc::clone(self),
            view: self.view(),
            host: Arc::clone(host),
            facts: Arc::clone(&state.facts),
            play: play.cloned(),
            task: task.cloned(),
        })
    }

    /// The scope in which a task's texts are rendered for a host.
    ///
    /// # Errors
    /// A variable file that cannot be read or understood.
    pub fn task_scope(
        self: &Arc<Self>,
        host: &Arc<str>,
        play: &Arc<PlayVars>,
        task: Option<&Arc<Task>>,
    ) -> Result<Arc<HostScope>> {
        let state = self.host(host);
        let magic = self.magic(host, &state, Some(play), task);
        let of_host = [
            Layer::new(Level::Facts, &state.injected),
            Layer::new(Level::Inventory, &self.inventory_vars(host, &magic)?),
        ];
        let set = [Layer::new(Level::Set, &state.set), Layer::new(Level::Included, &state.included)];
        self.scope(magic, play, task, set, of_host)
    }

    /// The scope of what a play names without a host: its keywords, its handlers.
    ///
    /// # Errors
    /// As `task_scope`.
    pub fn play_scope(
        self: &Arc<Self>,
        play: &Arc<PlayVars>,
        task: Option<&Arc<Task>>,
    ) -> Result<Arc<HostScope>> {
        let magic = Arc::new(Magic {
            variables: Arc::clone(self),
            view: self.view(),
            host: Arc::from(""),
            facts: Arc::default(),
            play: Some(Arc::clone(play)),
            task: task.cloned(),
        });
        self.scope(magic, play, task, [], [])
    }

    /// A play's layers and a task's, with those of a host between them: what tasks set, and what was known before.
    fn scope<const SET: usize, const KNOWN: usize>(
        &self,
        magic: Arc<Magic>,
        play: &Arc<PlayVars>,
        task: Option<&Arc<Task>>,
        set: [Layer; SET],
        known: [Layer; KNOWN],
    ) -> Result<Arc<HostScope>> {
        let extra = Layer::new(Level::Extra, &self.extra);
        let role = task.and_then(|t| t.role.as_ref());
        let roles: Vec<Arc<Role>> = read(&play.roles).iter().filter(|r| r.public).cloned().collect();
        let mut below = vec![Layer::new(Level::Play, &play.play.vars)];
        below.extend(known);
        below.extend(role.map(|r| Layer::new(Level::RoleDefaults(Arc::clone(&r.name)), &r.defaults)));
        let defaults = |r: &Arc<Role>| Layer::new(Level::PlayDefaults(Arc::clone(&r.name)), &r.defaults);
        below.extend(roles.iter().rev().map(defaults));
        let mut layers = vec![extra.clone()];
        if let Some(task) = task {
            let params = task.keywords.include_params.iter().rev();
            layers.extend(params.map(|vars| Layer::new(Level::IncludeParams, vars)));
        }
        layers.extend(role.map(|r| Layer::new(Level::RoleParams(Arc::clone(&r.name)), &r.params)));
        layers.extend(set);
        if let Some(task) = task {
            let own = task.keywords.vars.iter().rev();
            layers.extend(own.map(|vars| Layer::new(Level::TaskVars, vars)));
        }
        layers.extend(role.map(|r| Layer::new(Level::RoleVars(Arc::clone(&r.name)), &r.vars)));
        let exports = |r: &Arc<Role>| Layer::new(Level::Exports(Arc::clone(&r.name)), &r.exports);
        layers.extend(roles.iter().rev().map(exports));
        if !play.play.vars_files.is_empty() {
            // Names of files see what is below them, and extra vars.
            let seen = std::iter::once(extra).chain(below.iter().cloned()).collect();
            let seen = HostScope::new(Arc::clone(&magic), seen);
            layers.extend(self.files.layers(&play.play, seen, &self.engine, magic.gathered())?);
        }
        layers.extend(below);
        if SET > 0 {
            layers.push(Layer::new(Level::Connection, &Arc::new(address(&magic.host, &layers))));
        }
        Ok(Arc::new(HostScope::new(magic, layers)))
    }

    /// The scope of a host outside any play, as `hostvars` shows it.
    ///
    /// # Errors
    /// As `task_scope`.
    pub fn host_scope(self: &Arc<Self>, host: &Arc<str>) -> Result<Arc<HostScope>> {
        let state = self.host(host);
        let magic = self.magic(host, &state, None, None);
        let layers = vec![
            Layer::new(Level::Extra, &self.extra),
            Layer::new(Level::Set, &state.set),
            Layer::new(Level::Included, &state.included),
            Layer::new(Level::Facts, &state.injected),
            Layer::new(Level::Inventory, &self.inventory_vars(host, &magic)?),
        ];
        Ok(Arc::new(HostScope::new(magic, layers)))
    }

    /// The inventory's variables of a host, and those of the folders that the settings name beside the playbook.
    fn inventory_vars(&self, host: &Arc<str>, magic: &Magic) -> Result<Arc<Vars>> {
        let folders = match self.config.vars_root {
            VarsRoot::All if magic.task.is_some() => magic.search_path(),
            VarsRoot::Bottom if magic.task.is_some() => magic.search_path().into_iter().take(1).collect(),
            _ => vec![read(&self.playbook_dir).clone()],
        };
        self.view().host_vars(host, folders)
    }
}

/// `ansible_host` of a host that has none: its older name's value, else the host's name.
fn address(host: &Arc<str>, layers: &[Layer]) -> Vars {
    let older = layers.iter().find_map(|layer| layer.vars.get("ansible_ssh_host")).cloned();
    Vars::from_iter([(Arc::from("ansible_host"), older.unwrap_or_else(|| Value::data(Arc::clone(host))))])
}

/// Locks for reading; what a panicking thread left is still whole, every write being a single assignment.
pub(super) fn read<T>(lock: &RwLock<T>) -> std::sync::RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Locks for writing.
pub(super) fn write<T>(lock: &RwLock<T>) -> std::sync::RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(std::sync::PoisonError::into_inner)
}
