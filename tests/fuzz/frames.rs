//! Frames, as a guest could send them to the controller and somebody in the controller's place to the agent.

use std::io::Cursor;
use std::path::Path;
use std::sync::LazyLock;
use tokio::runtime::Runtime;
use warp::connect::{AgentImage, LocalAgent, Sessions, Target, Transport};
use warp_agent::outcome::{Diff, Outcome};
use warp_agent::value::{Map, Value};
use warp_agent::wire::{Call, Mode, Request, ToAgent, ToController, VERSION};

fn framed(body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32).to_le_bytes(), body].concat()
}

fn conversation<T: serde::Serialize>(frames: &[T]) -> Vec<u8> {
    frames.iter().flat_map(|frame| framed(&postcard::to_stdvec(frame).unwrap())).collect()
}

fn some_map() -> Map {
    let inner: Map = [("k".to_owned(), Value::Float(1.5)), ("n".to_owned(), Value::Int(-(1 << 90)))].into();
    let list = Value::List(vec![Value::Null, Value::Bool(true), Value::Str("é\n".into()), inner.into()]);
    [("path".to_owned(), Value::Str("/tmp".into())), ("l".to_owned(), list)].into()
}

fn hello() -> ToController {
    ToController::Hello { version: VERSION, uid: 0, home: "/root".into() }
}

/// What guests send, as they should.
pub fn answers() -> Vec<Vec<u8>> {
    let mut outcome =
        Outcome { changed: true, values: some_map(), ..Outcome::failed("why") }.because("because");
    outcome.diff.push(Diff { before: "a\n".into(), after: "b\n".into(), ..Diff::default() });
    outcome.warnings.push("careful".into());
    let data = |id, last| ToController::Data { id, bytes: vec![7; 40], last };
    let frames = [
        hello(),
        data(2, true),
        ToController::Credit { id: 1, bytes: 1 << 20 },
        ToController::Done(2, Outcome::ok().with("size", 40).with("checksum", "x")),
        data(3, false),
        ToController::Done(3, Outcome::ok().with("finished", 0).with("offset", 40)),
        ToController::Pong(1),
        ToController::Done(1, outcome),
    ];
    let bodies = frames.iter().map(|frame| postcard::to_stdvec(frame).unwrap());
    bodies.chain([conversation(&frames)]).collect()
}

/// Reads a frame, and now and then holds a conversation in which it is what the guest says.
pub fn hear(input: &[u8], file: &Path) {
    if let Ok((ToController::Done(_, outcome), _)) = postcard::take_from_bytes(input) {
        let value: warp::value::Value = Value::Map(outcome.values).into();
        let _ = serde_json::Value::from(&value).to_string();
    }
    if input.len().is_multiple_of(8) {
        converse(file);
        std::fs::write(file, [conversation(&[hello()]), framed(input)].concat()).unwrap();
        converse(file);
    }
}

/// The guest says the first frame, waits for ours, and says the rest.
fn converse(file: &Path) {
    static RUNTIME: LazyLock<Runtime> =
        LazyLock::new(|| tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap());
    let first = conversation(&[hello()]).len();
    let script =
        format!("head -c {first} '{0}'; head -c 1 >/dev/null; tail -c +{1} '{0}'", file.display(), first + 1);
    let local = LocalAgent { program: "/bin/sh".into(), args: vec!["-c".into(), script.into()] };
    let to = file.with_extension("fetched");
    RUNTIME.block_on(async {
        let sessions = Sessions::new(AgentImage::new(b""), local);
        let target = Target {
            host: "h".into(),
            transport: Transport::Local(std::path::PathBuf::new()),
            become_: None,
        };
        let call =
            Call { module: "ping".into(), args: Map::new(), mode: Mode::default(), environment: Vec::new() };
        let all = async {
            let (called, read, polled) = tokio::join!(
                sessions.call(&target, call, None),
                sessions.read(&target, "/f", &to),
                sessions.poll(&target, "key", 0)
            );
            if let Ok(outcome) = called {
                let value: warp::value::Value = Value::Map(outcome.values).into();
                let _ = serde_json::Value::from(&value).to_string();
            }
            drop((read, polled));
        };
        // A guest that never answers is as good as one whose frames were read.
        let _ = tokio::time::timeout(std::time::Duration::from_secs(2), all).await;
    });
}

/// What controllers send, as they should.
pub fn requests() -> Vec<Vec<u8>> {
    let run = |module: &str, blob| Request::Run {
        call: Call {
            module: module.into(),
            args: some_map(),
            mode: Mode { check: true, diff: true },
            environment: vec![("A".into(), "b".into())],
        },
        blob,
    };
    let frames = [
        ToAgent::Start(1, run("stat", None)),
        ToAgent::Ping(3),
        ToAgent::Start(2, run("ping", Some(40))),
        ToAgent::Data { id: 2, bytes: vec![7; 40], last: true },
        ToAgent::Credit { id: 1, bytes: 1 << 20 },
        ToAgent::Cancel(1),
        ToAgent::Start(4, Request::Poll { key: "k".into(), offset: 1 }),
        ToAgent::Bye,
    ];
    let bodies = frames.iter().map(|frame| postcard::to_stdvec(frame).unwrap());
    bodies.chain([conversation(&frames)]).collect()
}

/// Serves what came, as it is and as one frame, where it asks for nothing that has an effect.
pub fn serve(input: &[u8], _: &Path) {
    for stream in [input.to_vec(), framed(input)] {
        if harmless(&stream) {
            let _ = warp_agent::serve::serve(Cursor::new(stream), std::io::sink());
        }
    }
}

fn harmless(stream: &[u8]) -> bool {
    let mut rest = stream;
    while let Some((prefix, after)) = rest.split_first_chunk::<4>() {
        let Some(body) = after.get(..u32::from_le_bytes(*prefix) as usize) else { return true };
        if let Ok((ToAgent::Start(_, request), _)) = postcard::take_from_bytes(body) {
            let safe = match request {
                Request::Run { call, .. } => ["ping", "stat"].contains(&call.module.as_str()),
                Request::Poll { .. } => true,
                Request::Read { .. } | Request::Detach(_) | Request::Forget { .. } => false,
            };
            if !safe {
                return false;
            }
        }
        rest = &after[body.len()..];
    }
    true
}
