//! Bytes go to a connection no faster than its socket takes them.
//!
//! russh gathers all that it is given before it writes, in a buffer that stays as large as it ever was. Whoever flushes
//! here after each packet waits until the socket has had it, so that little is ever gathered.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What has been flushed to a connection's socket.
#[derive(Clone, Default)]
pub(super) struct Flushes(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    count: u64,
    /// None will follow.
    ended: bool,
    waiting: Vec<Waker>,
}

impl Flushes {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn(&self, how: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        how(&mut state);
        for waker in state.waiting.drain(..) {
            waker.wake();
        }
    }
}

/// A connection's socket, or what stands for it.
pub(super) struct Socket<S> {
    stream: S,
    flushes: Flushes,
}

impl<S> Socket<S> {
    pub fn new(stream: S, flushes: Flushes) -> Self {
        Socket { stream, flushes }
    }
}

impl<S> Drop for Socket<S> {
    fn drop(&mut self) {
        self.flushes.turn(|state| state.ended = true);
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Socket<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Socket<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.flushes.turn(|state| state.count += 1);
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// A channel of the connection, to be written to.
pub(super) struct Paced<W> {
    channel: W,
    flushes: Flushes,
    /// How often the socket had been flushed when the last bytes were handed over.
    handed: Option<u64>,
}

impl<W> Paced<W> {
    pub fn new(channel: W, flushes: Flushes) -> Self {
        Paced { channel, flushes, handed: None }
    }
}

impl<W: AsyncWrite + Unpin> AsyncWrite for Paced<W> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let before = self.flushes.lock().count;
        let written = ready!(Pin::new(&mut self.channel).poll_write(cx, buf))?;
        self.handed = Some(before);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.channel).poll_flush(cx))?;
        let Some(handed) = self.handed else { return Poll::Ready(Ok(())) };
        let mut state = self.flushes.lock();
        if state.count <= handed && !state.ended {
            state.waiting.push(cx.waker().clone());
            return Poll::Pending;
        }
        drop(state);
        self.handed = None;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.channel).poll_shutdown(cx)
    }
}
