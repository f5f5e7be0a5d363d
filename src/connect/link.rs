//! The pipes of a process somewhere else: what the agent's session talks over.

use russh::client::Msg;
use russh::{Channel, ChannelMsg};
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncReadExt, AsyncWrite};
use tokio::process::{Child, ChildStdout};

/// Where a process's standard input is written.
pub(super) type Output = Box<dyn AsyncWrite + Send + Unpin>;

/// A started process: its three pipes, and how it ended.
pub(super) struct Link {
    pub input: Input,
    pub output: Output,
    pub ending: Ending,
}

/// A process's standard output, and what was read of it but not yet used.
pub(super) struct Input {
    source: Source,
    ending: Ending,
    /// Bytes read and not yet used.
    pub buffer: Vec<u8>,
}

enum Source {
    Channel(OwnedChannel),
    Child {
        stdout: ChildStdout,
        child: Child,
    },
    #[cfg(test)]
    Memory(tokio::io::ReadHalf<tokio::io::DuplexStream>),
}

/// A channel that is closed when it is no longer used; russh leaves that to its user.
struct OwnedChannel(Option<Channel<Msg>>);

impl Drop for OwnedChannel {
    fn drop(&mut self) {
        if let (Some(channel), Ok(runtime)) = (self.0.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(async move {
                // The connection may be gone already; then there is nothing to close.
                let _ = channel.close().await;
            });
        }
    }
}

impl Input {
    fn new(source: Source, ending: Ending) -> Self {
        Input { source, ending, buffer: Vec::new() }
    }

    /// Reads some more into `buffer`; false at the end, when `Ending` says how the process ended.
    pub async fn fill(&mut self) -> io::Result<bool> {
        match &mut self.source {
            Source::Channel(OwnedChannel(channel)) => {
                while let Some(channel) = channel {
                    match channel.wait().await {
                        Some(ChannelMsg::Data { data }) => {
                            self.buffer.extend_from_slice(&data);
                            return Ok(true);
                        }
                        Some(ChannelMsg::ExtendedData { data, .. }) => self.ending.stderr(&data),
                        Some(ChannelMsg::ExitStatus { exit_status }) => {
                            self.ending.exited(Exit::Status(exit_status));
                        }
                        Some(ChannelMsg::ExitSignal { signal_name, .. }) => {
                            self.ending.exited(Exit::Signal(format!("{signal_name:?}")));
                        }
                        Some(ChannelMsg::Failure) => self.ending.exited(Exit::Refused),
                        // An end of output is followed by the exit status, which errors need.
                        Some(_) => {}
                        None => break,
                    }
                }
                Ok(false)
            }
            Source::Child { stdout, child } => {
                let read = stdout.read_buf(&mut self.buffer).await?;
                if read == 0 {
                    let status = child.wait().await?;
                    use std::os::unix::process::ExitStatusExt as _;
                    self.ending.exited(match (status.code(), status.signal()) {
                        (Some(code), _) => Exit::Status(code.cast_unsigned()),
                        (None, signal) => Exit::Signal(signal.unwrap_or_default().to_string()),
                    });
                    self.ending.settled().await;
                }
                Ok(read > 0)
            }
            #[cfg(test)]
            Source::Memory(stream) => Ok(stream.read_buf(&mut self.buffer).await? > 0),
        }
    }
}

impl Link {
    /// Over an SSH channel on which a command was started, and its input.
    pub fn channel(channel: Channel<Msg>, output: Output, stderr_limit: usize) -> Link {
        let ending = Ending::new(stderr_limit);
        Link {
            input: Input::new(Source::Channel(OwnedChannel(Some(channel))), ending.clone()),
            output,
            ending,
        }
    }

    /// Over the pipes of a child, all three of which must be there.
    pub fn child(mut child: Child, stderr_limit: usize) -> io::Result<Link> {
        let (Some(stdin), Some(stdout), Some(mut stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(io::Error::other("the child was started without pipes"));
        };
        let ending = Ending::new(stderr_limit);
        let heard = ending.clone();
        let listener = tokio::spawn(async move {
            let mut bytes = [0; 4096];
            while let Ok(n @ 1..) = stderr.read(&mut bytes).await {
                heard.stderr(bytes.get(..n).unwrap_or_default());
            }
        });
        ending.lock().listener = Some(listener);
        Ok(Link {
            input: Input::new(Source::Child { stdout, child }, ending.clone()),
            output: Box::new(stdin),
            ending,
        })
    }

    /// Over one end of a pipe in memory.
    #[cfg(test)]
    pub fn memory(stream: tokio::io::DuplexStream) -> Link {
        let (read, write) = tokio::io::split(stream);
        let ending = Ending::new(0);
        Link { input: Input::new(Source::Memory(read), ending.clone()), output: Box::new(write), ending }
    }
}

/// How a process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    Status(u32),
    Signal(String),
    /// The server would not start it.
    Refused,
}

/// What is known of a process's end: its status and the last of its standard error.
#[derive(Clone)]
pub(super) struct Ending(Arc<Mutex<Ended>>);

struct Ended {
    stderr: VecDeque<u8>,
    limit: usize,
    exit: Option<Exit>,
    listener: Option<tokio::task::JoinHandle<()>>,
}

impl Ending {
    /// Keeps the last `limit` bytes of standard error.
    fn new(limit: usize) -> Self {
        Ending(Arc::new(Mutex::new(Ended { stderr: VecDeque::new(), limit, exit: None, listener: None })))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Ended> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stderr(&self, bytes: &[u8]) {
        let mut ended = self.lock();
        ended.stderr.extend(bytes);
        let excess = ended.stderr.len().saturating_sub(ended.limit);
        ended.stderr.drain(..excess);
    }

    fn exited(&self, exit: Exit) {
        self.lock().exit = Some(exit);
    }

    /// Waits until all of a child's standard error has been read; a grandchild that keeps it open is not waited for.
    async fn settled(&self) {
        let listener = self.lock().listener.take();
        if let Some(listener) = listener {
            let _ = tokio::time::timeout(std::time::Duration::from_millis(200), listener).await;
        }
    }

    /// The exit, once there was one.
    pub fn exit(&self) -> Option<Exit> {
        self.lock().exit.clone()
    }

    /// What was kept of standard error.
    pub fn take_stderr(&self) -> Vec<u8> {
        std::mem::take(&mut self.lock().stderr).into()
    }

    /// What was kept of standard error, as text.
    pub fn stderr_text(&self) -> String {
        String::from_utf8_lossy(self.lock().stderr.make_contiguous()).into_owned()
    }

    /// Standard error as text on one line, without control characters.
    pub fn stderr_line(&self) -> String {
        one_line(&self.lock().stderr.iter().copied().collect::<Vec<u8>>())
    }

    /// `exit status 1: sudo: not found`, as far as known.
    pub fn describe(&self) -> String {
        let mut text = match self.exit() {
            Some(Exit::Status(code)) => format!("exit status {code}"),
            Some(Exit::Signal(name)) => format!("killed by signal {name}"),
            Some(Exit::Refused) => "the server refused to start it".to_owned(),
            None => "its connection closed".to_owned(),
        };
        let stderr = self.stderr_line();
        if !stderr.is_empty() {
            let _ = write!(text, ": {stderr}");
        }
        text
    }
}

/// Bytes of a stranger as one printable line.
pub(super) fn one_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<String> = text
        .lines()
        .map(|l| l.trim().chars().map(|c| if c.is_control() { '?' } else { c }).collect::<String>())
        .filter(|l| !l.is_empty())
        .collect();
    lines.join(" / ")
}
