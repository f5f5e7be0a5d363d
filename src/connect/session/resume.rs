//! Going on over another link where the one before was cut.

use super::carry::Carrier;
use super::shared::Cut;
use super::{Session, frame, greeting};
use crate::connect::link::Link;
use crate::error::Error;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use warp_agent::wire::{ToAgent, ToController, VERSION};

/// By which name a session is found again, and for how long.
#[derive(Clone, Debug)]
pub(in crate::connect) struct Resumable {
    /// Whose it is, from run to run.
    pub owner: String,
    /// The name, which nobody else's session has.
    pub session: String,
    /// How long a link may be away.
    pub limit: Duration,
}

/// What a link led to that was to take over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::connect) enum Taken {
    /// The agent, which has gone on.
    Over,
    /// Nobody: the agent has ended.
    Gone,
}

impl Session {
    /// Waits until its link is cut and another is to follow.
    pub async fn cut(&self) -> Cut {
        loop {
            let mut turned = std::pin::pin!(self.shared.turned.notified());
            turned.as_mut().enable();
            if let Some(cut) = self.is_cut() {
                return cut;
            }
            turned.await;
        }
    }

    /// The cut of its link, where no other has followed yet.
    pub fn is_cut(&self) -> Option<Cut> {
        self.shared.state().cut.clone()
    }

    /// How long a link may be away.
    pub fn limit(&self) -> Duration {
        self.resumable.as_ref().map(|r| r.limit).unwrap_or_default()
    }

    /// Ends the session: no link has followed.
    pub fn give_up(&self, why: String) {
        self.shared.end(why);
    }

    /// Goes on over a link to a fresh agent, which leads to the session's own.
    ///
    /// # Errors
    /// This link broke too.
    pub async fn resume(&self, mut link: Link) -> Result<Taken, Error> {
        let Some(resumable) = &self.resumable else { return Ok(Taken::Gone) };
        match greeting(&mut link).await? {
            ToController::Hello { version, .. } if version == VERSION => {}
            _ => return Err(Error::other("the agent did not begin with its hello")),
        }
        let had = self.shared.state().received.had();
        let ask = ToAgent::Resume { owner: resumable.owner.clone(), session: resumable.session.clone(), had };
        let bytes = frame::encode(&ask).map_err(|_| Error::other("the session's name is too long"))?;
        link.output.write_all(&bytes).await.map_err(|e| Error::other(format!("the link broke: {e}")))?;
        let had = match greeting(&mut link).await? {
            ToController::Resumed { had } => had,
            ToController::Gone => return Ok(Taken::Gone),
            _ => return Err(Error::other("the agent answered something else")),
        };
        let mut state = self.shared.state();
        if state.end.is_some() || !state.backlog.resume(had) {
            return Ok(Taken::Gone);
        }
        state.cut = None;
        let number = state.link;
        drop(state);
        *self.carrier() = Carrier::start(link, number, &self.shared, &self.name, self.patience);
        Ok(Taken::Over)
    }
}
