//! `gather_facts`: runs the modules that gather facts, and merges what they say.

use super::args;
use super::attempt::Attempt;
use super::host_task::HostTask;
use super::keyword::{Rendered, boolean};
use super::vars::HostScope;
use crate::action::Effect;
use crate::connect::CallError;
use crate::error::Result;
use crate::play::{Action, Task};
use crate::template::Scope;
use crate::value::{Map, Value, python_str};
use futures_util::future::join_all;
use std::sync::Arc;
use std::time::Duration;
use warp_agent::outcome::Outcome;
use warp_agent::spec::Spec;
use warp_agent::value::{Map as WireMap, Value as WireValue};

/// The table of `gather_facts`.
pub(super) static SPEC: Spec = Spec {
    open: true,
    ..Spec::new("gather_facts", "Gathers facts, by the modules that the configuration names.", &[])
};

/// The names of the module that gathers a machine's facts.
const SETUP: [&str; 3] = ["setup", "ansible.builtin.setup", "ansible.legacy.setup"];

/// Systems of network devices with a facts module of their own. Those without a collection are asked for by the name that
/// a `library` folder may have too.
const NETWORK: [&str; 12] = [
    "cisco.asa.asa",
    "arista.eos.eos",
    "frr.frr.frr",
    "cisco.ios.ios",
    "cisco.iosxr.iosxr",
    "junipernetworks.junos.junos",
    "cisco.nxos.nxos",
    "vyos.vyos.vyos",
    "extreme.exos.exos",
    "extreme.slxos.slxos",
    "extreme.voss.voss",
    "community.network.ironware",
];

/// One module to run, and its arguments.
struct Facts {
    name: String,
    action: Action,
    args: Map,
}

impl Attempt<'_> {
    /// Runs the modules for these arguments.
    pub(super) async fn gather(&self, mut args: Map) -> Result<Effect, CallError> {
        let dynamic: Arc<dyn Scope> = Arc::<HostScope>::clone(self.scope);
        let r = Rendered { engine: &self.task.play.run.engine, scope: &dynamic };
        let parallel = match r.value("parallel", r.scope.get("ansible_facts_parallel").as_ref()) {
            Ok(Some(said)) => Some(said),
            Ok(None) => args.get("parallel").cloned().filter(|said| !said.is_null()),
            Err(e) => return Ok(Effect::raised(e)),
        };
        args.shift_remove("parallel");
        let modules = match self.modules(&args, r) {
            Ok(modules) => modules,
            Err(msg) => return Ok(Effect::failed(msg)),
        };
        let parallel = parallel.map_or(modules.len() > 1, |said| boolean(&said).unwrap_or(false));
        let limit = args.get("gather_timeout").and_then(|limit| python_str(limit).parse::<u64>().ok());
        let mut ended = Vec::new();
        if parallel {
            let limit = limit.map(Duration::from_secs);
            ended = join_all(modules.iter().map(|facts| self.within(facts, limit))).await;
        } else {
            for facts in &modules {
                ended.push(self.one(facts).await);
            }
        }
        let ended = modules.into_iter().map(|facts| facts.name).zip(ended);
        let ended =
            ended.map(|(name, outcome)| Ok((name, outcome?))).collect::<Result<Vec<_>, CallError>>()?;
        Ok(merged(ended).into())
    }

    /// The modules to run; or why there are none.
    fn modules(&self, args: &Map, r: Rendered<'_>) -> Result<Vec<Facts>, String> {
        let run = &self.task.play.run;
        let said = |e: crate::error::Error| e.message().to_owned();
        let told =
            r.value("ansible_facts_modules", r.scope.get("ansible_facts_modules").as_ref()).map_err(said)?;
        let mut names: Vec<String> = match &told {
            Some(Value::List(names)) => names.iter().map(python_str).collect(),
            Some(names) => python_str(names).split(',').map(|name| name.trim().to_owned()).collect(),
            None => run.settings.config.facts_modules.clone(),
        };
        self.choose(&mut names, args, r)?;
        let loader = super::load::loader(&run.settings, &run.modules, &run.load_time);
        let found = names.into_iter().map(|name| {
            let action = loader.action(&self.task.play.vars.play, &self.task.task, &name).map_err(|_| {
                format!("Task failed: The module {name} was not found in configured module paths")
            })?;
            let mut own = self.own_args(&name, args);
            for (key, value) in args::defaults(&self.task.task, &action.full, r).map_err(said)? {
                own.entry(key).or_insert(value);
            }
            Ok(Facts { name, action, args: own })
        });
        found.collect()
    }

    /// Puts the module that fits the host in the place of `smart`.
    fn choose(&self, names: &mut Vec<String>, args: &Map, r: Rendered<'_>) -> Result<(), String> {
        let Some(at) = names.iter().position(|name| name == "smart") else { return Ok(()) };
        names.remove(at);
        let is_setup = |name: &String| SETUP.contains(&name.as_str());
        let facts = r.scope.get("ansible_facts").and_then(|facts| facts.get("network_os").cloned());
        let system = args.get("network_os").cloned().or_else(|| r.scope.get("ansible_network_os")).or(facts);
        let system = system.and_then(|system| r.engine.render(&system, r.scope).ok()).filter(Value::truthy);
        let Some(system) = system.map(|system| python_str(&system)) else {
            if !names.iter().any(is_setup) {
                names.push("ansible.legacy.setup".to_owned());
            }
            return Ok(());
        };
        let short = |full: &str| full.rsplit('.').next() == Some(system.as_str());
        if NETWORK.contains(&system.as_str()) {
            names.push(format!("{system}_facts"));
        } else if NETWORK.iter().any(|full| short(full)) {
            names.push(format!("ansible.legacy.{system}_facts"));
        } else if names.is_empty() {
            return Err(format!(
                "No fact modules available and we could not find a fact module for your network OS ({system}), try setting \
                 one via the `FACTS_MODULES` configuration."
            ));
        }
        if names.iter().any(is_setup) {
            self.task.play.run.warn(
                "Detected 'setup' module and a network OS is set, the output when running it will reflect 'localhost' and \
                 not the target when a networking connection plugin is used."
                    .to_owned(),
            );
        }
        Ok(())
    }

    /// The action's arguments, as this module takes them.
    fn own_args(&self, name: &str, args: &Map) -> Map {
        let mut own: Map =
            args.iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k.clone(), v.clone())).collect();
        if SETUP.contains(&name) {
            return own;
        }
        for (argument, called) in
            [("gather_subset", "subset"), ("gather_timeout", "timeout"), ("filter", "filter")]
        {
            let Some(value) = own.shift_remove(argument) else { continue };
            let shown = python_str(&value);
            if argument != "gather_subset" || !matches!(shown.as_str(), "all" | "['all']") {
                self.task.play.run.warn(format!("Not passing {called}({shown}) to {name}"));
            }
        }
        own
    }

    /// Runs one module; one that knows no time limit of its own within this one.
    async fn within(&self, facts: &Facts, limit: Option<Duration>) -> Result<Outcome, CallError> {
        let limit = limit.filter(|_| !facts.args.contains_key("gather_timeout"));
        let Some(limit) = limit else { return self.one(facts).await };
        let ended = tokio::time::timeout(limit, self.one(facts)).await;
        ended.unwrap_or_else(|_| Ok(Outcome::failed(format!("Timeout exceeded: {}", limit.as_secs()))))
    }

    async fn one(&self, facts: &Facts) -> Result<Outcome, CallError> {
        let task = Arc::new(Task { action: facts.action.clone(), ..Task::clone(&self.task.task) });
        let task = HostTask { task, ..self.task.clone() };
        let attempt = Attempt { task: &task, prepared: self.prepared, scope: self.scope };
        Ok(Box::pin(attempt.call(facts.args.clone())).await?.outcome)
    }
}

