//! Running plays: variables, hosts, steps, results.

mod args;
mod attempt;
mod catalogue;
mod debugger;
mod detached;
mod effects;
mod end;
mod execute;
mod explain;
mod failed_task;
mod gather;
mod handlers;
mod host_task;
mod include;
mod keyword;
mod list;
mod load;
mod look;
mod looped;
mod membership;
mod meta;
mod notices;
mod play;
mod presence;
mod prompt;
mod queue;
mod refresh;
mod reserved;
mod result;
mod resume;
mod retry;
mod settings;
mod slot;
mod start;
mod stats;
mod step;
mod steps;
mod stop;
mod strategy;
mod tags;
mod tally;
mod target;
mod task;
mod told;
mod vars;

pub use catalogue::{LoadTime, Modules};
pub use explain::{Explained, Given, explain};
pub use list::{Listing, list};
pub use load::{load, load_adhoc};
pub use resume::{Keep, Past};
pub use settings::Settings;
pub use stop::Stop;
pub use tally::RunResult;
pub use vars::{Cache, extra_vars, injectable, is_reserved};

use crate::action::Actions;
use crate::connect::Sessions;
use crate::error::Result;
use crate::event::{Event, Events};
use crate::inventory::{Inventory, Order, Sources};
use crate::play::{Errors, Plan, Play};
use crate::template::{Engine, Scope};
use crate::value::{Value, normal};
use keyword::Rendered;
use play::{PlayRun, rendered_text};
use refresh::Added;
use resume::Kept;
use slot::Slot;
use stats::Stats;
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use tally::Tally;
use vars::{Options, PlayVars, Variables};

/// What a run works with, made once and shared by all runs of a process.
#[derive(Clone)]
pub struct Services {
    /// The templates.
    pub engine: Arc<Engine>,
    /// The connections.
    pub sessions: Arc<Sessions>,
    /// The controller's modules.
    pub actions: Arc<Actions>,
    /// Where events go.
    pub events: Events,
    /// Whether the run is to stop.
    pub stop: Stop,
}

/// Runs plans over an inventory. Variables, facts and failed hosts carry over from one plan to the next.
pub struct Runner {
    shared: Arc<Shared>,
}

/// What lives as long as the run.
struct Shared {
    settings: Settings,
    engine: Arc<Engine>,
    sessions: Arc<Sessions>,
    actions: Arc<Actions>,
    modules: Modules,
    load_time: LoadTime,
    events: Events,
    stop: Stop,
    variables: Arc<Variables>,
    tally: Mutex<Tally>,
    /// What was warned of already, of what is to be said once.
    warned: Mutex<HashSet<String>>,
    sources: OnceLock<Sources>,
    /// The name of the task to start at, until it is met.
    start_at: Mutex<Option<String>>,
    /// What tasks added to the inventory.
    added: Mutex<Vec<Added>>,
    stats: Mutex<Stats>,
    /// Taken by the first detached step that is waited for.
    slot: Mutex<Option<Slot>>,
    /// The journal, where there is one.
    kept: Option<Kept>,
}

impl Runner {
    /// A run with these settings.
    #[must_use]
    pub fn new(settings: Settings, inventory: Inventory, services: Services) -> Self {
        let options = Options {
            check: settings.check,
            diff: settings.diff,
            forks: settings.forks,
            verbosity: settings.verbosity,
            tags: if settings.tags.is_empty() { vec!["all".to_owned()] } else { settings.tags.clone() },
            skip_tags: settings.skip_tags.clone(),
            limit: settings.limit.as_ref().map(|(_, text)| text.clone()),
            inventory: settings.inventory_sources.clone(),
            config_file: settings.config.file.clone(),
            shell: settings.config.tasks.executable.clone(),
            connection: settings.connection.clone(),
            timeout: settings.timeout.as_secs(),
        };
        let extra = Arc::clone(&settings.extra_vars);
        let config = settings.config.variables.clone();
        let variables =
            Variables::new(Arc::clone(&services.engine), inventory, Arc::clone(&extra), options, config);
        services.sessions.own(&settings.run_key);
        let kept = settings.keep.clone().map(|keep| Kept::begun(keep, &services.events));
        Runner {
            shared: Arc::new(Shared {
                modules: Modules::new(Arc::clone(&services.actions)),
                start_at: Mutex::new(settings.start_at.clone()),
                load_time: LoadTime { engine: Arc::clone(&services.engine), extra },
                settings,
                engine: services.engine,
                sessions: services.sessions,
                actions: services.actions,
                events: services.events,
                stop: services.stop,
                variables: Arc::new(variables),
                tally: Mutex::default(),
                warned: Mutex::default(),
                sources: OnceLock::new(),
                added: Mutex::default(),
                stats: Mutex::default(),
                slot: Mutex::default(),
                kept,
            }),
        }
    }

