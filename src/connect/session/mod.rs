//! The agent's session: many calls at once over one link, each with its own streams and flow control.
//!
//! A task reads frames and hands them to the calls they answer, another writes what calls have queued, a third
//! listens for silence. When the link ends, for whatever reason, every call that waits is told so: it is lost.

mod exchange;
mod frame;
mod stream;

#[cfg(test)]
mod tests;

pub(super) use stream::{Download, Sink, Upload};

use super::link::{Ending, Input, Link, Output};
use crate::error::Error;
use exchange::Exchange;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::AbortHandle;
use tokio::time::Instant;
use warp_agent::outcome::Outcome;
use warp_agent::wire::{ToAgent, ToController, VERSION, WINDOW};

/// How many pieces of streams may wait to be written on one session; with `CHUNK` this bounds its memory.
const QUEUED_PIECES: usize = 4;

/// The largest write that queued frames are gathered into, in bytes.
const WRITE: usize = 128 << 10;

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
    queue: mpsc::UnboundedSender<Frame>,
    room: Arc<Semaphore>,
    shared: Arc<Shared>,
    tasks: [AbortHandle; 3],
}

/// A frame to be written; a piece of a stream gives its room back once it has been.
struct Frame {
    bytes: Vec<u8>,
    _room: Option<OwnedSemaphorePermit>,
}

/// What the tasks and the calls share.
struct Shared {
    calls: Mutex<Calls>,
    ended: Notify,
    started: Instant,
    /// Milliseconds from `started` to the last frame that came.
    heard: AtomicU64,
}

struct Calls {
    open: HashMap<u64, Entry>,
    next: u64,
    /// Why the session ended, once it has.
    end: Option<Arc<str>>,
}

/// A call that waits for answers.
struct Entry {
    answers: mpsc::UnboundedSender<Answer>,
    /// Bytes delivered to the call that it has not yet granted again.
    owed: Arc<AtomicU64>,
}

/// What the agent says to one call.
enum Answer {
    Data(Vec<u8>),
    Credit(u64),
    Done(Box<Outcome>),
}

impl Shared {
    fn calls(&self) -> std::sync::MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the session once: all calls that wait see their answers end.
    fn end(&self, why: String) {
        let mut calls = self.calls();
        if calls.end.is_none() {
            calls.end = Some(why.into());
            calls.open.clear();
            drop(calls);
            self.ended.notify_waiters();
        }
    }

    fn deliver(&self, frame: ToController) -> Result<(), String> {
        let mut calls = self.calls();
        if let ToController::Data { id, .. } | ToController::Credit { id, .. } | ToController::Done(id, _) =
            &frame
            && *id >= calls.next
        {
            return Err(format!("an answer to request {id}, which was never made"));
        }
        match frame {
            ToController::Hello { .. } => return Err("a second hello".to_owned()),
            ToController::Pong(_) => {}
            // An answer to a call that was given up is of no interest any more.
            ToController::Data { id, bytes, .. } => {
                if let Some(entry) = calls.open.get(&id) {
                    let size = bytes.len() as u64;
                    if entry.owed.fetch_add(size, Ordering::Relaxed).saturating_add(size) > WINDOW {
                        return Err("more of a stream than was granted".to_owned());
                    }
                    let _ = entry.answers.send(Answer::Data(bytes));
                }
            }
            ToController::Credit { id, bytes } => {
                if let Some(entry) = calls.open.get(&id) {
                    let _ = entry.answers.send(Answer::Credit(bytes));
                }
            }
            ToController::Done(id, outcome) => {
                if let Some(entry) = calls.open.remove(&id) {
                    let _ = entry.answers.send(Answer::Done(Box::new(outcome)));
                }
            }
        }
        Ok(())
    }
}

impl Session {
    /// Waits for the agent's hello on a link, then serves calls over it. `name` is for messages.
    ///
    /// # Errors
    /// Unreachable: the hello did not come or is of another version.
    pub async fn open(name: Arc<str>, mut link: Link, patience: Patience) -> Result<Session, Error> {
        let hello = tokio::time::timeout(patience.hello, hello(&mut link)).await;
        let version = match hello {
            Ok(hello) => hello.map_err(|e| e.context(&name))?,
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
        let shared = Arc::new(Shared {
            calls: Mutex::new(Calls { open: HashMap::new(), next: 1, end: None }),
            ended: Notify::new(),
            started: Instant::now(),
            heard: AtomicU64::new(0),
        });
        let (queue, queued) = mpsc::unbounded_channel();
        let reader = tokio::spawn(read(link.input, link.ending, shared.clone(), name.clone()));
        let tasks = [
            tokio::spawn(write(link.output, queued, shared.clone())).abort_handle(),
            tokio::spawn(listen(queue.clone(), shared.clone(), patience, reader.abort_handle()))
                .abort_handle(),
            reader.abort_handle(),
        ];
        Ok(Session { name, queue, room: Arc::new(Semaphore::new(QUEUED_PIECES)), shared, tasks })
    }

    /// Whether the link has ended.
    pub fn has_ended(&self) -> bool {
        self.shared.calls().end.is_some()
    }

    /// Begins a call; an error says why the session has ended, so that nothing can be sent.
    pub fn begin(&self) -> Result<Exchange<'_>, Error> {
        Exchange::begin(self)
    }

