//! The loop that serves a controller over any pair of byte streams.
//!
//! One thread reads frames, one writes them, one runs each request, and one, here, hands everything out. Nothing here
//! blocks for long: streams wait in their request's thread, and only for what that request was granted.

mod frame;
mod link;
mod read;
mod relay;
mod stream;

use crate::accounts;
use crate::command::{Cancel, GRACE};
use crate::detach;
use crate::module::Blob;
use crate::outcome::Outcome;
use crate::runner;
use crate::wire::{Keep, Request, ToAgent, ToController, VERSION};
use frame::Broken;
use link::Link;
use std::collections::{HashMap, VecDeque};
use std::io::{Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};
use stream::{Credit, Incoming};

/// How many requests run at once; more wait their turn. Wide enough that steps which wait for one another do not
/// keep each other out.
const RUNNING: usize = 256;

/// How many frames are read ahead of what has been handed out.
const READ_AHEAD: usize = 16;

/// Serves until the controller says goodbye and all is answered, or the link ends and none follows. Programs that still
/// run then are ended with it. A link that is to take over from another agent's is carried there instead.
///
/// # Errors
/// The controller broke the protocol, in a sentence; or the first frame could not be written.
pub fn serve(
    mut input: impl Read + Send + 'static,
    mut output: impl Write + Send + 'static,
) -> Result<(), String> {
    let uid = accounts::effective_uid();
    let home = std::env::var("HOME").ok().or_else(|| accounts::user_by_id(uid).map(|u| u.home));
    let hello = ToController::Hello { version: VERSION, uid, home: home.unwrap_or_else(|| "/".to_owned()) };
    tell(&mut output, &hello)?;
    let (first, size) = loop {
        match frame::read(&mut input).map_err(Broken::why)? {
            Some((ToAgent::Resume { owner, session, had }, _)) => match relay::find(&owner, &session, had) {
                Ok(agent) => return relay::carry(agent, input, output),
                Err(_) => tell(&mut output, &ToController::Gone)?,
            },
            Some(first) => break first,
            None => return Ok(()),
        }
    };
    let link = Arc::new(Link::default());
    let (news, arriving) = sync_channel(READ_AHEAD);
    link.take(0, first, size, &news);
    link.open(input, output, news.clone()).map_err(|e| format!("cannot start a thread: {e}"))?;
    let mut server = Server {
        link,
        news,
        open: HashMap::new(),
        waiting: VecDeque::new(),
        running: 0,
        closing: false,
        patience: None,
    };
    let end = server.run(&arriving);
    server.link.finish();
    end
}

/// Writes a frame that belongs to this link alone.
fn tell(output: &mut impl Write, frame: &ToController) -> Result<(), String> {
    let written =
        frame::encode(frame).and_then(|bytes| output.write_all(&bytes)).and_then(|()| output.flush());
    written.map_err(|e| format!("cannot greet the controller: {e}"))
}

/// What the loop hears of.
enum News {
    /// A frame came.
    Frame(ToAgent),
    /// No more will come: the end of the link, or what was wrong with it.
    Closed(Result<(), String>),
    /// A request's thread is done.
    Finished(u64),
}

/// A request under way, as its thread and the loop share it.
struct Open {
    id: u64,
    cancel: Cancel,
    incoming: Incoming,
    credit: Credit,
}

impl Open {
    /// Ends it: its programs, and its waiting for streams.
    fn stop(&self) {
        self.cancel.cancel();
        self.incoming.stop();
        self.credit.stop();
    }
}

struct Server {
    link: Arc<Link>,
    news: SyncSender<News>,
    open: HashMap<u64, Arc<Open>>,
    waiting: VecDeque<(Arc<Open>, Request)>,
    running: usize,
    closing: bool,
    /// After how long a silence nobody is there any more.
    patience: Option<Duration>,
}

impl Server {
    fn run(&mut self, arriving: &Receiver<News>) -> Result<(), String> {
        while let Some(news) = self.next(arriving) {
            match news {
                News::Frame(frame) => {
                    if let Err(why) = self.take(frame) {
                        self.abandon(arriving);
                        return Err(why);
                    }
                }
                News::Finished(id) => self.finish(id),
                News::Closed(end) => {
                    self.abandon(arriving);
                    return end;
                }
            }
            if self.closing && self.open.is_empty() {
                break;
            }
        }
        Ok(())
    }

    /// What comes next; nothing comes from a controller that has been silent for too long.
    fn next(&self, arriving: &Receiver<News>) -> Option<News> {
        let Some(patience) = self.patience else { return arriving.recv().ok() };
        match arriving.recv_timeout(patience) {
            Ok(news) => Some(news),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => {
                Some(News::Closed(Err(format!("nothing came for {} s", patience.as_secs()))))
            }
        }
    }

