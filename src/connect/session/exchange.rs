//! One call from its request to its outcome.

use super::room::REST;
use super::shared::{Answer, Entry};
use super::{Session, Sink, Upload};
use crate::connect::CallError;
use crate::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc;
use warp_agent::outcome::Outcome;
use warp_agent::wire::{FIRST, MAX_FRAME, Request, ToAgent, WINDOW};

/// How much is taken in before it is granted again: not a frame for every piece, and no stop either.
const GRANT: u64 = FIRST / 2;

/// A call under way. Dropped before its end (a time limit, an interrupt), it is cancelled on the agent too.
pub(in crate::connect) struct Exchange<'a> {
    session: &'a Session,
    id: u64,
    answers: mpsc::UnboundedReceiver<Answer>,
    granted: Arc<AtomicU64>,
    started: bool,
}

impl Drop for Exchange<'_> {
    fn drop(&mut self) {
        // An entry that is still there has not been answered.
        let open = self.session.shared.state().open.remove(&self.id).is_some();
        if open && self.started {
            let _ = self.session.send(&ToAgent::Cancel(self.id));
        }
    }
}

impl<'a> Exchange<'a> {
    /// Takes an id; an error says why the session has ended, so that nothing can be sent.
    pub(super) fn begin(session: &'a Session) -> Result<Self, Error> {
        let (sender, answers) = mpsc::unbounded_channel();
        let granted = Arc::new(AtomicU64::new(FIRST));
        let mut state = session.shared.state();
        if let Some(why) = &state.end {
            return Err(Error::other(&**why));
        }
        let id = state.next;
        state.next += 1;
        state.open.insert(id, Entry { answers: sender, granted: granted.clone() });
        drop(state);
        Ok(Exchange { session, id, answers, granted, started: false })
    }

    fn lost(&self) -> CallError {
        let why = self.session.shared.state().end.clone();
        let why = why.as_deref().unwrap_or("the agent's session ended");
        CallError::Lost(
            Error::other(format!("{}: the link was lost while a step ran", self.session.name))
                .note(why)
                .note("whether the step ended, and how, is not known")
                .help("look at the host before running the step again"),
        )
    }

    /// Runs a request to its end, streaming both ways as far as each side has granted.
    ///
    /// # Errors
    /// `Lost` where the session ended meanwhile.
    pub async fn run(
        mut self,
        request: Request,
        mut upload: Option<Upload>,
        sink: &mut Sink,
    ) -> Result<Outcome, CallError> {
        if let Err(size) = self.session.send(&ToAgent::Start(self.id, request)) {
            return Ok(Outcome::failed(format!(
                "the step's arguments take {size} bytes, more than the {MAX_FRAME} that fit in one request; \
                 hand large contents over as a file"
            )));
        }
        self.started = true;
        let mut credit = WINDOW;
        let (mut taken, mut rest) = (0, None);
        loop {
            tokio::select! {
                answer = self.answers.recv() => match answer {
                    None => return Err(self.lost()),
                    Some(Answer::Credit(bytes)) => credit = credit.saturating_add(bytes),
                    Some(Answer::Done(outcome)) => return Ok(*outcome),
                    Some(Answer::Data(bytes)) => {
                        if let Err(why) = sink.write(&bytes).await {
                            return Ok(Outcome::failed(why));
                        }
                        taken += bytes.len() as u64;
                        if rest.is_none() {
                            rest = self.session.room.for_rest();
                            taken += if rest.is_some() { REST } else { 0 };
                        }
                        if taken >= GRANT {
                            let bytes = std::mem::take(&mut taken);
                            self.granted.fetch_add(bytes, Ordering::Relaxed);
                            // It is small: no room is needed for it.
                            let _ = self.session.send(&ToAgent::Credit { id: self.id, bytes });
                        }
                    }
                },
                room = self.session.room.for_piece(), if upload.is_some() && credit > 0 => {
                    if let (Some(stream), Ok(room)) = (&mut upload, room) {
                        let bytes = match stream.next(credit).await {
                            Ok(bytes) => bytes,
                            Err(why) => return Ok(Outcome::failed(why)),
                        };
                        credit = credit.saturating_sub(bytes.len() as u64);
                        let last = stream.left() == 0;
                        let piece = ToAgent::Data { id: self.id, bytes, last };
                        let _ = self.session.send_with(&piece, Some(room));
                        if last {
                            upload = None;
                        }
                    }
                }
            }
        }
    }
}