/// What all of them say together; on a conflict the last wins.
fn merged(ended: Vec<(String, Outcome)>) -> Outcome {
    let count = ended.len();
    let (mut facts, mut warnings) = (WireMap::new(), Vec::new());
    let (mut failed, mut skipped) = (WireMap::new(), WireMap::new());
    for (name, mut outcome) in ended {
        if outcome.failed || outcome.skipped {
            let told = if outcome.failed { &mut failed } else { &mut skipped };
            outcome.values.insert("failed".to_owned(), outcome.failed.into());
            told.insert(name, outcome.values.into());
            continue;
        }
        warnings.append(&mut outcome.warnings);
        if let Some(WireValue::Map(new)) = outcome.values.shift_remove("ansible_facts") {
            merge(&mut facts, new);
        }
    }
    let names = |modules: &WireMap| modules.keys().cloned().collect::<Vec<_>>().join(", ");
    let mut outcome = Outcome { warnings, ..Outcome::ok() }.with("ansible_facts", facts);
    if !skipped.is_empty() {
        outcome.skipped = skipped.len() == count;
        let msg = format!("The following modules were skipped: {}.", names(&skipped));
        outcome = outcome.with("msg", msg).with("skipped_modules", skipped);
    }
    if !failed.is_empty() {
        outcome.failed = true;
        let msg = format!("The following modules failed to execute: {}.", names(&failed));
        outcome = outcome.with("msg", msg).with("failed_modules", failed);
    }
    outcome
}

/// Maps are merged, of lists what is new goes behind what is not in it.
fn merge(into: &mut WireMap, new: WireMap) {
    for (key, value) in new {
        match (into.get_mut(&key), value) {
            (Some(WireValue::Map(old)), WireValue::Map(new)) => merge(old, new),
            (Some(WireValue::List(old)), WireValue::List(new)) => {
                old.retain(|item| !new.contains(item));
                old.extend(new);
            }
            (_, value) => drop(into.insert(key, value)),
        }
    }
}