    fn take(&mut self, frame: ToAgent) -> Result<(), String> {
        match frame {
            ToAgent::Start(id, request) => self.start(id, request)?,
            // Frames for a request that is answered already crossed its answer on the way.
            ToAgent::Data { id, bytes, last } => {
                if let Some(open) = self.open.get(&id) {
                    open.incoming.push(bytes, last)?;
                }
            }
            ToAgent::Credit { id, bytes } => {
                if let Some(open) = self.open.get(&id) {
                    open.credit.add(bytes);
                }
            }
            ToAgent::Cancel(id) => {
                if let Some(open) = self.open.get(&id) {
                    open.stop();
                }
            }
            // Frames of numbers can always be encoded.
            ToAgent::Ping(n) => drop(self.link.send(&ToController::Pong(n))),
            ToAgent::Ack(had) => self.link.acknowledged(had),
            ToAgent::Keep(keep) => self.keep(&keep),
            ToAgent::Resume { .. } => {
                return Err("the controller resumed a session within another".to_owned());
            }
            ToAgent::Bye => {
                self.closing = true;
                self.link.keep(None);
            }
        }
        Ok(())
    }

    /// Outlives cut links, where it can be found again.
    fn keep(&mut self, keep: &Keep) {
        relay::end_orphans(&keep.owner);
        if relay::listen(&keep.owner, &keep.session, &self.link, &self.news).is_ok() {
            let limit = Duration::from_secs(keep.limit_secs);
            self.patience = Some(limit.saturating_add(Duration::from_secs(keep.silence_secs)));
            self.link.keep(Some(limit));
        }
    }

    fn start(&mut self, id: u64, request: Request) -> Result<(), String> {
        let open = Arc::new(Open {
            id,
            cancel: Cancel::new(),
            incoming: Incoming::default(),
            credit: Credit::default(),
        });
        if self.open.insert(id, Arc::clone(&open)).is_some() {
            return Err(format!("the controller began request {id} twice"));
        }
        if self.running < RUNNING {
            self.launch(open, request);
        } else {
            self.waiting.push_back((open, request));
        }
        Ok(())
    }

    fn launch(&mut self, open: Arc<Open>, request: Request) {
        let (id, link, news) = (open.id, Arc::clone(&self.link), self.news.clone());
        let thread = thread::Builder::new().spawn(move || {
            let outcome = answer(&open, &link, request);
            // An outcome of ours can always be encoded.
            let _ = link.done(open.id, outcome);
            let _ = news.send(News::Finished(open.id));
        });
        match thread {
            Ok(_) => self.running += 1,
            Err(e) => {
                let _ = self.link.done(id, Outcome::failed(format!("cannot start a thread: {e}")));
                self.open.remove(&id);
            }
        }
    }

    fn finish(&mut self, id: u64) {
        self.open.remove(&id);
        self.running = self.running.saturating_sub(1);
        if let Some((open, request)) = self.waiting.pop_front() {
            self.launch(open, request);
        }
    }

    /// The link is gone: ends what runs, waits for it as long as it may take, and kills the rest.
    fn abandon(&mut self, arriving: &Receiver<News>) {
        for (open, _) in self.waiting.drain(..) {
            self.open.remove(&open.id);
        }
        for open in self.open.values() {
            open.stop();
        }
        let deadline = Instant::now() + GRACE + Duration::from_secs(1);
        while !self.open.is_empty() {
            match arriving.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(News::Finished(id)) => drop(self.open.remove(&id)),
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
        }
        for open in self.open.values() {
            open.cancel.kill();
        }
    }
}

/// Carries a request out. A defect that panics is this request's alone, where the profile lets panics unwind.
fn answer(open: &Open, link: &Link, request: Request) -> Outcome {
    catch_unwind(AssertUnwindSafe(|| carry_out(open, link, request)))
        .unwrap_or_else(|_| Outcome::failed("a defect in warp's agent: the module panicked"))
}

fn carry_out(open: &Open, link: &Link, request: Request) -> Outcome {
    match request {
        Request::Run { call, blob: None } => runner::run(&call, None, &open.cancel, None),
        Request::Run { call, blob: Some(len) } => {
            let mut reader = open.incoming.reader(open.id, len, link);
            runner::run(&call, Some(Blob { len, reader: &mut reader }), &open.cancel, None)
        }
        Request::Read { path } => read::file(&path, &mut open.credit.sender(open.id, link)),
        Request::Detach(detach) => detach::start(&detach),
        Request::Poll { key, offset } => detach::poll(&key, offset, &mut open.credit.sender(open.id, link)),
        Request::Forget { key } => detach::forget(&key),
    }
}
