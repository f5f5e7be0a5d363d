//! `import_playbook`: the plays of another file, in place of the statement.

use super::collection;
use super::keywords::{self, IMPORT};
use super::loader::Load;
use super::plan::{Inherited, Keywords, Play};
use super::playbook::place;
use crate::error::{Error, Exit, Result};
use crate::value::Vars;
use crate::value::yaml::Node;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the statements around say for the plays that they bring.
#[derive(Clone, Default)]
pub(super) struct Outer {
    pub vars: Vars,
    pub keywords: Keywords,
}

impl Load<'_> {
    /// Loads the plays that `entry` imports from `file`.
    ///
    /// # Errors
    /// Keywords that are refused, a file that is not there.
    pub fn import_playbook(
        &mut self,
        entry: &Node,
        file: &Node,
        path: &Path,
        outer: &Outer,
        plays: &mut Vec<Arc<Play>>,
    ) -> Result<()> {
        for (key, _) in entry.as_map().unwrap_or_default() {
            let name = key.as_str().unwrap_or_default();
            if name.ends_with("import_playbook") {
                continue;
            }
            keywords::check(key, IMPORT, "PlaybookInclude")?;
            if !matches!(name, "name" | "vars" | "tags" | "when") && self.loader.early {
                self.warnings.push(
                    Error::input(format!("`{name}` has no effect on import_playbook")).at(key.span.clone()),
                );
            }
        }
        self.check_texts(entry, &[]);
        let Some(name) = file.as_text() else {
            return Err(Error::input("import_playbook needs a file name").at(file.span.clone()));
        };
        let mut vars = outer.vars.clone();
        vars.extend(self.variables(entry.get("vars"), "PlaybookInclude")?);
        let own = Keywords {
            tags: keywords::tags(entry.get("tags")),
            when: keywords::listed(entry.get("when")),
            ..Keywords::default()
        };
        let here = place(path, Inherited::default(), String::new());
        self.vars.clear();
        let name = self.name(name, &here, Some(&vars))?;
        let beside = path.parent().unwrap_or(Path::new("")).join(&name);
        let target = self.collection_playbook(&name).unwrap_or(beside);
        if !target.is_file() {
            let what = format!("Could not find or access '{}' on the Ansible Controller.", target.display());
            return Err(Error::new(Exit::Missing, what)
                .at(file.span.clone())
                .note("this playbook imports it"));
        }
        self.playbook(&target, &Outer { vars, keywords: own.within(&outer.keywords) }, plays);
        Ok(())
    }

    fn collection_playbook(&self, name: &str) -> Option<PathBuf> {
        named(name, |collection| self.collection(collection))
    }
}

/// The playbook of a collection below one of these roots, named with it: `namespace.collection.playbook`.
#[must_use]
pub fn playbook_of_collection(roots: &[PathBuf], name: &str) -> Option<PathBuf> {
    named(name, |collection| collection::find(roots, collection))
}

fn named(name: &str, find: impl FnOnce(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    let mut parts = name.splitn(3, '.');
    let (namespace, collection, playbook) = (parts.next()?, parts.next()?, parts.next()?);
    if name.contains('/') {
        return None;
    }
    let folder = find(&format!("{namespace}.{collection}"))?.join("playbooks");
    let whole = folder.join(playbook);
    let stem = folder.join(playbook.replace('.', "/"));
    let named = ["yml", "yaml"].into_iter().map(|e| PathBuf::from(format!("{}.{e}", stem.display())));
    std::iter::once(whole).chain(named).find(|path| path.is_file())
}
