//! One play over one batch of hosts: facts, sections, handlers.

use super::handlers::Notified;
use super::keyword::Rendered;
use super::steps::{Around, Hosts, Ran};
use super::vars::{HostScope, PlayVars, write};
use super::{Shared, tags};
use crate::config::Gathering;
use crate::error::Result;
use crate::play::{Action, Doer, Errors, Play, Task};
use crate::template::Scope;
use crate::value::{Text, Value, Vars};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// A host's name and a role's identity.
type HostRole = (Arc<str>, Arc<str>);

/// A play on its way.
pub(super) struct PlayRun {
    pub run: Arc<Shared>,
    pub vars: Arc<PlayVars>,
    pub notified: Notified,
    /// The play's handlers; roles that are included bring more.
    pub handlers: RwLock<Vec<Arc<Task>>>,
    /// Which use of a role a host ran, by host and the role's identity.
    roles_ran: Mutex<HashMap<HostRole, usize>>,
    ended: AtomicBool,
}

impl PlayRun {
    pub(super) fn new(run: Arc<Shared>, vars: Arc<PlayVars>) -> Arc<Self> {
        let handlers = RwLock::new(vars.play.handlers.clone());
        Arc::new(PlayRun {
            run,
            vars,
            notified: Notified::default(),
            handlers,
            roles_ran: Mutex::default(),
            ended: AtomicBool::new(false),
        })
    }

    /// The scope of a task on a host.
    pub(super) fn scope(&self, host: &Arc<str>, task: Option<&Arc<Task>>) -> Result<Arc<HostScope>> {
        self.run.variables.task_scope(host, &self.vars, task)
    }

    /// Runs the play on the hosts of its batch. Gives those that failed.
    pub(super) async fn run(self: &Arc<Self>) -> Result<Hosts, Errors> {
        let play = Arc::clone(&self.vars.play);
        let live: Hosts = self.vars.batch.iter().filter(|h| !self.run.is_out(h)).cloned().collect();
        let Some(first) = live.first() else { return Ok(Hosts::new()) };
        let scope: Arc<dyn Scope> = self.scope(first, None)?;
        let r = Rendered { engine: &self.run.engine, scope: &scope };
        let forced = r
            .flag("force_handlers", play.force_handlers.as_ref())?
            .unwrap_or(self.run.settings.force_handlers);
        let mut ran = self.gather(&play, live, r).await?;
        for section in &play.sections {
            let live = std::mem::take(&mut ran.live);
            let after = self.steps(section, live, Around::default()).await?;
            ran.live = after.live;
            if self.ended.load(Ordering::Relaxed) {
                ran.failed.extend(after.failed);
                break;
            }
            // With forced handlers, hosts that fail in a section still run what they notified.
            let due: Hosts = if forced {
                self.in_order(ran.live.iter().chain(&after.failed).cloned().collect())
            } else {
                std::mem::take(&mut ran.live)
            };
            let flushed = self.flush_handlers(due, Around::default()).await?;
            ran.live = flushed.live.into_iter().filter(|h| !after.failed.contains(h)).collect();
            ran.failed.extend(after.failed);
            ran.failed.extend(flushed.failed);
        }
        Ok(self.in_order(ran.failed))
    }

    /// Gathers facts where the play, or the configuration, asks for it.
    async fn gather(self: &Arc<Self>, play: &Arc<Play>, live: Hosts, r: Rendered<'_>) -> Result<Ran, Errors> {
        let asked = r.flag("gather_facts", play.gather_facts.as_ref())?;
        let (wanted, once) = match self.run.settings.config.gathering {
            Gathering::Implicit => (asked.unwrap_or(true), false),
            Gathering::Explicit => (asked.unwrap_or(false), false),
            Gathering::Smart => (asked.unwrap_or(true), true),
        };
        if !wanted {
            return Ok(Ran::all(live));
        }
        let known = |host: &Arc<str>| once && self.run.variables.host(host).gathered;
        let (known, unknown): (Hosts, Hosts) = live.into_iter().partition(known);
        let mut ran = self.task(&gathering_task(play), unknown, Around::default()).await?;
        ran.live = self.in_order(ran.live.into_iter().chain(known).collect());
        Ok(ran)
    }

    /// Whether the tags select a task.
    pub(super) fn selected(&self, task: &Task, r: Rendered<'_>) -> Result<bool> {
        let tags = tags::of(&task.keywords.tags, r)?;
        Ok(tags::selected(&tags, &self.run.settings.tags, &self.run.settings.skip_tags))
    }

    /// A task's name as reports show it: rendered as far as it can be, the role's before it.
    pub(super) fn shown_name(&self, task: &Task, r: Rendered<'_>) -> Arc<str> {
        let own = match &task.name {
            None => task.action.written.shared(),
            Some(name) => rendered_text(name, r),
        };
        match &task.role {
            Some(role) => format!("{} : {own}", role.name).into(),
            None => own,
        }
    }

    /// A handler's own name, rendered with what the play knows.
    pub(super) fn handler_name(&self, handler: &Task) -> Option<String> {
        let name = handler.name.as_ref()?;
        if !name.is_template() {
            return Some(name.as_str().to_owned());
        }
        let host = self.vars.batch.first()?;
        let scope: Arc<dyn Scope> = self.scope(host, None).ok()?;
        let rendered = self.run.engine.render(&Value::Text(name.clone()), &scope).ok()?;
        rendered.as_str().map(str::to_owned)
    }

    /// Notes that a host ran a task of a role.
    pub(super) fn role_ran(&self, task: &Task, host: &Arc<str>) {
        let Some(role) = &task.role else { return };
        let mut ran = self.roles_ran.lock().unwrap_or_else(PoisonError::into_inner);
        ran.entry((Arc::clone(&role.identity), Arc::clone(host))).or_insert(Arc::as_ptr(role) as usize);
    }

    /// Whether a host ran another use of the task's role already.
    pub(super) fn role_done(&self, task: &Task, host: &Arc<str>) -> bool {
        let Some(role) = task.role.as_ref().filter(|r| !r.allow_duplicates) else { return false };
        let ran = self.roles_ran.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (Arc::clone(&role.identity), Arc::clone(host));
        ran.get(&key).is_some_and(|use_| *use_ != Arc::as_ptr(role) as usize)
    }

    /// Takes a host out of the rest of the run: it could not be reached.
    pub(super) fn lose(&self, host: &Arc<str>) {
        self.run.lose(host);
        write(&self.vars.removed).push(Arc::clone(host));
    }

    /// Ends the play.
    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
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
    Arc::new(Task {
        id: "gather_facts".into(),
        name: Some(Text::data("Gathering Facts")),
        span: play.span.clone(),
        action: Action {
            written: Text::data("gather_facts"),
            module: "setup".into(),
            full: "ansible.builtin.setup".into(),
            doer: Doer::Warp,
            args,
            variable_args: None,
        },
        keywords,
        role: None,
        file: play.basedir.join("."),
        register: None,
        loops: None,
        until: Vec::new(),
        retries: None,
        delay: None,
        changed_when: Vec::new(),
        failed_when: Vec::new(),
        notify: Vec::new(),
        listen: Vec::new(),
        async_limit: None,
        poll: None,
        handler: false,
        own_vars: None,
        passes: None,
    })
}
