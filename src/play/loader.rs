//! The loader: what it is given, what it hands back, and the state of one load.

use super::id::Paths;
use super::library::Library;
use super::plan::{Inherited, Plan, Role, Task};
use super::{Catalogue, Render};
use crate::error::{Error, Exit, Result};
use crate::value::yaml::{self, Node};
use crate::value::{Text, Value, Vars, extend, read_source};
use indexmap::IndexSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Loads playbooks, and at run time what dynamic includes name.
pub struct Loader<'a> {
    /// The modules.
    pub catalogue: &'a dyn Catalogue,
    /// The templates.
    pub render: &'a dyn Render,
    /// Where what plays name is looked for.
    pub search: Search,
    /// Whether what surely fails is refused while loading: templates that do not parse, literal arguments that their
    /// module does not take, modules that warp does not have. Else such a task fails when it is run, as in Ansible.
    pub early: bool,
    /// `private_role_vars`, where it is set: whether roles keep their defaults and vars from the play.
    pub private_role_vars: Option<bool>,
}

/// The configured folders, in which what plays name is looked for after their own.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// `roles_path`.
    pub roles: Vec<PathBuf>,
    /// `library`: modules.
    pub library: Vec<PathBuf>,
    /// `module_utils`: Python code for modules.
    pub module_utils: Vec<PathBuf>,
    /// `action_plugins`.
    pub action_plugins: Vec<PathBuf>,
    /// `collections_path`.
    pub collections: Vec<PathBuf>,
}

/// What was loaded, and what the user should know about it.
#[derive(Debug)]
pub struct Loaded<T> {
    /// What was loaded.
    pub value: T,
    /// Warnings, in the order found.
    pub warnings: Vec<Error>,
    /// Files of tasks that were brought in statically.
    pub imported: Vec<PathBuf>,
}

/// All that is wrong with what was to be loaded: never empty.
#[derive(Debug)]
pub struct Errors(Vec<Error>);

impl Errors {
    /// Every error, in the order found.
    #[must_use]
    pub fn all(&self) -> &[Error] {
        &self.0
    }

    /// With another one, which was found after them.
    #[must_use]
    pub fn and(mut self, later: Error) -> Self {
        self.0.push(later);
        self
    }

    /// The exit code of the first.
    #[must_use]
    pub fn exit(&self) -> Exit {
        self.0.first().map_or(Exit::Input, Error::exit)
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n\n")?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Errors {}

impl From<Error> for Errors {
    fn from(e: Error) -> Self {
        Errors(vec![e])
    }
}

impl<'a> Loader<'a> {
    /// Loads a playbook with all that it imports.
    ///
    /// # Errors
    /// Everything found wrong.
    pub fn playbook(&self, path: &Path) -> Result<Loaded<Plan>, Errors> {
        let mut load = Load::new(self);
        let mut plays = Vec::new();
        load.playbook(path, &super::import_playbook::Outer::default(), &mut plays);
        load.finish(Plan { path: path.to_owned(), adhoc: false, plays })
    }
}

/// The state of one load.
pub(super) struct Load<'a> {
    pub loader: &'a Loader<'a>,
    pub errors: Vec<Error>,
    pub warnings: Vec<Error>,
    /// Files of tasks that were brought in statically.
    pub imported: Vec<PathBuf>,
    pub paths: Paths,
    /// The playbook's folder.
    pub basedir: PathBuf,
    /// The play's variables, for names that are templates.
    pub vars: Vars,
    /// Roles loaded so far, in order.
    pub roles: Vec<Arc<Role>>,
    /// Handlers that imported roles brought.
    pub handlers: Vec<Arc<Task>>,
    /// The folders of the roles that are being loaded, each with the tasks asked for, against loops.
    pub loading: Vec<(PathBuf, Option<String>)>,
    /// The files that are being imported, against loops.
    pub importing: Vec<PathBuf>,
    /// The folders of all roles seen: their modules may be used by what is loaded after them.
    pub role_folders: IndexSet<PathBuf>,
    pub library: Library,
}

/// Where steps are being loaded.
#[derive(Clone)]
pub(super) struct Place {
    /// What they inherit.
    pub inherited: Inherited,
    /// The role they belong to.
    pub role: Option<Arc<Role>>,
    /// The file they are in.
    pub file: Arc<Path>,
    /// The path of what surrounds them, for their identities.
    pub path: String,
    /// Whether they are handlers.
    pub handlers: bool,
}

impl<'a> Load<'a> {
    pub fn new(loader: &'a Loader<'a>) -> Self {
        Load {
            loader,
            errors: Vec::new(),
            warnings: Vec::new(),
            imported: Vec::new(),
            paths: Paths::default(),
            basedir: PathBuf::new(),
            vars: Vars::new(),
            roles: Vec::new(),
            handlers: Vec::new(),
            loading: Vec::new(),
            importing: Vec::new(),
            role_folders: IndexSet::new(),
            library: Library::default(),
        }
    }

