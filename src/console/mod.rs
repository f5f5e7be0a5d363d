//! The user at the terminal: questions, and the answers typed to them.
//!
//! The terminal is read key by key, so that a Ctrl-C at a question ends the run in an orderly way, with the terminal's
//! settings restored, and what is typed to a hidden question never shows.

mod keys;
mod line;
mod press;
mod tty;

pub use line::Answer;
pub use press::{Keys, Press};
pub use tty::interactive;

use std::io::{self, BufRead, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tty::Tty;

/// A question to the user.
#[derive(Clone, Debug)]
pub struct Question {
    /// What is printed before the answer.
    pub prompt: String,
    /// Whether what is typed must not show.
    pub hidden: bool,
}

impl Question {
    /// Asks on standard input, and waits. The answer of an input that is no terminal is its next line.
    ///
    /// # Errors
    /// An input that cannot be read.
    pub fn ask(&self) -> io::Result<Answer> {
        self.put(Tty::of_stdin()?, &AtomicBool::new(false))
    }

    /// Asks on the terminal of the session even where standard input is something else, as for passwords.
    ///
    /// # Errors
    /// An input that cannot be read.
    pub fn ask_on_terminal(&self) -> io::Result<Answer> {
        let tty = match Tty::of_session() {
            Some(tty) => Some(tty),
            None => Tty::of_stdin()?,
        };
        self.put(tty, &AtomicBool::new(false))
    }

    /// As `ask`, without holding up the thread. Nothing is left of the question when it is dropped.
    ///
    /// # Errors
    /// An input that cannot be read.
    pub async fn asked(self) -> io::Result<Answer> {
        let given_up = GivenUp(Arc::new(AtomicBool::new(false)));
        let flag = Arc::clone(&given_up.0);
        tokio::task::spawn_blocking(move || self.put(Tty::of_stdin()?, &flag))
            .await
            .unwrap_or_else(|e| Err(io::Error::other(e)))
    }

    fn put(&self, tty: Option<Tty>, given_up: &AtomicBool) -> io::Result<Answer> {
        match tty {
            Some(tty) => keys::ask(&tty, self, given_up),
            None => {
                let mut out = io::stdout();
                out.write_all(self.prompt.as_bytes())?;
                out.flush()?;
                let mut text = String::new();
                if io::stdin().lock().read_line(&mut text)? == 0 {
                    return Ok(Answer::End);
                }
                Ok(Answer::Line(text.trim_end_matches(['\n', '\r']).to_owned()))
            }
        }
    }
}

/// Tells the thread that waits for an answer that nobody wants it any more.
struct GivenUp(Arc<AtomicBool>);

impl Drop for GivenUp {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
