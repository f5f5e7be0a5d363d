//! The streams of a request, each moving only as far as its receiver has granted.

use super::link::Link;
use crate::wire::{CHUNK, FIRST, ToController, WINDOW};
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// How much is consumed before it is granted again: not a frame for every piece, and no stop either.
const GRANT: u64 = WINDOW / 8;

fn stopped() -> io::Error {
    io::Error::other("the step was cancelled")
}

/// Bytes from the controller that the request has not read yet: at most `WINDOW`.
#[derive(Default)]
pub(super) struct Incoming {
    state: Mutex<Waiting>,
    ready: Condvar,
}

#[derive(Default)]
struct Waiting {
    pieces: VecDeque<Vec<u8>>,
    /// Bytes received and not granted again.
    held: u64,
    ended: bool,
    stopped: bool,
}

impl Incoming {
    /// Takes a piece.
    pub(super) fn push(&self, bytes: Vec<u8>, last: bool) -> Result<(), String> {
        let mut state = self.lock();
        state.held = state.held.saturating_add(bytes.len() as u64);
        if state.held > WINDOW {
            return Err("the controller sent more of a stream than was granted".to_owned());
        }
        state.pieces.push_back(bytes);
        state.ended |= last;
        self.ready.notify_all();
        Ok(())
    }

    /// Ends the waiting for more.
    pub(super) fn stop(&self) {
        self.lock().stopped = true;
        self.ready.notify_all();
    }

    /// Reads them, `len` in all.
    pub(super) fn reader<'a>(&'a self, id: u64, len: u64, link: &'a Link) -> Reader<'a> {
        Reader { incoming: self, id, link, left: len, piece: Vec::new(), at: 0, ungranted: 0 }
    }

    /// The next piece; nothing at the end.
    fn next(&self) -> io::Result<Option<Vec<u8>>> {
        let mut state = self.lock();
        loop {
            if state.stopped {
                return Err(stopped());
            }
            if let Some(piece) = state.pieces.pop_front() {
                return Ok(Some(piece));
            }
            if state.ended {
                return Ok(None);
            }
            state = self.ready.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads a stream of known length; one that ends early or goes on is an error.
pub(super) struct Reader<'a> {
    incoming: &'a Incoming,
    id: u64,
    link: &'a Link,
    left: u64,
    piece: Vec<u8>,
    at: usize,
    ungranted: u64,
}

impl Reader<'_> {
    fn grant(&mut self) -> io::Result<()> {
        let bytes = std::mem::take(&mut self.ungranted);
        let mut state = self.incoming.lock();
        state.held = state.held.saturating_sub(bytes);
        drop(state);
        self.link.send(&ToController::Credit { id: self.id, bytes })
    }
}

impl Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at >= self.piece.len() {
            match self.incoming.next()? {
                Some(piece) => {
                    let size = piece.len() as u64;
                    self.left = self
                        .left
                        .checked_sub(size)
                        .ok_or_else(|| io::Error::other("the stream is longer than the controller said"))?;
                    self.ungranted += size;
                    (self.piece, self.at) = (piece, 0);
                    if self.ungranted >= GRANT && self.left > 0 {
                        self.grant()?;
                    }
                }
                None if self.left == 0 => return Ok(0),
                None => return Err(io::Error::other("the stream is shorter than the controller said")),
            }
        }
        let rest = self.piece.get(self.at..).unwrap_or_default();
        let size = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..size), rest.get(..size)) {
            to.copy_from_slice(from);
        }
        self.at += size;
        Ok(size)
    }
}

/// How many bytes the controller takes.
pub(super) struct Credit {
    /// Granted and not used; `None` once the request is to end.
    state: Mutex<Option<u64>>,
    more: Condvar,
}

impl Default for Credit {
    fn default() -> Self {
        Credit { state: Mutex::new(Some(FIRST)), more: Condvar::new() }
    }
}

impl Credit {
    /// The controller has consumed this many more.
    pub(super) fn add(&self, bytes: u64) {
        if let Some(credit) = &mut *self.lock() {
            *credit = credit.saturating_add(bytes);
        }
        self.more.notify_all();
    }

    /// Ends the waiting for more.
    pub(super) fn stop(&self) {
        *self.lock() = None;
        self.more.notify_all();
    }

    /// Sends a stream.
    pub(super) fn sender<'a>(&'a self, id: u64, link: &'a Link) -> Sender<'a> {
        Sender { credit: self, id, link }
    }

    /// Waits until at least one byte may be sent, and takes up to `wanted`.
    fn take(&self, wanted: usize) -> io::Result<usize> {
        let mut state = self.lock();
        loop {
            match &mut *state {
                None => return Err(stopped()),
                Some(0) => state = self.more.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(credit) => {
                    let size = usize::try_from(*credit).unwrap_or(wanted).min(wanted);
                    *credit = credit.saturating_sub(size as u64);
                    return Ok(size);
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<u64>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes a request's stream to the controller.
pub(super) struct Sender<'a> {
    credit: &'a Credit,
    id: u64,
    link: &'a Link,
}

impl Sender<'_> {
    fn send(&self, bytes: &[u8], last: bool) -> io::Result<()> {
        self.link.send(&ToController::Data { id: self.id, bytes: bytes.to_vec(), last })
    }
}

impl Write for Sender<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        let size = self.credit.take(bytes.len().min(CHUNK))?;
        self.send(bytes.get(..size).unwrap_or_default(), false)?;
        Ok(size)
    }

    /// Tells the controller that the stream is whole.
    fn flush(&mut self) -> io::Result<()> {
        self.send(&[], true)
    }
}
