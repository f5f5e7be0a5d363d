//! SSH by russh: one connection to a host, on which commands are started.

mod auth;
mod config;
mod dial;
mod forward;
mod host_key;
mod known_hosts;
mod offer;
mod paced;
mod pattern;
mod revoked;
mod shell;

pub(super) use config::{Account, Hop, Options, Proxy};

use super::link::Link;
use super::random;
use crate::error::{Error, Result};
use config::Method;
use dial::{LastWords, Stream};
use host_key::Expected;
use paced::{Flushes, Paced, Socket};
use russh::client::{self, ChannelOpenHandle, DisconnectReason, Handle, Msg};
use russh::keys::PublicKeyOrCertificate;
use russh::{Channel, Pty};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use warp_agent::utf8;

/// How long logging in may take: name services on the host can be slow.
const AUTH_LIMIT: Duration = Duration::from_secs(60);

/// How long an open connection may take to start a command.
const OPEN_LIMIT: Duration = Duration::from_secs(60);

/// How often a server that drops connections at once is tried: sshd does so where too many are under way.
const DROPPED: u32 = 8;

/// The longest step between such attempts; the first ones are shorter.
const PAUSE: Duration = Duration::from_millis(1600);

/// How many packets wait in each queue of a connection: what is taken out of one at once, its buffers keep for good.
const PACKETS: usize = 1;

/// The largest packet that a server may send, in bytes: buffers of this size stand in several places for each of many hosts.
const PACKET: u32 = 16 << 10;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Commands, whose output is always taken in.
    Commands,
    /// Other connections. Its queues hold a whole window: one that waits to be written to must not keep what it is to
    /// read from coming in.
    Others,
}

/// An authenticated connection.
pub(super) struct Connection {
    handle: Handle<Handler>,
    peer: Arc<str>,
    opened: Instant,
    environment: Vec<(String, String)>,
    forwards_agent: bool,
    fate: Fate,
    flushes: Flushes,
    /// How many commands it was asked to start.
    asked: AtomicU64,
    /// The connection this one goes through must live as long.
    _through: Option<Arc<Connection>>,
}

/// Whether a command gets a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Terminal {
    None,
    /// One that hands every byte through as it is; standard error comes with standard output then.
    Raw,
}

/// A terminal that interprets nothing.
const RAW: &[(Pty, u32)] = &[
    (Pty::ECHO, 0),
    (Pty::ICANON, 0),
    (Pty::ISIG, 0),
    (Pty::IEXTEN, 0),
    (Pty::OPOST, 0),
    (Pty::ICRNL, 0),
    (Pty::INLCR, 0),
    (Pty::IGNCR, 0),
    (Pty::ISTRIP, 0),
    (Pty::IXON, 0),
    (Pty::IXOFF, 0),
    (Pty::PARENB, 0),
    (Pty::CS8, 1),
];

/// Why a connection ended, once it has.
#[derive(Clone, Default)]
struct Fate(Arc<Mutex<Option<String>>>);

impl Fate {
    fn set(&self, why: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(why);
    }

