//! Roles: where they are, what they bring, and what they depend on.

use super::id::hash;
use super::keywords::{self, ROLE};
use super::loader::{Load, Place};
use super::plan::{Keywords, Link, Role, Step, Task};
use super::playbook::flatten;
use super::role_find::FoundRole;
use crate::error::{Error, Result, Span};
use crate::value::yaml::{Kind, Node};
use crate::value::{Key, Map, Text, Value, Vars, extend, find_vars_files};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Which files of a role are taken where they are not the `main` ones.
#[derive(Clone, Debug, Default)]
pub struct RoleFiles {
    /// `tasks_from`.
    pub tasks: Option<String>,
    /// `vars_from`.
    pub vars: Option<String>,
    /// `defaults_from`.
    pub defaults: Option<String>,
    /// `handlers_from`.
    pub handlers: Option<String>,
}

/// One use of a role.
pub(super) struct Use {
    pub name: String,
    /// Where it is asked for.
    pub span: Span,
    pub files: RoleFiles,
    /// The entry's own keywords.
    pub own: Keywords,
    /// The entry's `vars`.
    pub entry: Vars,
    pub params: Vars,
    /// The role whose dependency, import or include this is.
    pub above: Option<Arc<Link>>,
    /// Where else to look for it: beside the role that depends on it.
    pub beside: Option<PathBuf>,
    /// As import and include say; an entry leaves it to the role.
    pub allow_duplicates: Option<bool>,
    pub public: bool,
    /// Whether its arguments are checked against its specification.
    pub validate: bool,
    /// The collections to look in, where not those of the place.
    pub collections: Option<Arc<Vec<Text>>>,
}

/// A role with its steps and handlers, those of its dependencies first.
pub(super) struct LoadedRole {
    pub role: Arc<Role>,
    pub steps: Vec<Step>,
    pub handlers: Vec<Arc<Task>>,
    /// Its defaults over its dependencies', without those of the roles that depend on it.
    plain_defaults: Vars,
}

impl Use {
    /// An entry of `roles` or of a role's `dependencies`.
    ///
    /// # Errors
    /// An entry without a name, or with keywords that are refused.
    pub fn of_entry(load: &mut Load<'_>, entry: &Node, place: &Place) -> Result<Use> {
        let mut used = Use {
            name: String::new(),
            span: entry.span.clone(),
            files: RoleFiles::default(),
            own: Keywords::default(),
            entry: Vars::new(),
            params: Vars::new(),
            above: None,
            beside: None,
            allow_duplicates: None,
            public: load.public(None, true),
            validate: true,
            collections: None,
        };
        let name = match &entry.kind {
            Kind::Scalar(Value::Text(text)) => text.clone(),
            Kind::Scalar(Value::Int(i)) => Text::data(i.to_string()),
            Kind::Map(entries) => {
                for (key, value) in entries {
                    let Some(name) = key.to_key().map(|k| k.to_string()) else { continue };
                    if keywords::is_keyword(&name, ROLE) {
                        load.keep(keywords::check(key, ROLE, "RoleInclude"));
                    } else {
                        used.params.insert(Arc::from(name), value.to_value());
                    }
                }
                load.check_texts(entry, &[]);
                used.own = load.own(entry, None, place);
                used.collections.clone_from(&used.own.collections);
                used.entry = load.variables(entry.get("vars"), "RoleInclude")?;
                let name = entry.get("role").or_else(|| entry.get("name"));
                name.and_then(Node::as_text).cloned().ok_or_else(|| {
                    Error::input("role definitions must contain a role name")
                        .at(entry.span.clone())
                        .help("write `role: NAME`")
                })?
            }
            _ => {
                return Err(Error::input(format!(
                    "a role must be a name or a map, not {}",
                    entry.describe()
                ))
                .at(entry.span.clone()));
            }
        };
        if name.as_str().contains(',') {
            return Err(Error::input(format!("Invalid old style role requirement: {}", name.as_str()))
                .at(entry.span.clone()));
        }
        used.span = name.span().cloned().unwrap_or(used.span);
        used.name = load.name(&name, place, Some(&used.entry))?;
        Ok(used)
    }
}

