//! From a target to a running agent: connections, the way to them, the agent's start.

use super::link::Link;
use super::local::{self, Unused};
use super::session::{Cut, Resumable, Session, Taken};
use super::sessions::Sessions;
use super::ssh::{Account, Connection, Hop, Options, Proxy, Purpose, Terminal};
use super::{DENIED, SshTarget, Target, Transport, bootstrap, privilege, random};
use crate::error::{Error, Result};
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// The last bytes of an agent's standard error that are kept for messages.
const STDERR: usize = 4 << 10;

/// The pause before a link that is away is looked for again, at first and at most.
const PAUSE: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(2)];

/// The longest pause before a connection is tried again.
const LONGEST: Duration = Duration::from_secs(30);

/// How many connections to one server may be under way at once: sshd drops some from the tenth on (MaxStartups).
const CONNECTING: usize = 8;

/// How many connections a host may take: a server allows few sessions on each, and every account has one.
const CONNECTIONS: u32 = 32;

impl Sessions {
    /// The target's session, started if there is none.
    pub(super) async fn session(&self, target: &Target) -> Result<Arc<Session>> {
        self.agents.get(target, |s| !s.has_ended(), async || self.start(target).await).await
    }

    /// Starts the target's agent.
    async fn start(&self, target: &Target) -> Result<Session> {
        if let (Transport::Local(folder), None) = (&target.transport, &target.become_) {
            let link = local::agent(&self.local, folder, STDERR).map_err(|e| e.context(&target.host))?;
            return Session::open(target.host.clone(), link, self.patience, None, self.room.clone()).await;
        }
        let limit = match &target.transport {
            Transport::Ssh(ssh) => ssh.reconnect,
            Transport::Local(_) => Duration::ZERO,
        };
        let resumable = (!limit.is_zero()).then(|| Resumable {
            owner: self.owner(&target.host),
            session: random::word(),
            limit,
        });
        let (link, peer) = self.link(target, None).await?;
        Session::open(peer, link, self.patience, resumable, self.room.clone()).await
    }

    /// Goes on with a session whose link was cut, or ends it where none leads to its agent in time.
    pub(super) async fn resume(&self, target: &Target, session: &Session) {
        let _alone = session.resuming.lock().await;
        let Some(cut) = session.is_cut() else { return };
        let end = cut.since + session.limit();
        let mut pause = PAUSE[0];
        let mut last = None;
        loop {
            match tokio::time::timeout_at(end, self.another_link(target, session, &cut)).await {
                Ok(Ok(Taken::Over)) => return,
                Ok(Ok(Taken::Gone)) => {
                    return session
                        .give_up(format!("{}; the agent was gone when the link was back", cut.why));
                }
                Ok(Err(error)) => last = Some(error),
                Err(_) => {}
            }
            if Instant::now() + pause >= end {
                let limit = session.limit().as_secs();
                let last = last.map_or_else(String::new, |e| format!(": {}", e.message()));
                return session.give_up(format!("{}; no link was back in {limit} s{last}", cut.why));
            }
            tokio::time::sleep(pause / 2 + random::delay(pause / 2)).await;
            pause = (pause * 2).min(PAUSE[1]);
        }
    }

    async fn another_link(&self, target: &Target, session: &Session, cut: &Cut) -> Result<Taken> {
        let (link, _) = self.link(target, Some(cut.since)).await?;
        session.resume(link).await
    }

    /// A link to a fresh agent as the target's account, over a connection that is younger than `since`; gives who and
    /// where for messages too.
    async fn link(&self, target: &Target, since: Option<Instant>) -> Result<(Link, Arc<str>)> {
        match self.agent(target, Terminal::None, since).await {
            Err(Refused::WantsTerminal(_)) if matches!(target.transport, Transport::Ssh(_)) => {
                self.agent(target, Terminal::Raw, since).await
            }
            other => other,
        }
        .map_err(|(Refused::WantsTerminal(error) | Refused::Other(error))| error)
    }

