//! `vars_files`: read for each host, their names being templates that may use its facts.

use super::scope::HostScope;
use crate::error::{Error, Result};
use crate::play::Play;
use crate::template::{Engine, Scope};
use crate::value::{self, Vars};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Variable files that were read, each once.
#[derive(Default)]
pub(super) struct VarsFiles(Mutex<HashMap<PathBuf, Arc<Vars>>>);

impl VarsFiles {
    /// The layers of a play's `vars_files` for a host, the highest first.
    ///
    /// An entry none of whose files is there adds nothing, as in ansible-core 2.19; neither does one whose name
    /// cannot be rendered yet, facts not being gathered.
    pub(super) fn layers(&self, play: &Play, scope: &HostScope, engine: &Engine) -> Result<Vec<Arc<Vars>>> {
        let scope: Arc<dyn Scope> = Arc::new(scope.clone());
        let mut layers = Vec::new();
        for entry in &play.vars_files {
            let candidates = entry.as_list().unwrap_or(std::slice::from_ref(entry));
            for candidate in candidates {
                let Ok(name) = engine.render(candidate, &scope) else { break };
                let Some(name) = name.as_str() else {
                    return Err(Error::input(format!(
                        "an entry of `vars_files` is of type {}, not a text",
                        name.type_name()
                    ))
                    .at(candidate.span().cloned()));
                };
                if let Some(path) = find(&play.basedir, name) {
                    layers.push(self.read(&path)?);
                    break;
                }
            }
        }
        layers.reverse();
        Ok(layers)
    }

    fn read(&self, path: &Path) -> Result<Arc<Vars>> {
        let mut cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(vars) = cache.get(path) {
            return Ok(Arc::clone(vars));
        }
        let vars = Arc::new(value::read_vars_file(path)?);
        cache.insert(path.to_owned(), Arc::clone(&vars));
        Ok(vars)
    }
}

fn find(basedir: &Path, name: &str) -> Option<PathBuf> {
    [basedir.join("vars").join(name), basedir.join(name)].into_iter().find(|p| p.is_file())
}
