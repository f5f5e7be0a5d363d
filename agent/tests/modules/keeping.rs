//! The files of modules that plays bring along: kept once, and forgotten when nobody uses them.

use crate::harness::{Agent, value};
use crate::private;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};
use warp_agent::digest::hex;
use warp_agent::own;
use warp_agent::value::Map;
use warp_agent::wire::{Call, Mode, Request, ToAgent};

const FOLDER: &str = "/var/lib/warp/modules";

/// Asks whether a module is kept, with its bytes after them.
fn keep(agent: &mut Agent, content: &[u8], with_bytes: bool) -> String {
    let args = Map::from_iter([("hash".to_owned(), hex(&Sha256::digest(content)).into())]);
    let call = Call { module: own::KEEP.to_owned(), args, mode: Mode::default(), environment: Vec::new() };
    let id = agent.begin(Request::Run { call, blob: with_bytes.then_some(content.len() as u64) });
    if with_bytes {
        agent.send(&ToAgent::Data { id, bytes: content.to_vec(), last: true });
    }
    value(&agent.finish(id).0, "kept")
}

fn age(content: &[u8], days: u64) {
    let file = File::open(Path::new(FOLDER).join(hex(&Sha256::digest(content)))).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(days * 24 * 3600)).unwrap();
}

#[test]
fn modules_that_nobody_uses_are_forgotten() {
    private::files(&["/var/lib"], || {
        let _ = fs::remove_dir_all(FOLDER);
        let mut agent = Agent::start();
        assert_eq!(keep(&mut agent, b"one", false), "False");
        assert_eq!(keep(&mut agent, b"one", true), "True");
        assert_eq!(keep(&mut agent, b"two", true), "True");
        age(b"one", 40);
        age(b"two", 40);
        // Asked for, it is in use again.
        assert_eq!(keep(&mut agent, b"one", false), "True");
        assert_eq!(keep(&mut agent, b"three", true), "True");
        assert_eq!(keep(&mut agent, b"one", false), "True");
        assert_eq!(keep(&mut agent, b"two", false), "False");
    });
}
