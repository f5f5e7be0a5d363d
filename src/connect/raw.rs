//! Commands without an agent.

use super::link::Exit;
use super::local::Unused;
use super::sessions::Sessions;
use super::ssh::Terminal;
use super::{CallError, Target, Transport, privilege};
use crate::error::Error;
use nix::sys::signal::Signal;
use tokio::io::AsyncWriteExt as _;

/// The most a raw command may print on its standard output, and what is kept of its standard error, in bytes.
const LIMIT: usize = 64 << 20;

/// What a raw command came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawOutput {
    /// Its exit status; 128 and its number more for a signal.
    pub rc: i32,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: Vec<u8>,
}

impl Sessions {
    /// Runs a command by the account's shell without an agent: for hosts where none can be.
    ///
    /// # Errors
    /// `CallError`; a command that fails has its `rc`.
    pub async fn raw(&self, target: &Target, command: &str) -> Result<RawOutput, CallError> {
        let output = self.raw_by(target, command, Terminal::None).await?;
        let may_want =
            output.rc != 0 && target.become_.is_some() && matches!(target.transport, Transport::Ssh(_));
        if may_want && privilege::says_it_wants_terminal(&String::from_utf8_lossy(&output.stderr)) {
            return self.raw_by(target, command, Terminal::Raw).await;
        }
        Ok(output)
    }

    async fn raw_by(
        &self,
        target: &Target,
        command: &str,
        terminal: Terminal,
    ) -> Result<RawOutput, CallError> {
        let (command, entry) = match &target.become_ {
            Some(b) => b.command(command).map_err(|e| CallError::Denied(e.context(&target.host)))?,
            None => (command.to_owned(), None),
        };
        let started = self.exec(target, &command, LIMIT, Unused::Killed, terminal, None).await;
        let (mut link, peer) = started.map_err(CallError::Unreachable)?;
        if let Some(entry) = entry {
            entry.pass(&mut link).await.map_err(|e| CallError::Denied(e.context(&peer)))?;
        }
        // An empty standard input, so that a command that reads does not wait for ever.
        let _ = link.output.shutdown().await;
        let lost = |what: &str, why: String| {
            CallError::Lost(
                Error::other(format!("{peer}: {what} while a command ran"))
                    .note(why)
                    .note("whether the command ended, and how, is not known"),
            )
        };
        let cut = |why| lost("the link was lost", why);
        while link.input.fill().await.map_err(|e| cut(e.to_string()))? {
            if link.input.buffer.len() > LIMIT {
                return Err(lost("the output was cut off", format!("it printed more than {LIMIT} bytes")));
            }
        }
        let rc = match link.ending.exit() {
            Some(Exit::Status(code)) => i32::try_from(code).unwrap_or(i32::MAX),
            Some(Exit::Signal(name)) => 128 + signal_number(&name),
            Some(Exit::Refused) => {
                let error = Error::other(format!("{peer}: the server refused to start the command"));
                return Err(CallError::Unreachable(error));
            }
            None => return Err(cut("the connection closed".to_owned())),
        };
        Ok(RawOutput {
            rc,
            stdout: std::mem::take(&mut link.input.buffer),
            stderr: link.ending.take_stderr(),
        })
    }
}

/// SSH tells signals by their names without `SIG`, the system by their numbers.
fn signal_number(name: &str) -> i32 {
    name.parse().or_else(|_| format!("SIG{name}").parse().map(|s: Signal| s as i32)).unwrap_or_default()
}
