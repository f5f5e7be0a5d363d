//! One play over one batch of hosts: facts, sections, handlers.

use super::handlers::Notified;
use super::keyword::Rendered;
use super::presence::Presence;
use super::queue::Queue;
use super::steps::{Around, Hosts, Ran};
use super::strategy::Strategy;
use super::vars::{HostScope, PlayVars};
use super::{Shared, tags};
use crate::config::Gathering;
use crate::error::Result;
use crate::play::{Action, Block, Doer, Errors, Play, Step, Task};
use crate::template::Scope;
use crate::value::{Text, Value, Vars};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};

/// A play on its way over one batch.
pub(super) struct PlayRun {
    pub run: Arc<Shared>,
    pub vars: Arc<PlayVars>,
    pub strategy: Strategy,
    pub notified: Notified,
    /// The play's handlers; roles that are included bring more.
    pub handlers: RwLock<Vec<Arc<Task>>>,
    /// `max_fail_percentage`.
    pub most_failed: Option<f64>,
    /// Whether the user is asked before every task.
    pub stepping: AtomicBool,
    pub(super) queue: Queue,
    pub(super) presence: Presence,
}

/// What a batch came to.
pub(super) struct BatchEnd {
    /// The hosts that failed.
    pub failed: Hosts,
    /// Whether no further batch is to run.
    pub ended: bool,
    /// Whether no further play is to run.
    pub broken: bool,
}

impl PlayRun {
    /// Over these variables.
    ///
    /// # Errors
    /// A strategy or a percentage that cannot be understood.
    pub(super) fn new(run: Arc<Shared>, vars: Arc<PlayVars>) -> Result<Arc<Self>> {
        let play = &vars.play;
        let scope = run.flat(play);
        let strategy = Strategy::of(play, &run, &scope)?;
        let r = Rendered { engine: &run.engine, scope: &scope };
        let most_failed = r.percent("max_fail_percentage", play.max_fail_percentage.as_ref())?;
        if most_failed.is_some() && !strategy.in_step() {
            run.warn_once(
                "Using max_fail_percentage with the free strategy is not supported, as tasks are executed \
                 independently on each host",
            );
        }
        let handlers = RwLock::new(play.handlers.clone());
        let queue = Queue::new(strategy, run.settings.forks);
        Ok(Arc::new(PlayRun {
            stepping: AtomicBool::new(run.settings.step),
            run,
            vars,
            strategy,
            notified: Notified::default(),
            handlers,
            most_failed,
            queue,
            presence: Presence::default(),
        }))
    }

    /// The scope of a task on a host.
    pub(super) fn scope(&self, host: &Arc<str>, task: Option<&Arc<Task>>) -> Result<Arc<HostScope>> {
        self.run.variables.task_scope(host, &self.vars, task)
    }

    /// Runs the play on the hosts of its batch.
    pub(super) async fn run(self: &Arc<Self>) -> Result<BatchEnd, Errors> {
        let live: Hosts = self.vars.batch.iter().filter(|h| !self.run.is_out(h)).cloned().collect();
        let mut failed = match live.first() {
            None => Hosts::new(),
            Some(first) => {
                let sections = self.sections(first)?;
                if self.strategy.in_step() {
                    self.sections_on(&sections, live).await?
                } else {
                    self.each_on_its_own(&sections, live).await?
                }
            }
        };
        failed.extend(self.vars.batch.iter().filter(|h| self.is_over_failed(h)).cloned());
        Ok(BatchEnd {
            failed: self.in_order(failed),
            ended: self.presence.ended.load(Ordering::Relaxed),
            broken: self.presence.broken.load(Ordering::Relaxed),
        })
    }

    /// The play's sections with the flush of handlers after each: under forced handlers also for hosts that failed.
    fn sections(&self, first: &Arc<str>) -> Result<Vec<Step>> {
        let play = &self.vars.play;
        let scope: Arc<dyn Scope> = self.scope(first, None)?;
        let r = Rendered { engine: &self.run.engine, scope: &scope };
        let forced = r
            .flag("force_handlers", play.force_handlers.as_ref())?
            .unwrap_or(self.run.settings.force_handlers);
        // The flush always runs, unless the play's tags are left out.
        let mut tags = tags::of(&play.keywords.tags, r)?;
        tags.push("always".to_owned());
        let flush = tags::selected(&tags, &self.run.settings.tags, &self.run.settings.skip_tags);
        let flush = || flush.then_some(Step::FlushHandlers);
        let section = |steps: &Vec<Step>| -> Vec<Step> {
            if !forced {
                return steps.iter().cloned().chain(flush()).collect();
            }
            // A section's tasks stand in a block of their own inside the one that flushes.
            let block = |steps, always| {
                let (span, rescue) = (play.span.clone(), Vec::new());
                Step::Block(Arc::new(Block { name: None, span, steps, rescue, always }))
            };
            vec![block(vec![block(steps.clone(), Vec::new())], flush().into_iter().collect())]
        };
        Ok(play.sections.iter().flat_map(section).collect())
    }

