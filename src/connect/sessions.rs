//! All sessions of a run, made on first use and shared.

use super::agent::AgentImage;
use super::local::LocalAgent;
use super::pool::Pool;
use super::session::{Download, Patience, Session, SharedRoom, Sink, Upload};
use super::ssh::Connection;
use super::{Blob, CallError, SshTarget, Target, random};
use crate::error::{Error, Result};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tokio::sync::Semaphore;
use warp_agent::outcome::Outcome;
use warp_agent::value::Value;
use warp_agent::wire::{Call, Detach, Request};

/// How long an agent that nobody needs any more may take to leave.
const LEAVE: Duration = Duration::from_millis(500);

/// All sessions of a run, one for each different `Target`, made on first use.
pub struct Sessions {
    pub(super) agent: AgentImage,
    pub(super) local: LocalAgent,
    pub(super) patience: Patience,
    pub(super) room: SharedRoom,
    pub(super) agents: Pool<Target, Session>,
    /// By name, variables and number: a server may allow few sessions on each.
    pub(super) connections: Pool<(Arc<str>, SshTarget, u32), Connection>,
    owner: OnceLock<String>,
    pub(super) doors: Mutex<HashMap<(String, u16), Arc<Semaphore>>>,
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
            room: SharedRoom::default(),
            agents: Pool::default(),
            connections: Pool::default(),
            owner: OnceLock::new(),
            doors: Mutex::default(),
        }
    }

    /// Names whose they are: what an earlier run of the same name and account of this machine left without a link ends when
    /// this one comes to the host. The first name holds.
    pub fn own(&self, run: &str) {
        let machine = std::fs::read_to_string("/etc/machine-id").unwrap_or_default();
        let _ = self.owner.set(format!("{}/{}/{run}", machine.trim(), nix::unistd::geteuid()));
    }

    /// Whose a host's sessions are; nobody else's where that was not said.
    pub(super) fn owner(&self, host: &str) -> String {
        let owner = self.owner.get_or_init(random::word);
        blake3::hash(format!("{owner}/{host}").as_bytes()).to_hex().chars().take(32).collect()
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
    pub async fn detach(&self, target: &Target, detach: Detach) -> Result<Outcome, CallError> {
        let outcome = self.request(target, Request::Detach(detach), None, &mut Sink::None).await?;
        if outcome.failed {
            let why =
                outcome.values.get("msg").and_then(Value::as_str).unwrap_or("the agent did not say why");
            return Err(CallError::Unreachable(Error::other(format!(
                "{}: a detached step could not be started: {why}",
                target.host
            ))));
        }
        Ok(outcome)
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
        if outcome.values.shift_remove("lost").is_some() {
            // It is told of once; the next run begins it anew.
            self.forget(target, key).await?;
            return Err(CallError::Lost(
                Error::other(format!("{}: a detached step was lost", target.host))
                    .note("its supervisor ended without an outcome: it was killed, or the host went down")
                    .note("whether the step came to its end is not known")
                    .help("look at the host before running the step again"),
            ));
        }
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

    /// Drops every connection of a host, for `wait_for_connection` and after a reboot.
    pub async fn reset(&self, host: &str) {
        let agents = self.agents.take(|target| &*target.host == host).await;
        let connections = self.connections.take(|(name, _, _)| &**name == host).await;
        for agent in agents.iter().filter(|agent| agent.is_idle()) {
            // Else it would wait for another link.
            agent.bye(LEAVE).await;
        }
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
            let session = self.session(target).await.map_err(CallError::without_session)?;
            match session.begin() {
                Ok(exchange) => {
                    let mut answer = std::pin::pin!(exchange.run(request, upload, sink));
                    loop {
                        tokio::select! {
                            biased;
                            outcome = &mut answer => return outcome,
                            _ = session.cut() => self.resume(target, &session).await,
                        }
                    }
                }
                Err(why) => error = Some(why),
            }
        }
        let error = error.unwrap_or_else(|| Error::other("the agent's session ended"));
        Err(CallError::Unreachable(error))
    }
}
