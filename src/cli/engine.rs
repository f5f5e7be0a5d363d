//! Everything that a run needs, started and ended around it.

use super::compat;
use crate::action::Actions;
use crate::connect::Sessions;
use crate::error::{Error, Exit};
use crate::event::{Event, Events};
use crate::play::Errors;
use crate::process;
use crate::run::{Services, Stop};
use crate::template::Engine;
use nix::sys::signal::{SigHandler, Signal};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix;

/// How long open sessions may take to end when the run is over.
const FAREWELL: Duration = Duration::from_secs(5);

/// Runs `work` with its services on threads of its own until it ends. A first signal lets what runs finish, a second
/// cancels it, a third does not even wait for the sessions to be closed, which otherwise happens at the end.
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
        let (telling, stop) = (events.clone(), Stop::default());
        let services =
            Services { engine, sessions: Arc::clone(&sessions), actions, events, stop: stop.clone() };
        let mut signals = Signals::new()?;
        let end = until_end(work(services), &mut signals, &stop, &telling).await;
        tokio::select! {
            () = sessions.shutdown(FAREWELL) => {}
            _ = signals.next() => {}
        }
        Ok::<_, Error>(end)
    })?;
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

/// Waits for the end of `work`, or for the second signal, at which it is dropped: that cancels what runs.
async fn until_end(
    work: impl Future<Output = Result<Exit, Errors>>,
    signals: &mut Signals,
    stop: &Stop,
    events: &Events,
) -> (Result<Exit, Errors>, Option<Signal>) {
    let mut work = pin!(work);
    loop {
        let signal = tokio::select! {
            end = &mut work => return (end, None),
            signal = signals.next() => signal,
        };
        // Ansible breaks off at once.
        if stop.is_asked() || compat::active() {
            events.close();
            process::end_all(Signal::SIGTERM);
            return (Err(Error::new(Exit::Interrupted, "User interrupted execution").into()), Some(signal));
        }
        stop.ask();
        events.emit(&Event::Warning(Arc::new(
            Error::other("interrupted: what runs is finished, nothing else begins")
                .help("interrupt again to cancel what runs, a third time to leave at once"),
        )));
    }
}

/// What tells warp to come to an end: the user, whoever sends SIGTERM, a terminal that is lost.
struct Signals([(Signal, unix::Signal); 3]);

impl Signals {
    fn new() -> Result<Self, Error> {
        let listen = |signal: Signal, kind| -> Result<_, Error> {
            let listener = unix::signal(kind)
                .map_err(|e| Error::other(format!("cannot listen for {}: {e}", signal.as_str())))?;
            Ok((signal, listener))
        };
        Ok(Signals([
            listen(Signal::SIGINT, unix::SignalKind::interrupt())?,
            listen(Signal::SIGTERM, unix::SignalKind::terminate())?,
            listen(Signal::SIGHUP, unix::SignalKind::hangup())?,
        ]))
    }

    async fn next(&mut self) -> Signal {
        let [(interrupt, a), (terminate, b), (hangup, c)] = &mut self.0;
        tokio::select! {
            _ = a.recv() => *interrupt,
            _ = b.recv() => *terminate,
            _ = c.recv() => *hangup,
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
