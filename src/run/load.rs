//! Playbooks loaded as a run's settings say.

use super::catalogue::{LoadTime, Modules};
use super::settings::Settings;
use crate::action::Actions;
use crate::error::Error;
use crate::event::{Event, Events};
use crate::play::{AdHoc, Errors, Loaded, Loader, Plan, Search};
use crate::template::Engine;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Loads a playbook and tells what the user should know about it.
///
/// # Errors
/// Everything found wrong.
pub fn load(
    settings: &Settings,
    engine: &Arc<Engine>,
    actions: &Arc<Actions>,
    events: &Events,
    playbook: &Path,
) -> Result<Plan, Errors> {
    let modules = Modules::new(Arc::clone(actions));
    let render = LoadTime { engine: Arc::clone(engine), extra: Arc::clone(&settings.extra_vars) };
    let loaded = loader(settings, &modules, &render).playbook(playbook)?;
    Ok(taken(events, loaded))
}

/// The plan of a single module, as if its playbook lay in `dir`; tells what the user should know about it.
///
/// # Errors
/// Everything found wrong.
pub fn load_adhoc(
    settings: &Settings,
    engine: &Arc<Engine>,
    actions: &Arc<Actions>,
    events: &Events,
    dir: &Path,
    adhoc: &AdHoc,
) -> Result<Plan, Errors> {
    let modules = Modules::new(Arc::clone(actions));
    let render = LoadTime { engine: Arc::clone(engine), extra: Arc::clone(&settings.extra_vars) };
    let loaded = loader(settings, &modules, &render).adhoc(dir, adhoc)?;
    Ok(taken(events, loaded))
}

/// What was loaded, after what the user should know about it was told.
fn taken<T>(events: &Events, loaded: Loaded<T>) -> T {
    tell_imported(events, &loaded.imported);
    warn(events, &loaded.warnings);
    loaded.value
}

/// Tells which files were brought in statically.
pub(super) fn tell_imported(events: &Events, files: &[PathBuf]) {
    for file in files {
        let text = format!("statically imported: {}", file.display());
        events.emit(&Event::Verbose { level: 2, text });
    }
}

/// Tells the warnings of what was loaded.
pub(super) fn warn(events: &Events, warnings: &[Error]) {
    for warning in warnings {
        events.emit(&Event::Warning(Arc::new(warning.clone())));
    }
}

/// The loader of a run.
pub(super) fn loader<'a>(settings: &Settings, modules: &'a Modules, render: &'a LoadTime) -> Loader<'a> {
    let config = &settings.config;
    Loader {
        catalogue: modules,
        render,
        search: Search {
            roles: config.roles_path.clone(),
            library: config.library.clone(),
            module_utils: config.module_utils.clone(),
            action_plugins: config.action_plugins.clone(),
            collections: config.collections_path.clone(),
        },
        early: settings.early,
        private_role_vars: config.variables.private_role_vars,
    }
}
