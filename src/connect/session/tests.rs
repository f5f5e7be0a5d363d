//! A session against an agent that the test plays.

use super::*;
use crate::connect::{Blob, CallError};
use std::sync::atomic::Ordering;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::time::Instant;
use warp_agent::outcome::Outcome;
use warp_agent::value::Map;
use warp_agent::wire::{CHUNK, Call, FIRST, MAX_FRAME, Mode, Request, WINDOW};

/// The far end of a session's link.
struct Agent {
    stream: DuplexStream,
    buffer: Vec<u8>,
}

impl Agent {
    async fn say(&mut self, frame: ToController) {
        self.stream.write_all(&frame::encode(&frame).unwrap()).await.unwrap();
    }

    async fn hear(&mut self) -> ToAgent {
        loop {
            if let Some((frame, used)) = frame::decode(&self.buffer).unwrap() {
                self.buffer.drain(..used);
                return frame;
            }
            assert!(self.stream.read_buf(&mut self.buffer).await.unwrap() > 0, "the session hung up");
        }
    }

    async fn hear_start(&mut self) -> u64 {
        match self.hear().await {
            ToAgent::Start(id, _) => id,
            other => panic!("expected a start, got {other:?}"),
        }
    }
}

const QUICK: Patience = Patience {
    hello: Duration::from_millis(500),
    ping: Duration::from_secs(5),
    silence: Duration::from_secs(20),
};

fn hello(version: u32) -> ToController {
    ToController::Hello { version, uid: 0, home: "/root".into() }
}

async fn pair() -> (Arc<Session>, Agent) {
    pair_with(QUICK).await
}

async fn pair_with(patience: Patience) -> (Arc<Session>, Agent) {
    let (near, far) = tokio::io::duplex(1 << 20);
    let mut agent = Agent { stream: far, buffer: Vec::new() };
    agent.say(hello(VERSION)).await;
    let session = Session::open("guest".into(), Link::memory(near), patience, None, SharedRoom::default());
    let session = session.await.unwrap();
    (Arc::new(session), agent)
}

fn request(blob: Option<u64>) -> Request {
    let call = Call { module: "copy".into(), args: Map::new(), mode: Mode::default(), environment: vec![] };
    Request::Run { call, blob }
}

fn start(
    session: &Arc<Session>,
    upload: Option<Upload>,
) -> tokio::task::JoinHandle<Result<Outcome, CallError>> {
    let session = session.clone();
    tokio::spawn(async move {
        let request = request(upload.as_ref().map(Upload::left));
        session.begin().unwrap().run(request, upload, &mut Sink::None).await
    })
}

fn lost(result: Result<Outcome, CallError>) -> String {
    match result {
        Err(CallError::Lost(error)) => error.to_string(),
        other => panic!("expected lost, got {other:?}"),
    }
}

#[tokio::test]
async fn answers_find_their_calls_in_any_order() {
    let (session, mut agent) = pair().await;
    let calls: Vec<_> = (0..3).map(|_| start(&session, None)).collect();
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(agent.hear_start().await);
    }
    for id in ids.iter().rev() {
        agent.say(ToController::Done(*id, Outcome::ok().with("id", *id))).await;
    }
    // A second answer is let pass.
    agent.say(ToController::Done(ids[0], Outcome::failed("again"))).await;
    let mut answered = Vec::new();
    for call in calls {
        answered.push(call.await.unwrap().unwrap().values.get("id").and_then(|v| v.as_int()).unwrap());
    }
    answered.sort_unstable();
    assert_eq!(answered, [1, 2, 3]);
}

#[tokio::test]
async fn an_upload_goes_as_far_as_it_is_granted() {
    let (session, mut agent) = pair().await;
    let size = 3 * WINDOW as usize + 17;
    let content: Arc<[u8]> = (0..size).map(|i| (i % 251) as u8).collect();
    let upload = Upload::open(Blob::Bytes(content.clone())).await.unwrap();
    let call = start(&session, Some(upload));
    let id = agent.hear_start().await;
    let (mut received, mut granted) = (Vec::new(), WINDOW as usize);
    loop {
        // What was granted comes, and not a byte more.
        while received.len() < granted.min(size) {
            match agent.hear().await {
                ToAgent::Data { bytes, last, .. } => {
                    assert!(bytes.len() <= CHUNK);
                    received.extend(bytes);
                    assert_eq!(last, received.len() == size);
                }
                other => panic!("expected data, got {other:?}"),
            }
            assert!(received.len() <= granted);
        }
        if received.len() == size {
            break;
        }
        let more = tokio::time::timeout(Duration::from_millis(50), agent.hear()).await;
        assert!(more.is_err(), "it went on without a grant: {more:?}");
        granted += 300_000;
        agent.say(ToController::Credit { id, bytes: 300_000 }).await;
    }
    assert!(received == *content);
    agent.say(ToController::Done(id, Outcome::changed(true))).await;
    assert!(call.await.unwrap().unwrap().changed);
}

