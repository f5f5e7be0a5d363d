//! The agent's session: many calls at once, each with its own streams and flow control, over one link, or over one after
//! another where they are cut.
//!
//! When no link follows, every call that waits is told so: it is lost.

mod carry;
mod download;
mod exchange;
mod frame;
mod resume;
mod room;
mod shared;
mod stream;

#[cfg(test)]
mod tests;

pub(super) use download::Download;
pub(super) use resume::{Resumable, Taken};
pub(super) use room::Shared as SharedRoom;
pub(super) use shared::Cut;
pub(super) use stream::{Sink, Upload};

use super::link::Link;
use crate::error::Error;
use carry::Carrier;
use exchange::Exchange;
use room::Room;
use shared::Shared;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use warp_agent::wire::{Keep, ToAgent, ToController, VERSION};

/// When to ask whether the agent still answers, and when to give it up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// How long the agent may take to say who it is.
    pub hello: Duration,
    /// After how much silence it is pinged.
    pub ping: Duration,
    /// After how much silence the link counts as cut.
    pub silence: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        // A virtual machine that is paused for a snapshot, or emulated on a busy host, is silent for many seconds.
        Patience {
            hello: Duration::from_secs(60),
            ping: Duration::from_secs(15),
            silence: Duration::from_secs(120),
        }
    }
}

/// A running agent.
pub(super) struct Session {
    name: Arc<str>,
    room: Room,
    shared: Arc<Shared>,
    patience: Patience,
    resumable: Option<Resumable>,
    /// One at a time looks for another link.
    pub(super) resuming: tokio::sync::Mutex<()>,
    carrier: Mutex<Carrier>,
}

impl Session {
    /// Waits for the agent's hello on a link, then serves calls over it, and over those that follow it where it is
    /// `resumable`. `name` is for messages; streams take `room` beside what they have themselves.
    ///
    /// # Errors
    /// Unreachable: the hello did not come or is of another version.
    pub async fn open(
        name: Arc<str>,
        mut link: Link,
        patience: Patience,
        resumable: Option<Resumable>,
        room: SharedRoom,
    ) -> Result<Session, Error> {
        let hello = tokio::time::timeout(patience.hello, greeting(&mut link)).await;
        let version = match hello {
            Ok(Ok(ToController::Hello { version, .. })) => version,
            Ok(Ok(_)) => return Err(Error::other("the agent did not begin with its hello").context(&name)),
            Ok(Err(e)) => return Err(e.context(&name)),
            Err(_) => {
                return Err(Error::other(format!("{name}: the agent did not answer"))
                    .note(format!("waited {} s after it was started", patience.hello.as_secs())));
            }
        };
        if version != VERSION {
            return Err(Error::other(format!(
                "{name}: the agent speaks version {version} of the protocol, this warp speaks {VERSION}"
            )));
        }
        let shared = Arc::new(Shared::new(resumable.is_some()));
        if let Some(resumable) = &resumable {
            let keep = ToAgent::Keep(Keep {
                owner: resumable.owner.clone(),
                session: resumable.session.clone(),
                limit_secs: resumable.limit.as_secs(),
                silence_secs: patience.silence.as_secs(),
            });
            if let Ok(bytes) = frame::encode(&keep) {
                shared.push(bytes, None);
            }
        }
        let carrier = Mutex::new(Carrier::start(link, 0, &shared, &name, patience));
        let resuming = tokio::sync::Mutex::default();
        Ok(Session { name, room: Room::new(room), shared, patience, resumable, resuming, carrier })
    }

    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        self.shared.state().end.is_some()
    }

    /// Whether nobody waits for anything.
    pub fn is_idle(&self) -> bool {
        self.shared.state().open.is_empty()
    }

    /// Begins a call; an error says why the session has ended, so that nothing can be sent.
    pub fn begin(&self) -> Result<Exchange<'_>, Error> {
        Exchange::begin(self)
    }

    /// Lets the agent finish and waits for it, at most for `limit`.
    pub async fn bye(&self, limit: Duration) {
        let mut turned = std::pin::pin!(self.shared.turned.notified());
        turned.as_mut().enable();
        // A link that is cut now is not waited for.
        self.shared.state().resumes = false;
        if self.is_cut().is_none() && !self.has_ended() && self.send(&ToAgent::Bye).is_ok() {
            let _ = tokio::time::timeout(limit, turned).await;
        }
        self.shared.end("warp said goodbye".to_owned());
    }

    /// Queues a frame; the error is its size where it is too large.
    fn send(&self, frame: &ToAgent) -> Result<(), usize> {
        self.send_with(frame, None)
    }

    fn send_with(&self, frame: &ToAgent, room: Option<OwnedSemaphorePermit>) -> Result<(), usize> {
        self.shared.push(frame::encode(frame)?, room);
        Ok(())
    }

    fn carrier(&self) -> MutexGuard<'_, Carrier> {
        self.carrier.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The next frame on a link that carries no session yet.
async fn greeting(link: &mut Link) -> Result<ToController, Error> {
    loop {
        match frame::decode::<ToController>(&link.input.buffer) {
            Ok(Some((frame, used))) => {
                link.input.buffer.drain(..used);
                return Ok(frame);
            }
            Ok(None) => {}
            Err(what) => return Err(Error::other(format!("what answers is not the agent: it sent {what}"))),
        }
        match link.input.fill().await {
            Ok(true) => {}
            Ok(false) => {
                return Err(Error::other(format!(
                    "the agent ended at its start: {}",
                    link.ending.describe()
                )));
            }
            Err(e) => return Err(Error::other(format!("the agent's start was cut off: {e}"))),
        }
    }
}
