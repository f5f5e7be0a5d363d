//! Magic variables: computed when asked for.

use super::{PlayVars, Variables, read};
use crate::config::VarsStage;
use crate::error::Result;
use crate::inventory::{Inventory, LOCALHOST};
use crate::play::{Role, Task};
use crate::value::{Key, Map, Value, Vars, normal};
use indexmap::IndexSet;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What the command line told, for the magic variables that repeat it.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `--check`.
    pub check: bool,
    /// `--diff`.
    pub diff: bool,
    /// `--forks`.
    pub forks: usize,
    /// `--verbose`, counted.
    pub verbosity: u8,
    /// `--tags`.
    pub tags: Vec<String>,
    /// `--skip-tags`.
    pub skip_tags: Vec<String>,
    /// `--limit`.
    pub limit: Option<String>,
    /// `--inventory`, as given.
    pub inventory: Vec<String>,
    /// The configuration file.
    pub config_file: Option<PathBuf>,
    /// The shell that the configuration names.
    pub shell: String,
    /// `--connection`, or the configuration's.
    pub connection: String,
    /// The time limit for connecting, in seconds.
    pub timeout: u64,
}

/// A host, and the folders beside the playbook that count.
type HostAndFolders = (Arc<str>, Vec<PathBuf>);

/// An inventory with what is derived from it.
pub struct View {
    /// The inventory.
    pub inventory: Inventory,
    groups: OnceLock<Value>,
    host_vars: Mutex<HashMap<HostAndFolders, Arc<Vars>>>,
}

impl View {
    pub(super) fn new(inventory: Inventory) -> Self {
        View { inventory, groups: OnceLock::new(), host_vars: Mutex::default() }
    }

    /// `groups`: every group with all hosts in and beneath it.
    pub fn groups(&self) -> Value {
        self.groups
            .get_or_init(|| {
                let groups = self.inventory.groups.keys().map(|name| {
                    let hosts = self.inventory.group_hosts(name).into_iter().map(Value::data).collect();
                    (Key::from(Arc::clone(name)), Value::list(hosts))
                });
                Value::map(groups.collect())
            })
            .clone()
    }

    /// `group_names`: every group that a host is in, by whatever way, but `all`; sorted.
    #[must_use]
    pub fn group_names(&self, host: &str) -> Vec<Arc<str>> {
        let mut names = self.inventory.groups_of(host);
        names.sort();
        names
    }

    /// A host that the inventory has, or this machine, which it need not have.
    #[must_use]
    pub fn known(&self, host: &str) -> Option<Arc<str>> {
        let own = self.inventory.hosts.get_key_value(host).map(|(name, _)| Arc::clone(name));
        own.or_else(|| LOCALHOST.contains(&host).then(|| Arc::from(host)))
    }

    /// The inventory's variables of a host, groups and folders merged in order of precedence.
    pub(super) fn host_vars(&self, host: &Arc<str>, playbook_dirs: Vec<PathBuf>) -> Result<Arc<Vars>> {
        let mut cache = self.host_vars.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (Arc::clone(host), playbook_dirs);
        if let Some(vars) = cache.get(&key) {
            return Ok(Arc::clone(vars));
        }
        let vars = Arc::new(self.inventory.vars_of(host, &key.1, VarsStage::Task)?);
        cache.insert(key, Arc::clone(&vars));
        Ok(vars)
    }
}

/// The version of the language that plays may ask for.
const VERSION: [i64; 3] = [2, 19, 14];

/// The magic variables of a host in a play and task; a play's own have no host, and its name is empty.
pub(super) struct Magic {
    pub variables: Arc<Variables>,
    pub view: Arc<View>,
    pub host: Arc<str>,
    pub facts: Arc<Map>,
    pub play: Option<Arc<PlayVars>>,
    pub task: Option<Arc<Task>>,
}

