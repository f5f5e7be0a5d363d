//! `vars_files`: read for each host, their names being templates that may use its facts.

use super::layer::Layer;
use super::scope::HostScope;
use crate::error::{Error, Result};
use crate::play::Play;
use crate::template::{Engine, Notice, Scope};
use crate::value::{self, Value, Vars};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Variable files that were read, each once.
#[derive(Default)]
pub(super) struct VarsFiles(Mutex<HashMap<PathBuf, Arc<Vars>>>);

impl VarsFiles {
    /// The layers of a play's `vars_files` for a host, the highest first. Each name sees the files before it.
    ///
    /// An entry none of whose files is there adds nothing, as in ansible-core 2.19; neither does one whose name
    /// cannot be rendered yet, facts not being gathered.
    pub(super) fn layers(
        &self,
        play: &Play,
        mut seen: HostScope,
        engine: &Engine,
        gathered: bool,
    ) -> Result<Vec<Layer>> {
        let mut layers = Vec::new();
        for entry in &play.vars_files {
            let scope: Arc<dyn Scope> = Arc::new(seen.clone());
            let candidates = entry.as_list().unwrap_or(std::slice::from_ref(entry));
            for candidate in candidates {
                let name = match engine.render(candidate, &scope) {
                    Ok(name) => name,
                    Err(e) if gathered => {
                        return Err(e.context(format!(
                            "an undefined variable was found when attempting to template the vars_files item '{}'",
                            value::python_str(entry)
                        )));
                    }
                    Err(_) => break,
                };
                let Some(name) = name.as_str() else {
                    return Err(Error::input(format!(
                        "Invalid `vars_files` value of type '{}'.",
                        name.type_name()
                    ))
                    .at(candidate.span().cloned())
                    .help("A `vars_files` value should either be a string or list of strings."));
                };
                if let Some(path) = find(&play.basedir, name) {
                    let layer = Layer::of_file(path.clone(), self.read(&path, engine)?);
                    // Right beneath extra vars.
                    seen.insert(1, layer.clone());
                    layers.push(layer);
                    break;
                }
            }
        }
        layers.reverse();
        Ok(layers)
    }

    fn read(&self, path: &Path, engine: &Engine) -> Result<Arc<Vars>> {
        let mut cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(vars) = cache.get(path) {
            return Ok(Arc::clone(vars));
        }
        let vars = Arc::new(value::read_vars_file(path)?);
        let shown = value::python_repr(&Value::data(path.to_string_lossy()));
        engine.tell(Notice::Verbose(3, format!("Read `vars_file` {shown}.")));
        cache.insert(path.to_owned(), Arc::clone(&vars));
        Ok(vars)
    }
}

fn find(basedir: &Path, name: &str) -> Option<PathBuf> {
    [basedir.join("vars").join(name), basedir.join(name)].into_iter().find(|p| p.is_file())
}
