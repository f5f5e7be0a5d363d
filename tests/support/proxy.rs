//! A way to a server on this machine that counts what passes, can be cut or held up, is slow, or has something to say of
//! its own. Its threads end with the test program.

use crate::sshd::Sshd;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

/// What is done when so many bytes have passed.
type Action = Box<dyn FnOnce(&Proxy) + Send>;

/// What it does to the connections that go through it.
#[derive(Clone, Copy)]
pub enum Manner {
    /// Lets them through as they are.
    Plain,
    /// Lets so many bytes through in a second, each way, each of them later than it came.
    Slow { bytes_a_second: usize, delay_ms: u64 },
    /// Closes this many connections at once, and lets the others through.
    DroppingFirst(usize),
    /// Cuts each once this many bytes went up.
    CutAfter(usize),
    /// Says this before the server does.
    Greeting(&'static str),
    /// Says this and nothing else.
    Answering(&'static str),
}

/// The way.
#[derive(Clone)]
pub struct Proxy {
    /// Where it begins.
    pub port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    server: u16,
    manner: Manner,
    state: Mutex<State>,
    turned: Condvar,
}

#[derive(Default)]
struct State {
    /// Bytes that have passed, in both directions.
    passed: u64,
    /// Those of them that went up.
    carried: usize,
    connections: usize,
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
        Proxy::before(server, Manner::Plain)
    }

    /// A way to this port of 127.0.0.1, with these manners.
    pub fn before(server: u16, manner: Manner) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Shared { server, manner, state: Mutex::default(), turned: Condvar::new() };
        let proxy = Proxy { port, shared: Arc::new(shared) };
        let serving = proxy.clone();
        thread::spawn(move || listener.incoming().flatten().for_each(|client| serving.meet(client)));
        proxy
    }

    /// Bytes that have passed since the last `renew`.
    pub fn passed(&self) -> u64 {
        self.state().passed
    }

    /// Bytes of them that went up.
    pub fn carried(&self) -> usize {
        self.state().carried
    }

    /// How many connections came.
    pub fn connections(&self) -> usize {
        self.state().connections
    }

    /// The server's variables, by way of this port; its key is the server's.
    pub fn variables(&self, server: &Sshd, port: u16) -> String {
        let known = std::fs::read_to_string(server.at("known_hosts")).unwrap();
        let line = known.replace(&format!(":{} ", server.port), &format!(":{port} "));
        std::fs::write(server.at("known_by_proxy"), known + &line).unwrap();
        server
            .variables()
            .replace(&format!("ansible_port={}", server.port), &format!("ansible_port={port}"))
            .replace("known_hosts -o", "known_by_proxy -o")
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

    fn meet(&self, mut client: TcpStream) {
        let number = {
            let mut state = self.state();
            state.connections += 1;
            state.connections
        };
        match self.shared.manner {
            Manner::DroppingFirst(count) if number <= count => return,
            Manner::Answering(words) => {
                thread::spawn(move || {
                    let _ = client.write_all(words.as_bytes());
                    let _ = client.read(&mut [0; 1024]);
                });
                return;
            }
            Manner::Greeting(words) => client.write_all(words.as_bytes()).unwrap(),
            _ => {}
        }
        self.open(client);
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
        for (from, to, up) in
            [(client.try_clone(), server.try_clone(), true), (Ok(server), Ok(client), false)]
        {
            let (proxy, from, to) = (self.clone(), from.unwrap(), to.unwrap());
            thread::spawn(move || proxy.pump(from, to, up));
        }
    }

    fn pump(&self, mut from: TcpStream, mut to: TcpStream, up: bool) {
        let mut buffer = [0; 8 << 10];
        let mut left = match self.shared.manner {
            Manner::CutAfter(bytes) if up => bytes,
            _ => usize::MAX,
        };
        while left > 0
            && let Ok(size @ 1..) = from.read(&mut buffer)
        {
            self.wait();
            self.dawdle(size == buffer.len(), size);
            let mut rest = &buffer[..size.min(left)];
            left -= rest.len();
            self.state().carried += if up { rest.len() } else { 0 };
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

    /// Takes the time of a slow link for so many bytes.
    fn dawdle(&self, of_stream: bool, size: usize) {
        let Manner::Slow { bytes_a_second, delay_ms } = self.shared.manner else { return };
        // A full piece is one of a stream, which waits for its turn only; a short one is a message.
        thread::sleep(match of_stream {
            true => Duration::from_secs_f64(size as f64 / bytes_a_second as f64),
            false => Duration::from_millis(delay_ms),
        });
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
