//! The journal of a run that goes on.
//!
//! Each record is handed to the kernel before the run goes on, so that a killed warp loses none. The disk has it a moment
//! later: a thread of its own asks for that, once for all that was written meanwhile.

use super::key::{LENGTH, Seal};
use super::run::Run;
use super::{Head, Record, key, segment};
use crate::error::{Error, Result};
use nix::fcntl::Flock;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// The journal of this process's run. Cloned freely.
#[derive(Clone)]
pub struct Journal(Arc<Shared>);

struct Shared {
    run: Run,
    state: Mutex<State>,
    wake: Condvar,
    _lock: Flock<File>,
}

struct State {
    /// Nothing once it could not be written.
    open: Option<(Arc<File>, Seal)>,
    /// Why it could not be written, until that was told.
    failure: Option<Error>,
    /// Whether there is something that the disk is to have.
    due: bool,
    /// Whether the run is over.
    over: bool,
    syncing: Option<JoinHandle<()>>,
}

impl Journal {
    /// Begins the first segment of a run.
    pub(super) fn begin(run: Run, master: &[u8; LENGTH], head: &Head) -> Result<Self> {
        Self::open(run, master, head)
    }

    /// Takes a run up: a new segment.
    ///
    /// # Errors
    /// Another warp is at it; it cannot be written.
    pub fn resume(run: Run, head: &Head) -> Result<Self> {
        let master = key::of_folder(run.folder())?;
        Self::open(run, &master, head)
    }

    fn open(run: Run, master: &[u8; LENGTH], head: &Head) -> Result<Self> {
        let Some(lock) = run.hold()? else { return Err(run.held(&run.segments()?)) };
        let path = run.segment_path(run.count());
        let cannot = |e: std::io::Error| Error::other(format!("cannot write {}: {e}", path.display()));
        let mut file =
            OpenOptions::new().append(true).create_new(true).mode(0o600).open(&path).map_err(cannot)?;
        let (opening, mut seal) = segment::opening(master)?;
        let first = segment::frame(&Record::Begun(Box::new(head.clone())), &mut seal)?;
        file.write_all(&[opening, first].concat()).map_err(cannot)?;
        let state = State {
            open: Some((Arc::new(file), seal)),
            failure: None,
            due: true,
            over: false,
            syncing: None,
        };
        let shared = Arc::new(Shared { run, state: Mutex::new(state), wake: Condvar::new(), _lock: lock });
        let syncing = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("journal".to_owned()).spawn(move || syncing.sync());
        shared.lock().syncing = Some(thread.map_err(cannot)?);
        Ok(Journal(shared))
    }

    /// The run.
    #[must_use]
    pub fn run(&self) -> &Run {
        &self.0.run
    }

    /// Writes a record. The disk is asked to have it soon where `keep` is said.
    pub fn write(&self, record: &Record, keep: bool) {
        let mut state = self.0.lock();
        let Some((file, seal)) = &mut state.open else { return };
        // In one call, so that no part of it stands between those of others.
        let written = segment::frame(record, seal).and_then(|frame| {
            (&mut &**file).write_all(&frame).map_err(|e| Error::other(format!("cannot write: {e}")))
        });
        match written {
            Ok(()) if keep => {
                state.due = true;
                self.0.wake.notify_one();
            }
            Ok(()) => {}
            Err(e) => {
                state.open = None;
                // With a hole in it, it would have steps run twice.
                let _ = std::fs::remove_dir_all(self.0.run.path());
                let path = self.0.run.path().display();
                state.failure = Some(
                    Error::other(format!("this run can no longer be resumed: its journal {path} ended"))
                        .note(e.message().to_owned()),
                );
            }
        }
    }

    /// Why it could not be written, once.
    #[must_use]
    pub fn take_failure(&self) -> Option<Error> {
        self.0.lock().failure.take()
    }

    /// Writes how the run ended, and waits until the disk has everything.
    pub fn finish(&self, exit: u8) {
        self.write(&Record::Finished { exit }, true);
        let thread = {
            let mut state = self.0.lock();
            state.over = true;
            self.0.wake.notify_one();
            state.syncing.take()
        };
        if let Some(thread) = thread {
            // It does not panic.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the disk have what is due, until the run is over.
    fn sync(&self) {
        let mut state = self.lock();
        loop {
            while !state.due && !state.over {
                state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            if !state.due {
                return;
            }
            state.due = false;
            let file = state.open.as_ref().map(|(file, _)| Arc::clone(file));
            drop(state);
            if let Some(file) = file {
                // A disk that fails here fails the next write, too.
                let _ = file.sync_data();
            }
            state = self.lock();
        }
    }
}
