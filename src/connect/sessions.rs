//! All sessions of a run, made on first use and shared.

use super::agent::AgentImage;
use super::link::{Exit, Link};
use super::local::{self, LocalAgent, Unused};
use super::pool::Pool;
use super::session::{Download, Patience, Session, Sink, Upload};
use super::ssh::{Account, Connection, Hop, Options, Proxy};
use super::{Blob, CallError, SshTarget, Target, Transport, bootstrap};
use crate::error::{Error, Result};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::Semaphore;
use warp_agent::outcome::Outcome;
use warp_agent::value::Value;
use warp_agent::wire::{Call, Detach, Request};

/// The last bytes of an agent's standard error that are kept for messages.
const STDERR: usize = 4 << 10;

/// The most a raw command may print on either of its outputs, in bytes.
const RAW: usize = 64 << 20;

/// How many connections to one server may be under way at once: sshd drops some from the tenth on (MaxStartups).
const CONNECTING: usize = 8;

/// All sessions of a run, one for each different `Target`, made on first use.
pub struct Sessions {
    agent: AgentImage,
    local: LocalAgent,
    patience: Patience,
    agents: Pool<Target, Session>,
    connections: Pool<(Arc<str>, SshTarget), Connection>,
    doors: Mutex<HashMap<(String, u16), Arc<Semaphore>>>,
}

/// What a raw command came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawOutput {
    /// Its exit status; 128 + n for a signal that is known by its number.
    pub rc: i32,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: Vec<u8>,
}

impl Default for Sessions {
    /// With the agent that was built with this warp, which serves this machine as `warp agent`.
    fn default() -> Self {
        Self::new(AgentImage::embedded(), LocalAgent::default())
    }
}

impl Sessions {
    /// With the agent to place on targets, and the one that serves this machine.
    #[must_use]
    pub fn new(agent: AgentImage, local: LocalAgent) -> Self {
        Sessions {
            agent,
            local,
            patience: Patience::default(),
            agents: Pool::default(),
            connections: Pool::default(),
            doors: Mutex::default(),
        }
    }

    /// With other limits on an agent's silence: after `ping` it is asked, after `silence` given up.
    #[must_use]
    pub fn with_patience(mut self, ping: Duration, silence: Duration) -> Self {
        self.patience = Patience { ping, silence, ..self.patience };
        self
    }

    /// Runs a module on the target's agent.
    ///
    /// # Errors
    /// `CallError`.
    pub async fn call(&self, target: &Target, call: Call, blob: Option<Blob>) -> Result<Outcome, CallError> {
        let upload = match blob {
            None => None,
            Some(blob) => match Upload::open(blob).await {
                Ok(upload) => Some(upload),
                Err(why) => return Ok(Outcome::failed(why)),
            },
        };
        let request = Request::Run { call, blob: upload.as_ref().map(Upload::left) };
        self.request(target, request, upload, &mut Sink::None).await
    }

    /// Starts a detached call, or attaches to the one already there under the same key.
    ///
    /// # Errors
    /// `CallError`; one that could not be started did not run.
    pub async fn detach(&self, target: &Target, detach: Detach) -> Result<(), CallError> {
        let outcome = self.request(target, Request::Detach(detach), None, &mut Sink::None).await?;
        if outcome.failed {
            let why =
                outcome.values.get("msg").and_then(Value::as_str).unwrap_or("the agent did not say why");
            return Err(CallError::Unreachable(Error::other(format!(
                "{}: a detached step could not be started: {why}",
                target.host
            ))));
        }
        Ok(())
    }

    /// Asks after a detached call: the new output since `offset`, the next offset, and the outcome once it has ended.
    ///
    /// # Errors
    /// `CallError`.
    pub async fn poll(
        &self,
        target: &Target,
        key: &str,
        offset: u64,
    ) -> Result<(Vec<u8>, u64, Option<Outcome>), CallError> {
        let mut sink = Sink::Memory(Vec::new());
        let request = Request::Poll { key: key.to_owned(), offset };
        let mut outcome = self.request(target, request, None, &mut sink).await?;
        let Sink::Memory(output) = sink else { return Ok((Vec::new(), offset, Some(outcome))) };
        let next = outcome.values.shift_remove("offset").and_then(|v| v.as_int());
        let next = next.and_then(|v| u64::try_from(v).ok()).unwrap_or(offset + output.len() as u64);
        let running = outcome.values.shift_remove("finished").and_then(|v| v.as_int()) == Some(0);
        Ok((output, next, (!running).then_some(outcome)))
    }

