//! The way to the controller: one link at a time, each going on where the one before it was cut.
//!
//! Each link has a thread that reads and one that writes. A thread whose link has been taken over from may hang in a
//! dead pipe for as long as it likes: it holds no lock there, and finds that its number is no longer the present one.

use super::News;
use super::frame::{self, Broken};
use crate::backlog::{Backlog, Received};
use crate::outcome::Outcome;
use crate::wire::{MAX_FRAME, ToAgent, ToController};
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// The largest write that waiting frames are gathered into, in bytes.
const WRITE: usize = 64 << 10;

/// How long the last answers may take to be written.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// A session's frames in both directions.
#[derive(Default)]
pub(super) struct Link {
    incoming: Mutex<Incoming>,
    outgoing: Mutex<Outgoing>,
    /// A frame is to be written, all are written, or another link took over.
    turned: Condvar,
}

#[derive(Default)]
struct Incoming {
    number: u64,
    received: Received,
}

#[derive(Default)]
struct Outgoing {
    number: u64,
    backlog: Backlog<()>,
    /// Whether frames are on their way out of the thread that writes.
    writing: bool,
    /// Whether the present link can no longer be written to.
    broken: bool,
    /// Whether another is waited for.
    waits: bool,
    /// Who waits for the end of an agent that has no link.
    heir: Option<UnixStream>,
    /// How long a cut link is waited for.
    limit: Option<Duration>,
    /// The present link, where it is one that took over.
    relay: Option<UnixStream>,
}

impl Link {
    /// Serves the first link.
    pub(super) fn open(
        self: &Arc<Self>,
        input: impl Read + Send + 'static,
        output: impl Write + Send + 'static,
        news: SyncSender<News>,
    ) -> io::Result<()> {
        self.spawn(0, input, output, news)
    }

    /// From now on a cut link is waited for as long as this, or not at all.
    pub(super) fn keep(&self, limit: Option<Duration>) {
        let mut outgoing = self.outgoing();
        outgoing.limit = limit;
        outgoing.backlog.keep(limit.is_some());
    }

    /// Sends a frame.
    pub(super) fn send(&self, frame: &ToController) -> io::Result<()> {
        self.push(frame::encode(frame)?);
        Ok(())
    }

    /// Sends a request's answer. A result too large for a frame is told of instead, with whether it changed anything.
    pub(super) fn done(&self, id: u64, outcome: Outcome) -> io::Result<()> {
        let changed = outcome.changed;
        let mut bytes = frame::encode(&ToController::Done(id, outcome))?;
        if bytes.len() > MAX_FRAME + 4 {
            let mut told = Outcome::failed(format!(
                "the module ended, but its result takes {} bytes, more than the {MAX_FRAME} that can be sent",
                bytes.len()
            ));
            told.changed = changed;
            bytes = frame::encode(&ToController::Done(id, told))?;
        }
        self.push(bytes);
        Ok(())
    }

    /// The other side has had so many frames.
    pub(super) fn acknowledged(&self, had: u64) {
        self.outgoing().backlog.acknowledge(had);
    }

    /// Goes on over another link, where the controller has had so many frames.
    pub(super) fn take_over(
        self: &Arc<Self>,
        mut relay: UnixStream,
        had: u64,
        news: SyncSender<News>,
    ) -> io::Result<()> {
        // First nothing more is read from the link before, so that what is told of it stays true.
        let mut incoming = self.incoming();
        let mut outgoing = self.outgoing();
        let theirs = [relay.try_clone()?, relay.try_clone()?, relay.try_clone()?];
        if !outgoing.backlog.resume(had) {
            return Err(io::Error::other("the controller has had another number of frames"));
        }
        incoming.number += 1;
        outgoing.number = incoming.number;
        outgoing.broken = false;
        outgoing.writing = false;
        outgoing.waits = false;
        let [input, output, kept] = theirs;
        if let Some(before) = outgoing.relay.replace(kept) {
            let _ = before.shutdown(Shutdown::Both);
        }
        // Where this cannot be written the thread that reads finds the link cut.
        let _ = relay.write_all(&frame::encode(&ToController::Resumed { had: incoming.received.had() })?);
        self.turned.notify_all();
        self.spawn(incoming.number, input, output, news)
    }

