//! Everything that a run needs, started and ended around it.

use crate::action::Actions;
use crate::connect::Sessions;
use crate::error::{Error, Exit};
use crate::event::Events;
use crate::play::Errors;
use crate::run::Services;
use crate::template::Engine;
use std::sync::Arc;
use std::time::Duration;

/// How long open sessions may take to end when the run is over.
const FAREWELL: Duration = Duration::from_secs(5);

/// Runs `work` with its services on threads of its own; Ctrl-C ends it. Sessions are closed at the end.
///
/// # Errors
/// Those of the work.
pub(super) fn drive(
    engine: Arc<Engine>,
    actions: Arc<Actions>,
    events: Events,
    work: impl AsyncFnOnce(Services) -> Result<Exit, Errors>,
) -> Result<Exit, Errors> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .map_err(|e| Error::other(format!("cannot start threads: {e}")))?;
    runtime.block_on(async {
        let sessions = Arc::new(Sessions::default());
        let end = tokio::select! {
            end = work(Services { engine, sessions: Arc::clone(&sessions), actions, events }) => end,
            _ = tokio::signal::ctrl_c() => Ok(Exit::Interrupted),
        };
        sessions.shutdown(FAREWELL).await;
        end
    })
}
