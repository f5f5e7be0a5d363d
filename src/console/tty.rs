//! The terminal, with keys read one by one.

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::termios::{self, LocalFlags, SetArg, Termios};
use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::os::fd::AsFd;

/// How long to wait for a key before looking whether the question still stands, in milliseconds.
const LOOK: u16 = 100;

/// A terminal whose own editing and signals are off until it is dropped.
pub(super) struct Tty {
    input: File,
    output: File,
    before: Termios,
}

/// Whether somebody can be asked: standard input is a terminal, and warp is not in its background.
#[must_use]
pub fn interactive() -> bool {
    let stdin = io::stdin();
    stdin.is_terminal()
        && nix::unistd::tcgetpgrp(stdin.as_fd()).is_ok_and(|group| group == nix::unistd::getpgrp())
}

impl Tty {
    /// That of standard input, if it is one.
    pub fn of_stdin() -> io::Result<Option<Self>> {
        if !interactive() {
            return Ok(None);
        }
        let input = File::from(io::stdin().as_fd().try_clone_to_owned()?);
        let output = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        Self::taken(input, output).map(Some)
    }

    /// The terminal that the session belongs to, if it has one.
    pub fn of_session() -> Option<Self> {
        let both = File::options().read(true).write(true).open("/dev/tty").ok()?;
        Self::taken(both.try_clone().ok()?, both).ok()
    }

    fn taken(input: File, output: File) -> io::Result<Self> {
        let before = termios::tcgetattr(&input)?;
        let mut keys = before.clone();
        keys.local_flags.remove(LocalFlags::ECHO | LocalFlags::ICANON | LocalFlags::ISIG);
        termios::tcsetattr(&input, SetArg::TCSADRAIN, &keys)?;
        Ok(Tty { input, output, before })
    }

    /// The next bytes typed; none when nothing was for a moment, and `None` when the terminal is gone.
    pub fn bytes(&self) -> io::Result<Option<Vec<u8>>> {
        let mut wait = [PollFd::new(self.input.as_fd(), PollFlags::POLLIN)];
        match poll(&mut wait, PollTimeout::from(LOOK)) {
            Ok(0) | Err(nix::errno::Errno::EINTR) => return Ok(Some(Vec::new())),
            Ok(_) => {}
            Err(e) => return Err(e.into()),
        }
        // One at a time: what is typed ahead belongs to the next question.
        let mut byte = [0];
        Ok(match (&self.input).read(&mut byte) {
            Ok(0) => None,
            Ok(_) => Some(byte.to_vec()),
            // A terminal that was hung up.
            Err(e) if e.raw_os_error() == Some(nix::libc::EIO) => None,
            Err(e) => return Err(e),
        })
    }

    /// Shows text.
    pub fn show(&self, text: &str) -> io::Result<()> {
        (&self.output).write_all(text.as_bytes())?;
        (&self.output).flush()
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        // A terminal that is gone needs no restoring.
        let _ = termios::tcsetattr(&self.input, SetArg::TCSADRAIN, &self.before);
    }
}
