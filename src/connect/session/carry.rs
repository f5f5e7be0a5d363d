//! The tasks that carry a session over one link: one reads frames, one writes them, one listens for silence.

use super::shared::Shared;
use super::{Patience, frame};
use crate::connect::link::{Ending, Input, Link, Output};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::task::AbortHandle;
use warp_agent::wire::ToAgent;

/// The largest write, into which queued frames are gathered, in bytes.
const WRITE: usize = 16 << 10;

/// A link in use; dropped, it is closed.
pub(super) struct Carrier([AbortHandle; 3]);

impl Drop for Carrier {
    fn drop(&mut self) {
        for task in &self.0 {
            task.abort();
        }
    }
}

impl Carrier {
    /// Carries the session over this link, which has this number.
    pub fn start(link: Link, number: u64, shared: &Arc<Shared>, name: &Arc<str>, patience: Patience) -> Self {
        shared.hear();
        let reader = tokio::spawn(read(link.input, link.ending, number, shared.clone(), name.clone()));
        let closer = reader.abort_handle();
        Carrier([
            tokio::spawn(write(link.output, number, shared.clone())).abort_handle(),
            tokio::spawn(listen(number, shared.clone(), patience, reader.abort_handle())).abort_handle(),
            closer,
        ])
    }
}

/// Reads frames until the link ends.
async fn read(mut input: Input, ending: Ending, number: u64, shared: Arc<Shared>, name: Arc<str>) {
    let why = loop {
        let mut used = 0;
        let wrong = loop {
            match frame::decode(input.buffer.get(used..).unwrap_or_default()) {
                Ok(Some((frame, size))) => {
                    used += size;
                    if let Err(wrong) = shared.deliver(number, frame, size) {
                        break Some(wrong);
                    }
                }
                Ok(None) => break None,
                Err(wrong) => break Some(wrong),
            }
        };
        input.buffer.drain(..used);
        if let Some(wrong) = wrong {
            return shared.end(format!("{name}: the agent broke the protocol: it sent {wrong}"));
        }
        if used > 0 {
            shared.hear();
        }
        match input.fill().await {
            Ok(true) => {}
            Ok(false) => {
                let why = format!("{name}: the agent ended: {}", ending.describe());
                // Who told how it ended knows that it has; a connection that closed tells of the link only.
                match ending.exit() {
                    Some(_) => return shared.end(why),
                    None => break why,
                }
            }
            Err(e) => break format!("{name}: the link to the agent broke: {e}"),
        }
    };
    shared.cut(number, why);
}

/// Writes queued frames, as many at a time as are there.
async fn write(mut output: Output, number: u64, shared: Arc<Shared>) {
    loop {
        let next = {
            let mut state = shared.state();
            if state.link != number {
                return;
            }
            state.backlog.next(WRITE)
        };
        let Some(bytes) = next else {
            shared.queued.notified().await;
            continue;
        };
        let written = async {
            for piece in bytes.chunks(WRITE) {
                output.write_all(piece).await?;
                output.flush().await?;
            }
            Ok::<_, std::io::Error>(())
        };
        if written.await.is_err() {
            // The reader knows better why, if it comes to know it at all.
            tokio::time::sleep(Duration::from_secs(1)).await;
            return shared.cut(number, "the link to the agent was closed for writing".to_owned());
        }
    }
}

/// Pings a silent agent and gives its link up in the end.
async fn listen(number: u64, shared: Arc<Shared>, patience: Patience, reader: AbortHandle) {
    let mut pings = 0;
    loop {
        tokio::time::sleep(patience.ping).await;
        let silent = shared.silence();
        if silent >= patience.silence {
            shared.cut(number, format!("nothing was heard from the agent for {} s", silent.as_secs()));
            // Closes the channel, or ends the child.
            reader.abort();
            return;
        }
        if silent >= patience.ping {
            pings += 1;
            if let Ok(bytes) = frame::encode(&ToAgent::Ping(pings)) {
                shared.push(bytes, None);
            }
        }
    }
}