    /// With the sources that `meta: refresh_inventory` reads again.
    #[must_use]
    pub fn refreshing_from(self, sources: Sources) -> Self {
        // A runner is made once, and given its sources once.
        let _ = self.shared.sources.set(sources);
        self
    }

    /// From now on nothing is taken from the journal.
    pub fn forget(&self) {
        if let Some(kept) = self.shared.kept.as_ref() {
            kept.forget();
        }
    }

    /// Whether steps that ended well before are taken from the journal in what follows; at first they are.
    pub fn replay(&self, whether: bool) {
        if let Some(kept) = self.shared.kept.as_ref() {
            kept.replay(whether);
        }
    }

    /// Runs a plan. `Event::Finished` is emitted at its end, also after an error that ends it.
    ///
    /// # Errors
    /// What ends a run at once: an included file that cannot be loaded, a handler that is not there. A host that fails
    /// is no error but part of the result.
    pub async fn run(&self, plan: &Plan) -> Result<RunResult, Errors> {
        let shared = &self.shared;
        let dir = normal(&plan.path).parent().map(PathBuf::from).unwrap_or_default();
        shared.variables.set_playbook_dir(dir);
        shared.events.emit(&Event::PlaybookStarted { path: plan.path.to_string_lossy().into() });
        if !plan.adhoc {
            let text = format!("{} plays in {}", plan.plays.len(), plan.path.display());
            shared.events.emit(&Event::Verbose { level: 2, text });
        }
        let mut outcome = Ok(true);
        for play in &plan.plays {
            outcome = match shared.prompted(play).await {
                Ok(play) => shared.play(&play).await,
                Err(e) => Err(e.into()),
            };
            if !matches!(outcome, Ok(true)) {
                break;
            }
        }
        let result = shared.lock_tally().result();
        if outcome.is_ok() {
            shared.leave_retry_file(&plan.path, &result);
        }
        let stats = shared.stats.lock().unwrap_or_else(PoisonError::into_inner).all();
        shared.events.emit(&Event::Finished { recap: result.recap.clone(), broken: outcome.is_err(), stats });
        outcome.map(|_| result)
    }
}

impl Shared {
    fn modules(&self) -> &Modules {
        &self.modules
    }

    fn warn(&self, message: String) {
        self.events.emit(&Event::warning(message));
    }

    /// Warns of what every host meets, once.
    fn warn_once(&self, message: &str) {
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        if warned.insert(message.to_owned()) {
            self.warn(message.to_owned());
        }
    }

    /// Warns of what went wrong beside a run.
    fn warn_of(&self, done: Result<()>) {
        if let Err(e) = done {
            self.warn(e.message().to_owned());
        }
    }