#[tokio::test]
async fn an_empty_upload_has_its_end() {
    let (session, mut agent) = pair().await;
    let upload = Upload::open(Blob::Bytes(Arc::from([]))).await.unwrap();
    let call = start(&session, Some(upload));
    let id = agent.hear_start().await;
    assert_eq!(agent.hear().await, ToAgent::Data { id, bytes: vec![], last: true });
    agent.say(ToController::Done(id, Outcome::ok())).await;
    assert!(call.await.unwrap().is_ok());
}

#[tokio::test]
async fn an_early_answer_ends_an_upload() {
    let (session, mut agent) = pair().await;
    let content: Arc<[u8]> = vec![0; 2 * WINDOW as usize].into();
    let call = start(&session, Some(Upload::open(Blob::Bytes(content)).await.unwrap()));
    let id = agent.hear_start().await;
    agent.say(ToController::Done(id, Outcome::failed("no such group"))).await;
    assert!(call.await.unwrap().unwrap().failed);
}

#[tokio::test]
async fn a_file_that_shrinks_cancels_the_call() {
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().set_len(4 * WINDOW).unwrap();
    let upload = Upload::open(Blob::File(file.path().to_owned())).await.unwrap();
    file.as_file().set_len(1000).unwrap();
    let (session, mut agent) = pair().await;
    let call = start(&session, Some(upload));
    let id = agent.hear_start().await;
    let outcome = call.await.unwrap().unwrap();
    let said = outcome.values.get("msg").and_then(|v| v.as_str()).unwrap().to_owned();
    assert!(outcome.failed && said.contains("became shorter"), "{said}");
    assert_eq!(agent.hear().await, ToAgent::Cancel(id));
}

#[tokio::test]
async fn a_call_that_is_given_up_is_cancelled() {
    let (session, mut agent) = pair().await;
    let call = start(&session, None);
    let id = agent.hear_start().await;
    call.abort();
    assert_eq!(agent.hear().await, ToAgent::Cancel(id));
    // Its late answer harms nobody.
    agent.say(ToController::Done(id, Outcome::ok())).await;
    let call = start(&session, None);
    let id = agent.hear_start().await;
    agent.say(ToController::Done(id, Outcome::ok())).await;
    assert!(call.await.unwrap().is_ok());
}

#[tokio::test]
async fn a_stream_is_granted_again_as_it_is_consumed() {
    let (session, mut agent) = pair().await;
    let reading = tokio::spawn({
        let session = session.clone();
        async move {
            let mut sink = Sink::Memory(Vec::new());
            let request = Request::Read { path: "/f".into() };
            let outcome = session.begin().unwrap().run(request, None, &mut sink).await;
            (outcome, sink)
        }
    });
    let id = agent.hear_start().await;
    let mut credit = FIRST;
    for n in 0..64 {
        while credit < CHUNK as u64 {
            match agent.hear().await {
                ToAgent::Credit { bytes, .. } => credit += bytes,
                other => panic!("expected a grant, got {other:?}"),
            }
        }
        credit -= CHUNK as u64;
        agent.say(ToController::Data { id, bytes: vec![n; CHUNK], last: n == 63 }).await;
    }
    agent.say(ToController::Done(id, Outcome::ok())).await;
    let (outcome, sink) = reading.await.unwrap();
    assert!(outcome.is_ok());
    assert!(matches!(sink, Sink::Memory(all) if all.len() == 64 * CHUNK && all.ends_with(&[63])));
}

