//! Asks the user for what must not be shown.

use crate::error::{Error, Result};
use nix::sys::termios::{self, LocalFlags, SetArg, Termios};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write as _};
use zeroize::Zeroizing;

/// Asks on the terminal without showing what is typed; without a terminal the answer is a line of standard input.
///
/// # Errors
/// The end of input before an answer.
pub(super) fn hidden(words: &str) -> Result<Zeroizing<String>> {
    let Ok(terminal) = OpenOptions::new().read(true).write(true).open("/dev/tty") else {
        eprint!("{words}");
        return answer(&mut std::io::stdin().lock());
    };
    let mut output: &File = &terminal;
    output.write_all(words.as_bytes())?;
    let silent = Silent::begin(&terminal)?;
    let given = answer(&mut BufReader::new(&terminal));
    drop(silent);
    output.write_all(b"\n")?;
    given
}

/// Asks and shows what is typed.
///
/// # Errors
/// As `hidden`.
pub(super) fn shown(words: &str) -> Result<Zeroizing<String>> {
    print!("{words}");
    std::io::stdout().flush()?;
    answer(&mut std::io::stdin().lock())
}

fn answer(input: &mut dyn BufRead) -> Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::new());
    if input.read_line(&mut line)? == 0 {
        return Err(Error::other("EOFError (ctrl-d) on prompt"));
    }
    let length = line.trim_end_matches(['\n', '\r']).len();
    line.truncate(length);
    Ok(line)
}

/// A terminal without echo, for as long as this lives.
struct Silent<'a> {
    terminal: &'a File,
    before: Termios,
}

impl<'a> Silent<'a> {
    fn begin(terminal: &'a File) -> Result<Self> {
        let failed = |e| Error::other(format!("cannot control echo on the terminal: {e}"));
        let before = termios::tcgetattr(terminal).map_err(failed)?;
        let mut silent = before.clone();
        silent.local_flags.remove(LocalFlags::ECHO);
        termios::tcsetattr(terminal, SetArg::TCSAFLUSH, &silent).map_err(failed)?;
        Ok(Silent { terminal, before })
    }
}

impl Drop for Silent<'_> {
    fn drop(&mut self) {
        // A terminal that has gone needs no echo.
        let _ = termios::tcsetattr(self.terminal, SetArg::TCSAFLUSH, &self.before);
    }
}
