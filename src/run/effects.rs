//! What a task's end does to variables, inventory and handlers.

use super::end::{Effects, End, HostEnd};
use super::play::PlayRun;
use super::vars::{HostScope, HostState};
use crate::action::FactKind;
use crate::error::Result;
use crate::template::Scope;
use crate::value::{Map, Value, Vars};
use std::sync::{Arc, PoisonError};

/// Adds facts to what the rest of the task sees.
pub(super) fn facts_seen(scope: &Arc<HostScope>, facts: &Map, kind: FactKind, locals: &mut Vars) {
    if kind == FactKind::Gathered {
        let mut state = HostState::default();
        let inject = scope.injects_facts();
        if let Some(Value::Map(known)) = locals.get("ansible_facts").cloned().or(scope.get("ansible_facts")) {
            state.facts = known;
        }
        state.add_facts(facts, inject);
        locals.insert(Arc::from("ansible_facts"), Value::Map(Arc::clone(&state.facts)));
        locals.extend(state.injected.iter().map(|(k, v)| (Arc::clone(k), v.clone())));
    } else {
        locals.extend(facts.iter().filter_map(|(k, v)| Some((Arc::from(k.as_str()?), v.clone()))));
    }
}

impl PlayRun {
    /// Registers a task's result and applies its effects. Under `run_once` all `hosts` get what one got.
    pub(super) fn apply(&self, ended: &mut HostEnd, register: Option<&str>, hosts: &[Arc<str>]) {
        for effects in &mut ended.effects {
            self.apply_one(effects, hosts);
        }
        if ended.end == End::Ok {
            let mut stats = self.run.stats.lock().unwrap_or_else(PoisonError::into_inner);
            stats.take(&ended.result, hosts);
        }
        if let Some(name) = register {
            let mut registered = ended.result.clone();
            registered.shift_remove("invocation");
            for host in hosts {
                let value = Value::map(registered.clone());
                self.run.variables.change_host(host, |state| state.set(name, value));
            }
        }
    }

    /// Notes which handlers a task's end notifies.
    ///
    /// # Errors
    /// A notified handler that is not there.
    pub(super) fn apply_notifications(&self, ended: &HostEnd) -> Result<()> {
        if ended.changed && ended.end == End::Ok {
            for name in ended.effects.iter().flat_map(|e| &e.notify) {
                self.notify(name, &ended.host)?;
            }
        }
        Ok(())
    }

    fn apply_one(&self, effects: &mut Effects, hosts: &[Arc<str>]) {
        let own = effects.facts_host.take().map(|h| vec![h]);
        let hosts = own.as_deref().unwrap_or(hosts);
        if let Some((facts, kind)) = effects.facts.take() {
            for host in hosts {
                self.set_facts(host, &facts, kind);
            }
        }
        if let Some(vars) = effects.included_vars.take() {
            self.run.warn_of_reserved(&vars);
            for host in hosts {
                self.run.variables.change_host(host, |state| {
                    vars.iter().for_each(|(name, value)| state.include(name, value));
                });
            }
        }
    }

    /// Extra vars are above facts, as in Ansible, which does not say so: what a play computes anew has no effect then.
    fn warn_of_frozen(&self, facts: &Map) {
        let settings = &self.run.settings;
        for (name, value) in facts.iter().filter(|_| settings.early) {
            let given = name.as_str().and_then(|name| settings.extra_vars.get(name));
            if given.is_some_and(|given| given != value) {
                self.run.warn(format!(
                    "{name} was given as an extra variable, and stays that: set_fact is beneath"
                ));
            }
        }
    }

    fn set_facts(&self, host: &Arc<str>, facts: &Map, kind: FactKind) {
        let named = facts.iter().filter_map(|(k, v)| Some((Arc::from(k.as_str()?), v.clone())));
        self.run.warn_of_reserved(&named.collect());
        if matches!(kind, FactKind::Gathered | FactKind::Both) {
            self.run.warn_of(self.run.variables.add_facts(host, facts));
        }
        if matches!(kind, FactKind::Set | FactKind::Both) {
            self.warn_of_frozen(facts);
            self.run.variables.change_host(host, |state| {
                for (name, value) in facts {
                    if let Some(name) = name.as_str() {
                        state.set(name, value.clone());
                    }
                }
            });
        }
    }
}
