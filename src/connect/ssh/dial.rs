//! The byte stream to a server: TCP, a command's pipes, or a channel through another host.

use super::config::{Family, Options};
use super::shell;
use crate::connect::link::one_line;
use crate::error::{Error, Result};
use std::net::SocketAddr;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::net::{TcpSocket, TcpStream};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// A stream in both directions.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Connects by TCP to the first address that answers.
pub(super) async fn tcp(options: &Options) -> Result<TcpStream> {
    let Options { host, port, .. } = options;
    let limit = options.connect_timeout;
    let found = tokio::time::timeout(limit, tokio::net::lookup_host((host.as_str(), *port))).await;
    let addresses: Vec<SocketAddr> = match found {
        Ok(Ok(addresses)) => addresses
            .filter(|a| match options.family {
                Family::Any => true,
                Family::V4 => a.is_ipv4(),
                Family::V6 => a.is_ipv6(),
            })
            .collect(),
        Ok(Err(e)) => {
            return Err(Error::other(format!("cannot resolve {host}: {e}")).help(rather(host)));
        }
        Err(_) => return Err(Error::other(format!("resolving {host} took more than {} s", limit.as_secs()))),
    };
    let mut error = Error::other(format!("{host} has no address"));
    for address in addresses {
        error = match tokio::time::timeout(limit, tcp_to(address, options)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(e)) => Error::other(format!("cannot connect to {address}: {e}")),
            Err(_) => Error::other(format!("no answer from {address} in {} s", limit.as_secs()))
                .help("see that the host is up and no firewall is in the way; the limit is ConnectTimeout"),
        };
    }
    Err(error)
}

/// What to write in place of a name that cannot be resolved.
fn rather(host: &str) -> &'static str {
    let bracketed = host.starts_with('[');
    let has_port = host.rsplit_once(':').is_some_and(|(name, port)| {
        (bracketed || !name.contains(':')) && !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit())
    });
    match (has_port, bracketed) {
        (true, _) => "set ansible_host to the address alone, and ansible_port to the port",
        (false, true) => "set ansible_host to the address without brackets",
        (false, false) => "set ansible_host to an address, or HostName in ssh_config",
    }
}

async fn tcp_to(address: SocketAddr, options: &Options) -> std::io::Result<TcpStream> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if let Some(bind) = &options.bind {
        let ip = bind
            .parse()
            .map_err(|_| std::io::Error::other(format!("BindAddress {bind} is not an address")))?;
        socket.bind(SocketAddr::new(ip, 0))?;
    }
    if let Some(interface) = &options.interface {
        socket.bind_device(Some(interface.as_bytes()))?;
    }
    socket.set_keepalive(options.tcp_keepalive)?;
    let stream = socket.connect(address).await?;
    // Without these two, each request waits for a delayed acknowledgement: 45 ms.
    stream.set_nodelay(true)?;
    stream.set_quickack(true)?;
    Ok(stream)
}

/// A command's pipes as one stream; the command ends with it.
pub(super) struct Piped {
    stdin: ChildStdin,
    stdout: ChildStdout,
    _child: Child,
}

/// The last words of a command on its standard error.
#[derive(Default)]
pub(super) struct LastWords {
    said: Arc<Mutex<Vec<u8>>>,
    listener: Option<tokio::task::JoinHandle<()>>,
}

impl LastWords {
    /// On one line; empty where nothing was said. To be asked when the command has ended or been dropped: what it said
    /// just before is waited for, though not for a child of its that keeps the pipe open.
    pub async fn line(self) -> String {
        if let Some(listener) = self.listener {
            let _ = tokio::time::timeout(Duration::from_millis(500), listener).await;
        }
        one_line(&self.said.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Starts a ProxyCommand by the user's shell, as ssh does.
pub(super) fn command(command: &str) -> Result<(Piped, LastWords)> {
    let failed = |e: std::io::Error| Error::other(format!("cannot start the ProxyCommand `{command}`: {e}"));
    let mut child = Command::new(shell::users_own())
        .arg("-c")
        .arg(format!("exec {command}"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // An interrupt from the terminal must not take the connection away under running steps.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(failed)?;
    let (Some(stdin), Some(stdout), Some(mut stderr)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(Error::other("the ProxyCommand was started without pipes"));
    };
    let said = Arc::<Mutex<Vec<u8>>>::default();
    let kept = said.clone();
    let listener = tokio::spawn(async move {
        let mut bytes = [0; 1024];
        while let Ok(n @ 1..) = stderr.read(&mut bytes).await {
            let mut all = kept.lock().unwrap_or_else(PoisonError::into_inner);
            all.extend(bytes.iter().take(n));
            let excess = all.len().saturating_sub(2048);
            all.drain(..excess);
        }
    });
    let words = LastWords { said, listener: Some(listener) };
    Ok((Piped { stdin, stdout, _child: child }, words))
}

impl AsyncRead for Piped {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stdout).poll_read(cx, buf)
    }
}

impl AsyncWrite for Piped {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stdin).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stdin).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stdin).poll_shutdown(cx)
    }
}
