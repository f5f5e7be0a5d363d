//! All modules that plays may name, and the rendering that loading needs.

use super::settings::Settings;
use super::{gather, meta};
use crate::action::Actions;
use crate::error::Result;
use crate::play::{Catalogue, Play, Render};
use crate::template::{Engine, Scope};
use crate::value::{Text, Value, Vars};
use std::path::PathBuf;
use std::sync::Arc;
use warp_agent::modules;
use warp_agent::spec::Spec;

/// What the runner does itself.
static OWN: [&Spec; 2] = [&meta::SPEC, &gather::SPEC];

/// The actions of the controller and the modules of the agent. An action goes before a module of the same name: it does
/// its part here and calls the module itself.
#[derive(Clone)]
pub struct Modules {
    actions: Arc<Actions>,
}

impl Modules {
    /// Over these actions.
    #[must_use]
    pub fn new(actions: Arc<Actions>) -> Self {
        Modules { actions }
    }

    /// The table of a module by its short name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&'static Spec> {
        let own = OWN.iter().find(|spec| spec.name == name).copied();
        own.or_else(|| {
            self.actions.find(name).map(|a| a.spec()).or_else(|| modules::find(name).map(|m| m.spec()))
        })
    }

    fn all(&self) -> Vec<&'static Spec> {
        let agent = modules::all().iter().map(|m| m.spec());
        OWN.iter().copied().chain(self.actions.specs()).chain(agent).collect()
    }
}

impl Catalogue for Modules {
    fn spec(&self, module: &str) -> Option<&'static Spec> {
        if let Some(spec) = self.find(module) {
            return Some(spec);
        }
        let (collection, short) = module.rsplit_once('.')?;
        self.find(short).filter(|spec| {
            spec.collection == collection
                || (collection == "ansible.legacy" && spec.collection == "ansible.builtin")
        })
    }

    fn names(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.all().into_iter().map(|s| s.name).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// Renders what is decided while loading: with the extra vars over what the loader knows.
pub struct LoadTime {
    /// The templates.
    pub engine: Arc<Engine>,
    /// The extra vars.
    pub extra: Arc<Vars>,
}

impl Render for LoadTime {
    fn render(&self, text: &Text, vars: &Vars) -> Result<Value> {
        let scope: Arc<dyn Scope> = Arc::new(Flat { extra: Arc::clone(&self.extra), vars: vars.clone() });
        self.engine.render(&Value::Text(text.clone()), &scope)
    }

    fn check_template(&self, text: &Text) -> Result<()> {
        self.engine.check_template(text)
    }

    fn check_expression(&self, text: &Text) -> Result<()> {
        self.engine.check_expression(text)
    }
}

/// Variables without a host.
pub(super) struct Flat {
    extra: Arc<Vars>,
    vars: Vars,
}

impl Flat {
    /// What a play's keywords see: extra vars over its own.
    pub fn of(settings: &Settings, play: &Play) -> Arc<dyn Scope> {
        Arc::new(Flat { extra: Arc::clone(&settings.extra_vars), vars: Vars::clone(&play.vars) })
    }

    /// These variables alone.
    pub fn of_vars(vars: Vars) -> Arc<dyn Scope> {
        Arc::new(Flat { extra: Arc::default(), vars })
    }
}

impl Scope for Flat {
    fn get(&self, name: &str) -> Option<Value> {
        self.extra.get(name).or_else(|| self.vars.get(name)).cloned()
    }

    fn names(&self) -> Vec<Arc<str>> {
        self.vars.keys().chain(self.extra.keys()).cloned().collect()
    }

    fn search_path(&self) -> Vec<PathBuf> {
        Vec::new()
    }
}
