//! Where a role is.

use super::loader::{Load, Place};
use super::role::Use;
use crate::error::{Error, Exit, Result};
use crate::value::{Text, normal};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A role that was found.
pub(super) struct FoundRole {
    pub path: PathBuf,
    /// Its name, with its collection's before it.
    pub name: String,
    pub collection: Option<Arc<str>>,
}

impl Load<'_> {
    /// Finds a role: in the collections that are searched, beside the playbook, in the configured places, beside the role
    /// that depends on it.
    ///
    /// # Errors
    /// It is in none of them.
    pub fn find_role(&self, used: &Use, place: &Place) -> Result<FoundRole> {
        let collections = used.collections.clone().or_else(|| place.inherited.keywords.collections.clone());
        if let Some(found) = self.in_collections(&used.name, &collections.unwrap_or_default()) {
            return Ok(found);
        }
        let mut searched = vec![self.basedir.join("roles")];
        searched.extend(self.loader.search.roles.iter().cloned());
        searched.extend(used.beside.clone());
        searched.push(self.basedir.clone());
        if let Some(path) = searched.iter().map(|folder| folder.join(&used.name)).find(|path| path.exists()) {
            return Ok(FoundRole { path: normal(&path), name: used.name.clone(), collection: None });
        }
        let itself = Path::new(&used.name);
        if itself.exists() {
            let name =
                itself.file_name().map_or_else(|| used.name.clone(), |n| n.to_string_lossy().into_owned());
            return Ok(FoundRole { path: normal(itself), name, collection: None });
        }
        let shown: Vec<String> = searched.iter().map(|p| p.display().to_string()).collect();
        let what = format!("the role '{}' was not found in {}", used.name, shown.join(":"));
        let error = Error::new(Exit::Missing, what).at(used.span.clone());
        let names: Vec<String> = searched.iter().flat_map(|p| folders(p)).collect();
        Err(match crate::error::did_you_mean(&used.name, names.iter().map(String::as_str)) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.hint(
                "a role is a folder with `tasks/main.yml` in one of these; `roles_path` names more of them",
            ),
        })
    }

    fn in_collections(&self, name: &str, collections: &[Text]) -> Option<FoundRole> {
        let mut parts = name.splitn(3, '.');
        let full = match (parts.next(), parts.next(), parts.next()) {
            (Some(namespace), Some(collection), Some(short)) if !name.contains('/') => {
                vec![(format!("{namespace}.{collection}"), short)]
            }
            _ => collections.iter().map(|c| (c.as_str().to_owned(), name)).collect(),
        };
        full.into_iter().find_map(|(collection, short)| {
            let path = self.collection(&collection)?.join("roles").join(short.replace('.', "/"));
            let name = format!("{collection}.{short}");
            path.is_dir().then(|| FoundRole { path, name, collection: Some(collection.into()) })
        })
    }
}

fn folders(path: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    entries.filter(|e| e.path().is_dir()).map(|e| e.file_name().to_string_lossy().into_owned()).collect()
}
