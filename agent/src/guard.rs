//! What is to be undone when the agent is killed: a process beside it ends the programs of steps that ran, and removes
//! files that were being written. It is told of them by a pipe of which the agent alone has the other end, so that it
//! comes to know of the agent's end, however that came about.

use crate::acting::Acting;
use crate::command::GRACE;
use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// The process beside this one, and the agent's end of the pipe to it; without one nothing is guarded.
static GUARD: Mutex<Option<(libc::pid_t, File)>> = Mutex::new(None);

/// A record ends with this, which no path has within.
const END: u8 = 0;

/// What does not outlive the agent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Guarded<'a> {
    /// A process group.
    Group(libc::pid_t),
    /// A file or folder that is not in its place yet.
    Path(&'a Path),
}

/// Starts the process. To be called before any other thread is started.
///
/// # Errors
/// The system's; nothing is guarded then.
pub(crate) fn start() -> io::Result<()> {
    let mut ends = [0; 2];
    // SAFETY: an array of two descriptors, which the call fills.
    if unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) } < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: both were made just now and are owned by nobody else.
    let [reader, writer] = ends.map(|fd| unsafe { File::from_raw_fd(fd) });
    // SAFETY: this process has one thread, so that a forked copy is whole.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            drop(writer);
            let done = leave().map(|()| undo(&read(reader)));
            std::process::exit(done.is_err().into())
        }
        pid => {
            *GUARD.lock().unwrap_or_else(PoisonError::into_inner) = Some((pid, writer));
            Ok(())
        }
    }
}

/// Lets it end, and waits for that: what is still open is undone now.
pub(crate) fn stop() {
    let guard = GUARD.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some((pid, pipe)) = guard {
        drop(pipe);
        // SAFETY: a child of ours that nobody else waits for; how it ended does not matter.
        unsafe { libc::waitpid(pid, std::ptr::null_mut(), 0) };
    }
}

/// Guards it from now on.
pub(crate) fn begin(what: Guarded<'_>) {
    tell(b'+', what);
}

/// It is over, or in its place.
pub(crate) fn end(what: Guarded<'_>) {
    tell(b'-', what);
}

fn tell(sign: u8, what: Guarded<'_>) {
    let mut guard = GUARD.lock().unwrap_or_else(PoisonError::into_inner);
    let Some((_, pipe)) = &mut *guard else { return };
    let mut record = vec![sign];
    match what {
        Guarded::Group(group) => record.extend(format!("g{group}").bytes()),
        Guarded::Path(path) => {
            record.push(b'p');
            // The process beside us is in another directory.
            let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
            record.extend(path.as_os_str().as_bytes());
        }
    }
    record.push(END);
    // Where it has been killed, nothing is guarded any more, and the agent goes on.
    let _ = pipe.write_all(&record);
}

/// Lets go of all that would keep others waiting: the link, the working directory.
fn leave() -> io::Result<()> {
    let null = File::options().read(true).write(true).open("/dev/null")?;
    for standard in 0..3 {
        // SAFETY: descriptors of this process, which has one thread.
        unsafe { libc::dup2(null.as_raw_fd(), standard) };
    }
    // SAFETY: plain numbers, and a text that ends; a signal to the agent's group is not for this process.
    unsafe {
        libc::setpgid(0, 0);
        libc::prctl(libc::PR_SET_NAME, c"warp-guard".as_ptr());
    }
    std::env::set_current_dir("/")
}

/// Listens until the agent has ended; gives what was not over then.
fn read(pipe: File) -> HashSet<Vec<u8>> {
    let mut open = HashSet::new();
    for record in BufReader::new(pipe).split(END).map_while(Result::ok) {
        match record.split_first() {
            Some((b'+', what)) => {
                open.insert(what.to_owned());
            }
            Some((_, what)) => {
                open.remove(what);
            }
            None => {}
        }
    }
    open
}

fn undo(open: &HashSet<Vec<u8>>) {
    let kind = |wanted: u8| move |what: &Vec<u8>| what.strip_prefix(&[wanted]).map(<[u8]>::to_owned);
    let groups = open.iter().filter_map(kind(b'g'));
    let groups: Vec<libc::pid_t> =
        groups.filter_map(|text| String::from_utf8(text).ok()?.parse().ok()).filter(|g| *g > 1).collect();
    if !groups.is_empty() {
        let signal = |number| {
            // SAFETY: plain numbers; a group that is gone gives an error.
            groups.iter().filter(|group| unsafe { libc::killpg(**group, number) } == 0).count()
        };
        signal(libc::SIGTERM);
        let pause = Duration::from_millis(50);
        let mut waited = Duration::ZERO;
        while waited < GRACE && signal(0) > 0 {
            thread::sleep(pause);
            waited += pause;
        }
        signal(libc::SIGKILL);
    }
    for path in open.iter().filter_map(kind(b'p')).map(|bytes| PathBuf::from(OsString::from_vec(bytes))) {
        // As the account that could lay a link on the way there.
        let _acting = Acting::for_path(&path);
        let removed = match fs::symlink_metadata(&path) {
            Ok(meta) if meta.is_dir() => fs::remove_dir_all(&path),
            _ => fs::remove_file(&path),
        };
        // Nobody can be told any more.
        drop(removed);
    }
}