    fn get(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// russh's callbacks.
pub(super) struct Handler {
    expected: Expected,
    fate: Fate,
    /// The socket of the agent that the far side may ask.
    forward_agent: Option<PathBuf>,
}

/// What ends a connection.
#[derive(Debug)]
pub(super) enum Failure {
    Ssh(russh::Error),
    HostKey(Error),
}

impl From<russh::Error> for Failure {
    fn from(e: russh::Error) -> Self {
        Failure::Ssh(e)
    }
}

impl client::Handler for Handler {
    type Error = Failure;

    async fn check_server_key(&mut self, shown: &PublicKeyOrCertificate) -> Result<bool, Failure> {
        self.expected.check(shown).map_err(Failure::HostKey)?;
        Ok(true)
    }

    async fn server_channel_open_agent_forward(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut client::Session,
    ) -> Result<(), Failure> {
        match &self.forward_agent {
            Some(socket) => forward::agent(socket.clone(), channel, reply),
            // Asked for by a server that was not offered it.
            None => drop(reply),
        }
        Ok(())
    }

    async fn disconnected(&mut self, reason: DisconnectReason<Failure>) -> Result<(), Failure> {
        match reason {
            DisconnectReason::ReceivedDisconnect(said) => {
                self.fate.set(format!(
                    "the server disconnected: {}",
                    super::link::one_line(said.message.as_bytes())
                ));
                Ok(())
            }
            DisconnectReason::Error(e) => {
                if let Failure::Ssh(e) = &e {
                    self.fate.set(sentence(e));
                }
                Err(e)
            }
        }
    }
}

fn sentence(e: &russh::Error) -> String {
    match e {
        russh::Error::HUP | russh::Error::Disconnect => "the server closed the connection".to_owned(),
        russh::Error::KeepaliveTimeout => {
            "the server did not answer keepalives (ServerAliveInterval)".to_owned()
        }
        russh::Error::Version => "what answers does not speak SSH 2".to_owned(),
        russh::Error::NoCommonAlgo { kind, ours, theirs } => format!(
            "no common algorithm ({kind:?}): the server offers {}, warp {}",
            theirs.join(","),
            ours.join(",")
        ),
        russh::Error::IO(e) => format!("the connection broke: {e}"),
        e => e.to_string(),
    }
}

impl Connection {
    /// Connects and logs in, directly, by a command, or through a connection that is there. `host` is the
    /// inventory's name.
    ///
    /// # Errors
    /// With who and where, what was tried, and what to do.
    pub async fn open(
        host: &str,
        options: &Options,
        through: Option<Arc<Connection>>,
        purpose: Purpose,
    ) -> Result<Connection> {
        let Options { user, host: address, port, .. } = options;
        let peer = format!("{host} (ssh {user}@{address} port {port})");
        let mut tries = 0;
        loop {
            tries += 1;
            match Self::attempt(&peer, options, through.clone(), purpose).await {
                Ok(connection) => return Ok(connection),
                Err(Trouble::Dropped(error)) if tries >= DROPPED => return Err(error),
                Err(Trouble::Dropped(_)) => {
                    let step = Duration::from_millis(100).saturating_mul(1 << tries).min(PAUSE);
                    tokio::time::sleep(step / 2 + random::delay(step)).await;
                }
                Err(Trouble::Dial(_)) if tries < options.attempts => {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                Err(Trouble::Dial(error) | Trouble::Final(error)) => return Err(error),
            }
        }
    }

    async fn attempt(
        peer: &str,
        options: &Options,
        through: Option<Arc<Connection>>,
        purpose: Purpose,
    ) -> Result<Connection, Trouble> {
        let Way { stream, words, address } =
            dial(options, through.as_deref()).await.map_err(|e| Trouble::Dial(e.context(peer)))?;
        let expected = Expected::of(options, peer.to_owned(), address).map_err(Trouble::Final)?;
        let config = config(options, &expected, purpose).map_err(|e| Trouble::Final(e.context(peer)))?;
        let fate = Fate::default();
        let forward_agent = options.forward_agent.clone();
        let suspected = expected.suspected();
        let handler = Handler { expected, fate: fate.clone(), forward_agent };

        let flushes = Flushes::default();
        let stream = Socket::new(stream, flushes.clone());
        let limit = options.connect_timeout;
        let shaken =
            tokio::time::timeout(limit, client::connect_stream(Arc::new(config), stream, handler)).await;
        let mut handle = match shaken {
            Ok(Ok(handle)) => handle,
            Ok(Err(Failure::HostKey(error))) => return Err(Trouble::Final(error)),
            Ok(Err(Failure::Ssh(e))) => {
                let mut error = Error::other(format!("{peer}: {}", sentence(&e)));
                let said = words.line().await;
                if let Proxy::Command(command) = &options.proxy {
                    error = error.note(format!("through the ProxyCommand `{command}`"));
                    if !said.is_empty() {
                        error = error.note(format!("it said: {said}"));
                    }
                    return Err(Trouble::Final(error));
                }
                return Err(match e {
                    russh::Error::HUP | russh::Error::Disconnect | russh::Error::IO(_) => {
                        Trouble::Dropped(error.help(
                            "see the server's log; it may limit connections (MaxStartups) or refuse yours",
                        ))
                    }
                    _ => Trouble::Final(error),
                });
            }
            Err(_) => {
                return Err(Trouble::Dial(
                    Error::other(format!("{peer}: no SSH handshake in {} s", limit.as_secs()))
                        .help("the limit is ConnectTimeout"),
                ));
            }
        };
        let suspected = suspected.load(Ordering::Relaxed);
        let careful = suspected.then(|| without_secrets(options));
        let options = careful.as_ref().unwrap_or(options);
        match tokio::time::timeout(AUTH_LIMIT, auth::authenticate(&mut handle, options)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                let mut error = error.context(peer);
                if suspected {
                    error = error.note(NO_SECRETS);
                }
                return Err(Trouble::Final(match fate.get() {
                    Some(why) => error.note(why),
                    None => error,
                }));
            }
            Err(_) => {
                return Err(Trouble::Final(Error::other(format!(
                    "{peer}: logging in took more than {} s",
                    AUTH_LIMIT.as_secs()
                ))));
            }
        }
        Ok(Connection {
            handle,
            peer: peer.into(),
            opened: Instant::now(),
            environment: options.environment.clone(),
            forwards_agent: options.forward_agent.is_some(),
            fate,
            flushes,
            asked: AtomicU64::new(0),
            _through: through,
        })
    }

    /// Who and where, for messages.
    pub fn peer(&self) -> Arc<str> {
        self.peer.clone()
    }

    /// Since when it is there.
    pub fn opened(&self) -> Instant {
        self.opened
    }

    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        self.handle.is_closed()
    }

    /// Starts a command by the account's login shell; the last `stderr_limit` bytes of standard error are kept. Nothing
    /// is started where the server allows no more sessions beside those that there are.
    pub async fn exec(&self, command: &str, stderr_limit: usize, terminal: Terminal) -> Result<Option<Link>> {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        let opened = async {
            let channel = self.handle.channel_open_session().await?;
            for (name, value) in &self.environment {
                channel.set_env(false, name, value).await?;
            }
            if terminal == Terminal::Raw {
                channel.request_pty(true, "dumb", 80, 24, 0, 0, RAW).await?;
            }
            if self.forwards_agent {
                channel.agent_forward(false).await?;
            }
            channel.exec(false, utf8::bytes(command)).await?;
            Ok::<_, russh::Error>(channel)
        };
        match tokio::time::timeout(OPEN_LIMIT, opened).await {
            Ok(Ok(channel)) => {
                let output = Box::new(Paced::new(Box::pin(channel.make_writer()), self.flushes.clone()));
                Ok(Some(Link::channel(channel, output, stderr_limit)))
            }
            Ok(Err(russh::Error::ChannelOpenFailure(_))) if asked > 0 => Ok(None),
            Ok(Err(e)) => {
                let why = self.fate.get().unwrap_or_else(|| sentence(&e));
                let error = Error::other(format!("{}: cannot start a command: {why}", self.peer));
                Err(match e {
                    russh::Error::ChannelOpenFailure(_) => error
                        .help("the server allows no sessions at all: see MaxSessions in its configuration"),
                    _ => error,
                })
            }
            Err(_) => Err(Error::other(format!(
                "{}: the server did not start a command in {} s",
                self.peer,
                OPEN_LIMIT.as_secs()
            ))),
        }
    }

    /// A stream to a Unix socket of the server's machine.
    pub async fn socket(&self, path: &str) -> Result<impl AsyncRead + AsyncWrite + Send + Unpin + use<>> {
        let opened = self.handle.channel_open_direct_streamlocal(path);
        let why = match tokio::time::timeout(OPEN_LIMIT, opened).await {
            Ok(Ok(channel)) => return Ok(channel.into_stream()),
            Ok(Err(e)) => self.fate.get().unwrap_or_else(|| sentence(&e)),
            Err(_) => format!("no answer in {} s", OPEN_LIMIT.as_secs()),
        };
        Err(Error::other(format!("{}: no way to the socket {path}: {why}", self.peer)))
    }

    /// Takes leave of the server.
    pub async fn bye(&self) {
        let _ = self.handle.disconnect(russh::Disconnect::ByApplication, "", "").await;
    }
}

/// Why a server that may be somebody else's was given less.
const NO_SECRETS: &str = "the host key is not the known one: without host key checking keys are tried, but no password is \
    sent and no agent forwarded, as by ssh";

/// These options for a server that may be somebody else's: nothing is given to it that it could use elsewhere.
fn without_secrets(options: &Options) -> Options {
    Options {
        methods: options.methods.iter().copied().filter(|method| *method == Method::PublicKey).collect(),
        password: None,
        forward_agent: None,
        ..options.clone()
    }
}

/// Why an attempt failed, and so whether another may help.
enum Trouble {
    /// No stream to the server: `ConnectionAttempts` says how often to try.
    Dial(Error),
    /// The server closed the connection at once, before anything was asked of it.
    Dropped(Error),
    Final(Error),
}

/// A stream to the server.
struct Way {
    stream: Box<dyn Stream>,
    words: LastWords,
    /// The server's own address, where it is connected to directly.
    address: Option<IpAddr>,
}

async fn dial(options: &Options, through: Option<&Connection>) -> Result<Way> {
    let way = |stream| Way { stream, words: LastWords::default(), address: None };
    match (&options.proxy, through) {
        (_, Some(connection)) => {
            let opened = connection.handle.channel_open_direct_tcpip(
                &options.host,
                options.port.into(),
                "127.0.0.1",
                0,
            );
            match tokio::time::timeout(options.connect_timeout, opened).await {
                Ok(Ok(channel)) => Ok(way(Box::new(channel.into_stream()))),
                Ok(Err(e)) => {
                    Err(Error::other(format!("no way through {}: {}", connection.peer, sentence(&e)))
                        .help("see that the jump host allows TCP forwarding and reaches the host"))
                }
                Err(_) => Err(Error::other(format!(
                    "no way through {} in {} s",
                    connection.peer,
                    options.connect_timeout.as_secs()
                ))),
            }
        }
        (Proxy::Command(command), _) => {
            let (stream, words) = dial::command(command)?;
            Ok(Way { words, ..way(Box::new(stream)) })
        }
        _ => {
            let stream = dial::tcp(options).await?;
            let address = stream.peer_addr().ok().map(|a| a.ip());
            Ok(Way { address, ..way(Box::new(stream)) })
        }
    }
}

fn config(options: &Options, expected: &Expected, purpose: Purpose) -> Result<client::Config> {
    let usual = client::Config::default();
    Ok(client::Config {
        channel_buffer_size: match purpose {
            Purpose::Commands => PACKETS,
            Purpose::Others => usual.window_size.div_ceil(PACKET) as usize + PACKETS,
        },
        maximum_packet_size: PACKET,
        nodelay: true,
        keepalive_interval: options.alive_interval,
        keepalive_max: options.alive_count as usize,
        preferred: offer::preferred(options, expected)?,
        ..usual
    })
}
