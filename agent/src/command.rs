//! Running programs: one process group each, output read as Ansible reads it, ended whole when the step is cancelled.

mod terminal;

pub use terminal::{Heard, Terminal};

use crate::bounded::MOST_LINES;
use crate::errno;
use crate::guard::{self, Guarded};
use crate::module::Failed;
use crate::shlex;
use crate::wire::MAX_FRAME;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{self, ExitStatus, Stdio};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a cancelled program may take to follow SIGTERM before SIGKILL ends its process group.
pub const GRACE: Duration = Duration::from_secs(2);

/// How long a program's output may be silent, once the program itself has ended, until what holds its pipes is left
/// alone: a program in the background. As Ansible's `run_command`.
const SILENCE: Duration = Duration::from_secs(1);

/// How much of each output stream is kept, in bytes: with its lines beside it this is what a frame holds.
pub(crate) const KEPT: usize = MAX_FRAME / 2;

/// Tells the programs of one step to end.
#[derive(Debug, Default)]
pub struct Cancel {
    state: Mutex<State>,
    told: Condvar,
}

#[derive(Debug, Default)]
struct State {
    cancelled: bool,
    /// Process groups of running programs; a group is taken out before its leader is reaped, so that no id in here
    /// can have been given to another process.
    groups: Vec<libc::pid_t>,
}

impl Cancel {
    /// A token that nobody has cancelled yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sends SIGTERM to the programs of the step that run, and keeps others from starting. Each gets SIGKILL after
    /// `GRACE`, from the thread that waits for it.
    pub fn cancel(&self) {
        let mut state = self.lock();
        state.cancelled = true;
        for group in &state.groups {
            signal(*group, libc::SIGTERM);
        }
        self.told.notify_all();
    }

    /// Waits; whether a cancel came, which ends the waiting at once.
    #[must_use]
    pub fn sleep(&self, time: Duration) -> bool {
        let waited = self.told.wait_timeout_while(self.lock(), time, |state| !state.cancelled);
        waited.unwrap_or_else(PoisonError::into_inner).0.cancelled
    }

    /// Sends SIGKILL to the process groups that still run, for an agent that is about to exit.
    pub fn kill(&self) {
        let mut state = self.lock();
        state.cancelled = true;
        for group in &state.groups {
            signal(*group, libc::SIGKILL);
        }
    }

    /// Whether the step is to end.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.lock().cancelled
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn signal(group: libc::pid_t, number: libc::c_int) {
    // SAFETY: killpg takes plain numbers; a group that is gone gives ESRCH, which is as good.
    unsafe { libc::killpg(group, number) };
}

/// A program to run.
#[derive(Clone, Debug, Default)]
pub struct Command {
    /// The program, then its arguments.
    pub argv: Vec<OsString>,
    /// What it reads on standard input; nothing gives it an empty one.
    pub stdin: Option<Vec<u8>>,
    /// Its working directory.
    pub cwd: Option<PathBuf>,
    /// Variables added to its environment, over the call's own.
    pub env: Vec<(String, String)>,
    /// The user and group it runs as, when they are not ours; it is in no other group then.
    pub account: Option<(u32, u32)>,
    /// The umask it starts with, when it is not ours.
    pub umask: Option<u32>,
}

/// What a program left.
#[derive(Clone, Debug)]
pub struct Output {
    /// Its exit code; of one that a signal ended, the signal's number negated, as Python has it.
    pub rc: i32,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: Vec<u8>,
}

impl Output {
    /// Standard output as text, in which bytes that are not UTF-8 are kept ([`crate::utf8`]).
    #[must_use]
    pub fn stdout_text(&self) -> String {
        crate::utf8::text(&self.stdout)
    }

