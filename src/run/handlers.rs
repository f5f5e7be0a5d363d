//! Handlers: who notified them, and their flush.

use super::play::PlayRun;
use super::steps::{Around, Hosts, Ran};
use super::vars::read;
use crate::error::{Error, Result};
use crate::event::Event;
use crate::play::{Errors, Task};
use crate::template::Scope;
use crate::value::Value;
use indexmap::{IndexMap, IndexSet};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Notifications of a play. A handler is known by its place among the play's handlers, which only grow.
#[derive(Default)]
pub(super) struct Notified(Mutex<Book>);

#[derive(Default)]
struct Book {
    /// Names notified since the last flush, per host.
    names: IndexMap<Arc<str>, IndexSet<String>>,
    /// Handlers to run on a host.
    due: HashSet<(usize, Arc<str>)>,
    /// Hosts that run handlers now: what they notify takes effect at once.
    flushing: HashSet<Arc<str>>,
}

impl Notified {
    /// Whether a flush would do something for a host, as far as Ansible sees: it does not ask whose handlers are due.
    pub(super) fn awaits(&self, host: &Arc<str>) -> bool {
        let book = self.book();
        !book.due.is_empty() || book.names.get(host).is_some_and(|names| !names.is_empty())
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PlayRun {
    /// Notes that a host notified a handler.
    ///
    /// # Errors
    /// No handler has or listens to that name, and that is not to be a mere warning.
    pub(super) fn notify(&self, name: &str, host: &Arc<str>) -> Result<()> {
        let handlers = self.handlers_named(name);
        if handlers.is_empty() {
            let message = format!(
                "The requested handler '{name}' was not found in either the main handlers list nor in the listening \
                 handlers list"
            );
            if self.run.settings.config.error_on_missing_handler {
                return Err(Error::other(message));
            }
            self.run.warn(message);
            return Ok(());
        }
        if self.notified.book().flushing.contains(host) {
            self.make_due(handlers, host);
            return Ok(());
        }
        self.notified.book().names.entry(Arc::clone(host)).or_default().insert(name.to_owned());
        let text = format!("Notification for handler {name} has been saved.");
        self.run.events.emit(&Event::Verbose { level: 2, text });
        Ok(())
    }

    /// Makes due what a host notified so far: those handlers count that are defined now.
    pub(super) fn heed(&self, host: &Arc<str>) {
        let names = self.notified.book().names.shift_remove(host).unwrap_or_default();
        for name in names {
            self.make_due(self.handlers_named(&name), host);
        }
    }

    /// Has a host run these handlers, and tells of those that it was not to run before.
    fn make_due(&self, handlers: Vec<usize>, host: &Arc<str>) {
        for place in handlers {
            if self.notified.book().due.insert((place, Arc::clone(host)))
                && let Some(handler) = read(&self.handlers).get(place)
            {
                let handler = self.handler_title(handler);
                self.run.events.emit(&Event::Notified { handler, host: Arc::clone(host) });
            }
        }
    }

    /// Runs the handlers that these hosts notified, in the order they are defined.
    pub(super) async fn flush_handlers(
        self: &Arc<Self>,
        hosts: Hosts,
        around: Around,
    ) -> Result<Ran, Errors> {
        hosts.iter().for_each(|host| self.heed(host));
        {
            let mut book = self.notified.book();
            if !book.due.iter().any(|(_, host)| hosts.contains(host)) {
                return Ok(Ran::all(hosts));
            }
            book.flushing.extend(hosts.iter().cloned());
        }
        if self.run.settings.config.debug {
            for host in &hosts {
                let text = format!("META: triggered running handlers for {host}");
                self.run.events.emit(&Event::Verbose { level: 0, text });
            }
        }
        let ran = self.due_handlers(hosts.clone(), Around { handler: true, ..around }).await;
        self.notified.book().flushing.retain(|host| !hosts.contains(host));
        ran
    }

    async fn due_handlers(self: &Arc<Self>, hosts: Hosts, around: Around) -> Result<Ran, Errors> {
        let mut ran = Ran::all(hosts);
        let handlers = read(&self.handlers).clone();
        for (place, handler) in handlers.iter().enumerate() {
            let due: Hosts = {
                let mut book = self.notified.book();
                ran.live.iter().filter(|h| book.due.remove(&(place, Arc::clone(h)))).cloned().collect()
            };
            if due.is_empty() {
                continue;
            }
            let after = Box::pin(self.task(handler, due.clone(), around)).await?;
            let others = ran.live.iter().filter(|h| !due.contains(h)).cloned().collect();
            let others = self.still_in(others);
            ran.failed.extend(after.failed);
            ran.twice.extend(after.twice);
            ran.live = if after.fatal {
                ran.fatal = true;
                ran.failed.extend(others);
                after.live
            } else {
                self.in_order(others.into_iter().chain(after.live).collect())
            };
        }
        Ok(ran)
    }

    /// A handler that runs once for all hosts is due on none of them any more.
    pub(super) fn clear_due(&self, handler: &Arc<Task>) {
        if handler.handler
            && let Some(place) = read(&self.handlers).iter().position(|h| Arc::ptr_eq(h, handler))
        {
            self.notified.book().due.retain(|(due, _)| *due != place);
        }
    }

    /// The handlers that a notification means: one of that name, and all that listen to it. Handlers come in lists, a
    /// role's or the play's own; of those with the same name the list loaded last counts, and in it the first.
    fn handlers_named(&self, name: &str) -> Vec<usize> {
        let handlers = read(&self.handlers);
        let same_list = |a: &Arc<Task>, b: &Arc<Task>| match (&a.role, &b.role) {
            (None, None) => true,
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            _ => false,
        };
        let places: Vec<(usize, &Arc<Task>)> = handlers.iter().enumerate().collect();
        let order = places.chunk_by(|(_, a), (_, b)| same_list(a, b)).rev().flatten().copied();
        let mut meant: Vec<usize> = Vec::new();
        for (place, handler) in order.clone() {
            if self.handler_name(handler).is_some_and(|own| is_called(handler, &own, name)) {
                meant.push(place);
                break;
            }
        }
        let mut seen = HashSet::new();
        for (place, handler) in order.filter(|(_, h)| h.listen.iter().any(|l| is_called(h, l.as_str(), name)))
        {
            let fresh = self.handler_name(handler).is_none_or(|own| seen.insert(own));
            if fresh && !meant.contains(&place) {
                meant.push(place);
            }
        }
        meant
    }

    /// A handler as it is told: its name or module, its role's name before it.
    fn handler_title(&self, handler: &Arc<Task>) -> Arc<str> {
        let name = self.handler_name(handler).unwrap_or_else(|| handler.action.written.as_str().to_owned());
        match &handler.role {
            Some(role) => format!("{} : {name}", role.name).into(),
            None => name.into(),
        }
    }

    /// A handler's own name, rendered with what the play knows of no host.
    fn handler_name(&self, handler: &Arc<Task>) -> Option<String> {
        let name = handler.name.as_ref()?;
        if !name.is_template() {
            return Some(name.as_str().to_owned());
        }
        let rendered = self.run.variables.play_scope(&self.vars, Some(handler)).and_then(|scope| {
            let scope: Arc<dyn Scope> = scope;
            self.run.engine.render(&Value::Text(name.clone()), &scope)
        });
        match rendered {
            Ok(rendered) => Some(crate::value::python_str(&rendered)),
            Err(e) => {
                if handler.listen.is_empty() {
                    self.run.warn_once(&format!(
                        "Handler '{name}' is unusable because it has no listen topics and the name could not be \
                         templated (host-specific variables are not supported in handler names). The error: {}",
                        e.message()
                    ));
                }
                None
            }
        }
    }
}

/// Whether a handler's name or topic is meant by a notification: by itself, or with the role's name before it.
fn is_called(handler: &Task, own: &str, name: &str) -> bool {
    own == name
        || handler.role.as_ref().is_some_and(|role| {
            let short = role.name.rsplit('.').next().unwrap_or_default();
            let rest = name.strip_suffix(own).and_then(|n| n.strip_suffix(" : "));
            rest.is_some_and(|qualified| qualified == &*role.name || qualified == short)
        })
}