    /// Forgets a detached call that was collected.
    ///
    /// # Errors
    /// `CallError`.
    pub async fn forget(&self, target: &Target, key: &str) -> Result<(), CallError> {
        let request = Request::Forget { key: key.to_owned() };
        self.request(target, request, None, &mut Sink::None).await.map(drop)
    }

    /// Fetches a file into `to`, written atomically; gives its SHA-1 and size.
    ///
    /// # Errors
    /// `CallError`; a file that cannot be read is an `Outcome` that failed.
    pub async fn read(&self, target: &Target, path: &str, to: &Path) -> Result<Outcome, CallError> {
        let mut sink = match Download::create(to) {
            Ok(download) => Sink::File(Box::new(download)),
            Err(why) => return Ok(Outcome::failed(why)),
        };
        let outcome = self.request(target, Request::Read { path: path.to_owned() }, None, &mut sink).await?;
        if !outcome.failed
            && let Sink::File(download) = sink
        {
            let checksum = outcome.values.get("checksum").and_then(Value::as_str).unwrap_or_default();
            if let Err(why) = download.finish(checksum).await {
                return Ok(Outcome::failed(why));
            }
        }
        Ok(outcome)
    }

    /// Runs a command by the account's shell without an agent: for hosts where none can be.
    ///
    /// # Errors
    /// `CallError`; a command that fails has its `rc`.
    pub async fn raw(&self, target: &Target, command: &str) -> Result<RawOutput, CallError> {
        let as_whom = |target: &Target| match &target.become_ {
            Some(b) => b.command(command),
            None => Ok(command.to_owned()),
        };
        let command = as_whom(target).map_err(|e| CallError::Unreachable(e.context(&target.host)))?;
        let mut link =
            self.exec(target, &command, RAW, Unused::Killed).await.map_err(CallError::Unreachable)?;
        // The command gets an empty standard input, as under Ansible without a terminal.
        let _ = link.output.shutdown().await;
        let lost = |why: String| {
            CallError::Lost(
                Error::other(format!("{}: the link was lost while a command ran", target.host)).note(why),
            )
        };
        while link.input.fill().await.map_err(|e| lost(e.to_string()))? {
            if link.input.buffer.len() > RAW {
                return Err(lost(format!("it printed more than {RAW} bytes and was cut off")));
            }
        }
        let rc = match link.ending.exit() {
            Some(Exit::Status(code)) => i32::try_from(code).unwrap_or(i32::MAX),
            Some(Exit::Signal(name)) => 128 + name.parse().unwrap_or(0),
            Some(Exit::Refused) => {
                return Err(CallError::Unreachable(Error::other(format!(
                    "{}: the server refused to start the command",
                    target.host
                ))));
            }
            None => return Err(lost("the connection closed".to_owned())),
        };
        Ok(RawOutput { rc, stdout: link.input.buffer.clone(), stderr: link.ending.take_stderr() })
    }

    /// Drops every connection of a host, for `wait_for_connection` and after a reboot.
    pub async fn reset(&self, host: &str) {
        let agents = self.agents.take(|target| &*target.host == host).await;
        let connections = self.connections.take(|(name, _)| &**name == host).await;
        drop(agents);
        for connection in connections {
            connection.bye().await;
        }
    }

    /// Lets every agent finish, at most for `limit`, and closes all connections.
    pub async fn shutdown(&self, limit: Duration) {
        let mut leaving = tokio::task::JoinSet::new();
        for session in self.agents.take(|_| true).await {
            leaving.spawn(async move { session.bye(limit).await });
        }
        leaving.join_all().await;
        for connection in self.connections.take(|_| true).await {
            connection.bye().await;
        }
    }

    async fn request(
        &self,
        target: &Target,
        request: Request,
        upload: Option<Upload>,
        sink: &mut Sink,
    ) -> Result<Outcome, CallError> {
        // A session may end between being found and being used; then nothing was sent, and a new one is made.
        let mut error = None;
        for _ in 0..2 {
            let session = self.session(target).await.map_err(CallError::Unreachable)?;
            match session.begin() {
                Ok(exchange) => return exchange.run(request, upload, sink).await,
                Err(why) => error = Some(why),
            }
        }
        let error = error.unwrap_or_else(|| Error::other("the agent's session ended"));
        Err(CallError::Unreachable(error))
    }

    async fn session(&self, target: &Target) -> Result<Arc<Session>> {
        self.agents.get(target, |s| !s.has_ended(), async || self.start(target).await).await
    }

