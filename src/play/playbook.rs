//! Playbooks and their plays.

use super::collection;
use super::import_playbook::Outer;
use super::keywords::{self, PLAY};
use super::loader::{Load, Place};
use super::plan::{Inherited, Play, Role, Step, Task};
use super::role::Use;
use crate::error::{Error, Result};
use crate::value::yaml::{Kind, Node};
use crate::value::{Text, Value, Vars, extend, is_variable_name, normal};
use std::path::{Path, PathBuf};
use std::sync::Arc;

impl Load<'_> {
    /// Loads the plays of a playbook file.
    pub fn playbook(&mut self, path: &Path, import: &Outer, plays: &mut Vec<Arc<Play>>) {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        if self.importing.contains(&path) {
            return self.errors.push(Error::input(format!("{} imports itself", path.display())));
        }
        let root = self.read(&path);
        let Some(root) = self.keep(root) else { return };
        let Some(root) = root.filter(|root| !root.is_null()) else {
            let what = format!("Empty playbook, nothing to do: {}", path.display());
            return self.errors.push(Error::input(what));
        };
        let Some(entries) = root.as_list() else {
            let (class, path) = (root.to_value().type_name(), path.display());
            let what = format!("A playbook must be a list of plays, got a <class '{class}'> instead: {path}");
            let error = Error::input(what).at(root.span.clone()).help("begin each play with `- hosts:`");
            return self.errors.push(error);
        };
        if entries.is_empty() {
            let what = format!("A playbook must contain at least one play: {}", path.display());
            return self.errors.push(Error::input(what).at(root.span.clone()));
        }
        self.importing.push(path.clone());
        for entry in entries {
            let result = self.entry(entry, &path, import, plays);
            self.keep(result);
        }
        self.importing.pop();
    }

    fn entry(&mut self, entry: &Node, path: &Path, import: &Outer, plays: &mut Vec<Arc<Play>>) -> Result<()> {
        if entry.as_map().is_none() {
            return Err(Error::input(
                "playbook entries must be either valid plays or 'import_playbook' statements",
            )
            .at(entry.span.clone())
            .note(format!("this is {}", entry.describe())));
        }
        let names = ["import_playbook", "ansible.builtin.import_playbook", "ansible.legacy.import_playbook"];
        match names.iter().find_map(|name| entry.get(name)) {
            Some(file) => self.import_playbook(entry, file, path, import, plays),
            None => {
                if let Some(play) = self.play(entry, path, import)? {
                    plays.push(Arc::new(play));
                }
                Ok(())
            }
        }
    }

    /// Loads one play.
    ///
    /// # Errors
    /// Hosts or variables that cannot be understood; what else is wrong is kept.
    pub fn play(&mut self, node: &Node, path: &Path, import: &Outer) -> Result<Option<Play>> {
        let before = self.errors.len();
        for (key, _) in node.as_map().unwrap_or_default() {
            self.keep(keywords::check(key, PLAY, "Play"));
        }
        if let (Some(user), Some(_)) = (node.get("user"), node.get("remote_user")) {
            self.errors
                .push(Error::input(
                    "both 'user' and 'remote_user' are set for this play. The use of 'user' is deprecated, and should \
                     be removed",
                ).at(user.span.clone()));
        }
        self.check_texts(node, &["tasks", "pre_tasks", "post_tasks", "handlers", "roles"]);
        let hosts = hosts(node)?;
        let own_vars = self.variables(node.get("vars"), "Play")?;
        let mut vars = own_vars;
        // One layer, in which nothing is merged.
        vars.extend(import.vars.iter().map(|(name, value)| (Arc::clone(name), value.clone())));
        let vars_files = vars_files(node)?;
        let vars_prompt = super::prompt::vars_prompt(node)?;
        let roles = node.get("roles").and_then(Node::as_list).is_some_and(|roles| !roles.is_empty());
        self.enter_play(path, &vars, &vars_files, roles);

        let here = place(path, Inherited::default(), String::new());
        let mut own = self.own(node, None, &here);
        // By its old name, which it has here alone: in a task that is a module.
        own.remote_user =
            own.remote_user.or_else(|| node.get("user").filter(|n| !n.is_null()).map(Node::to_value));
        let mut own = own.within(&import.keywords);
        own.collections = collection::with_default(own.collections, path);
        let label = node
            .get("name")
            .and_then(Node::as_str)
            .map_or_else(|| serde_json::Value::from(&hosts).to_string(), str::to_owned);
        let label = self.paths.step("", &label);
        let inherited =
            Inherited { unconditional: own.when.is_empty(), keywords: own, ..Inherited::default() };
        let place = place(path, inherited.clone(), label);

        let (mut roles, role_steps, mut handlers) = self.role_entries(node.get("roles"), &place);
        let section = |load: &mut Self, name: &str| {
            let inner = Place { path: format!("{}/{name}", place.path), ..place.clone() };
            load.steps(node.get(name), name, &inner)
        };
        let pre = section(self, "pre_tasks");
        let mut main = role_steps;
        main.extend(section(self, "tasks"));
        let post = section(self, "post_tasks");
        let in_handlers = Place { path: format!("{}/handlers", place.path), handlers: true, ..place.clone() };
        handlers.extend(flatten(self.steps(node.get("handlers"), "handlers", &in_handlers)));
        handlers.append(&mut self.handlers);
        roles.append(&mut self.roles);
        if self.errors.len() > before {
            return Ok(None);
        }
        let value = |name: &str| node.get(name).filter(|n| !n.is_null()).map(Node::to_value);
        Ok(Some(Play {
            name: node.get("name").and_then(Node::as_text).cloned(),
            hosts,
            span: node.span.clone(),
            basedir: self.basedir.clone(),
            gather_facts: value("gather_facts"),
            gather_subset: value("gather_subset"),
            gather_timeout: value("gather_timeout"),
            fact_path: value("fact_path"),
            any_errors_fatal: value("any_errors_fatal"),
            force_handlers: value("force_handlers"),
            serial: value("serial"),
            strategy: value("strategy"),
            order: value("order"),
            max_fail_percentage: value("max_fail_percentage"),
            vars_prompt,
            keywords: inherited.keywords,
            vars: Arc::new(vars),
            vars_files,
            roles,
            sections: vec![pre, main, post],
            handlers,
        }))
    }

    /// Sets what holds for one play only. The names of `roles` need the files of variables.
    fn enter_play(&mut self, path: &Path, vars: &Vars, vars_files: &[Value], roles: bool) {
        self.basedir = normal(path).parent().map(Path::to_owned).unwrap_or_default();
        self.roles.clear();
        self.handlers.clear();
        self.vars = vars.clone();
        // Files that cannot be known yet, or read, are the runner's business.
        for file in vars_files {
            let known = file.as_str().filter(|name| !name.contains("{{"));
            let Some(found) = known.map(|name| find_vars_file(&self.basedir, name)) else { continue };
            match crate::value::read_vars(&found) {
                Ok(read) => extend(&mut self.vars, &read),
                Err(e) if roles && found.is_file() => self.errors.push(e),
                Err(_) => {}
            }
        }
    }

    /// The roles of a play, their steps and their handlers.
    fn role_entries(
        &mut self,
        node: Option<&Node>,
        place: &Place,
    ) -> (Vec<Arc<Role>>, Vec<Step>, Vec<Arc<Task>>) {
        let (mut roles, mut steps, mut handlers) = (Vec::new(), Vec::new(), Vec::new());
        let Some(node) = node.filter(|n| !n.is_null()) else { return (roles, steps, handlers) };
        let Some(entries) = node.as_list() else {
            self.errors.push(
                Error::input("A malformed role declaration was encountered.")
                    .at(node.span.clone())
                    .note(format!("`roles` must be a list, not {}", node.describe())),
            );
            return (roles, steps, handlers);
        };
        for entry in entries {
            let used = Use::of_entry(self, entry, place);
            let Some(used) = self.keep(used) else { continue };
            if let Some(loaded) = self.role(used, place) {
                roles.push(loaded.role);
                steps.extend(loaded.steps);
                handlers.extend(loaded.handlers);
            }
        }
        (roles, steps, handlers)
    }

    /// The `vars` of a play, block, task or role entry, with names that can be used; `class` is Ansible's name for what
    /// they stand in.
    pub fn variables(&mut self, node: Option<&Node>, class: &str) -> Result<Vars> {
        let Some(node) = node.filter(|node| !node.is_null()) else { return Ok(Vars::new()) };
        if node.as_map().is_none() {
            return Err(Error::input(format!("Vars in a {class} must be specified as a dictionary."))
                .at(node.span.clone())
                .help("write each as `name: value`"));
        }
        for (key, _) in node.as_map().unwrap_or_default() {
            if !key.as_str().is_some_and(is_variable_name) {
                let shown = key.to_key().map(|k| k.to_string()).unwrap_or_default();
                return Err(Error::input(format!("Invalid variable name '{shown}'."))
                    .at(key.span.clone())
                    .note(
                        "names are made of letters, digits and underscores, and do not begin with a digit",
                    ));
            }
        }
        crate::value::vars_of(node)
    }
}

