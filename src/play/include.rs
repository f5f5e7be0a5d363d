//! What the runner loads when it comes to `include_tasks` and `include_role`.

use super::id::path_of;
use super::import::{find_tasks, flag_of};
use super::loader::{Errors, Load, Loaded, Loader, Place};
use super::plan::{Action, Keywords, Play, Role, Step, Task};
use super::resolve::{Resolved, STATEMENTS};
use super::role::{RoleFiles, Use};
use crate::error::Error;
use crate::value::{Text, Value, Vars, extend};
use std::path::PathBuf;
use std::sync::Arc;

/// A role to include: the arguments of `include_role`, rendered.
#[derive(Clone, Debug)]
pub struct RoleRequest {
    /// `name`.
    pub name: String,
    /// `tasks_from` and its like.
    pub files: RoleFiles,
    /// `public`: whether the rest of the play sees its defaults and vars, where that is said.
    pub public: Option<bool>,
    /// `allow_duplicates`, true unless said otherwise.
    pub allow_duplicates: bool,
    /// `rolespec_validate`, true unless said otherwise.
    pub validate: bool,
}

/// What `include_role` brings.
#[derive(Debug)]
pub struct IncludedRole {
    /// The role.
    pub role: Arc<Role>,
    /// The steps of its dependencies and its own.
    pub steps: Vec<Step>,
    /// Handlers that join the play's.
    pub handlers: Vec<Arc<Task>>,
    /// Roles that its tasks import.
    pub imported: Vec<Arc<Role>>,
}

/// What `include_tasks` brings.
#[derive(Debug)]
pub struct IncludedTasks {
    /// The file that was found.
    pub file: PathBuf,
    /// Its steps; tasks only, where a handler includes.
    pub steps: Vec<Step>,
    /// Handlers of roles that it imports.
    pub handlers: Vec<Arc<Task>>,
    /// Roles that it imports.
    pub imported: Vec<Arc<Role>>,
}

impl Loader<'_> {
    /// Loads the file that an `include_tasks` names. `file` is rendered; `item` holds the variables of the include's loop.
    ///
    /// # Errors
    /// Everything found wrong in the file.
    pub fn include_tasks(
        &self,
        play: &Play,
        includer: &Task,
        file: &str,
        item: Vars,
    ) -> Result<Loaded<IncludedTasks>, Errors> {
        let mut load = Load::new(self);
        let mut place = load.enter(play, includer, item);
        let span = includer.action.written.span().cloned();
        let target = find_tasks(file, &place, &load.basedir, true).map_err(|e| e.at(span))?;
        place.file = Arc::from(target.as_path());
        let steps = load.task_file(&target, &place);
        let handlers = std::mem::take(&mut load.handlers);
        let imported = std::mem::take(&mut load.roles);
        load.finish(IncludedTasks { file: target, steps, handlers, imported })
    }

    /// The action of a task whose `action` is a template, once its name is rendered.
    ///
    /// # Errors
    /// A name that means nothing, or a statement, which cannot be chosen that late.
    pub fn action(&self, play: &Play, task: &Task, name: &str) -> Result<Action, Error> {
        let mut load = Load::new(self);
        let place = load.enter(play, task, Vars::new());
        load.role_folders.extend(play.roles.iter().map(|role| role.path.clone()));
        let collections = task.keywords.collections.clone().unwrap_or_default();
        let unknown = || {
            Error::input(format!("Cannot resolve '{name}' to an action or module.")).at(task
                .action
                .written
                .span()
                .cloned())
        };
        let Resolved { module, full, doer } =
            load.resolve(name, &place, &collections)?.ok_or_else(unknown)?;
        if STATEMENTS.contains(&&*module) {
            return Err(unknown().note("a template cannot name a statement of the language"));
        }
        let written = Text::data(name);
        let mut action = Action { written, module, full, doer, ..task.action.clone() };
        let free_form = self.catalogue.spec(&action.full).and_then(|spec| spec.free_form);
        if let Some(rest) = action.args.shift_remove("_raw_params") {
            action.args.insert(Arc::from(free_form.unwrap_or("_raw_params")), rest);
        }
        Ok(action)
    }

    /// Loads the role that an `include_role` names.
    ///
    /// # Errors
    /// Everything found wrong in the role.
    pub fn include_role(
        &self,
        play: &Play,
        includer: &Task,
        request: RoleRequest,
        item: Vars,
    ) -> Result<Loaded<IncludedRole>, Errors> {
        let mut load = Load::new(self);
        let mut entry = includer.own_vars.as_deref().cloned().unwrap_or_default();
        extend(&mut entry, &item);
        let place = load.enter(play, includer, item);
        let used = Use {
            name: request.name,
            span: includer.action.written.span().cloned().unwrap_or_else(|| includer.span.clone()),
            files: request.files,
            own: Keywords::default(),
            entry,
            params: super::role::parents(includer.role.as_deref()),
            above: includer.role.as_ref().map(|r| Arc::clone(&r.link)),
            beside: None,
            allow_duplicates: Some(request.allow_duplicates),
            public: load.public(request.public, false),
            validate: request.validate,
            collections: includer.keywords.collections.clone(),
        };
        let Some(mut loaded) = load.role(used, &place) else {
            return Err(load
                .finish(())
                .err()
                .unwrap_or_else(|| Error::input("the role cannot be loaded").into()));
        };
        loaded.handlers.append(&mut load.handlers);
        let imported = std::mem::take(&mut load.roles);
        load.finish(IncludedRole {
            role: loaded.role,
            steps: loaded.steps,
            handlers: loaded.handlers,
            imported,
        })
    }
}