    pub fn finish<T>(self, value: T) -> Result<Loaded<T>, Errors> {
        if self.errors.is_empty() {
            Ok(Loaded { value, warnings: self.warnings, imported: self.imported })
        } else {
            Err(Errors(self.errors))
        }
    }

    /// Keeps an error and goes on.
    pub fn keep<T>(&mut self, result: Result<T>) -> Option<T> {
        result.map_err(|e| self.errors.push(e)).ok()
    }

    /// The content of a YAML file.
    ///
    /// # Errors
    /// A file that cannot be read or understood.
    pub fn read(&mut self, path: &Path) -> Result<Option<Node>> {
        let document = yaml::parse(&read_source(path)?)?;
        self.warnings.extend(document.warnings);
        Ok(document.root)
    }

    /// The magic variables that are known without a host.
    fn magic(&self, place: &Place) -> Vars {
        let mut vars = Vars::new();
        let mut set = |name: &str, text: &str| vars.insert(Arc::from(name), Value::data(text));
        set("playbook_dir", &self.basedir.to_string_lossy());
        if let Some(role) = &place.role {
            set("role_path", &role.path.to_string_lossy());
            set("role_name", role.link.short());
            set("ansible_role_name", &role.name);
        }
        vars
    }

    /// A name that may be a template, rendered with what is known while loading: the play's variables, the role's, and
    /// those of the blocks and imports around.
    ///
    /// # Errors
    /// A template that needs more than that.
    pub fn name(&self, text: &Text, place: &Place, own: Option<&Vars>) -> Result<String> {
        if !text.is_template() {
            return Ok(text.as_str().to_owned());
        }
        let value = self.rendered(text, place, own)?;
        value.as_str().map(str::to_owned).ok_or_else(|| {
            Error::input(format!("this name renders to {}, not to text", value.type_name()))
                .at(text.span().cloned())
        })
    }

    /// An argument of an import, rendered by what is known while loading.
    ///
    /// # Errors
    /// A template that needs more than that.
    pub fn rendered(&self, text: &Text, place: &Place, own: Option<&Vars>) -> Result<Value> {
        let mut vars = self.magic(place);
        if let Some(role) = &place.role {
            extend(&mut vars, &role.defaults);
        }
        extend(&mut vars, &self.vars);
        if let Some(role) = &place.role {
            extend(&mut vars, &role.vars);
        }
        for layer in &place.inherited.keywords.vars {
            extend(&mut vars, layer);
        }
        if let Some(role) = &place.role {
            extend(&mut vars, &role.params);
        }
        if let Some(own) = own {
            extend(&mut vars, own);
        }
        self.loader.render.render(text, &vars).map_err(|e| {
            e.context(format!("Error when evaluating variable in import path '{text}'"))
                .at(text.span().cloned())
                .note("what is imported must be known while loading: from vars, vars_files or --extra-vars")
                .help("use include_tasks or include_role where facts or inventory variables decide")
        })
    }
}