#[tokio::test]
async fn an_agent_that_breaks_the_protocol_is_let_go() {
    for (what, expected) in [
        (0, "more of a stream than was granted"),
        (1, "a second hello"),
        (2, "a frame that cannot be read"),
        (3, "more than the"),
        (4, "an answer to request 99, which was never made"),
        (5, "a frame that cannot be read"),
    ] {
        let (session, mut agent) = pair().await;
        let call = start(&session, None);
        let id = agent.hear_start().await;
        match what {
            0 => {
                // The call takes none of it while the test holds the only thread.
                for _ in 0..=WINDOW as usize / CHUNK {
                    let bytes = frame::encode(&ToController::Data { id, bytes: vec![0; CHUNK], last: false });
                    agent.buffer.extend(bytes.unwrap());
                }
                let granted = session.shared.state().open.get(&id).unwrap().granted.clone();
                granted.store(0, Ordering::Relaxed);
                let flood = std::mem::take(&mut agent.buffer);
                let _ = agent.stream.write_all(&flood).await;
            }
            1 => agent.say(hello(VERSION)).await,
            4 => agent.say(ToController::Done(99, Outcome::ok())).await,
            5 => {
                // Lists in lists, which a reader that recursed as deep as it is told would not survive.
                let mut body = vec![3, 1, 0, 0, 0, 1, 1, b'x'];
                body.extend([5, 1].repeat(400_000));
                let length = (body.len() as u32).to_le_bytes();
                agent.stream.write_all(&length).await.unwrap();
                agent.stream.write_all(&body).await.unwrap();
            }
            2 => agent.stream.write_all(&[2, 0, 0, 0, 255, 255]).await.unwrap(),
            _ => agent.stream.write_all(&(MAX_FRAME as u32 + 1).to_le_bytes()).await.unwrap(),
        }
        let said = lost(call.await.unwrap());
        assert!(said.contains("guest: the agent broke the protocol") && said.contains(expected), "{said}");
        assert!(session.has_ended());
        assert!(session.begin().is_err());
    }
}

#[tokio::test]
async fn arguments_that_are_too_large_fail_their_call_only() {
    let (session, mut agent) = pair().await;
    let mut args = Map::new();
    args.insert("content".into(), "x".repeat(MAX_FRAME).into());
    let call = Call { module: "copy".into(), args, mode: Mode::default(), environment: vec![] };
    let request = Request::Run { call, blob: None };
    let outcome = session.begin().unwrap().run(request, None, &mut Sink::None).await.unwrap();
    assert!(outcome.failed);
    let call = start(&session, None);
    let id = agent.hear_start().await;
    agent.say(ToController::Done(id, Outcome::ok())).await;
    assert!(call.await.unwrap().is_ok());
}

#[tokio::test]
async fn a_silent_agent_is_pinged_and_then_given_up() {
    let patience = Patience {
        hello: QUICK.hello,
        ping: Duration::from_millis(200),
        silence: Duration::from_millis(1000),
    };
    let (session, mut agent) = pair_with(patience).await;
    let call = start(&session, None);
    agent.hear_start().await;
    for n in 1..4 {
        assert_eq!(agent.hear().await, ToAgent::Ping(n));
    }
    // One answer buys all of its patience again.
    agent.say(ToController::Pong(3)).await;
    let answered = Instant::now();
    let said = lost(call.await.unwrap());
    assert!(said.contains("nothing was heard from the agent for"), "{said}");
    assert!(answered.elapsed() >= Duration::from_millis(900), "{:?}", answered.elapsed());
}

#[tokio::test]
async fn a_cut_link_loses_all_calls() {
    let (session, mut agent) = pair().await;
    let calls: Vec<_> = (0..5).map(|_| start(&session, None)).collect();
    for _ in 0..5 {
        agent.hear_start().await;
    }
    drop(agent);
    for call in calls {
        let said = lost(call.await.unwrap());
        assert!(said.contains("guest: the link was lost while a step ran"), "{said}");
    }
}

#[tokio::test]
async fn what_is_no_agent_is_not_reached() {
    let opened = async |bytes: Vec<u8>, hold: bool| {
        let (near, mut far) = tokio::io::duplex(1 << 16);
        far.write_all(&bytes).await.unwrap();
        let far = hold.then_some(far);
        let error = Session::open("guest".into(), Link::memory(near), QUICK, None, SharedRoom::default())
            .await
            .err()
            .unwrap()
            .to_string();
        drop(far);
        error
    };
    let said = opened(frame::encode(&hello(VERSION + 1)).unwrap(), true).await;
    assert!(said.contains("guest: the agent speaks version"), "{said}");
    let said = opened(frame::encode(&ToController::Pong(1)).unwrap(), true).await;
    assert!(said.contains("did not begin with its hello"), "{said}");
    let said = opened(b"\x04\0\0\0\xff\xff\xff\xff".to_vec(), true).await;
    assert!(said.contains("not the agent"), "{said}");
    let said = opened(Vec::new(), true).await;
    assert!(said.contains("guest: the agent did not answer"), "{said}");
    let said = opened(Vec::new(), false).await;
    assert!(said.contains("guest: the agent ended at its start"), "{said}");
}