/// Magic variables whose names are the run's alone: what an inventory says of them is not shown as its own.
const RESERVED: [&str; 26] = [
    "ansible_config_file",
    "ansible_dependent_role_names",
    "ansible_diff_mode",
    "ansible_facts",
    "ansible_forks",
    "ansible_inventory_sources",
    "ansible_limit",
    "ansible_play_batch",
    "ansible_play_hosts",
    "ansible_play_hosts_all",
    "ansible_play_role_names",
    "ansible_playbook_python",
    "ansible_role_name",
    "ansible_role_names",
    "ansible_run_tags",
    "ansible_skip_tags",
    "ansible_verbosity",
    "ansible_version",
    "group_names",
    "groups",
    "inventory_hostname",
    "inventory_hostname_short",
    "play_hosts",
    "playbook_dir",
    "role_name",
    "role_path",
];

/// Magic variables besides.
const OPEN: [&str; 4] = ["ansible_check_mode", "ansible_play_name", "ansible_search_path", "environment"];

/// Names that are the run's alone and that other parts of it make.
const ELSEWHERE: [&str; 7] = [
    "ansible_async_path",
    "ansible_collection_name",
    "hostvars",
    "inventory_dir",
    "inventory_file",
    "role_names",
    "role_uuid",
];

/// Whether a variable's name is the run's alone, so that it is no part of an inventory.
#[must_use]
pub fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name) || ELSEWHERE.contains(&name)
}

impl Magic {
    /// What a variable is where nothing sets it.
    pub(super) fn fallback(&self, name: &str) -> Option<Value> {
        match name {
            "ansible_host" if self.host.is_empty() => None,
            "ansible_host" => {
                let listed = self.view.inventory.hosts.contains_key(&self.host);
                Some(Value::data(if listed { Arc::clone(&self.host) } else { "127.0.0.1".into() }))
            }
            // warp has no Python of its own: the one that a shell would find.
            "ansible_python_interpreter" if self.view.inventory.hosts.contains_key(&self.host) => None,
            "ansible_playbook_python" | "ansible_python_interpreter" => {
                let path = std::env::var_os("PATH")?;
                let found = std::env::split_paths(&path).map(|p| p.join("python3")).find(|p| p.is_file())?;
                Some(Value::data(found.to_string_lossy()))
            }
            _ => None,
        }
    }

    pub(super) fn names(&self) -> Vec<Arc<str>> {
        RESERVED.iter().chain(&OPEN).filter(|n| self.get(n).is_some()).map(|n| Arc::from(*n)).collect()
    }

    pub(super) fn get(&self, name: &str) -> Option<Value> {
        let options = &self.variables.options;
        match name {
            "inventory_hostname" | "inventory_hostname_short" | "group_names" if self.host.is_empty() => None,
            "inventory_hostname" => Some(Value::data(Arc::clone(&self.host))),
            "inventory_hostname_short" => {
                let whole = self.host.parse::<std::net::IpAddr>().is_ok();
                let short = if whole { &*self.host } else { self.host.split('.').next().unwrap_or_default() };
                Some(Value::data(short))
            }
            "group_names" => Some(texts(self.view.group_names(&self.host))),
            "groups" => Some(self.view.groups()),
            "playbook_dir" => Some(path(&read(&self.variables.playbook_dir))),
            "ansible_inventory_sources" => Some(texts(options.inventory.iter().map(|source| {
                let list = source.contains(',');
                if list { source.clone() } else { normal(Path::new(source)).to_string_lossy().into_owned() }
            }))),
            "ansible_facts" => Some(Value::Map(Arc::clone(&self.facts))),
            "ansible_check_mode" => Some(Value::Bool(options.check)),
            "ansible_diff_mode" => Some(Value::Bool(options.diff)),
            "ansible_forks" => Some(Value::Int(options.forks as i128)),
            "ansible_verbosity" => Some(Value::Int(options.verbosity.into())),
            "ansible_run_tags" => Some(texts(&options.tags)),
            "ansible_skip_tags" => Some(texts(&options.skip_tags)),
            "ansible_limit" => options.limit.as_deref().map(Value::data),
            "ansible_version" => Some(version()),
            "ansible_config_file" => Some(options.config_file.as_deref().map_or(Value::Null, path)),
            "ansible_playbook_python" => Some(path(&python())),
            "environment" => Some(Value::list(self.task.as_ref()?.keywords.environment.clone())),
            "ansible_search_path" => {
                self.task.as_ref()?;
                Some(Value::list(self.search_path().iter().map(|p| path(p)).collect()))
            }
            "role_name" => Some(Value::data(self.role()?.link.short())),
            "ansible_role_name" => Some(Value::data(Arc::clone(&self.role()?.name))),
            "role_path" => Some(path(&self.role()?.path)),
            _ => self.of_play(name),
        }
    }