/// `ansible_parent_role_names` and `ansible_parent_role_paths`: the role whose task imports or includes another, and
/// those above it that did so, nearest first.
pub(super) fn parents(role: Option<&Role>) -> Vars {
    let Some(role) = role else { return Vars::new() };
    let with = |name: &str, own: &str| {
        let above = role.params.get(name).and_then(Value::as_list).unwrap_or_default();
        let all = std::iter::once(Value::data(own)).chain(above.iter().cloned());
        (Arc::from(name), Value::list(all.collect()))
    };
    Vars::from_iter([
        with("ansible_parent_role_names", &role.name),
        with("ansible_parent_role_paths", &role.path.to_string_lossy()),
    ])
}

impl Load<'_> {
    /// Whether the play sees a role's defaults and vars: as its use says, as the settings say, else `usually`.
    pub fn public(&self, said: Option<bool>, usually: bool) -> bool {
        said.or(self.loader.private_role_vars.map(|private| !private)).unwrap_or(usually)
    }

    /// Loads a role with its dependencies; what is wrong is kept.
    pub fn role(&mut self, used: Use, place: &Place) -> Option<LoadedRole> {
        let found = self.find_role(&used, place);
        let found = self.keep(found)?;
        let path = found.path.clone();
        let entrance = (path.clone(), used.files.tasks.clone());
        if self.loading.contains(&entrance) {
            let what = "A recursion loop was detected with the roles specified. Make sure child roles do not have \
                        dependencies on parent roles";
            let error = Error::input(what).note(format!("the role `{}` leads to itself", used.name));
            self.errors.push(error.at(used.span.clone()));
            return None;
        }
        self.role_folders.insert(path);
        self.loading.push(entrance);
        let loaded = self.role_at(used, found, place);
        self.loading.pop();
        self.keep(loaded)
    }

    fn role_at(&mut self, used: Use, found: FoundRole, place: &Place) -> Result<LoadedRole> {
        let FoundRole { path, name, collection } = found;
        let identity = identity(&used, &path);
        let mut inherited = place.inherited.inner(used.own, None);
        let label = self.paths.step(&place.path, &format!("role:{}", used.name));
        let link = Arc::new(Link {
            name: Arc::from(name),
            collection: collection.clone(),
            vars: self.role_vars(&path, "vars", used.files.vars.as_deref())?,
            defaults: self.role_vars(&path, "defaults", used.files.defaults.as_deref())?,
            entry: used.entry,
            params: used.params,
            path: path.clone(),
            above: used.above,
        });
        let meta = self.meta(&path)?;
        let searched = searched(collection.as_ref(), meta.as_ref());
        inherited.keywords.collections = Some(Arc::clone(&searched));
        let outer = Place { inherited, path: label, ..place.clone() };

        let mut steps = Vec::new();
        let mut handlers = Vec::new();
        let mut dependencies = Vec::new();
        let mut plain_defaults = Vars::new();
        let mut exports = Vars::new();
        for entry in
            meta.as_ref().and_then(|m| m.get("dependencies")).and_then(Node::as_list).unwrap_or_default()
        {
            let dependency = Use::of_entry(self, entry, &outer);
            let Some(mut dependency) = self.keep(dependency) else { continue };
            dependency.above = Some(Arc::clone(&link));
            dependency.beside = path.parent().map(Path::to_owned);
            dependency.public = used.public;
            dependency.collections = Some(Arc::clone(&searched));
            let Some(loaded) = self.role(dependency, &outer) else { continue };
            extend(&mut plain_defaults, &loaded.plain_defaults);
            extend(&mut exports, &loaded.role.exports);
            steps.extend(loaded.steps);
            handlers.extend(loaded.handlers);
            dependencies.push(loaded.role);
        }
        let allows = meta.as_ref().and_then(|m| m.get("allow_duplicates")).map(|n| n.to_value().truthy());
        let role = Arc::new(merged(
            &link,
            &mut plain_defaults,
            &mut exports,
            dependencies,
            identity,
            used.public,
            used.allow_duplicates.or(allows).unwrap_or(false),
        ));
        let inner = |file: PathBuf, handlers: bool| Place {
            role: Some(Arc::clone(&role)),
            file: Arc::from(file),
            path: format!("{}{}", outer.path, if handlers { "/handlers" } else { "" }),
            handlers,
            inherited: outer.inherited.clone(),
        };
        if used.validate {
            let place = inner(path.join("tasks/main.yml"), place.handlers);
            steps.extend(self.role_spec(&path, meta.as_ref(), &used.files, &link.params, &place)?);
        }
        if let Some(file) = self.role_file(&path, "tasks", used.files.tasks.as_deref())? {
            steps.extend(self.task_file(&file, &inner(file.clone(), place.handlers)));
        }
        if let Some(file) = self.role_file(&path, "handlers", used.files.handlers.as_deref())? {
            handlers.extend(flatten(self.task_file(&file, &inner(file.clone(), true))));
        }
        Ok(LoadedRole { role, steps, handlers, plain_defaults })
    }

    /// The steps of a task file.
    pub fn task_file(&mut self, file: &Path, place: &Place) -> Vec<Step> {
        let root = self.read(file);
        match self.keep(root) {
            Some(Some(root)) if root.as_list().is_none() && !root.is_null() => {
                self.errors.push(
                    Error::input("included task files must contain a list of tasks")
                        .note(format!("this is {}", root.describe()))
                        .at(root.span.clone())
                        .help("begin each task with `- `"),
                );
                Vec::new()
            }
            Some(Some(root)) => self.steps(Some(&root), "tasks", place),
            Some(None) => {
                self.warnings.push(Error::input(format!(
                    "file {} is empty and had no tasks to include",
                    file.display()
                )));
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    fn meta(&mut self, path: &Path) -> Result<Option<Node>> {
        let Some(file) = self.role_file(path, "meta", None)? else { return Ok(None) };
        let Some(root) = self.read(&file)? else { return Ok(None) };
        match root.as_map() {
            Some(_) => {}
            None if root.is_null() => return Ok(None),
            None => {
                return Err(Error::input(format!("a role's meta must be a map, not {}", root.describe()))
                    .at(root.span.clone()));
            }
        }
        if let Some(list) = root.get("dependencies").filter(|d| !d.is_null() && d.as_list().is_none()) {
            return Err(Error::input(format!(
                "`dependencies` must be a list of roles, not {}",
                list.describe()
            ))
            .at(list.span.clone()));
        }
        Ok(Some(root))
    }

    /// The variables of a role's folder: `main`, which may be a folder of files, or the file asked for.
    fn role_vars(&mut self, path: &Path, folder: &str, from: Option<&str>) -> Result<Vars> {
        let mut vars = Vars::new();
        for file in role_files(path, folder, from, true)? {
            if let Some(root) = self.read(&file)? {
                self.warn_of_templates(&root);
                extend(&mut vars, &crate::value::vars_of(&root)?);
            }
        }
        Ok(vars)
    }

    fn role_file(&self, path: &Path, folder: &str, from: Option<&str>) -> Result<Option<PathBuf>> {
        Ok(role_files(path, folder, from, false)?.into_iter().next())
    }
}

/// The files of a role's folder: one, or for variables all that `main/` holds.
fn role_files(path: &Path, folder: &str, from: Option<&str>, many: bool) -> Result<Vec<PathBuf>> {
    let folder_path = path.join(folder);
    if !folder_path.is_dir() {
        return Ok(Vec::new());
    }
    let extensions: &[&str] = match from {
        None => &[".yml", ".yaml", ".json", ""],
        Some(_) => &["", ".yml", ".yaml", ".json"],
    };
    let mut found = find_vars_files(&folder_path, from.unwrap_or("main"), extensions, many);
    if let (Some(from), true) = (from, found.is_empty()) {
        return Err(Error::input(format!("Could not find specified file in role: {folder}/{from}"))
            .note(format!("searched in {}", folder_path.display())));
    }
    let inside = crate::value::normal(&folder_path);
    if let Some(outside) = found.iter().find(|f| !crate::value::normal(f).starts_with(&inside)) {
        return Err(Error::input(format!(
            "Failed loading '{}' for role ({}) as it is not inside the expected role path: '{}'",
            outside.display(),
            path.file_name().unwrap_or_default().to_string_lossy(),
            folder_path.display(),
        )));
    }
    if !many {
        found.truncate(1);
    }
    Ok(found)
}

/// The collections in which a role's tasks and dependencies look for what has no collection's name: its own, and those that
/// its `meta/main.yml` names.
fn searched(own: Option<&Arc<str>>, meta: Option<&Node>) -> Arc<Vec<Text>> {
    let mut all: Vec<Text> = own.into_iter().map(|c| Text::data(Arc::clone(c))).collect();
    for name in keywords::names(meta.and_then(|m| m.get("collections"))) {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    if !all.is_empty() {
        all.push(Text::data(if own.is_some() { "ansible.builtin" } else { "ansible.legacy" }));
    }
    Arc::new(all)
}

/// What makes two uses the same to Ansible: name, folder, parameters, conditions, tags, files and variables.
fn identity(used: &Use, path: &Path) -> Arc<str> {
    let vars = |vars: &Vars| {
        let mut sorted: Vec<_> = vars.iter().map(|(k, v)| (Key::from(Arc::clone(k)), v.clone())).collect();
        sorted.sort_by(|a, b| a.0.cmp(&b.0));
        Value::map(sorted.into_iter().collect::<Map>())
    };
    let file = |name: &Option<String>| name.as_deref().map_or(Value::Null, Value::data);
    let parts = vec![
        Value::data(used.name.as_str()),
        Value::data(path.to_string_lossy()),
        vars(&used.params),
        Value::list(used.own.when.clone()),
        Value::list(used.own.tags.clone()),
        Value::list(vec![
            file(&used.files.tasks),
            file(&used.files.vars),
            file(&used.files.defaults),
            file(&used.files.handlers),
        ]),
        vars(&used.entry),
        Value::Bool(used.allow_duplicates.is_some()),
    ];
    Arc::from(hash(&Value::list(parts)))
}

/// A role with its layers merged: from dependencies, from the roles that depend on it, and its own.
fn merged(
    link: &Arc<Link>,
    plain_defaults: &mut Vars,
    exports: &mut Vars,
    parents: Vec<Arc<Role>>,
    identity: Arc<str>,
    public: bool,
    allow_duplicates: bool,
) -> Role {
    let mut above: Vec<&Arc<Link>> = link.chain().skip(1).collect();
    above.reverse();
    let mut defaults = plain_defaults.clone();
    let mut vars = Vars::new();
    let mut params = Vars::new();
    for link in above {
        extend(&mut defaults, &link.defaults);
        extend(&mut vars, &link.entry);
        extend(&mut vars, &link.vars);
        extend(&mut params, &link.params);
    }
    extend(&mut vars, exports);
    extend(&mut defaults, &link.defaults);
    extend(plain_defaults, &link.defaults);
    extend(exports, &link.vars);
    extend(&mut vars, &link.vars);
    extend(&mut vars, &link.entry);
    extend(&mut params, &link.params);
    Role {
        name: Arc::clone(&link.name),
        path: link.path.clone(),
        defaults: Arc::new(defaults),
        vars: Arc::new(vars),
        exports: Arc::new(exports.clone()),
        params: Arc::new(params),
        public,
        parents,
        link: Arc::clone(link),
        identity,
        allow_duplicates,
    }
}
