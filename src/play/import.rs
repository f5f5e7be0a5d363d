//! `import_tasks` and `import_role`: read while loading, in place of the statement.

use super::action::Found;
use super::loader::{Load, Place};
use super::plan::{Inherited, Keywords, Step};
use super::role::{RoleFiles, Use};
use crate::error::{Error, Exit, Result, did_you_mean};
use crate::value::yaml::Node;
use crate::value::{Text, Value, Vars};
use indexmap::IndexSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The arguments of `import_tasks` and `include_tasks`.
const TASKS_ARGUMENTS: [&str; 3] = ["_raw_params", "file", "apply"];

/// The arguments of `import_role` and `include_role`.
const ROLE_ARGUMENTS: [&str; 10] = [
    "name",
    "role",
    "tasks_from",
    "vars_from",
    "defaults_from",
    "handlers_from",
    "apply",
    "public",
    "allow_duplicates",
    "rolespec_validate",
];

impl Load<'_> {
    /// The steps of the file that `import_tasks` names.
    pub fn import_tasks(
        &mut self,
        node: &Node,
        found: &Found<'_>,
        inner: Inherited,
        vars: &Arc<Vars>,
        place: &Place,
        path: String,
    ) -> Result<Vec<Step>> {
        refuse_loops(node, found)?;
        let file = check_statement(found)?;
        let name = self.name(&file, place, Some(vars))?;
        let span = file.span().cloned().unwrap_or_else(|| found.name.span.clone());
        let target = find_tasks(&name, place, &self.basedir).map_err(|e| e.at(span.clone()))?;
        if self.importing.contains(&target) {
            return Err(Error::input(format!("{} imports itself", target.display())).at(span));
        }
        let inner = Place { inherited: inner, file: Arc::from(target.as_path()), path, ..place.clone() };
        self.importing.push(target.clone());
        let steps = self.task_file(&target, &inner);
        self.importing.pop();
        Ok(steps)
    }

    /// The steps of the role that `import_role` names; its handlers join the play's.
    pub fn import_role(
        &mut self,
        node: &Node,
        found: &Found<'_>,
        inner: Inherited,
        vars: &Arc<Vars>,
        place: &Place,
        path: String,
    ) -> Result<Vec<Step>> {
        if place.handlers {
            return Err(Error::input("Using 'import_role' as a handler is not supported.")
                .at(found.name.span.clone()));
        }
        refuse_loops(node, found)?;
        let name = check_statement(found)?;
        let args = &found.action.args;
        let from = |argument: &str| match args.get(argument) {
            None => Ok(None),
            Some(Value::Text(text)) => self.name(text, place, Some(vars)).map(Some),
            Some(other) => {
                Err(Error::input(format!("`{argument}` must be a string, not {}", other.type_name()))
                    .at(found.name.span.clone()))
            }
        };
        let files = RoleFiles {
            tasks: from("tasks_from")?,
            vars: from("vars_from")?,
            defaults: from("defaults_from")?,
            handlers: from("handlers_from")?,
        };
        let flag = |argument: &str| args.get(argument).is_none_or(Value::truthy);
        let used = Use {
            name: self.name(&name, place, Some(vars))?,
            span: name.span().cloned().unwrap_or_else(|| found.name.span.clone()),
            files,
            own: Keywords::default(),
            entry: Vars::clone(vars),
            params: super::role::parents(place.role.as_deref()),
            above: place.role.as_ref().map(|r| Arc::clone(&r.link)),
            beside: None,
            allow_duplicates: Some(flag("allow_duplicates")),
            public: flag("public"),
            validate: flag("rolespec_validate"),
            collections: None,
        };
        let inner = Place { inherited: inner, path, ..place.clone() };
        let Some(loaded) = self.role(used, &inner) else { return Ok(Vec::new()) };
        self.roles.push(loaded.role);
        self.handlers.extend(loaded.handlers);
        Ok(loaded.steps)
    }
}

fn refuse_loops(node: &Node, found: &Found<'_>) -> Result<()> {
    let looped = node
        .as_map()
        .unwrap_or_default()
        .iter()
        .find(|(key, _)| key.as_str().is_some_and(|k| k == "loop" || k.starts_with("with_")));
    match looped {
        None => Ok(()),
        Some((key, _)) => Err(Error::input(format!("{} cannot loop", found.action.module))
            .at(key.span.clone())
            .note("it is read once, before anything runs")
            .help(format!("use {}", found.action.module.replace("import", "include")))),
    }
}

/// Checks the arguments of an import or include; gives the name of the file or role.
///
/// # Errors
/// Unknown arguments, `apply` on an import, no name.
pub(super) fn check_statement(found: &Found<'_>) -> Result<Text> {
    let module = &*found.action.module;
    let (known, names): (&[&str], [&str; 2]) = if module.ends_with("_role") {
        (&ROLE_ARGUMENTS, ["name", "role"])
    } else {
        (&TASKS_ARGUMENTS, ["_raw_params", "file"])
    };
    for name in found.action.args.keys() {
        let place = found.nodes.iter().find(|(k, _)| k.as_str() == Some(name));
        let place = place.map_or_else(|| found.name.span.clone(), |(k, _)| k.span.clone());
        if &**name == "apply" && module.starts_with("import") {
            return Err(Error::input(format!("{module} does not take `apply`"))
                .at(place)
                .note("what it brings inherits the statement's own keywords"));
        }
        if !known.contains(&&**name) {
            let error = Error::input(format!("`{module}` has no argument `{name}`")).at(place);
            return Err(match did_you_mean(name, known.iter().copied().filter(|k| !k.starts_with('_'))) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error,
            });
        }
    }
    for (name, value) in &found.action.args {
        if name.ends_with("_from") && value.as_str().is_none() {
            let place = found.nodes.iter().find(|(k, _)| k.as_str() == Some(name));
            return Err(Error::input(format!("`{name}` must be a string"))
                .at(place.map_or_else(|| found.name.span.clone(), |(_, v)| v.span.clone())));
        }
    }
    match names.iter().find_map(|name| found.action.args.get(*name)) {
        Some(Value::Text(text)) if !text.as_str().is_empty() => Ok(text.clone()),
        Some(Value::Int(i)) => Ok(Text::data(i.to_string())),
        _ => {
            let what = if module.ends_with("_role") { "role" } else { "file" };
            Err(Error::input(format!("`{module}` names no {what}")).at(found.name.span.clone()))
        }
    }
}

/// The file of tasks that a statement at this place means: beside its own file, in the role, beside the playbook.
///
/// # Errors
/// None of these exists.
pub(super) fn find_tasks(name: &str, place: &Place, basedir: &Path) -> Result<PathBuf> {
    // What handlers include may lie beside the tasks, too.
    let folders: &[&str] = if place.handlers { &["handlers", "tasks"] } else { &["tasks"] };
    let mut searched: IndexSet<PathBuf> = place.file.parent().map(Path::to_owned).into_iter().collect();
    for link in place.role.iter().flat_map(|r| r.link.chain()) {
        searched.extend(folders.iter().map(|folder| link.path.join(folder)));
        searched.insert(link.path.clone());
    }
    searched.extend(folders.iter().map(|folder| basedir.join(folder)));
    searched.insert(basedir.to_owned());
    match searched.iter().map(|p| p.join(name)).find(|p| p.is_file()) {
        Some(path) => Ok(crate::value::normal(&path)),
        None => {
            let shown: Vec<String> = searched.iter().map(|p| p.display().to_string()).collect();
            Err(Error::new(Exit::Missing, format!("cannot find the file `{name}`"))
                .note(format!("searched: {}", shown.join(", "))))
        }
    }
}
