//! Which module a name means, and who does it.

use super::collection::{self, Route};
use super::keywords;
use super::library::{Library, ModuleFile};
use super::loader::{Load, Place};
use super::routing;
use crate::error::{Error, Result, did_you_mean};
use crate::value::Text;
use crate::value::yaml::Node;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Statements of the language that look like modules.
pub(super) const STATEMENTS: [&str; 5] =
    ["import_tasks", "import_role", "include_tasks", "include_role", "meta"];

/// The modules of ansible.builtin 2.19. Those that the catalogue does not have are known, and not done.
const BUILTIN: [&str; 71] = [
    "add_host",
    "apt",
    "apt_key",
    "apt_repository",
    "assemble",
    "assert",
    "async_status",
    "async_wrapper",
    "blockinfile",
    "command",
    "copy",
    "cron",
    "deb822_repository",
    "debconf",
    "debug",
    "dnf",
    "dnf5",
    "dpkg_selections",
    "expect",
    "fail",
    "fetch",
    "file",
    "find",
    "gather_facts",
    "get_url",
    "getent",
    "git",
    "group",
    "group_by",
    "hostname",
    "import_playbook",
    "import_role",
    "import_tasks",
    "include_role",
    "include_tasks",
    "include_vars",
    "iptables",
    "known_hosts",
    "lineinfile",
    "meta",
    "mount_facts",
    "package",
    "package_facts",
    "pause",
    "ping",
    "pip",
    "raw",
    "reboot",
    "replace",
    "rpm_key",
    "script",
    "service",
    "service_facts",
    "set_fact",
    "set_stats",
    "setup",
    "shell",
    "slurp",
    "stat",
    "subversion",
    "systemd",
    "systemd_service",
    "sysvinit",
    "tempfile",
    "template",
    "unarchive",
    "uri",
    "user",
    "validate_argument_spec",
    "wait_for",
    "wait_for_connection",
];

/// Modules of ansible.builtin that have no place in the list above for their newer names.
const MORE_BUILTIN: [&str; 2] = ["yum", "yum_repository"];

/// Who does an action.
#[derive(Clone, Debug)]
pub enum Doer {
    /// warp: an action of the controller's, a module of the agent's, or the runner itself.
    Warp,
    /// A file that the play's author wrote, run on the target.
    File(Arc<ModuleFile>),
    /// Known when the task is run: the name is a template.
    Template,
    /// Nobody, for this reason: Ansible has it, warp does not.
    Nobody(Arc<str>),
}

/// What a name was found to mean.
#[derive(Clone, Debug)]
pub(super) struct Resolved {
    /// The short name, as in `Spec::name`.
    pub module: Arc<str>,
    /// The full name: `ansible.builtin.copy`.
    pub full: Arc<str>,
    pub doer: Doer,
}

impl Resolved {
    /// What a template names is known when the task is run.
    pub fn later() -> Self {
        Resolved { module: Arc::from(""), full: Arc::from(""), doer: Doer::Template }
    }

    fn new(collection: &str, module: &str, doer: Doer) -> Self {
        Resolved { module: Arc::from(module), full: Arc::from(format!("{collection}.{module}")), doer }
    }
}

