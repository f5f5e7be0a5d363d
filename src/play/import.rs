//! `import_tasks` and `import_role`: read while loading, in place of the statement.

use super::action::Found;
use super::loader::{Load, Place};
use super::plan::{Inherited, Keywords, Step};
use super::role::{RoleFiles, Use};
use crate::error::{Error, Exit, Result, Span, did_you_mean};
use crate::value::yaml::Node;
use crate::value::{Text, Value, Vars};
use indexmap::IndexSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use warp_agent::convert;
use warp_agent::spec::Kind;

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

/// An import on its way: the statement, and where what it brings will be.
pub(super) struct Import<'a> {
    pub node: &'a Node,
    pub found: &'a Found<'a>,
    /// The statement's own variables.
    pub vars: &'a Arc<Vars>,
    /// What is brought inherits the statement's keywords.
    pub inner: Inherited,
    /// The path of the statement, for identities.
    pub path: String,
}

impl Load<'_> {
    /// The steps of the file or role that an import names.
    pub fn import(&mut self, import: Import<'_>, place: &Place) -> Result<Vec<Step>> {
        let found = import.found;
        refuse_loops(import.node, found)?;
        let text = check_statement(found).map_err(|e| e.at(import.node.span.clone()))?;
        let name = self.name(&text, place, Some(import.vars))?;
        let span = text.span().cloned().unwrap_or_else(|| found.name.span.clone());
        let inner = Place { inherited: import.inner, path: import.path, ..place.clone() };
        match &*found.action.module {
            "import_role" => self.import_role(name, span, found, import.vars, inner),
            _ => self.import_tasks(&name, span, inner),
        }
    }

    fn import_tasks(&mut self, name: &str, span: Span, place: Place) -> Result<Vec<Step>> {
        let target = find_tasks(name, &place, &self.basedir, false).map_err(|e| e.at(span.clone()))?;
        if self.importing.contains(&target) {
            return Err(Error::input(format!("{} imports itself", target.display())).at(span));
        }
        let inner = Place { file: Arc::from(target.as_path()), ..place };
        self.imported.push(target.clone());
        self.importing.push(target.clone());
        let steps = self.task_file(&target, &inner);
        self.importing.pop();
        Ok(steps)
    }

    /// The steps of a role; its handlers join the play's.
    fn import_role(
        &mut self,
        name: String,
        span: Span,
        found: &Found<'_>,
        vars: &Arc<Vars>,
        place: Place,
    ) -> Result<Vec<Step>> {
        if place.handlers {
            return Err(Error::input("Using 'import_role' as a handler is not supported.")
                .at(found.name.span.clone()));
        }
        let args = &found.action.args;
        let from = |argument: &str| match args.get(argument) {
            Some(Value::Text(text)) => self.name(text, &place, Some(vars)).map(Some),
            _ => Ok(None),
        };
        let files = RoleFiles {
            tasks: from("tasks_from")?,
            vars: from("vars_from")?,
            defaults: from("defaults_from")?,
            handlers: from("handlers_from")?,
        };
        let flag = |argument: &str| match args.get(argument).filter(|said| !said.is_null()) {
            Some(Value::Text(text)) => {
                let said = self.rendered(text, &place, Some(vars))?;
                flag_of(&(&said).into(), text.span())
            }
            said => Ok(said.map(Value::truthy)),
        };
        let (allow_duplicates, public, validate) =
            (flag("allow_duplicates")?, flag("public")?, flag("rolespec_validate")?);
        let used = Use {
            name,
            span,
            files,
            own: Keywords::default(),
            entry: Vars::clone(vars),
            params: super::role::parents(place.role.as_deref()),
            above: place.role.as_ref().map(|r| Arc::clone(&r.link)),
            beside: None,
            allow_duplicates: Some(allow_duplicates.unwrap_or(true)),
            public: self.public(public, true),
            validate: validate.unwrap_or(true),
            collections: None,
        };
        let Some(loaded) = self.role(used, &place) else { return Ok(Vec::new()) };
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
    let Some((key, _)) = looped else { return Ok(()) };
    let module = &*found.action.module;
    let include = module.replace("import", "include");
    Err(Error::input(format!(
        "You cannot use loops on '{module}' statements. You should use '{include}' instead."
    ))
    .at(key.span.clone())
    .note("it is read once, before anything runs"))
}