    /// The agent, started as the target's account; gives its link, and who and where for messages.
    async fn agent(
        &self,
        target: &Target,
        terminal: Terminal,
        since: Option<Instant>,
    ) -> Result<(Link, Arc<str>), Refused> {
        let (command, entry) = match &target.become_ {
            Some(b) => {
                let denied = |e: Error| Refused::Other(e.context(&target.host).with_exit(DENIED));
                b.command(bootstrap::COMMAND).map_err(denied)?
            }
            None => (privilege::shell(bootstrap::COMMAND), None),
        };
        let started = self.exec(target, &command, STDERR, Unused::Closed, terminal, since).await;
        let (mut link, peer) = started.map_err(Refused::Other)?;
        let entered = match entry {
            Some(entry) => entry.pass(&mut link).await,
            None => Ok(()),
        };
        let started = match entered {
            Ok(()) => bootstrap::start(&mut link, &self.agent).await,
            Err(error) => Err(error),
        };
        let Err(error) = started else { return Ok((link, peer)) };
        Err(match &target.become_ {
            Some(b) if privilege::wants_terminal(&link) => {
                Refused::WantsTerminal(b.explain(error, &link).context(peer).with_exit(DENIED))
            }
            Some(b) => Refused::Other(b.explain(error, &link).context(peer).with_exit(DENIED)),
            None => Refused::Other(error.context(peer)),
        })
    }

    /// Starts a command on the target, by the account that logs in, over a connection that is younger than `since`; gives
    /// its link, and who and where for messages.
    pub(super) async fn exec(
        &self,
        target: &Target,
        command: &str,
        stderr_limit: usize,
        unused: Unused,
        terminal: Terminal,
        since: Option<Instant>,
    ) -> Result<(Link, Arc<str>)> {
        match &target.transport {
            Transport::Local(folder) => {
                let link = local::shell(command, folder, stderr_limit, unused)
                    .map_err(|e| e.context(&target.host))?;
                Ok((link, target.host.clone()))
            }
            Transport::Ssh(ssh) => {
                // A connection that holds as many sessions as the server allows (MaxSessions) is followed by one more.
                for number in 0..CONNECTIONS {
                    let connection =
                        self.connection(&target.host, ssh, number, since, Purpose::Commands).await?;
                    let started = connection.exec(command, stderr_limit, terminal).await?;
                    if let Some(link) = started {
                        return Ok((link, connection.peer()));
                    }
                }
                Err(Error::other(format!(
                    "{}: none of {CONNECTIONS} connections takes a session",
                    target.host
                ))
                .help("the server allows too few on each: raise MaxSessions in its configuration"))
            }
        }
    }

    /// The host's connection of this number, from 0. One that is not younger than `since` may be dead without knowing it.
    pub(super) async fn connection(
        &self,
        host: &Arc<str>,
        ssh: &SshTarget,
        number: u32,
        since: Option<Instant>,
        purpose: Purpose,
    ) -> Result<Arc<Connection>> {
        let key = (host.clone(), ssh.clone(), number);
        let usable = |c: &Connection| !c.has_ended() && since.is_none_or(|since| c.opened() > since);
        let make = async || {
            // The way is known whole before anything waits for a part of it: ways that cross cannot block each other.
            // Files are read for it, and commands of `Match exec` run: in a thread of its own.
            let asked = (host.clone(), ssh.clone());
            let found = tokio::task::spawn_blocking(move || route(&asked.0, &asked.1)).await;
            let (target, on_the_way) = found
                .map_err(|e| Error::other(format!("{host}: looking up the way there failed: {e}")))??;
            let mut through = None;
            for leg in on_the_way.into_iter().rev() {
                let key = (leg.name.clone(), leg.ssh.clone(), 0);
                let before = through.take();
                let made = self
                    .connections
                    .get(&key, usable, async || self.connect(&leg, before, Purpose::Others).await)
                    .await;
                through = Some(made.map_err(|e| e.context(host))?);
            }
            self.connect(&target, through, purpose).await
        };
        self.connections.get(&key, usable, make).await
    }

    async fn connect(
        &self,
        leg: &Leg,
        through: Option<Arc<Connection>>,
        purpose: Purpose,
    ) -> Result<Connection> {
        let door = {
            let mut doors = self.doors.lock().unwrap_or_else(PoisonError::into_inner);
            let door = doors.entry((leg.options.host.clone(), leg.options.port));
            door.or_insert_with(|| Arc::new(Semaphore::new(CONNECTING))).clone()
        };
        let mut tries = 0;
        loop {
            let place = door.acquire().await;
            let opened = Connection::open(&leg.name, &leg.options, through.clone(), purpose).await;
            drop(place);
            if opened.is_ok() || tries >= leg.ssh.retries {
                return opened;
            }
            // Ansible's pauses: 0, 1, 3, 7 seconds and so on.
            tokio::time::sleep(Duration::from_secs((1 << tries.min(5)) - 1).min(LONGEST)).await;
            tries += 1;
        }
    }
}

/// Why the agent was not started.
enum Refused {
    /// Becoming the account takes a terminal.
    WantsTerminal(Error),
    Other(Error),
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