    /// What a task knows of its connection where no variable says: the weakest of all.
    pub(super) fn of_connection(&self, name: &str) -> Option<Value> {
        let task = self.task.as_ref().filter(|_| !self.host.is_empty())?;
        let options = &self.variables.options;
        match name {
            "ansible_ssh_host" => self.fallback("ansible_host"),
            "ansible_connection" => match &task.keywords.connection {
                None => Some(Value::data(options.connection.as_str())),
                Some(Value::Text(text)) if text.is_template() => None,
                said => said.clone(),
            },
            "ansible_timeout" | "ansible_ssh_timeout" => Some(Value::Int(options.timeout.into())),
            "ansible_shell_executable" => Some(Value::data(options.shell.as_str())),
            _ => None,
        }
    }

    fn of_play(&self, name: &str) -> Option<Value> {
        let play = self.play.as_ref()?;
        match name {
            "ansible_play_name" => Some(Value::data(Arc::clone(&play.name))),
            "ansible_play_hosts_all" => Some(texts(&*read(&play.hosts_all))),
            "ansible_play_hosts" => Some(present(play, &read(&play.hosts_all))),
            "ansible_play_batch" | "play_hosts" => Some(present(play, &play.batch)),
            "ansible_play_role_names" | "role_names" => {
                Some(texts(read(&play.roles).iter().map(|r| &r.name)))
            }
            "ansible_dependent_role_names" => Some(texts(dependencies(&read(&play.roles)))),
            "ansible_role_names" => {
                let roles = read(&play.roles);
                let mut names = dependencies(&roles);
                names.extend(roles.iter().map(|r| &r.name));
                Some(texts(names))
            }
            _ => None,
        }
    }

    /// Whether the host's facts are known.
    pub(super) fn gathered(&self) -> bool {
        self.facts.get("module_setup").is_some_and(Value::truthy)
    }

    fn role(&self) -> Option<&Arc<Role>> {
        self.task.as_ref()?.role.as_ref()
    }

    /// The folders searched for a task's files, nearest first: its role, its file's folder, the play's folder.
    pub(super) fn search_path(&self) -> Vec<PathBuf> {
        let mut path = IndexSet::new();
        if let Some(role) = self.role() {
            path.extend(role.link.chain().map(|link| link.path.clone()));
        }
        if let Some(folder) = self.task.as_ref().and_then(|t| t.file.parent()) {
            path.insert(folder.to_owned());
        }
        path.insert(match &self.play {
            Some(play) => play.play.basedir.clone(),
            None => read(&self.variables.playbook_dir).clone(),
        });
        path.into_iter().collect()
    }
}

/// The names of the roles that these depend on, directly or not.
fn dependencies(roles: &[Arc<Role>]) -> IndexSet<&Arc<str>> {
    let mut names = IndexSet::new();
    for role in roles.iter().flat_map(|role| &role.parents) {
        names.insert(&role.name);
        names.extend(dependencies(std::slice::from_ref(role)));
    }
    names
}

/// The Python of this machine, which modules written in it run with: `ansible_playbook_python`.
fn python() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join("python3")).find(|p| p.is_file());
    found.unwrap_or_else(|| PathBuf::from("/usr/bin/python3"))
}

fn path(path: &Path) -> Value {
    Value::data(path.to_string_lossy())
}

fn texts<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> Value {
    Value::list(items.into_iter().map(|i| Value::data(i.as_ref())).collect())
}

fn present(play: &PlayVars, hosts: &[Arc<str>]) -> Value {
    let removed = read(&play.removed);
    texts(hosts.iter().filter(|h| !removed.contains(h)))
}

fn version() -> Value {
    let [major, minor, revision] = VERSION;
    let full = format!("{major}.{minor}.{revision}");
    let entry = |k: &str, v: Value| (Key::from(k), v);
    Value::map(Map::from_iter([
        entry("full", Value::data(full.as_str())),
        entry("major", major.into()),
        entry("minor", minor.into()),
        entry("revision", revision.into()),
        entry("string", Value::data(full.as_str())),
    ]))
}
