//! A way to a server on this machine that counts the bytes that pass, and that can be cut or held up.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

/// What is done when so many bytes have passed.
type Action = Box<dyn FnOnce(&Proxy) + Send>;

/// The way.
#[derive(Clone)]
pub struct Proxy {
    /// Where it begins.
    pub port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    server: u16,
    state: Mutex<State>,
    turned: Condvar,
}

#[derive(Default)]
struct State {
    /// Bytes that have passed, in both directions.
    passed: u64,
    at: Option<(u64, Action)>,
    /// No new connection goes through until then.
    away: Option<Instant>,
    /// Nothing moves until then.
    held: Option<Instant>,
    links: Vec<TcpStream>,
}

impl Proxy {
    /// A way to this port of 127.0.0.1.
    pub fn start(server: u16) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Shared { server, state: Mutex::default(), turned: Condvar::new() };
        let proxy = Proxy { port, shared: Arc::new(shared) };
        let serving = proxy.clone();
        thread::spawn(move || listener.incoming().flatten().for_each(|client| serving.open(client)));
        proxy
    }

    /// Bytes that have passed since the last `renew`.
    pub fn passed(&self) -> u64 {
        self.state().passed
    }

    /// Forgets all that was; what is still connected goes on.
    pub fn renew(&self) {
        *self.state() = State::default();
    }

    /// Does this when exactly so many bytes have passed, before another does.
    pub fn at(&self, bytes: u64, action: impl FnOnce(&Proxy) + Send + 'static) {
        self.state().at = Some((bytes, Box::new(action)));
    }

    /// Cuts all connections; none is made anew for this long.
    pub fn cut(&self, away: Duration) {
        let mut state = self.state();
        state.away = Instant::now().checked_add(away);
        for link in state.links.drain(..) {
            let _ = link.shutdown(Shutdown::Both);
        }
    }

    /// Lets nothing through for this long; nobody is told.
    pub fn hold(&self, time: Duration) {
        self.state().held = Instant::now().checked_add(time);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap()
    }

    fn open(&self, client: TcpStream) {
        self.wait();
        if self.state().away.is_some_and(|until| Instant::now() < until) {
            return;
        }
        let Ok(server) = TcpStream::connect(("127.0.0.1", self.shared.server)) else { return };
        for stream in [&client, &server] {
            stream.set_nodelay(true).unwrap();
            self.state().links.push(stream.try_clone().unwrap());
        }
        for (from, to) in [(client.try_clone(), server.try_clone()), (Ok(server), Ok(client))] {
            let (proxy, from, to) = (self.clone(), from.unwrap(), to.unwrap());
            thread::spawn(move || proxy.pump(from, to));
        }
    }

    fn pump(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut buffer = [0; 16 << 10];
        while let Ok(size @ 1..) = from.read(&mut buffer) {
            self.wait();
            let mut rest = &buffer[..size];
            // Up to where something is to happen, and what is left of it afterwards.
            while !rest.is_empty() {
                let (now, action) = self.pass(rest.len());
                if to.write_all(&rest[..now]).is_err() {
                    break;
                }
                rest = &rest[now..];
                if let Some(action) = action {
                    action(self);
                }
            }
        }
        for stream in [from, to] {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn pass(&self, wanted: usize) -> (usize, Option<Action>) {
        let mut state = self.state();
        let before = state.passed;
        let reached = before + wanted as u64;
        match state.at.take_if(|(at, _)| *at <= reached) {
            Some((at, action)) => {
                state.passed = at.max(before);
                ((state.passed - before) as usize, Some(action))
            }
            None => {
                state.passed = reached;
                (wanted, None)
            }
        }
    }

    fn wait(&self) {
        let mut state = self.state();
        while let Some(until) = state.held.filter(|until| Instant::now() < *until) {
            let left = until.saturating_duration_since(Instant::now());
            state = self.shared.turned.wait_timeout(state, left).unwrap().0;
        }
    }
}
