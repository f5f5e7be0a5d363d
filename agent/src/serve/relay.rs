//! From a new link to the agent that has lost its own: through a socket of the abstract name space, which leaves no file
//! behind. Its name is no secret; both sides see to it that the other is of the same account.

use super::News;
use super::link::Link;
use crate::accounts;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::fd::AsRawFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::thread;
use std::time::Duration;

/// How long whoever knocks may take to say what he wants.
const KNOCK: Duration = Duration::from_secs(10);

/// What is said in place of a number of frames to an agent that is to end if it has no link.
const LEAVE: u64 = u64::MAX;

/// How long such an agent may take.
const LEAVING: Duration = Duration::from_secs(5);

/// Takes links that ask for this session.
///
/// # Errors
/// Nobody can be listened to: then a cut link is the end.
pub(super) fn listen(
    owner: &str,
    session: &str,
    link: &Arc<Link>,
    news: &SyncSender<News>,
) -> io::Result<()> {
    let listener = UnixListener::bind_addr(&address(owner, session)?)?;
    let (link, news) = (Arc::clone(link), news.clone());
    thread::Builder::new().spawn(move || {
        for stream in listener.incoming().flatten() {
            // Whoever is no controller is none of ours.
            let _ = knocked(stream, &link, &news);
        }
    })?;
    Ok(())
}

fn knocked(mut stream: UnixStream, link: &Arc<Link>, news: &SyncSender<News>) -> io::Result<()> {
    is_ours(&stream)?;
    stream.set_read_timeout(Some(KNOCK))?;
    let mut had = [0; 8];
    stream.read_exact(&mut had)?;
    stream.set_read_timeout(None)?;
    match u64::from_le_bytes(had) {
        LEAVE => link.leave(stream),
        had => return link.take_over(stream, had, news.clone()),
    }
    Ok(())
}

/// Finds the agent of a session.
pub(super) fn find(owner: &str, session: &str, had: u64) -> io::Result<UnixStream> {
    knock(&address(owner, session)?, had)
}

fn knock(at: &SocketAddr, had: u64) -> io::Result<UnixStream> {
    let mut stream = UnixStream::connect_addr(at)?;
    is_ours(&stream)?;
    stream.write_all(&had.to_le_bytes())?;
    Ok(stream)
}

/// Has agents of this owner end that still wait for a link: nobody will come, since their warp was killed.
pub(super) fn end_orphans(owner: &str) {
    let sockets = fs::read_to_string("/proc/net/unix").unwrap_or_default();
    let start = format!("@{}", name(owner, ""));
    let sessions = sockets.lines().filter_map(|line| line.split(' ').next_back()?.strip_prefix(&start));
    for session in sessions.collect::<BTreeSet<_>>() {
        let asked = address(owner, session).and_then(|at| knock(&at, LEAVE)).and_then(|stream| {
            stream.set_read_timeout(Some(LEAVING))?;
            Ok(stream)
        });
        // Its end closes the stream; one that has a link closes it at once.
        if let Ok(mut stream) = asked {
            let _ = stream.read(&mut [0]);
        }
    }
}

/// Carries bytes both ways until either side ends.
pub(super) fn carry(
    agent: UnixStream,
    input: impl Read + Send + 'static,
    output: impl Write,
) -> Result<(), String> {
    let cannot = |e: io::Error| format!("cannot reach the agent of the session: {e}");
    let up = agent.try_clone().map_err(cannot)?;
    thread::Builder::new()
        .spawn(move || {
            // However it ends, the other direction ends with it.
            let _ = pump(input, &up);
            let _ = up.shutdown(Shutdown::Both);
        })
        .map_err(cannot)?;
    // Both ends are told of by what lies beyond them.
    let _ = pump(&agent, output);
    Ok(())
}

fn pump(mut from: impl Read, mut to: impl Write) -> io::Result<()> {
    let mut buffer = [0; 32 << 10];
    loop {
        let size = match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(size) => size,
            Err(e) if e.kind() == ErrorKind::Interrupted => continue,
            Err(e) => return Err(e),
        };
        to.write_all(buffer.get(..size).unwrap_or_default())?;
        to.flush()?;
    }
}

fn name(owner: &str, session: &str) -> String {
    format!("warp-agent/{}/{owner}/{session}", accounts::effective_uid())
}

fn address(owner: &str, session: &str) -> io::Result<SocketAddr> {
    SocketAddr::from_abstract_name(name(owner, session))
}

/// Sees to it that the other end is a process of this account.
fn is_ours(stream: &UnixStream) -> io::Result<()> {
    let mut peer = libc::ucred { pid: 0, uid: libc::uid_t::MAX, gid: 0 };
    let mut size = size_of::<libc::ucred>() as libc::socklen_t;
    // SAFETY: the descriptor is open, and the structure and its size are those that SO_PEERCRED fills.
    let got = unsafe {
        libc::getsockopt(
            stream.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            (&raw mut peer).cast(),
            &raw mut size,
        )
    };
    match got {
        0 if peer.uid == accounts::effective_uid() => Ok(()),
        0 => Err(ErrorKind::PermissionDenied.into()),
        _ => Err(io::Error::last_os_error()),
    }
}