impl Load<'_> {
    /// Where the steps of a dynamic include are loaded.
    fn enter(&mut self, play: &Play, includer: &Task, item: Vars) -> Place {
        self.basedir.clone_from(&play.basedir);
        self.vars = Vars::clone(&play.vars);
        let mut inherited = includer.passes.as_deref().cloned().unwrap_or_default();
        if !item.is_empty() {
            let item = Arc::new(item);
            inherited.keywords.vars.push(Arc::clone(&item));
            inherited.keywords.include_params.push(item);
        }
        Place {
            inherited,
            role: includer.role.clone(),
            file: Arc::from(includer.file.as_path()),
            path: path_of(&includer.id).to_owned(),
            handlers: includer.handler,
        }
    }
}

impl RoleRequest {
    /// Reads the rendered arguments of an `include_role` at this place.
    ///
    /// # Errors
    /// A name that is no text.
    pub fn from_args(args: &Vars, place: &Text) -> Result<Self, Error> {
        let text = |name: &str| match args.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text.as_str().to_owned())),
            Some(Value::Int(i)) => Ok(Some(i.to_string())),
            Some(other) => Err(Error::input(format!("`{name}` must be a string, not {}", other.type_name()))
                .at(place.span().cloned())),
        };
        let flag = |name: &str| match args.get(name).filter(|said| !said.is_null()) {
            // `public=no` gives a word.
            Some(Value::Text(text)) => flag_of(&text.as_str().into(), place.span()),
            said => Ok(said.map(Value::truthy)),
        };
        let name = match text("name")? {
            Some(name) => Some(name),
            None => text("role")?,
        };
        Ok(RoleRequest {
            name: name.ok_or_else(|| Error::input("include_role names no role").at(place.span().cloned()))?,
            files: RoleFiles {
                tasks: text("tasks_from")?,
                vars: text("vars_from")?,
                defaults: text("defaults_from")?,
                handlers: text("handlers_from")?,
            },
            public: flag("public")?,
            allow_duplicates: flag("allow_duplicates")?.unwrap_or(true),
            validate: flag("rolespec_validate")?.unwrap_or(true),
        })
    }
}
