//! What the tasks of a session and its calls share.

use super::frame;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, OwnedSemaphorePermit, mpsc};
use tokio::time::Instant;
use warp_agent::backlog::{Backlog, Received};
use warp_agent::outcome::Outcome;
use warp_agent::wire::{ToAgent, ToController};

/// A session's state, and the bells that ring when it turns.
pub(super) struct Shared {
    state: Mutex<State>,
    /// The session ended, or its link was cut.
    pub turned: Notify,
    /// There is something to write.
    pub queued: Notify,
    started: Instant,
    /// Milliseconds from `started` to the last frame that came.
    heard: AtomicU64,
}

pub(super) struct State {
    pub open: HashMap<u64, Entry>,
    pub next: u64,
    /// Why the session ended, once it has.
    pub end: Option<Arc<str>>,
    /// That its link was cut, and another is to follow.
    pub cut: Option<Cut>,
    /// Whether a link that is cut is followed by another.
    pub resumes: bool,
    /// Which link this is; tasks of an earlier one have nothing to say any more.
    pub link: u64,
    pub backlog: Backlog<Option<OwnedSemaphorePermit>>,
    pub received: Received,
}

/// A link's end that is not the session's.
#[derive(Clone, Debug)]
pub(in crate::connect) struct Cut {
    /// Since when.
    pub since: Instant,
    /// What ended it.
    pub why: Arc<str>,
}

/// A call that waits for answers.
pub(super) struct Entry {
    pub answers: mpsc::UnboundedSender<Answer>,
    /// Bytes of its stream that may still come.
    pub granted: Arc<AtomicU64>,
}

/// What the agent says to one call.
pub(super) enum Answer {
    Data(Vec<u8>),
    Credit(u64),
    Done(Box<Outcome>),
}

impl Shared {
    pub fn new(resumes: bool) -> Self {
        let mut backlog = Backlog::default();
        backlog.keep(resumes);
        Shared {
            state: Mutex::new(State {
                open: HashMap::new(),
                next: 1,
                end: None,
                cut: None,
                resumes,
                link: 0,
                backlog,
                received: Received::default(),
            }),
            turned: Notify::new(),
            queued: Notify::new(),
            started: Instant::now(),
            heard: AtomicU64::new(0),
        }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the session once: all calls that wait see their answers end.
    pub fn end(&self, why: String) {
        let mut state = self.state();
        if state.end.is_none() {
            state.end = Some(why.into());
            state.cut = None;
            state.open.clear();
            drop(state);
            self.turned.notify_waiters();
        }
    }

    /// A link ended. Where nobody waits for anything the session ends with it: the next call makes a new one.
    pub fn cut(&self, link: u64, why: String) {
        let mut state = self.state();
        if state.link != link || state.end.is_some() || state.cut.is_some() {
            return;
        }
        if !state.resumes || state.open.is_empty() {
            drop(state);
            return self.end(why);
        }
        state.link += 1;
        state.cut = Some(Cut { since: Instant::now(), why: why.into() });
        drop(state);
        self.turned.notify_waiters();
    }

    /// Queues a frame.
    pub fn push(&self, bytes: Vec<u8>, room: Option<OwnedSemaphorePermit>) {
        self.state().backlog.push(bytes, room);
        self.queued.notify_one();
    }

    /// Something came.
    pub fn hear(&self) {
        let since = self.started.elapsed().as_millis();
        self.heard.store(u64::try_from(since).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// For how long nothing came.
    pub fn silence(&self) -> Duration {
        let heard = Duration::from_millis(self.heard.load(Ordering::Relaxed));
        self.started.elapsed().saturating_sub(heard)
    }

    /// Takes in a frame of `size` bytes that came by a link; one that has been taken over from has nothing to say.
    pub fn deliver(&self, link: u64, frame: ToController, size: usize) -> Result<(), String> {
        let mut state = self.state();
        if state.link != link {
            return Ok(());
        }
        if let ToController::Data { id, .. } | ToController::Credit { id, .. } | ToController::Done(id, _) =
            &frame
            && *id >= state.next
        {
            return Err(format!("an answer to request {id}, which was never made"));
        }
        let due = state.received.count(size, matches!(frame, ToController::Data { .. }));
        match frame {
            ToController::Hello { .. } => return Err("a second hello".to_owned()),
            ToController::Resumed { .. } | ToController::Gone => {
                return Err("an answer that nobody asked for".to_owned());
            }
            ToController::Pong(_) => {}
            ToController::Ack(had) => state.backlog.acknowledge(had),
            // An answer to a call that was given up is of no interest any more.
            ToController::Data { id, bytes, .. } => {
                if let Some(entry) = state.open.get(&id) {
                    let less = |granted: u64| granted.checked_sub(bytes.len() as u64);
                    let (set, fetch) = (Ordering::Relaxed, Ordering::Relaxed);
                    if entry.granted.fetch_update(set, fetch, less).is_err() {
                        return Err("more of a stream than was granted".to_owned());
                    }
                    let _ = entry.answers.send(Answer::Data(bytes));
                }
            }
            ToController::Credit { id, bytes } => {
                if let Some(entry) = state.open.get(&id) {
                    let _ = entry.answers.send(Answer::Credit(bytes));
                }
            }
            ToController::Done(id, outcome) => {
                if let Some(entry) = state.open.remove(&id) {
                    let _ = entry.answers.send(Answer::Done(Box::new(outcome)));
                }
            }
        }
        if let Some(had) = due
            && state.resumes
            && let Ok(bytes) = frame::encode(&ToAgent::Ack(had))
        {
            state.backlog.push(bytes, None);
            drop(state);
            self.queued.notify_one();
        }
        Ok(())
    }
}
