//! The argument specification of a role: its check is the role's first task.

use super::id::identity;
use super::loader::{Load, Place};
use super::plan::{Action, Keywords, Step, Task};
use super::resolve::Doer;
use super::role::RoleFiles;
use crate::error::Result;
use crate::value::yaml::Node;
use crate::value::{Key, Map, Text, Value, Vars};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

impl Load<'_> {
    /// The task that checks the arguments of a role's entry point, where the role specifies them: in
    /// `meta/argument_specs.yml`, else in `meta/main.yml`.
    ///
    /// # Errors
    /// A specification that cannot be read.
    pub fn role_spec(
        &mut self,
        path: &Path,
        meta: Option<&Node>,
        files: &RoleFiles,
        params: &Vars,
        place: &Place,
    ) -> Result<Option<Step>> {
        let own = ["yml", "yaml", "json"]
            .iter()
            .map(|e| path.join("meta/argument_specs").with_extension(e))
            .find(|file| file.is_file());
        let root = match own {
            Some(file) => self.read(&file)?,
            None => meta.cloned(),
        };
        let entry = files.tasks.as_deref().unwrap_or("main");
        let spec = root.as_ref().and_then(|root| root.get("argument_specs")?.get(entry));
        let Some(spec) = spec.filter(|s| s.as_map().is_some_and(|entries| !entries.is_empty())) else {
            return Ok(None);
        };
        Ok(Some(Step::Task(Arc::new(self.spec_task(spec, entry, path, params, place)))))
    }

    fn spec_task(&mut self, spec: &Node, entry: &str, path: &Path, params: &Vars, place: &Place) -> Task {
        let mut name = format!("Validating arguments against arg spec '{entry}'");
        if let Some(words) = spec.get("short_description").and_then(Node::as_str) {
            name.push_str(&format!(" - {words}"));
        }
        let text = |text: &str| Value::data(text);
        let role = place.role.as_ref().map_or("", |r| r.link.short());
        let context: Map = [
            ("type", text("role")),
            ("name", text(role)),
            ("argument_spec_name", text(entry)),
            ("path", text(&path.to_string_lossy())),
        ]
        .into_iter()
        .map(|(key, value)| (Key::from(key), value))
        .collect();
        let options = spec.get("options").filter(|o| !o.is_null());
        // The names and paths of roles above are beside the parameters, and nobody gave them.
        let given = params.iter().filter(|(name, _)| !name.starts_with("ansible_parent_role_"));
        let params = given.map(|(k, v)| (Key::from(Arc::clone(k)), v.clone())).collect();
        let args: Vars = [
            ("argument_spec", options.map_or_else(|| Value::map(Map::new()), Node::to_value)),
            ("provided_arguments", Value::map(params)),
            ("validate_args_context", Value::map(context)),
        ]
        .into_iter()
        .map(|(key, value)| (Arc::from(key), value))
        .collect();
        let full = "ansible.builtin.validate_argument_spec";
        let action = Action {
            written: Text::data(full),
            module: Arc::from("validate_argument_spec"),
            full: Arc::from(full),
            doer: Doer::Warp,
            args,
            variable_args: None,
            places: HashMap::new(),
        };
        let always = Keywords { tags: vec![Value::data("always")], ..Keywords::default() };
        let inherited = place.inherited.inner(always, None);
        let path = self.paths.step(&place.path, &name);
        Task {
            id: identity(&path, &spec.to_value(), &inherited.blocks),
            name: Some(Text::source(name, Some(spec.span.clone()))),
            role: place.role.clone(),
            file: place.file.to_path_buf(),
            notify: inherited.notify.unwrap_or_default(),
            ..Task::plain(action, inherited.keywords, spec.span.clone())
        }
    }
}

impl Task {
    /// A task that nobody wrote, for what the language implies.
    #[must_use]
    pub fn plain(action: Action, keywords: Keywords, span: crate::error::Span) -> Task {
        Task {
            id: Arc::clone(&action.module),
            name: None,
            span,
            action,
            keywords,
            role: None,
            file: std::path::PathBuf::new(),
            register: None,
            loops: None,
            until: Vec::new(),
            retries: None,
            delay: None,
            changed_when: Vec::new(),
            failed_when: Vec::new(),
            notify: Vec::new(),
            listen: Vec::new(),
            async_limit: None,
            poll: None,
            handler: false,
            own_vars: None,
            passes: None,
        }
    }
}