    /// Standard error as text, likewise.
    #[must_use]
    pub fn stderr_text(&self) -> String {
        crate::utf8::text(&self.stderr)
    }
}

impl Command {
    /// A program with its arguments.
    #[must_use]
    pub fn new<S: Into<OsString>>(argv: impl IntoIterator<Item = S>) -> Self {
        Command { argv: argv.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    /// With this on its standard input.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(bytes.into());
        self
    }

    /// In this directory.
    #[must_use]
    pub fn cwd(mut self, dir: impl Into<PathBuf>) -> Self {
        self.cwd = Some(dir.into());
        self
    }

    /// With this variable in its environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With messages in English, for what it prints is read.
    #[must_use]
    pub fn english(mut self) -> Self {
        for name in ["LANG", "LC_ALL", "LC_MESSAGES", "LC_CTYPE", "LANGUAGE"] {
            self = self.env(name, "C.UTF-8");
        }
        self
    }

    /// As this user and group.
    #[must_use]
    pub fn account(mut self, account: Option<(u32, u32)>) -> Self {
        self.account = account;
        self
    }

    /// With this umask.
    #[must_use]
    pub fn umask(mut self, umask: Option<u32>) -> Self {
        self.umask = umask;
        self
    }

    /// The words as a shell would be given them.
    #[must_use]
    pub fn shown(&self) -> String {
        let words: Vec<String> = self.argv.iter().map(|a| shlex::quote(&a.to_string_lossy())).collect();
        words.join(" ")
    }

    /// Runs it to its end; `sink` gets its output as it comes, both streams.
    ///
    /// # Errors
    /// It could not be started (`msg`, `cmd` and `rc` as Ansible gives them), the step was cancelled, or it ended having
    /// printed more than a result can hold.
    pub fn run(
        &self,
        environment: &[(String, String)],
        cancel: &Cancel,
        sink: Option<&mut (dyn Write + Send)>,
    ) -> Result<Output, Failed> {
        let started = self.spawn(environment, cancel).map_err(|e| self.not_started(&e))?;
        let Some(child) = started else { return Err(cancelled()) };
        let (output, printed) = Running { child, cancel, killed: None }
            .collect(self.stdin.as_deref().unwrap_or_default(), sink)
            .map_err(|e| self.not_started(&e))?;
        if cancel.is_cancelled() {
            return Err(cancelled());
        }
        if printed > KEPT as u64 {
            return Err(Failed::new(format!(
                "the command ended with {}, but it printed {printed} bytes, more than the {KEPT} that a result \
                 holds; let it write to a file",
                output.rc
            ))
            .with("rc", output.rc));
        }
        let lines =
            [&output.stdout, &output.stderr].iter().flat_map(|o| o.iter()).filter(|b| **b == b'\n').count();
        if lines > MOST_LINES {
            return Err(Failed::new(format!(
                "the command ended with {}, but it printed {lines} lines, more than the {MOST_LINES} that a result \
                 holds; let it write to a file",
                output.rc
            ))
            .with("rc", output.rc));
        }
        Ok(output)
    }

    /// Starts it in a process group of its own; `None` when the step is cancelled already.
    fn spawn(&self, environment: &[(String, String)], cancel: &Cancel) -> io::Result<Option<process::Child>> {
        let mut command = self.prepared(environment)?;
        command
            .stdin(if self.stdin.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        start(&mut command, cancel)
    }

    /// All of it but its streams and its process group.
    fn prepared(&self, environment: &[(String, String)]) -> io::Result<process::Command> {
        let Some((program, args)) = self.argv.split_first() else {
            return Err(io::Error::from(ErrorKind::InvalidInput));
        };
        let mut command = process::Command::new(program);
        command.args(args).envs(environment.iter().chain(&self.env).map(|(k, v)| (k, v)));
        if let Some(dir) = &self.cwd {
            command.current_dir(dir);
        }
        if let Some((uid, gid)) = self.account {
            command.gid(gid).uid(uid);
        }
        if let Some(umask) = self.umask {
            // SAFETY: between fork and exec only umask is called, which is safe there.
            unsafe {
                command.pre_exec(move || {
                    libc::umask(umask);
                    Ok(())
                })
            };
        }
        Ok(command)
    }

    fn not_started(&self, e: &io::Error) -> Failed {
        let program = self.argv.first().map(Path::new).unwrap_or(Path::new(""));
        Failed::new("Error executing command.")
            .because(errno::python(e, &[program]))
            .with("cmd", self.shown())
            .with("rc", e.raw_os_error().unwrap_or(257))
            .with("stdout", "")
            .with("stderr", "")
    }
}

/// Starts a program that leads a process group; `None` when the step is cancelled already.
fn start(command: &mut process::Command, cancel: &Cancel) -> io::Result<Option<process::Child>> {
    // Held while it starts, so that a cancel finds it either not started or in the list.
    let mut state = cancel.lock();
    if state.cancelled {
        return Ok(None);
    }
    let child = command.spawn()?;
    state.groups.push(group_of(&child));
    guard::begin(Guarded::Group(group_of(&child)));
    Ok(Some(child))
}

/// The umask that an argument names in octal.
///
/// # Errors
/// It is not one.
pub fn umask(text: &str) -> Result<u32, Failed> {
    u32::from_str_radix(text.trim().trim_start_matches("0o"), 8).map_err(|_| {
        let shown = crate::python::repr(&text.into());
        let details = format!("invalid literal for int() with base 8: {shown}");
        Failed::new("umask must be an octal integer").with("details", details)
    })
}

/// The failure of a step that was cancelled.
pub(crate) fn cancelled() -> Failed {
    Failed::new("the step was cancelled")
}

fn group_of(child: &process::Child) -> libc::pid_t {
    libc::pid_t::try_from(child.id()).unwrap_or_default()
}

/// A program that has started.
struct Running<'a> {
    child: process::Child,
    cancel: &'a Cancel,
    /// When a cancelled program is to be killed.
    killed: Option<Instant>,
}

/// One of a program's output pipes, and what came out of it.
struct Pipe {
    file: Option<File>,
    bytes: Vec<u8>,
    /// How many bytes came, kept or not.
    came: u64,
}

impl Pipe {
    fn new(fd: Option<OwnedFd>) -> io::Result<Self> {
        let file = fd.map(File::from);
        if let Some(file) = &file {
            set_nonblocking(file.as_fd().as_raw_fd())?;
        }
        Ok(Pipe { file, bytes: Vec::new(), came: 0 })
    }