    /// Starts the target's agent.
    async fn start(&self, target: &Target) -> Result<Session> {
        if let (Transport::Local, None) = (&target.transport, &target.become_) {
            let link = local::agent(&self.local, STDERR).map_err(|e| e.context(&target.host))?;
            return Session::open(target.host.clone(), link, self.patience).await;
        }
        let command = match &target.become_ {
            Some(b) => b.command(bootstrap::COMMAND).map_err(|e| e.context(&target.host))?,
            None => super::privilege::shell(bootstrap::COMMAND),
        };
        let mut link = self.exec(target, &command, STDERR, Unused::Closed).await?;
        if let Err(error) = bootstrap::start(&mut link, &self.agent).await {
            return Err(match &target.become_ {
                Some(b) => b.explain(error, &link),
                None => error,
            }
            .context(&target.host));
        }
        Session::open(target.host.clone(), link, self.patience).await
    }

    /// Starts a command on the target, by the account that logs in.
    async fn exec(
        &self,
        target: &Target,
        command: &str,
        stderr_limit: usize,
        unused: Unused,
    ) -> Result<Link> {
        match &target.transport {
            Transport::Local => {
                local::shell(command, stderr_limit, unused).map_err(|e| e.context(&target.host))
            }
            Transport::Ssh(ssh) => {
                let connection = self.connection(&target.host, ssh).await?;
                connection.exec(command, stderr_limit).await
            }
        }
    }

    async fn connection(&self, host: &Arc<str>, ssh: &SshTarget) -> Result<Arc<Connection>> {
        let key = (host.clone(), ssh.clone());
        let usable = |c: &Connection| !c.has_ended();
        let make = async || {
            // The way is known whole before anything waits for a part of it: ways that cross cannot block each other.
            let (target, on_the_way) = route(host, ssh)?;
            let mut through = None;
            for leg in on_the_way.into_iter().rev() {
                let key = (leg.name.clone(), leg.ssh.clone());
                let before = through.take();
                let made =
                    self.connections.get(&key, usable, async || self.connect(&leg, before).await).await;
                through = Some(made.map_err(|e| e.context(host))?);
            }
            self.connect(&target, through).await
        };
        self.connections.get(&key, usable, make).await
    }

    async fn connect(&self, leg: &Leg, through: Option<Arc<Connection>>) -> Result<Connection> {
        let door = {
            let mut doors = self.doors.lock().unwrap_or_else(PoisonError::into_inner);
            let door = doors.entry((leg.options.host.clone(), leg.options.port));
            door.or_insert_with(|| Arc::new(Semaphore::new(CONNECTING))).clone()
        };
        let _place = door.acquire().await;
        Connection::open(&leg.name, &leg.options, through).await
    }
}

/// A part of the way to a host: one connection.
struct Leg {
    name: Arc<str>,
    ssh: SshTarget,
    options: Options,
}

/// The host, and the jump hosts before it, nearest to it first.
fn route(host: &Arc<str>, ssh: &SshTarget) -> Result<(Leg, Vec<Leg>)> {
    let account = Account::current()?;
    let leg = |name: Arc<str>, ssh: SshTarget| -> Result<Leg> {
        let options = Options::resolve(&ssh, &account).map_err(|e| e.context(host))?;
        Ok(Leg { name, ssh, options })
    };
    let target = leg(host.clone(), ssh.clone())?;
    let mut way: Vec<Leg> = Vec::new();
    while let Proxy::Jump { last, before } = &way.last().unwrap_or(&target).options.proxy {
        let hop = hop_target(last, before, &way.last().unwrap_or(&target).options);
        if way.iter().any(|l| l.ssh == hop) {
            return Err(Error::input(format!("{host}: ProxyJump goes in a circle through {}", last.host))
                .help("see ProxyJump in the blocks of the jump hosts themselves"));
        }
        way.push(leg(format!("jump host {}", last.host).into(), hop)?);
    }
    Ok((target, way))
}

/// A host on the way, looked up in the same configuration, as ssh does.
fn hop_target(last: &Hop, before: &[Hop], options: &Options) -> SshTarget {
    let mut args = Vec::new();
    if let Some(file) = &options.file {
        args.extend(["-F".to_owned(), file.clone()]);
    }
    if !before.is_empty() {
        let before: Vec<String> = before.iter().map(Hop::to_string).collect();
        args.extend(["-J".to_owned(), before.join(",")]);
    }
    SshTarget {
        address: last.host.clone(),
        port: last.port,
        user: last.user.clone(),
        args,
        ..SshTarget::default()
    }
}
