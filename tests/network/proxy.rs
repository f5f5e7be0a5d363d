//! A link to a server that is slow, breaks, or has something to say of its own.

use crate::sshd::Sshd;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// What it does to the connections that go through it.
#[derive(Clone, Copy)]
pub enum Manner {
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

/// A proxy on a port of its own; its threads end with the test program.
pub struct Proxy {
    pub port: u16,
    connections: Arc<AtomicUsize>,
    carried: Arc<AtomicUsize>,
}

impl Proxy {
    /// Before the server on this port.
    pub fn before(server: u16, manner: Manner) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (connections, carried) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (seen, bytes) = (connections.clone(), carried.clone());
        thread::spawn(move || {
            for client in listener.incoming() {
                let number = seen.fetch_add(1, Ordering::SeqCst);
                let (client, bytes) = (client.unwrap(), bytes.clone());
                thread::spawn(move || serve(client, server, manner, number, bytes));
            }
        });
        Proxy { port, connections, carried }
    }

    /// How many connections came.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// How many bytes went up.
    pub fn carried(&self) -> usize {
        self.carried.load(Ordering::SeqCst)
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
}

fn serve(mut client: TcpStream, server: u16, manner: Manner, number: usize, carried: Arc<AtomicUsize>) {
    match manner {
        Manner::DroppingFirst(count) if number < count => return,
        Manner::Answering(words) => {
            let _ = client.write_all(words.as_bytes());
            let _ = client.read(&mut [0; 1024]);
            return;
        }
        Manner::Greeting(words) => client.write_all(words.as_bytes()).unwrap(),
        _ => {}
    }
    let server = TcpStream::connect(("127.0.0.1", server)).unwrap();
    let down = (server.try_clone().unwrap(), client.try_clone().unwrap());
    let most = if let Manner::CutAfter(bytes) = manner { bytes } else { usize::MAX };
    let nothing = Arc::new(AtomicUsize::new(0));
    let back = thread::spawn(move || carry(down.0, down.1, usize::MAX, manner, &nothing));
    carry(client, server, most, manner, &carried);
    back.join().unwrap();
}

/// Carries bytes until either side ends or `most` have gone; then both are closed.
fn carry(mut from: TcpStream, mut to: TcpStream, most: usize, manner: Manner, carried: &AtomicUsize) {
    let mut bytes = [0; 8192];
    let mut sum = 0;
    while sum < most {
        let wanted = bytes.len().min(most - sum);
        let Ok(count @ 1..) = from.read(&mut bytes[..wanted]) else { break };
        if let Manner::Slow { bytes_a_second, delay_ms } = manner {
            // A full piece is one of a stream, which waits for its turn only; a short one is a message.
            let wait = if count == bytes.len() {
                Duration::from_secs_f64(count as f64 / bytes_a_second as f64)
            } else {
                Duration::from_millis(delay_ms)
            };
            thread::sleep(wait);
        }
        sum += count;
        carried.fetch_add(count, Ordering::SeqCst);
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
