//! Single keys that decide something, at once or within a time.

use super::{GivenUp, Tty};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Ctrl-C, where the terminal sends no signal for it.
const INTERRUPT: u8 = 0x03;

/// Keys that are waited for. All others but Ctrl-C go unheard.
#[derive(Clone, Copy, Debug)]
pub struct Keys {
    /// The keys, in lower case; upper case is the same.
    pub keys: &'static [u8],
    /// How long to wait.
    pub limit: Option<Duration>,
}

/// What came of the wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Press {
    /// One of the keys, in lower case.
    Key(u8),
    /// Ctrl-C.
    Interrupted,
    /// The time is over, or nobody is left at the terminal.
    Over,
}

impl Keys {
    /// Waits, without holding up the thread. Nothing is left of the wait when it is dropped.
    ///
    /// # Errors
    /// Standard input is no terminal, or cannot be read.
    pub async fn pressed(self) -> io::Result<Press> {
        let given_up = GivenUp(Arc::new(AtomicBool::new(false)));
        let flag = Arc::clone(&given_up.0);
        tokio::task::spawn_blocking(move || self.wait(&flag))
            .await
            .unwrap_or_else(|e| Err(io::Error::other(e)))
    }

    fn wait(self, given_up: &AtomicBool) -> io::Result<Press> {
        let tty = Tty::of_stdin()?.ok_or_else(|| io::Error::other("standard input is no terminal"))?;
        let end = self.limit.map(|limit| Instant::now() + limit);
        while !given_up.load(Ordering::Relaxed) && end.is_none_or(|end| Instant::now() < end) {
            let Some(bytes) = tty.bytes()? else { return Ok(Press::Over) };
            for byte in bytes {
                let key = byte.to_ascii_lowercase();
                if self.keys.contains(&key) {
                    return Ok(Press::Key(key));
                }
                if byte == INTERRUPT {
                    return Ok(Press::Interrupted);
                }
            }
        }
        Ok(Press::Over)
    }
}
