//! Named points at which a test can have warp killed, to prove that a rerun resumes from there.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The point, as `WARP_FAILPOINT` has it.
static POINT: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("WARP_FAILPOINT").ok());

/// How often it was reached.
static REACHED: AtomicUsize = AtomicUsize::new(0);

/// Kills this process, as `kill -9` would, when `WARP_FAILPOINT` is this name; else does nothing.
///
/// Points: `mid-define` (a domain is defined, and nothing after that is done), `mid-boot` (a domain was started and
/// has no address yet), `mid-upload` (a part of the agent is at the target), `mid-install` (a detached step was
/// started, and has not been asked after), `before-snapshot` (a stage's snapshot is about to be taken).
///
/// Of each step, where there is a journal: `step-begins` (nothing is noted), `step-noted` (that it begins is), `step-ran`
/// (it ended, which is not noted), `step-collected` and `step-forgotten` (a detached one ended, which is noted; its host
/// has forgotten it), `step-kept` (its end is noted); `item-ran` and `item-kept` for the items of loops.
/// `NAME:4` is the fourth time that a point is reached.
pub fn reach(name: &str) {
    let Some(point) = POINT.as_deref() else { return };
    let (point, nth) = point.split_once(':').unwrap_or((point, "1"));
    if point == name && (REACHED.fetch_add(1, Ordering::Relaxed) + 1).to_string() == nth {
        // A destructor, an unwinding panic or a flushed buffer would make the death kinder than a real one.
        let _ = nix::sys::signal::kill(nix::unistd::Pid::this(), nix::sys::signal::Signal::SIGKILL);
    }
}