    /// Runs a play, batch after batch. Says whether the next play may run.
    async fn play(self: &Arc<Self>, play: &Arc<Play>) -> Result<bool, Errors> {
        let (pattern, hosts) = self.hosts_of(play)?;
        let name = match &play.name {
            Some(name) => rendered_text(name, Rendered { engine: &self.engine, scope: &self.flat(play) }),
            None => pattern_text(&pattern).into(),
        };
        let vars = |play: Arc<Play>, batch: Vec<Arc<str>>| PlayVars {
            roles: RwLock::new(play.roles.clone()),
            play,
            name: Arc::clone(&name),
            hosts_all: RwLock::new(hosts.clone()),
            batch,
            removed: RwLock::new(hosts.iter().filter(|h| self.is_out(h)).cloned().collect()),
        };
        if hosts.is_empty() {
            self.events.emit(&self.play_started(play, &name, Vec::new())?);
            return Ok(true);
        }
        let mut go_on = true;
        for batch in self.batches(play, &hosts)? {
            let before = self.lock_tally().out();
            let size = batch.len();
            self.events.emit(&self.play_started(play, &name, batch.clone())?);
            let run = PlayRun::new(Arc::clone(self), Arc::new(vars(self.started(play)?, batch)))?;
            self.lock_tally().begin();
            let end = run.run().await?;
            let mut tally = self.lock_tally();
            tally.end(end.failed);
            if end.ended {
                break;
            }
            go_on &= !end.broken;
            if tally.out().checked_sub(before) == Some(size) {
                return Ok(false);
            }
        }
        Ok(go_on)
    }

    /// What a play's keywords are rendered with before there is a host: extra vars over play vars.
    fn flat(&self, play: &Play) -> Arc<dyn Scope> {
        catalogue::Flat::of(&self.settings, play)
    }

    /// A play's pattern, rendered, and the hosts that it and `--limit` leave.
    fn hosts_of(&self, play: &Play) -> Result<(Value, Vec<Arc<str>>)> {
        let view = self.variables.view();
        let pattern = self.engine.render(&play.hosts, &self.flat(play))?;
        let mut warnings = Vec::new();
        let mut hosts = view.inventory.matching_or_warn(&pattern, &mut warnings)?;
        for warning in warnings {
            self.warn(warning.message().to_owned());
        }
        if let Some((limit, _)) = &self.settings.limit {
            let limited = view.inventory.within(limit, &mut Vec::new())?;
            hosts.retain(|h| limited.contains(h));
        }
        if let Some(order) = &play.order {
            let rendered = self.engine.render(order, &self.flat(play))?;
            if !rendered.is_null() {
                let name = crate::value::python_str(&rendered);
                let order = Order::named(&name).ok_or_else(|| {
                    let text = format!("Invalid 'order' specified for inventory hosts: {name}");
                    crate::error::Error::input(text).at(order.span().cloned())
                })?;
                order.apply(&mut hosts);
            }
        }
        Ok((pattern, hosts))
    }

    /// The hosts in portions of `serial`.
    fn batches(&self, play: &Play, hosts: &[Arc<str>]) -> Result<Vec<Vec<Arc<str>>>> {
        let Some(serial) = &play.serial else { return Ok(vec![hosts.to_vec()]) };
        let rendered = self.engine.render(serial, &self.flat(play))?;
        let sizes = rendered.as_list().unwrap_or(std::slice::from_ref(&rendered));
        let mut rest = hosts;
        let mut batches = Vec::new();
        let mut sizes = sizes.iter().peekable();
        let mut last = rest.len();
        while !rest.is_empty() {
            if let Some(size) = sizes.next() {
                last = batch_size(size, hosts.len()).ok_or_else(|| {
                    crate::error::Error::input("`serial` must be a number of hosts or a percentage")
                })?;
            }
            let (batch, after) = rest.split_at(if last == 0 { rest.len() } else { last.min(rest.len()) });
            batches.push(batch.to_vec());
            rest = after;
        }
        Ok(batches)
    }
}

/// A size of `serial`: a number, or a percentage of all hosts of which at least one is taken.
fn batch_size(size: &Value, hosts: usize) -> Option<usize> {
    match size {
        Value::Int(i) => Some(usize::try_from(*i).unwrap_or(0)),
        Value::Text(t) => match t.as_str().trim().strip_suffix('%') {
            Some(percent) => {
                let percent: f64 = percent.trim().parse().ok()?;
                Some(((percent / 100.0 * hosts as f64) as usize).max(1))
            }
            None => t.as_str().trim().parse().ok(),
        },
        _ => None,
    }
}

/// A host pattern as shown.
fn pattern_text(pattern: &Value) -> String {
    match pattern {
        Value::List(parts) => parts.iter().map(pattern_text).collect::<Vec<_>>().join(","),
        other => crate::value::python_str(other),
    }
}
