//! Giving a become method its password, and no more than that.
//!
//! The method's prompt is awaited and answered there and then; our own word on standard output says that
//! the account has become the other one. Only then does anything else follow on standard input: a method that wants no
//! password, or another one, must not take a script for an answer.

use super::link::Link;
use super::{Password, random};
use crate::error::{Error, Result};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::time::Instant;

/// How long a method may take to ask or to let in. Some wait after a wrong password.
const LIMIT: Duration = Duration::from_secs(60);

/// How much a method may print before it lets in, in bytes.
const NOISE: usize = 64 << 10;

/// How often standard error is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// A method that is on its way in.
pub(super) struct Entry {
    method: String,
    password: Option<Password>,
    /// What standard error ends with when the method asks.
    prompt: String,
    /// What is printed once it let us in.
    mark: String,
}

impl Entry {
    /// The entry of a method whose prompt ends with `prompt`.
    pub fn new(method: &str, password: Option<Password>, prompt: String) -> Self {
        Entry { method: method.to_owned(), password, prompt, mark: random::word() }
    }

    /// A script that tells when it begins.
    pub fn marked(&self, script: &str) -> String {
        format!("echo {}; {script}", self.mark)
    }

    /// Waits until the method has let us in.
    ///
    /// # Errors
    /// No password where one is asked for, a wrong one, and whatever else kept it from letting us in.
    pub async fn pass(&self, link: &mut Link) -> Result<()> {
        let limit = Instant::now() + LIMIT;
        let mut answered = 0;
        loop {
            let mark = format!("{}\n", self.mark);
            if let Some(at) = find(&link.input.buffer, mark.as_bytes()) {
                link.input.buffer.drain(..at + mark.len());
                return Ok(());
            }
            if link.input.buffer.len() > NOISE {
                return Err(Error::other(format!(
                    "{} printed more than {NOISE} bytes and did not let us in",
                    self.method
                )));
            }
            // On a terminal the two streams are one.
            let printed = String::from_utf8_lossy(&link.input.buffer);
            let asked = link.ending.stderr_text().matches(&self.prompt).count()
                + printed.matches(&self.prompt).count();
            if asked > answered {
                let Some(password) = self.password.as_ref().filter(|_| answered == 0) else {
                    let word = if self.password.is_some() { "Incorrect" } else { "Missing" };
                    return Err(Error::other(format!("{word} {} password", self.method))
                        .help("give it by ansible_become_password, -K or --become-password-file"));
                };
                link.output.write_all(format!("{}\n", password.chars()).as_bytes()).await?;
                answered = asked;
            }
            match tokio::time::timeout(LOOK, link.input.fill()).await {
                Err(_) if Instant::now() < limit => {}
                Err(_) => {
                    return Err(Error::other(format!(
                        "Timed out after {} seconds waiting for {} to let us in",
                        LIMIT.as_secs(),
                        self.method
                    ))
                    .note(format!("it said: {}", link.ending.stderr_line())));
                }
                Ok(Ok(true)) => {}
                Ok(Ok(false)) => {
                    let word = if answered > 0 { "Incorrect password, or not allowed" } else { "it ended" };
                    return Err(Error::other(format!("{word}: {}", link.ending.describe())));
                }
                Ok(Err(e)) => return Err(Error::other(format!("the link broke: {e}"))),
            }
        }
    }
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}