#[tokio::test]
async fn a_goodbye_waits_for_what_runs() {
    let (session, mut agent) = pair().await;
    let call = start(&session, None);
    let id = agent.hear_start().await;
    let leaving = tokio::spawn({
        let session = session.clone();
        async move { session.bye(Duration::from_secs(5)).await }
    });
    assert_eq!(agent.hear().await, ToAgent::Bye);
    agent.say(ToController::Done(id, Outcome::ok())).await;
    assert!(call.await.unwrap().is_ok());
    assert!(!leaving.is_finished());
    drop(agent);
    leaving.await.unwrap();
}

/// A session that goes on over other links, and its agent.
async fn resumable() -> (Arc<Session>, Agent) {
    let (near, far) = tokio::io::duplex(1 << 20);
    let mut agent = Agent { stream: far, buffer: Vec::new() };
    agent.say(hello(VERSION)).await;
    let resumable = Resumable { owner: "o".into(), session: "s".into(), limit: Duration::from_secs(7) };
    let session =
        Session::open("guest".into(), Link::memory(near), QUICK, Some(resumable), SharedRoom::default())
            .await
            .unwrap();
    match agent.hear().await {
        ToAgent::Keep(keep) => assert_eq!((&*keep.session, keep.limit_secs, keep.silence_secs), ("s", 7, 20)),
        other => panic!("expected to be kept, got {other:?}"),
    }
    (Arc::new(session), agent)
}

/// Another link for a session, on which the agent has had so many frames; gives how many the session has had.
async fn another(session: &Arc<Session>, answer: ToController) -> (Agent, u64, Taken) {
    let (near, far) = tokio::io::duplex(1 << 20);
    let mut agent = Agent { stream: far, buffer: Vec::new() };
    agent.say(hello(VERSION)).await;
    agent.say(answer).await;
    let taken = session.resume(Link::memory(near)).await.unwrap();
    match agent.hear().await {
        ToAgent::Resume { owner, session, had } if owner == "o" && session == "s" => (agent, had, taken),
        other => panic!("expected a resume, got {other:?}"),
    }
}

#[tokio::test]
async fn a_session_goes_on_where_its_link_was_cut() {
    let (session, mut agent) = resumable().await;
    let first = start(&session, None);
    let one = agent.hear_start().await;
    let second = start(&session, None);
    let two = agent.hear_start().await;
    agent.say(ToController::Done(one, Outcome::ok())).await;
    assert!(first.await.unwrap().is_ok());
    drop(agent);
    session.cut().await;
    // What is asked for meanwhile waits.
    let third = start(&session, None);
    // The second start never came to the agent: it is sent again, and nothing else is.
    let (mut agent, had, taken) = another(&session, ToController::Resumed { had: 2 }).await;
    assert_eq!((had, taken), (1, Taken::Over));
    assert_eq!(agent.hear_start().await, two);
    let three = agent.hear_start().await;
    for id in [three, two] {
        agent.say(ToController::Done(id, Outcome::ok())).await;
    }
    assert!(second.await.unwrap().is_ok() && third.await.unwrap().is_ok());
    // A link that nobody needs is let go.
    drop(agent);
    let mut ended = 0;
    while !session.has_ended() {
        ended += 1;
        assert!(ended < 1000);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_session_whose_agent_is_gone_or_is_another_loses_its_calls() {
    for answer in [ToController::Gone, ToController::Resumed { had: 99 }] {
        let (session, mut agent) = resumable().await;
        let call = start(&session, None);
        agent.hear_start().await;
        drop(agent);
        session.cut().await;
        let (_, _, taken) = another(&session, answer).await;
        assert_eq!(taken, Taken::Gone);
        session.give_up("nobody there".to_owned());
        assert!(lost(call.await.unwrap()).contains("nobody there"));
    }
}
