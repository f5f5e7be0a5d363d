//! `warp proxy`: a connection into the lab's network namespace on standard input and output, for ssh's ProxyCommand.

use super::{DaemonKind, Lab, netns};
use crate::error::{Error, Result};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::os::fd::AsFd as _;
use std::path::Path;
use std::time::Duration;

/// How long a connection may take to be made: ssh's own limit does not reach into a ProxyCommand.
const CONNECT_LIMIT: Duration = Duration::from_secs(30);

/// Connects to `host` and `port` from inside the lab and carries bytes both ways until the other side closes.
///
/// # Errors
/// No lab in `lwd`, its namespace gone, or no connection.
pub fn run(lwd: &Path, host: &str, port: u16) -> Result<()> {
    let stream = connect(lwd, host, port)?;
    let sending = stream.try_clone()?;
    // Never joined: it may wait on standard input for ever, while the other side has closed and warp is to end.
    std::thread::spawn(move || {
        let _ = carry(&mut io::stdin().lock(), &mut &sending);
        let _ = sending.shutdown(Shutdown::Write);
        // The other side may not notice, paused or cut off as it may be: without anybody to carry bytes to, they end here.
        reader_gone();
        let _ = sending.shutdown(Shutdown::Both);
    });
    carry(&mut &stream, &mut io::stdout().lock())
        .map_err(|e| Error::other(format!("the connection to {host} port {port} broke: {e}")))
}

fn connect(lwd: &Path, host: &str, port: u16) -> Result<TcpStream> {
    let lab = Lab::find(lwd)?.ok_or_else(|| {
        Error::other(format!("there is no lab in {}", lwd.display()))
            .help("name the lab's LWD with --lab DIR")
    })?;
    let address = (host.to_owned(), port);
    let connected = match lab.daemon_kind() {
        Some(DaemonKind::Private) => {
            let name = lab.namespace();
            if !netns::exists(&name) {
                return Err(Error::other(format!("the lab's network namespace {name} does not exist"))
                    .note("it goes when the machine restarts")
                    .help("`warp deploy undercloud` brings the lab back"));
            }
            netns::within(&name, move || dial(&address))?
        }
        _ => dial(&address),
    };
    connected.map_err(|e| Error::other(format!("cannot connect to {host} port {port}: {e}")))
}

/// A socket belongs for good to the namespace that it was made in, whichever thread uses it afterwards.
fn dial(address: &(String, u16)) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT_LIMIT) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(e) => last = e,
        }
    }
    Err(last)
}

/// Waits until nobody reads our standard output any more: whoever had started us has ended, be it by `kill -9`.
fn reader_gone() {
    let stdout = io::stdout();
    // Nothing is asked for: errors are told all the same.
    let mut output = [PollFd::new(stdout.as_fd(), PollFlags::empty())];
    while poll(&mut output, PollTimeout::NONE) == Err(Errno::EINTR) {}
}

/// Copies, flushing each piece: an interactive session must not wait for a full buffer.
fn carry(from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
    let mut buffer = vec![0u8; 64 << 10];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(n) => {
                to.write_all(buffer.get(..n).unwrap_or_default())?;
                to.flush()?;
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}
