//! A program on a terminal of its own, as a person would have it.

use super::{Cancel, Command, Running, cancelled, set_nonblocking, signal, start};
use crate::module::Failed;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::time::{Duration, Instant};

/// How long one look at the terminal may take before the program's end and a cancel are looked at.
const LOOK: Duration = Duration::from_millis(200);

/// How much is read at once: what is heard is searched anew each time.
const AT_ONCE: usize = 64 << 10;

/// How long a program that is to end may take to follow each of the signals that ask it.
const PATIENCE: Duration = Duration::from_millis(100);

/// A terminal, and the program on it.
pub struct Terminal<'a> {
    running: Running<'a>,
    /// The person's side.
    side: File,
}

/// What came from the terminal.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// What the program printed.
    Bytes(Vec<u8>),
    /// The program has ended, or left the terminal.
    End,
    /// Nothing, for as long as was waited.
    Silence,
}

impl Command {
    /// Starts it on a terminal of 24 lines and 80 columns that shows what is typed only with `echo`.
    ///
    /// # Errors
    /// It could not be started, or the step was cancelled.
    pub fn on_terminal<'a>(
        &self,
        environment: &[(String, String)],
        cancel: &'a Cancel,
        echo: bool,
    ) -> Result<Terminal<'a>, Failed> {
        let words = |e: io::Error| self.not_started(&e);
        let (side, program) = open(echo).map_err(words)?;
        let stream = || program.try_clone().map_err(words);
        let mut command = self.prepared(environment).map_err(words)?;
        command.stdin(stream()?).stdout(stream()?).stderr(stream()?);
        // SAFETY: between fork and exec only setsid and ioctl are called, which are safe there; standard input is the
        // terminal by then.
        unsafe {
            command.pre_exec(|| {
                if libc::setsid() < 0 || libc::ioctl(0, libc::TIOCSCTTY, 0) < 0 {
                    return Err(io::Error::last_os_error());
                }
                Ok(())
            })
        };
        let child = start(&mut command, cancel).map_err(words)?.ok_or_else(cancelled)?;
        Ok(Terminal { running: Running { child, cancel, killed: None }, side })
    }
}

impl Terminal<'_> {
    /// Reads what is there, or waits for it until `deadline`.
    ///
    /// # Errors
    /// The step was cancelled, or the terminal cannot be read.
    pub fn hear(&mut self, deadline: Option<Instant>) -> Result<Heard, Failed> {
        loop {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            // Looked at before the terminal: what came before the end is still there then.
            let ended = self.running.has_ended();
            if self.is_ready(libc::POLLIN, left.map_or(LOOK, |left| left.min(LOOK))) {
                return Ok(self.read());
            }
            if self.running.cancel.is_cancelled() {
                return Err(cancelled());
            }
            if ended {
                return Ok(Heard::End);
            }
            if left.is_some_and(|left| left.is_zero()) {
                return Ok(Heard::Silence);
            }
        }
    }

    fn read(&mut self) -> Heard {
        let mut bytes = Vec::new();
        let mut buffer = [0; 4096];
        while bytes.len() < AT_ONCE {
            match self.side.read(&mut buffer) {
                Ok(n) if n > 0 => bytes.extend(buffer.iter().take(n)),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => break,
                // Nobody has the other side open any more: EIO. What came before is told first.
                _ if bytes.is_empty() => return Heard::End,
                _ => break,
            }
        }
        Heard::Bytes(bytes)
    }

    /// Types.
    ///
    /// # Errors
    /// The step was cancelled.
    pub fn type_in(&mut self, mut text: &[u8]) -> Result<(), Failed> {
        while !text.is_empty() {
            if self.running.cancel.is_cancelled() {
                return Err(cancelled());
            }
            if !self.is_ready(libc::POLLOUT, LOOK) {
                if self.running.has_ended() {
                    return Ok(());
                }
                continue;
            }
            match self.side.write(text) {
                Ok(n) => text = text.get(n..).unwrap_or_default(),
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
                // The program has gone; its end is heard next.
                Err(_) => return Ok(()),
            }
        }
        Ok(())
    }

    /// Takes the terminal away. A program that said its end is waited for, another is asked to go, then made to.
    /// Its exit code, unless a signal ended it.
    ///
    /// # Errors
    /// It cannot be waited for.
    pub fn close(self, ended: bool) -> io::Result<Option<i32>> {
        let Terminal { mut running, side } = self;
        drop(side);
        let group = super::group_of(&running.child);
        for number in [libc::SIGHUP, libc::SIGCONT, libc::SIGINT, libc::SIGKILL] {
            if ended {
                break;
            }
            let deadline = Instant::now() + PATIENCE;
            while !running.has_ended() && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(5));
            }
            if running.has_ended() {
                break;
            }
            signal(group, number);
        }
        let status = running.reap()?;
        Ok(status.code().filter(|_| status.signal().is_none()))
    }

    fn is_ready(&self, events: libc::c_short, wait: Duration) -> bool {
        let mut fd = libc::pollfd { fd: self.side.as_raw_fd(), events, revents: 0 };
        let wait = libc::c_int::try_from(wait.as_millis()).unwrap_or(libc::c_int::MAX);
        // SAFETY: fd is one initialised entry that lives through the call.
        unsafe { libc::poll(&mut fd, 1, wait) > 0 }
    }
}

/// Opens a terminal: the person's side and the program's.
fn open(echo: bool) -> io::Result<(File, OwnedFd)> {
    let flags = libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC;
    // SAFETY: each call takes the descriptor that the first one made, which nobody else has, or a buffer of the length
    // that is told. Both ends are closed on exec from the first moment: what another step starts meanwhile must not
    // keep this terminal open.
    let (side, program) = unsafe {
        let side = OwnedFd::from_raw_fd(checked(libc::posix_openpt(flags))?);
        checked(libc::grantpt(side.as_raw_fd()))?;
        checked(libc::unlockpt(side.as_raw_fd()))?;
        let mut name: [libc::c_char; 64] = [0; 64];
        match libc::ptsname_r(side.as_raw_fd(), name.as_mut_ptr(), name.len()) {
            0 => {}
            error => return Err(io::Error::from_raw_os_error(error)),
        }
        let program = OwnedFd::from_raw_fd(checked(libc::open(name.as_ptr(), flags))?);
        let size = libc::winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
        checked(libc::ioctl(program.as_raw_fd(), libc::TIOCSWINSZ, &size))?;
        (side, program)
    };
    if !echo {
        // SAFETY: termios is plain data, for which all zeroes is valid, and tcgetattr fills it.
        unsafe {
            let mut settings: libc::termios = std::mem::zeroed();
            checked(libc::tcgetattr(program.as_raw_fd(), &mut settings))?;
            settings.c_lflag &= !libc::ECHO;
            checked(libc::tcsetattr(program.as_raw_fd(), libc::TCSANOW, &settings))?;
        }
    }
    set_nonblocking(side.as_raw_fd())?;
    Ok((File::from(side), program))
}

/// A call's answer, or the error that it left.
fn checked(answer: libc::c_int) -> io::Result<libc::c_int> {
    if answer < 0 { Err(io::Error::last_os_error()) } else { Ok(answer) }
}