    /// Runs facts and sections on these hosts; gives those that failed.
    async fn sections_on(self: &Arc<Self>, sections: &[Step], live: Hosts) -> Result<Hosts, Errors> {
        let play = Arc::clone(&self.vars.play);
        let mut gathered = self.gather(&play, live).await?;
        let ran = self.steps(sections, gathered.live, Around::default()).await?;
        gathered.failed.extend(ran.failed);
        Ok(gathered.failed)
    }

    /// Runs the play on each host without regard to the others; who is ready takes its next step in the order of hosts.
    async fn each_on_its_own(self: &Arc<Self>, sections: &[Step], live: Hosts) -> Result<Hosts, Errors> {
        let on_one = |host: Arc<str>| async {
            let _place = self.queue.for_play().await;
            self.sections_on(sections, vec![host]).await
        };
        let mut running: FuturesUnordered<_> = live.into_iter().map(on_one).collect();
        let mut failed = Hosts::new();
        while let Some(on_one) = running.next().await {
            failed.extend(on_one?);
        }
        Ok(failed)
    }

    /// Gathers facts where the play, or the configuration, asks for it.
    async fn gather(self: &Arc<Self>, play: &Arc<Play>, live: Hosts) -> Result<Ran, Errors> {
        let Some(first) = live.first() else { return Ok(Ran::default()) };
        let scope: Arc<dyn Scope> = self.scope(first, None)?;
        let r = Rendered { engine: &self.run.engine, scope: &scope };
        let asked = r.flag("gather_facts", play.gather_facts.as_ref())?;
        let (wanted, once) = match self.run.settings.config.gathering {
            Gathering::Implicit => (asked.unwrap_or(true), false),
            Gathering::Explicit => (asked.unwrap_or(false), false),
            Gathering::Smart => (asked.unwrap_or(true), true),
        };
        if !wanted {
            return Ok(Ran::all(live));
        }
        let known = |host: &Arc<str>| once && self.run.variables.host(host).gathered();
        let (known, unknown): (Hosts, Hosts) = live.into_iter().partition(known);
        let mut ran = self.task(&gathering_task(play), unknown, Around::default()).await?;
        ran.live = self.in_order(ran.live.into_iter().chain(known).collect());
        Ok(ran)
    }

    /// A task's name as reports show it: rendered as far as it can be, the role's before it.
    pub(super) fn shown_name(&self, task: &Task, r: Rendered<'_>) -> Arc<str> {
        let own = match task.name.as_ref().filter(|name| !name.as_str().is_empty()) {
            None => match task.action.args.get("name").and_then(Value::as_str) {
                Some(role) if task.action.module.ends_with("_role") => {
                    format!("{} : {role}", task.action.written.as_str()).into()
                }
                _ => task.action.written.shared(),
            },
            // Nothing renders the names of `meta` tasks.
            Some(name) if &*task.action.module == "meta" => name.shared(),
            Some(name) => rendered_text(name, r),
        };
        match &task.role {
            // As Ansible has it: an included role's name stands alone.
            Some(_) if &*task.action.module == "include_role" => own,
            Some(role) => format!("{} : {own}", role.name).into(),
            None => own,
        }
    }
}

/// A name rendered; as written when it names what is not known.
pub(super) fn rendered_text(name: &Text, r: Rendered<'_>) -> Arc<str> {
    if !name.is_template() {
        return name.shared();
    }
    match r.engine.render(&Value::Text(name.clone()), r.scope) {
        Ok(value) => crate::value::python_str(&value).into(),
        Err(_) => name.shared(),
    }
}

/// The task that gathers facts.
fn gathering_task(play: &Play) -> Arc<Task> {
    let mut keywords = play.keywords.clone();
    // Each host has facts of its own, whatever the play's tasks do once.
    keywords.run_once = None;
    if keywords.tags.is_empty() {
        keywords.tags.push(Value::data("always"));
    }
    let given = [
        ("gather_subset", &play.gather_subset),
        ("gather_timeout", &play.gather_timeout),
        ("fact_path", &play.fact_path),
    ];
    let given = given.into_iter().filter_map(|(name, value)| Some((Arc::from(name), value.clone()?)));
    let args: Vars = given.collect();
    let action = Action {
        written: Text::data("gather_facts"),
        module: "gather_facts".into(),
        full: "ansible.builtin.gather_facts".into(),
        doer: Doer::Warp,
        args,
        variable_args: None,
        places: HashMap::new(),
    };
    Arc::new(Task {
        id: format!("/{}/gather_facts@", play.label()).into(),
        name: Some(Text::data("Gathering Facts")),
        file: play.basedir.join("."),
        ..Task::plain(action, keywords, play.span.clone())
    })
}
