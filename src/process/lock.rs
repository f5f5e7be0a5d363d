//! Locks that a process holds until it ends, however it ends.

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use std::fs::File;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long the lock of a holder that is dead is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Locks a file for this process alone; gives it back where another process has it, which `holder` names.
///
/// A program that is being started has its parent's locks until it is another program: that of a warp that was killed
/// meanwhile is waited for.
///
/// # Errors
/// The kernel does not lock it.
pub fn take(file: File, holder: impl Fn() -> Option<u32>) -> io::Result<Result<Flock<File>, File>> {
    let began = Instant::now();
    let mut file = file;
    loop {
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => return Ok(Ok(lock)),
            Err((back, Errno::EWOULDBLOCK)) => {
                let dead = holder().is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists());
                if !dead || began.elapsed() > PATIENCE {
                    return Ok(Err(back));
                }
                file = back;
                std::thread::sleep(Duration::from_millis(10));
            }
            Err((_, e)) => return Err(e.into()),
        }
    }
}
