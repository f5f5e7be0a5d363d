//! A controller for tests: starts the agent, sends frames, reads frames.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};
use warp_agent::modules;
use warp_agent::outcome::Outcome;
use warp_agent::python;
use warp_agent::validate;
use warp_agent::value::{Map, Value};
use warp_agent::wire::{CHUNK, Call, Mode, Request, ToAgent, ToController, VERSION, WINDOW};

/// The agent.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_warp-agent");

/// An agent that runs, and the pipes to it.
pub struct Agent {
    pub child: Child,
    pub input: Option<ChildStdin>,
    pub output: ChildStdout,
    next: u64,
}

impl Agent {
    pub fn start() -> Self {
        Self::start_by(&mut Command::new(PROGRAM))
    }

    /// Starts it by a command that becomes the agent.
    pub fn start_by(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let input = child.stdin.take();
        let output = child.stdout.take().unwrap();
        let mut agent = Agent { child, input, output, next: 1 };
        match agent.read() {
            Some(ToController::Hello { version: VERSION, .. }) => agent,
            other => panic!("no hello but {other:?}"),
        }
    }

    pub fn send(&mut self, frame: &ToAgent) {
        let body = postcard::to_stdvec(frame).unwrap();
        let mut bytes = u32::try_from(body.len()).unwrap().to_le_bytes().to_vec();
        bytes.extend(body);
        self.input.as_mut().unwrap().write_all(&bytes).unwrap();
    }

    /// The next frame; nothing at the agent's end.
    pub fn read(&mut self) -> Option<ToController> {
        let mut prefix = [0; 4];
        self.output.read_exact(&mut prefix).ok()?;
        let mut body = vec![0; u32::from_le_bytes(prefix) as usize];
        self.output.read_exact(&mut body).unwrap();
        Some(postcard::from_bytes(&body).unwrap())
    }

    pub fn begin(&mut self, request: Request) -> u64 {
        let id = self.next;
        self.next += 1;
        self.send(&ToAgent::Start(id, request));
        id
    }

    /// Reads until a request is answered; its stream is granted as it comes, and given back.
    pub fn finish(&mut self, id: u64) -> (Outcome, Vec<u8>) {
        let mut stream = Vec::new();
        loop {
            match self.read().expect("the agent ended") {
                ToController::Done(done, outcome) if done == id => return (outcome, stream),
                ToController::Data { id: of, bytes, .. } if of == id => {
                    self.send(&ToAgent::Credit { id, bytes: bytes.len() as u64 });
                    stream.extend(bytes);
                }
                _ => {}
            }
        }
    }

    pub fn request(&mut self, request: Request) -> (Outcome, Vec<u8>) {
        let id = self.begin(request);
        self.finish(id)
    }

    /// Runs a module whose arguments are written as JSON, checked as a controller checks them.
    pub fn call(&mut self, module: &str, args: &str) -> Outcome {
        self.call_in(module, args, &Mode::default())
    }

    pub fn call_in(&mut self, module: &str, args: &str, mode: &Mode) -> Outcome {
        let request = Request::Run { call: call(module, args, mode), blob: None };
        self.request(request).0
    }

    /// Runs a module with a stream, sent only as far as it is granted.
    pub fn call_with(&mut self, module: &str, args: &str, mode: &Mode, blob: &[u8]) -> Outcome {
        let id = self.begin(Request::Run { call: call(module, args, mode), blob: Some(blob.len() as u64) });
        let mut credit = usize::try_from(WINDOW).unwrap();
        let mut rest = blob;
        let mut ended = false;
        loop {
            while credit > 0 && !ended {
                let (piece, left) = rest.split_at(rest.len().min(CHUNK).min(credit));
                ended = left.is_empty();
                self.send(&ToAgent::Data { id, bytes: piece.to_vec(), last: ended });
                credit -= piece.len();
                rest = left;
            }
            match self.read().expect("the agent ended") {
                ToController::Credit { bytes, .. } => credit += usize::try_from(bytes).unwrap(),
                ToController::Done(_, outcome) => return outcome,
                other => panic!("unexpected {other:?}"),
            }
        }
    }

    /// Cuts the link and waits for the agent's end.
    pub fn cut(mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}

/// A call as a controller makes it.
pub fn call(module: &str, args: &str, mode: &Mode) -> Call {
    let spec = modules::find(module).unwrap().spec();
    let args = python::from_json(serde_json::from_str(args).unwrap());
    let args = validate::check(spec, args.as_map().unwrap()).unwrap().args;
    Call { module: module.to_owned(), args, mode: mode.clone(), environment: Vec::new() }
}

/// A return value as Python prints it; empty when absent.
pub fn value(outcome: &Outcome, name: &str) -> String {
    outcome.values.get(name).map(python::str).unwrap_or_default()
}

pub fn msg(outcome: &Outcome) -> String {
    value(outcome, "msg")
}

/// A value inside a map among the return values.
pub fn inner(outcome: &Outcome, map: &str, name: &str) -> Value {
    let empty = Map::new();
    let map = outcome.values.get(map).and_then(Value::as_map).unwrap_or(&empty);
    map.get(name).cloned().unwrap_or_default()
}

pub const CHECK: Mode = Mode { check: true, diff: false };
pub const DIFF: Mode = Mode { check: false, diff: true };

/// Waits until something holds; false when it does not within ten seconds.
pub fn soon(mut holds: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + Duration::from_secs(10);
    while Instant::now() < end {
        if holds() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

/// Whether a process that wrote its id to a file still runs.
pub fn lives(pid_file: &Path) -> bool {
    let pid = std::fs::read_to_string(pid_file).unwrap();
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}
