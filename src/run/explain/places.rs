//! Where values were written. Texts know it themselves; for others it is looked up in the file that their layer is from.

use crate::play::{Play, Role, Task};
use crate::run::vars::Level;
use crate::value::{Value, place_in, place_near, place_of};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the layers of a play are from.
#[derive(Clone, Copy)]
pub(super) struct Places<'a> {
    /// The variable.
    pub name: &'a str,
    /// The play, if it is looked at in one.
    pub play: Option<&'a Play>,
    /// The files that `-e @FILE` names.
    pub extra: &'a [PathBuf],
}

impl Places<'_> {
    /// Where a layer's value was written, as seen by a task or outside of any.
    pub fn of(&self, level: &Level, value: &Value, task: Option<&Task>) -> Option<String> {
        let own = place_of(value, self.name, None);
        own.or_else(|| match level {
            Level::VarsFile(path) => place_of(value, self.name, Some(path)),
            // Later files win.
            Level::Extra => self.in_files(value, self.extra.iter().rev().cloned()),
            Level::Play => place_near(value, self.name, &self.play?.span),
            Level::TaskVars | Level::IncludeParams => place_near(value, self.name, &task?.span),
            Level::RoleVars(role) | Level::Exports(role) => self.in_role(role, "vars", value, task),
            Level::RoleDefaults(role) | Level::PlayDefaults(role) => {
                self.in_role(role, "defaults", value, task)
            }
            _ => None,
        })
    }

    fn in_files(&self, value: &Value, files: impl Iterator<Item = PathBuf>) -> Option<String> {
        let mut files = files;
        files.find_map(|file| place_in(value, self.name, &file))
    }

    /// In a folder of a role, or of one that it depends on.
    fn in_role(&self, name: &str, folder: &str, value: &Value, task: Option<&Task>) -> Option<String> {
        let of_play = self.play.map(|play| play.roles.as_slice()).unwrap_or_default();
        let roles = task.and_then(|task| task.role.as_ref()).into_iter().chain(of_play);
        let mut folders = Vec::new();
        roles
            .filter(|role| *role.name == *name || *role.link.name == *name)
            .for_each(|role| collect(role, &mut folders));
        folders.iter().find_map(|role| self.in_files(value, files_below(&role.join(folder)).into_iter()))
    }
}

/// The folders of a role and of those that it depends on.
fn collect(role: &Arc<Role>, folders: &mut Vec<PathBuf>) {
    if !folders.contains(&role.path) {
        folders.push(role.path.clone());
        role.parents.iter().for_each(|parent| collect(parent, folders));
    }
}

/// All files in a folder and those beneath it, in order.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths.into_iter().flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}
