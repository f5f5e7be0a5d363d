//! Connections: to the host, through a proxy, or to a Unix socket.

use super::exchange::{Stream, receive, send};
use super::tls::{self, Trust};
use super::url::Url;
use super::{Trouble, basic};
use crate::errno;
use crate::module::Context;
use crate::program::variable;
use crate::resolve;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How to reach hosts.
#[derive(Clone, Debug, Default)]
pub struct Route {
    /// Seconds that each step may take.
    pub timeout: Duration,
    /// Whether proxies of the environment are used.
    pub use_proxy: bool,
    /// A socket that is connected to whatever the URL says.
    pub unix_socket: Option<PathBuf>,
    /// What TLS is checked against.
    pub trust: Trust,
}

/// A connection, and whether requests on it name the whole URL, as a proxy wants.
pub struct Connection {
    /// The connection.
    pub stream: Box<dyn Stream>,
    /// The proxy's login, where requests go to a proxy.
    pub proxy: Option<Option<String>>,
}

/// Connects for a request to `url`.
///
/// # Errors
/// As Python words them.
pub fn open(cx: &mut Context<'_>, route: &Route, url: &Url) -> Result<Connection, Trouble> {
    let secure = url.scheme == "https";
    if let Some(path) = &route.unix_socket {
        let stream = unix(path, route.timeout).map_err(|e| {
            let why = errno::python(&e, &[]);
            Trouble::open(format!("Invalid Socket File ({}): {why}", path.display()))
        })?;
        return Ok(Connection { stream: dressed(route, url, secure, stream)?, proxy: None });
    }
    let proxy = if route.use_proxy { proxy_for(cx, url) } else { None };
    let Some(proxy) = proxy else {
        let stream = tcp(cx, route, &url.host, url.port_or_default())?;
        return Ok(Connection { stream: dressed(route, url, secure, stream)?, proxy: None });
    };
    let login = proxy.login().map(|(user, password)| basic(&user, &password));
    let mut stream = tcp(cx, route, &proxy.host, proxy.port_or_default())?;
    if !secure {
        return Ok(Connection { stream: Box::new(stream), proxy: Some(login) });
    }
    let place = format!("{}:{}", url.host, url.port_or_default());
    let mut headers = vec![("Host".to_owned(), place.clone())];
    headers.extend(login.map(|l| ("Proxy-Authorization".to_owned(), l)));
    let raw = stream.try_clone().map_err(|e| Trouble::io(&e))?;
    send(&mut stream, "CONNECT", &place, &headers, None).map_err(|e| Trouble::io(&e))?;
    let answer = receive(Box::new(stream), "HEAD").map_err(|e| Trouble::io(&e))?;
    if answer.status != 200 {
        let msg = format!("Tunnel connection failed: {} {}", answer.status, answer.reason);
        return Err(Trouble::open(msg));
    }
    Ok(Connection { stream: dressed(route, url, true, raw)?, proxy: None })
}

fn dressed(
    route: &Route,
    url: &Url,
    secure: bool,
    stream: impl Stream + 'static,
) -> Result<Box<dyn Stream>, Trouble> {
    if !secure {
        return Ok(Box::new(stream));
    }
    match tls::wrap(&route.trust, &url.host, stream) {
        Ok(stream) => Ok(Box::new(stream)),
        Err(e) => Err(Trouble::open(e.to_string())),
    }
}

fn unix(path: &Path, timeout: Duration) -> io::Result<UnixStream> {
    let stream = UnixStream::connect(path)?;
    stream.set_read_timeout(Some(timeout))?;
    stream.set_write_timeout(Some(timeout))?;
    Ok(stream)
}

fn tcp(cx: &mut Context<'_>, route: &Route, host: &str, port: u16) -> Result<TcpStream, Trouble> {
    let addresses = resolve::addresses(cx, host).map_err(Trouble::Failed)?;
    let mut last = Trouble::open("[Errno -2] Name or service not known");
    for address in addresses {
        match TcpStream::connect_timeout(&SocketAddr::new(address, port), route.timeout) {
            Ok(stream) => {
                let ready = stream
                    .set_read_timeout(Some(route.timeout))
                    .and_then(|()| stream.set_write_timeout(Some(route.timeout)))
                    .and_then(|()| stream.set_nodelay(true));
                return ready.map(|()| stream).map_err(|e| Trouble::io(&e));
            }
            Err(e) if e.kind() == io::ErrorKind::TimedOut => last = Trouble::open("timed out"),
            Err(e) => last = Trouble::open(errno::python(&e, &[])),
        }
    }
    Err(last)
}

/// The proxy that the environment names for a URL.
fn proxy_for(cx: &Context<'_>, url: &Url) -> Option<Url> {
    let named = |name: &str| {
        let value = variable(cx, name).or_else(|| variable(cx, &name.to_ascii_uppercase()));
        value.filter(|v| !v.is_empty())
    };
    let skipped = named("no_proxy").unwrap_or_default();
    let host = url.host.as_str();
    let place = url.place();
    let skips = |entry: &str| {
        let entry = entry.trim().trim_start_matches('.').to_ascii_lowercase();
        let ends = |text: &str| text == entry || text.ends_with(&format!(".{entry}"));
        entry == "*" || (!entry.is_empty() && (ends(host) || ends(&place)))
    };
    if skipped.split(',').any(skips) {
        return None;
    }
    let proxy = named(&format!("{}_proxy", url.scheme))?;
    Url::parse(&proxy).filter(|p| !p.host.is_empty()).or_else(|| Url::parse(&format!("http://{proxy}")))
}