    /// Ends where no link is there; `heir` is closed with this process then, else at once.
    pub(super) fn leave(&self, heir: UnixStream) {
        let mut outgoing = self.outgoing();
        if outgoing.waits {
            outgoing.heir = Some(heir);
            self.turned.notify_all();
        }
    }

    /// Waits until all that was sent is written, where it can be.
    pub(super) fn finish(&self) {
        let busy = |o: &mut Outgoing| !o.broken && (o.writing || !o.backlog.is_written());
        drop(self.turned.wait_timeout_while(self.outgoing(), LAST_WORDS, busy));
    }

    fn push(&self, bytes: Vec<u8>) {
        self.outgoing().backlog.push(bytes, ());
        self.turned.notify_all();
    }

    fn spawn(
        self: &Arc<Self>,
        number: u64,
        input: impl Read + Send + 'static,
        output: impl Write + Send + 'static,
        news: SyncSender<News>,
    ) -> io::Result<()> {
        let (reading, writing) = (Arc::clone(self), Arc::clone(self));
        thread::Builder::new().spawn(move || reading.read(number, input, &news))?;
        thread::Builder::new().spawn(move || writing.write(number, output))?;
        Ok(())
    }

    /// Reads frames until the link ends, and then until no other has followed.
    fn read(&self, number: u64, mut input: impl Read, news: &SyncSender<News>) {
        let end = loop {
            match frame::read(&mut input) {
                Ok(Some((frame, size))) => {
                    if !self.take(number, frame, size, news) {
                        return;
                    }
                }
                Ok(None) => break Ok(()),
                Err(broken) => break Err(broken),
            }
        };
        let followed = match &end {
            Ok(()) | Err(Broken::Cut(_)) => self.is_followed(number),
            Err(Broken::Protocol(_)) => false,
        };
        if !followed {
            // A server that has ended already wants no news.
            let _ = news.send(News::Closed(end.map_err(Broken::why)));
        }
    }

    /// Hands a frame on; false where the link is no longer the present one.
    pub(super) fn take(&self, number: u64, frame: ToAgent, size: usize, news: &SyncSender<News>) -> bool {
        let mut incoming = self.incoming();
        if incoming.number != number {
            return false;
        }
        let due = incoming.received.count(size, matches!(frame, ToAgent::Data { .. }));
        let open = news.send(News::Frame(frame)).is_ok();
        drop(incoming);
        if let Some(had) = due
            && self.outgoing().limit.is_some()
        {
            // Of numbers only, which can always be encoded.
            let _ = self.send(&ToController::Ack(had));
        }
        open
    }

    /// Waits for a link that follows the cut one.
    fn is_followed(&self, number: u64) -> bool {
        let mut outgoing = self.outgoing();
        if outgoing.number == number {
            outgoing.broken = true;
            self.turned.notify_all();
        }
        let limit = outgoing.limit.unwrap_or_default();
        outgoing.waits = outgoing.number == number;
        let alone = |o: &mut Outgoing| o.number == number && o.heir.is_none();
        let waited = self.turned.wait_timeout_while(outgoing, limit, alone);
        waited.unwrap_or_else(PoisonError::into_inner).0.number != number
    }

    /// Writes frames until the link breaks or another takes over.
    fn write(&self, number: u64, mut output: impl Write) {
        let mut outgoing = self.outgoing();
        loop {
            if outgoing.number != number {
                return;
            }
            let Some(bytes) = outgoing.backlog.next(WRITE) else {
                outgoing.writing = false;
                self.turned.notify_all();
                outgoing = self.turned.wait(outgoing).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            outgoing.writing = true;
            drop(outgoing);
            let written = output.write_all(&bytes).and_then(|()| output.flush());
            outgoing = self.outgoing();
            if written.is_err() && outgoing.number == number {
                // The thread that reads comes to know it too.
                outgoing.broken = true;
                self.turned.notify_all();
                return;
            }
        }
    }

    fn incoming(&self) -> MutexGuard<'_, Incoming> {
        self.incoming.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn outgoing(&self) -> MutexGuard<'_, Outgoing> {
        self.outgoing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