    /// Reads what is there; closes at its end.
    fn read(&mut self, sink: &mut Option<&mut (dyn Write + Send)>) {
        let Some(file) = &mut self.file else { return };
        let mut buffer = [0; 32 << 10];
        match file.read(&mut buffer) {
            Ok(n) if n > 0 => {
                let piece = buffer.get(..n).unwrap_or_default();
                self.came = self.came.saturating_add(n as u64);
                let room = KEPT.saturating_sub(self.bytes.len());
                self.bytes.extend(piece.iter().take(room));
                if let Some(sink) = sink {
                    // A spool that cannot be written to loses the live view, not the step.
                    let _ = sink.write_all(piece);
                }
            }
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            _ => self.file = None,
        }
    }
}

impl Running<'_> {
    /// Feeds its input and reads its output until all of that is over and it has ended. Says beside the output how
    /// many bytes the longer stream had, of which no more than `KEPT` are there.
    fn collect(
        mut self,
        input: &[u8],
        mut sink: Option<&mut (dyn Write + Send)>,
    ) -> io::Result<(Output, u64)> {
        let mut stdout = Pipe::new(self.child.stdout.take().map(OwnedFd::from))?;
        let mut stderr = Pipe::new(self.child.stderr.take().map(OwnedFd::from))?;
        let mut stdin = Pipe::new(self.child.stdin.take().map(OwnedFd::from))?.file;
        let mut unsent = input;
        while stdout.file.is_some() || stderr.file.is_some() {
            if unsent.is_empty() {
                stdin = None;
            }
            let ready = poll(&[
                (stdout.file.as_ref(), libc::POLLIN),
                (stderr.file.as_ref(), libc::POLLIN),
                (stdin.as_ref(), libc::POLLOUT),
            ])?;
            let [out_ready, err_ready, in_ready] = ready;
            if out_ready {
                stdout.read(&mut sink);
            }
            if err_ready {
                stderr.read(&mut sink);
            }
            if in_ready {
                feed(&mut stdin, &mut unsent);
            }
            self.press();
            let silent = !ready.contains(&true);
            if (silent || self.cancel.is_cancelled()) && self.has_ended() {
                break;
            }
        }
        drop(stdin);
        let status = self.reap()?;
        let rc = status.code().unwrap_or_else(|| -status.signal().unwrap_or_default());
        let printed = stdout.came.max(stderr.came);
        Ok((Output { rc, stdout: stdout.bytes, stderr: stderr.bytes }, printed))
    }

