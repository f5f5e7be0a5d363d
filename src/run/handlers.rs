//! Handlers: who notified them, and their flush.

use super::play::PlayRun;
use super::steps::{Around, Hosts, Ran};
use super::vars::read;
use crate::error::{Error, Result};
use crate::play::Errors;
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
    /// Whether handlers run now: then a notification takes effect at once.
    flushing: bool,
}

impl Notified {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PlayRun {
    /// Notes that a host notified a handler.
    ///
    /// # Errors
    /// No handler has or listens to that name.
    pub(super) fn notify(&self, name: &str, host: &Arc<str>) -> Result<()> {
        let handlers = self.handlers_named(name);
        if handlers.is_empty() {
            return Err(Error::other(format!(
                "The requested handler '{name}' was not found in either the main handlers list nor in the listening \
                 handlers list"
            )));
        }
        let mut book = self.notified.book();
        if book.flushing {
            book.due.extend(handlers.into_iter().map(|h| (h, Arc::clone(host))));
        } else {
            book.names.entry(Arc::clone(host)).or_default().insert(name.to_owned());
        }
        Ok(())
    }

    /// Runs the handlers that these hosts notified, in the order they are defined.
    pub(super) async fn flush_handlers(
        self: &Arc<Self>,
        hosts: Hosts,
        around: Around,
    ) -> Result<Ran, Errors> {
        {
            let mut book = self.notified.book();
            for host in &hosts {
                for name in book.names.shift_remove(host).unwrap_or_default() {
                    let due = self.handlers_named(&name).into_iter().map(|h| (h, Arc::clone(host)));
                    book.due.extend(due);
                }
            }
            if book.due.is_empty() {
                return Ok(Ran::all(hosts));
            }
            book.flushing = true;
        }
        let ran = self.due_handlers(hosts, Around { handler: true, ..around }).await;
        self.notified.book().flushing = false;
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
            let others: Hosts = ran.live.iter().filter(|h| !due.contains(h)).cloned().collect();
            ran.failed.extend(after.failed);
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

    /// The handlers that a notification means: the last defined of that name, and all that listen to it.
    fn handlers_named(&self, name: &str) -> Vec<usize> {
        let handlers = read(&self.handlers);
        let names: Vec<Option<String>> = handlers.iter().map(|h| self.handler_name(h)).collect();
        let qualified = |place: usize, own: &str| {
            let role = handlers.get(place).and_then(|h| h.role.as_ref());
            role.is_some_and(|role| name == format!("{} : {own}", role.name))
        };
        let mut meant: Vec<usize> = Vec::new();
        let by_name = names
            .iter()
            .enumerate()
            .rev()
            .find(|(place, own)| own.as_deref().is_some_and(|own| own == name || qualified(*place, own)));
        meant.extend(by_name.map(|(place, _)| place));
        // Of listeners with the same name, the last defined counts: a role that is used twice brings its handlers twice.
        let mut seen = HashSet::new();
        for (place, handler) in handlers.iter().enumerate().rev() {
            let own = names.get(place).and_then(Option::as_deref);
            if handler.listen.iter().any(|l| l.as_str() == name)
                && own.is_none_or(|own| seen.insert(own))
                && !meant.contains(&place)
            {
                meant.push(place);
            }
        }
        meant
    }
}
