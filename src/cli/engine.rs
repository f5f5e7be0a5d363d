//! Everything that a run needs, started and ended around it.

use crate::action::Actions;
use crate::connect::Sessions;
use crate::error::{Error, Exit};
use crate::event::Events;
use crate::play::Errors;
use crate::process;
use crate::run::Services;
use crate::template::Engine;
use nix::sys::signal::{SigHandler, Signal};
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix;

/// How long open sessions may take to end when the run is over.
const FAREWELL: Duration = Duration::from_secs(5);

/// Runs `work` with its services on threads of its own until it ends or the process is signalled to. Sessions are closed at the end.
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
    let (end, signal) = runtime.block_on(async {
        let sessions = Arc::new(Sessions::default());
        let telling = events.clone();
        let end = tokio::select! {
            end = work(Services { engine, sessions: Arc::clone(&sessions), actions, events }) => (end, None),
            signal = signalled() => {
                telling.close();
                process::end_all(Signal::SIGTERM);
                (Err(Error::new(Exit::Interrupted, "User interrupted execution").into()), Some(signal))
            }
        };
        sessions.shutdown(FAREWELL).await;
        end
    });
    if let Some(signal) = signal {
        process::end_all(Signal::SIGKILL);
        // Threads that wait for what was just ended are not waited for.
        runtime.shutdown_background();
        if signal == Signal::SIGTERM {
            die_of(signal);
        }
    }
    end
}

/// Waits for the user, or whoever else, to end the run.
async fn signalled() -> Signal {
    match unix::signal(unix::SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = tokio::signal::ctrl_c() => Signal::SIGINT,
            _ = terminate.recv() => Signal::SIGTERM,
        },
        Err(_) => {
            // What cannot be waited for ends warp as it ends any program; so does Ctrl-C then.
            let _ = tokio::signal::ctrl_c().await;
            Signal::SIGINT
        }
    }
}

/// Ends this process as the signal ends a program that does not wait for it.
fn die_of(signal: Signal) {
    // SAFETY: the default action runs no code of ours.
    let restored = unsafe { nix::sys::signal::signal(signal, SigHandler::SigDfl) };
    if restored.is_ok() {
        let _ = nix::sys::signal::raise(signal);
    }
}