    /// Lets the agent finish and waits for it, at most for `limit`.
    pub async fn bye(&self, limit: Duration) {
        let ended = self.shared.ended.notified();
        if !self.has_ended() && self.send(&ToAgent::Bye).is_ok() {
            let _ = tokio::time::timeout(limit, ended).await;
        }
        self.shared.end("warp said goodbye".to_owned());
    }

    /// Queues a frame; the error is its size where it is too large.
    fn send(&self, frame: &ToAgent) -> Result<(), usize> {
        self.send_with(frame, None)
    }

    fn send_with(&self, frame: &ToAgent, room: Option<OwnedSemaphorePermit>) -> Result<(), usize> {
        let bytes = frame::encode(frame)?;
        // Where the writer has gone the session has ended, which the caller sees by its answers.
        let _ = self.queue.send(Frame { bytes, _room: room });
        Ok(())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn hello(link: &mut Link) -> Result<u32, Error> {
    loop {
        match frame::decode::<ToController>(&link.input.buffer) {
            Ok(Some((ToController::Hello { version, .. }, used))) => {
                link.input.buffer.drain(..used);
                return Ok(version);
            }
            Ok(None) => {}
            Ok(Some(_)) => return Err(Error::other("the agent did not begin with its hello")),
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

/// Reads frames until the link ends.
async fn read(mut input: Input, ending: Ending, shared: Arc<Shared>, name: Arc<str>) {
    let why = loop {
        let mut used = 0;
        let wrong = loop {
            match frame::decode(input.buffer.get(used..).unwrap_or_default()) {
                Ok(Some((frame, size))) => {
                    used += size;
                    if let Err(wrong) = shared.deliver(frame) {
                        break Some(wrong);
                    }
                }
                Ok(None) => break None,
                Err(wrong) => break Some(wrong),
            }
        };
        input.buffer.drain(..used);
        if let Some(wrong) = wrong {
            break format!("{name}: the agent broke the protocol: it sent {wrong}");
        }
        if used > 0 {
            let since = shared.started.elapsed().as_millis();
            shared.heard.store(u64::try_from(since).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
        match input.fill().await {
            Ok(true) => {}
            Ok(false) => break format!("{name}: the agent ended: {}", ending.describe()),
            Err(e) => break format!("{name}: the link to the agent broke: {e}"),
        }
    };
    shared.end(why);
}

/// Writes queued frames, as many at a time as are there.
async fn write(mut output: Output, mut queue: mpsc::UnboundedReceiver<Frame>, shared: Arc<Shared>) {
    while let Some(first) = queue.recv().await {
        let Frame { mut bytes, _room: room } = first;
        let mut rooms = vec![room];
        while bytes.len() < WRITE {
            let Ok(more) = queue.try_recv() else { break };
            bytes.extend_from_slice(&more.bytes);
            rooms.push(more._room);
        }
        let written = async {
            output.write_all(&bytes).await?;
            output.flush().await
        };
        if written.await.is_err() {
            // The reader knows better why, if it comes to know it at all.
            tokio::time::sleep(Duration::from_secs(1)).await;
            return shared.end("the link to the agent was closed for writing".to_owned());
        }
    }
}

/// Pings a silent agent and gives it up in the end.
async fn listen(
    queue: mpsc::UnboundedSender<Frame>,
    shared: Arc<Shared>,
    patience: Patience,
    reader: AbortHandle,
) {
    let mut pings = 0;
    loop {
        tokio::time::sleep(patience.ping).await;
        let heard = Duration::from_millis(shared.heard.load(Ordering::Relaxed));
        let silent = shared.started.elapsed().saturating_sub(heard);
        if silent >= patience.silence {
            shared.end(format!("nothing was heard from the agent for {} s", silent.as_secs()));
            // Closes the channel, or ends the child.
            reader.abort();
            return;
        }
        if silent >= patience.ping {
            pings += 1;
            if let Ok(bytes) = frame::encode(&ToAgent::Ping(pings)) {
                let _ = queue.send(Frame { bytes, _room: None });
            }
        }
    }
}