impl Load<'_> {
    /// What a module's name means at this place; `None` when nobody knows it.
    ///
    /// # Errors
    /// A module that its collection has removed.
    pub fn resolve(&mut self, name: &str, place: &Place, collections: &[Text]) -> Result<Option<Resolved>> {
        if name.matches('.').count() >= 2 {
            return self.qualified(name, place, &mut Vec::new());
        }
        if let Some(statement) = STATEMENTS.iter().find(|s| **s == name) {
            return Ok(Some(Resolved::new("ansible.builtin", statement, Doer::Warp)));
        }
        for collection in collections {
            let full = format!("{}.{name}", collection.as_str());
            if let Some(found) = self.qualified(&full, place, &mut Vec::new())? {
                return Ok(Some(found));
            }
        }
        let ends = collections.iter().any(|c| matches!(c.as_str(), "ansible.builtin" | "ansible.legacy"));
        if ends { Ok(None) } else { self.legacy(name, place, &mut Vec::new()) }
    }

    /// A name with its collection.
    fn qualified(&mut self, name: &str, place: &Place, seen: &mut Vec<String>) -> Result<Option<Resolved>> {
        let mut parts = name.splitn(3, '.');
        let (Some(namespace), Some(collection), Some(short)) = (parts.next(), parts.next(), parts.next())
        else {
            return Ok(None);
        };
        let collection = format!("{namespace}.{collection}");
        match collection.as_str() {
            "ansible.legacy" => return self.legacy(short, place, seen),
            "ansible.builtin" => return self.builtin(short, place, seen),
            _ => {}
        }
        if let Some(spec) = self.loader.catalogue.spec(name) {
            let module = Arc::from(spec.name);
            return Ok(Some(Resolved { module, full: Arc::from(name), doer: Doer::Warp }));
        }
        let Some(path) = self.collection(&collection) else { return Ok(None) };
        match collection::route(&path, &["action", "modules"], short) {
            Some(Route::Removed(why)) => {
                let why = why.map(|w| format!(" {w}")).unwrap_or_default();
                return Err(Error::other(format!("The '{name}' module has been removed.{why}")));
            }
            Some(Route::Redirect(to)) if !seen.contains(&to) => {
                seen.push(to.clone());
                return self.qualified(&to, place, seen);
            }
            _ => {}
        }
        let below = short.replace('.', "/");
        if path.join("plugins/action").join(&below).with_extension("py").is_file() {
            return Ok(Some(Resolved::new(&collection, short, Doer::Nobody(action_plugin(name)))));
        }
        let file = self.library.find(&path.join("plugins/modules"), &below);
        Ok(file.map(|file| {
            Resolved::new(&collection, short, Library::doer(name, self.module_file(file, place)))
        }))
    }

    /// A name that files of the play's author go before.
    fn legacy(&mut self, name: &str, place: &Place, seen: &mut Vec<String>) -> Result<Option<Resolved>> {
        for folder in self.folders(place, "action_plugins", &self.loader.search.action_plugins) {
            if folder.join(name).with_extension("py").is_file() {
                return Ok(Some(Resolved::new("ansible.legacy", name, Doer::Nobody(action_plugin(name)))));
            }
        }
        for folder in self.folders(place, "library", &self.loader.search.library) {
            if let Some(file) = self.library.find(&folder, name) {
                let file = self.module_file(file, place);
                return Ok(Some(Resolved::new("ansible.legacy", name, Library::doer(name, file))));
            }
        }
        self.builtin(name, place, seen)
    }

    /// A module's file with what it may import here.
    fn module_file(&self, path: PathBuf, place: &Place) -> ModuleFile {
        let utils = self.folders(place, "module_utils", &self.loader.search.module_utils);
        let own = path.ancestors().find(|dir| dir.ends_with("ansible_collections")).map(Path::to_owned);
        let mut collections: Vec<PathBuf> = own.into_iter().collect();
        collections.extend(self.collection_roots());
        ModuleFile { path, utils, collections }
    }

    /// A module of ansible.builtin, or of the collection that it sends on to.
    fn builtin(&mut self, name: &str, place: &Place, seen: &mut Vec<String>) -> Result<Option<Resolved>> {
        if let Some(statement) = STATEMENTS.iter().find(|s| **s == name) {
            return Ok(Some(Resolved::new("ansible.builtin", statement, Doer::Warp)));
        }
        if let Some(spec) = self.loader.catalogue.spec(&format!("ansible.builtin.{name}")) {
            return Ok(Some(Resolved::new("ansible.builtin", spec.name, Doer::Warp)));
        }
        if BUILTIN.contains(&name) || MORE_BUILTIN.contains(&name) {
            let why = Arc::from(format!("warp does not have the module `{name}` of ansible.builtin yet"));
            return Ok(Some(Resolved::new("ansible.builtin", name, Doer::Nobody(why))));
        }
        if let Some(error) = routing::removed(name) {
            return Err(error);
        }
        match routing::moved(name) {
            Some(to) if !seen.contains(&to) => {
                seen.push(to.clone());
                self.qualified(&to, place, seen)
            }
            _ => Ok(None),
        }
    }

    /// The error for a module's name that means nothing.
    pub fn unresolved(&self, key: &Node, name: &str) -> Error {
        let error = Error::input(format!(
            "couldn't resolve module/action '{name}'. This often indicates a misspelling, missing collection, or \
             incorrect module path."
        ))
        .at(key.span.clone());
        let mut names = self.loader.catalogue.names();
        names.extend(STATEMENTS.iter().chain(&BUILTIN));
        let all = keywords::names_at(keywords::TASK).chain(names);
        match did_you_mean(name, all) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.note("neither warp, nor a `library` folder, nor an installed collection has it"),
        }
    }
}

fn action_plugin(name: &str) -> Arc<str> {
    Arc::from(format!("`{name}` is an action plugin in Python, which warp does not run"))
}