/// `vars_files` beside the playbook, or in its folder `vars`.
fn find_vars_file(basedir: &Path, name: &str) -> PathBuf {
    let inner = basedir.join("vars").join(name);
    if inner.is_file() { inner } else { basedir.join(name) }
}

pub(super) fn place(path: &Path, inherited: Inherited, label: String) -> Place {
    Place { inherited, role: None, file: Arc::from(path), path: label, handlers: false }
}

/// The tasks of handlers: blocks only group them, and what they rescue or always do is no handler.
pub(super) fn flatten(steps: Vec<Step>) -> Vec<Arc<Task>> {
    let mut tasks = Vec::new();
    for step in steps {
        match step {
            Step::Task(task) => tasks.push(task),
            Step::Block(block) => tasks.extend(flatten(block.steps.clone())),
            Step::FlushHandlers => {}
        }
    }
    tasks
}

fn hosts(node: &Node) -> Result<Value> {
    let Some(hosts) = node.get("hosts") else {
        return Err(Error::input("the field 'hosts' is required but was not set")
            .at(node.as_map().and_then(|e| e.first()).map_or(node.span.clone(), |(k, _)| k.span.clone()))
            .help("say where it runs: `hosts: all`"));
    };
    let refuse = |node: &Node, why: &str| Err(Error::input(why).at(node.span.clone()));
    match &hosts.kind {
        Kind::Scalar(Value::Text(text)) if !text.as_str().is_empty() => {}
        Kind::List(items) if !items.is_empty() => {
            if let Some(item) = items.iter().find(|item| item.as_text().is_none()) {
                if item.is_null() {
                    return refuse(
                        item,
                        "Hosts list cannot contain values of 'None'. Please check your playbook",
                    );
                }
                let shown = crate::value::python_str(&item.to_value());
                return refuse(item, &format!("Hosts list contains an invalid host value: '{shown}'"));
            }
        }
        Kind::Scalar(Value::Null | Value::Text(_)) | Kind::List(_) => {
            return refuse(hosts, "Hosts list cannot be empty. Please check your playbook");
        }
        _ => return refuse(hosts, "Hosts list must be a sequence or string. Please check your playbook."),
    }
    Ok(hosts.to_value())
}

fn vars_files(node: &Node) -> Result<Vec<Value>> {
    let Some(node) = node.get("vars_files").filter(|n| !n.is_null()) else { return Ok(Vec::new()) };
    let text = |n: &Node| {
        n.as_text().map(|t: &Text| Value::Text(t.clone())).ok_or_else(|| {
            Error::input(format!("`vars_files` must name files, not {}", n.describe())).at(n.span.clone())
        })
    };
    match node.as_list() {
        None => Ok(vec![text(node)?]),
        Some(items) => items
            .iter()
            .map(|item| match item.as_list() {
                Some(first_found) => Ok(Value::list(first_found.iter().map(text).collect::<Result<_>>()?)),
                None => text(item),
            })
            .collect(),
    }
}