/// Checks the arguments of an import or include; gives the name of the file or role.
///
/// # Errors
/// Unknown arguments, `apply` on an import, no name.
pub(super) fn check_statement(found: &Found<'_>) -> Result<Text> {
    let module = &*found.action.module;
    let role = module.ends_with("_role");
    let (known, names): (&[&str], [&str; 2]) = match role {
        true => (&ROLE_ARGUMENTS, ["name", "role"]),
        false => (&TASKS_ARGUMENTS, ["_raw_params", "file"]),
    };
    let name = match names.iter().find_map(|name| found.action.args.get(*name)) {
        Some(Value::Text(text)) if !text.as_str().is_empty() => text.clone(),
        Some(Value::Int(i)) => Text::data(i.to_string()),
        _ => {
            let written = found.action.written.as_str();
            return Err(Error::input(match role {
                true => format!("'name' is a required field for {written}."),
                false => format!("No file specified for {written}"),
            }));
        }
    };
    for (name, value) in &found.action.args {
        let node = found.nodes.iter().find(|(key, _)| key.as_str() == Some(name));
        let key = || node.map_or_else(|| found.name.span.clone(), |(key, _)| key.span.clone());
        let wrong = |wanted: &str| {
            let class = value.type_name();
            Error::input(format!("Expected a {wanted} for {name} but got <class '{class}'> instead"))
                .at(node.map_or_else(|| found.name.span.clone(), |(_, value)| value.span.clone()))
        };
        let invalid = || Error::input(format!("Invalid options for {module}: {name}")).at(key());
        match &**name {
            "apply" if module.starts_with("import") && value.truthy() => {
                return Err(invalid().note("what it brings inherits the statement's own keywords"));
            }
            "apply" if !matches!(value, Value::Map(_) | Value::Null) => return Err(wrong("dict")),
            name if name.ends_with("_from") && value.as_str().is_none() => return Err(wrong("string")),
            name if !known.contains(&name) => {
                let near = did_you_mean(name, known.iter().copied().filter(|k| !k.starts_with('_')));
                return Err(match near {
                    Some(near) => invalid().help(format!("did you mean `{near}`?")),
                    None => invalid(),
                });
            }
            _ => {}
        }
    }
    Ok(name)
}

/// The file of tasks that a statement at this place means: beside its own file, in the role, beside the playbook. A
/// role's own folder goes first for what is included while the play runs.
///
/// # Errors
/// None of these exists.
pub(super) fn find_tasks(name: &str, place: &Place, basedir: &Path, dynamic: bool) -> Result<PathBuf> {
    let folders: &[&str] = if place.handlers { &["handlers", "tasks"] } else { &["tasks"] };
    let beside = place.file.parent().map(Path::to_owned);
    let mut searched: IndexSet<PathBuf> = IndexSet::new();
    if !dynamic || place.role.is_none() {
        searched.extend(beside.clone());
    }
    for (depth, link) in place.role.iter().flat_map(|r| r.link.chain()).enumerate() {
        searched.extend(folders.iter().map(|folder| link.path.join(folder)));
        if depth == 0 {
            searched.extend(beside.clone());
        }
        searched.insert(link.path.clone());
    }
    searched.extend(folders.iter().map(|folder| basedir.join(folder)));
    searched.insert(basedir.to_owned());
    if let Some(path) = searched.iter().map(|folder| folder.join(name)).find(|path| path.is_file()) {
        return Ok(crate::value::normal(&path));
    }
    let first = searched.first().map_or_else(|| PathBuf::from(name), |folder| folder.join(name));
    let first = crate::value::normal(&first);
    let shown: Vec<String> = searched.iter().map(|p| p.display().to_string()).collect();
    let what = format!("Could not find or access '{}' on the Ansible Controller", first.display());
    Err(Error::new(Exit::Missing, what).note(format!("searched: {}", shown.join(", "))))
}

/// What a word or another value of an argument means as a boolean.
///
/// # Errors
/// It means none; at its place.
pub(super) fn flag_of(said: &warp_agent::value::Value, place: Option<&Span>) -> Result<Option<bool>> {
    let told = convert::to(Kind::Bool, said).map_err(|why| Error::input(why).at(place.cloned()))?;
    Ok(told.as_bool())
}