    /// Once cancelled, kills the group when its time is over.
    fn press(&mut self) {
        if !self.cancel.is_cancelled() {
            return;
        }
        let deadline = *self.killed.get_or_insert_with(|| Instant::now() + GRACE);
        if Instant::now() >= deadline {
            signal(group_of(&self.child), libc::SIGKILL);
        }
    }

    /// Whether the program itself has ended; it is not reaped yet, so its id stays taken.
    fn has_ended(&self) -> bool {
        // SAFETY: siginfo_t is plain data, for which all zeroes is valid; waitid writes to it and nowhere else.
        unsafe {
            let mut info: libc::siginfo_t = std::mem::zeroed();
            let flags = libc::WEXITED | libc::WNOWAIT | libc::WNOHANG;
            libc::waitid(libc::P_PID, self.child.id(), &mut info, flags) != 0 || info.si_pid() != 0
        }
    }

    /// Waits for the program's end.
    fn reap(&mut self) -> io::Result<ExitStatus> {
        let mut pause = Duration::from_millis(1);
        while !self.has_ended() {
            self.press();
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(100));
        }
        let group = group_of(&self.child);
        let mut state = self.cancel.lock();
        if state.cancelled {
            // The leader has gone; what of its group ignored SIGTERM goes now, while the id is surely its.
            signal(group, libc::SIGKILL);
        }
        state.groups.retain(|g| *g != group);
        guard::end(Guarded::Group(group));
        self.child.wait()
    }
}

/// Writes what the pipe takes; closes it when the reader has gone.
fn feed(stdin: &mut Option<File>, unsent: &mut &[u8]) {
    let Some(file) = stdin else { return };
    match file.write(unsent) {
        Ok(n) => *unsent = unsent.get(n..).unwrap_or_default(),
        Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
        Err(_) => *stdin = None,
    }
}

fn set_nonblocking(fd: libc::c_int) -> io::Result<()> {
    // SAFETY: fcntl on a descriptor that the caller holds open, with integer arguments only.
    let done = unsafe {
        let flags = libc::fcntl(fd, libc::F_GETFL);
        flags >= 0 && libc::fcntl(fd, libc::F_SETFL, flags | libc::O_NONBLOCK) >= 0
    };
    if done { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Which of three descriptors are ready, within `SILENCE`.
fn poll(wanted: &[(Option<&File>, libc::c_short); 3]) -> io::Result<[bool; 3]> {
    let mut fds = wanted.map(|(file, events)| libc::pollfd {
        // poll passes over negative descriptors.
        fd: file.map_or(-1, |f| f.as_raw_fd()),
        events,
        revents: 0,
    });
    let timeout = libc::c_int::try_from(SILENCE.as_millis()).unwrap_or(1000);
    // SAFETY: fds is an array of three initialised entries that lives through the call.
    if unsafe { libc::poll(fds.as_mut_ptr(), 3, timeout) } < 0 {
        let e = io::Error::last_os_error();
        // An interruption is not silence.
        return if e.kind() == ErrorKind::Interrupted { Ok([true; 3]) } else { Err(e) };
    }
    Ok(fds.map(|f| f.revents != 0))
}
