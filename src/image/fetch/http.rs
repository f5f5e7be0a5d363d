//! Getting what is at a URL, by the HTTP that warp's modules speak: proxies of the environment, `~/.netrc`, and TLS
//! checked against the machine's certificates or `SSL_CERT_FILE`.

use crate::error::{Error, Result};
use std::io::Read;
use std::time::Duration;
use warp_agent::command::Cancel;
use warp_agent::http::url::{self, Url};
use warp_agent::http::{Follow, Request, set};
use warp_agent::module::Context;
use warp_agent::value::{Map, Value};
use warp_agent::wire::Mode;

/// As many redirects as curl would follow.
const REDIRECTS: usize = 50;

/// How long a server may be silent.
const SILENCE: Duration = Duration::from_secs(30);

/// What a server answered.
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The status with its words.
    pub says: String,
    headers: Map,
    /// What it sends.
    pub body: Box<dyn Read + Send>,
}

impl Reply {
    /// A header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(Value::as_str)
    }

    /// How much it sends, where it says that.
    pub fn length(&self) -> Option<u64> {
        self.header("content-length").and_then(|length| length.trim().parse().ok())
    }

    /// Whether the same request may be answered otherwise in a while.
    pub fn is_temporary(&self) -> bool {
        matches!(self.status, 408 | 429 | 502 | 503 | 504)
    }

    /// The error that an answer is which gives nothing.
    pub fn refused(&self, asked: &str) -> Error {
        let error = Error::other(format!("the server does not give {}: {}", url::masked(asked), self.says));
        match self.status {
            404 | 410 => {
                error.help("see that the address is right: a browser or `curl -I` shows what is there")
            }
            401 | 403 => {
                error.help("a login goes into ~/.netrc, or into the address as https://USER:PASSWORD@HOST/")
            }
            407 => error
                .help("a proxy's login goes into http_proxy and https_proxy as http://USER:PASSWORD@PROXY/"),
            _ => error.help("try again later; what has come is kept, and the download goes on from there"),
        }
    }
}

/// Why there is no answer.
pub enum Trouble {
    /// Nobody answered, in these words.
    Link(String),
    /// There is no point in another try.
    Final(Error),
}

impl Trouble {
    /// The error that this is for who does not try again.
    pub fn error(self, asked: &str) -> Error {
        match self {
            Trouble::Final(error) => error,
            Trouble::Link(why) => {
                let error = Error::other(format!("{} cannot be reached: {why}", url::masked(asked)));
                if why.contains("certificate") {
                    error.help("SSL_CERT_FILE names a file of certificates to trust instead of the machine's")
                } else {
                    error.help("see that the address is right, and http_proxy, https_proxy and no_proxy, if there is a proxy")
                }
            }
        }
    }
}

/// Asks for what is at a URL. Redirects are followed, but not from TLS to what anybody on the way can change; a login
/// goes to no other server than its own.
pub fn get(asked: &str, headers: &[(&str, String)]) -> Result<Reply, Trouble> {
    let cancel = Cancel::new();
    let mut cx = Context::new(Mode { check: false, diff: false }, &[], &cancel);
    let mut at = asked.to_owned();
    for _ in 0..REDIRECTS {
        let mut request = Request::get(&cx, &at);
        set(&mut request.headers, "User-Agent", concat!("warp/", env!("CARGO_PKG_VERSION")).to_owned());
        for (name, value) in headers {
            set(&mut request.headers, name, value.clone());
        }
        request.follow = Follow::None;
        request.decompress = false;
        request.route.timeout = SILENCE;
        let fetched = request.fetch(&mut cx).map_err(|failed| Trouble::Link(plain(failed.msg())))?;
        let Ok(status) = u16::try_from(fetched.status) else {
            return Err(Trouble::Link(plain(&fetched.msg)));
        };
        let says = fetched.msg.strip_prefix("HTTP Error ").unwrap_or(&fetched.msg).to_owned();
        let reply = Reply { status, says, headers: fetched.headers, body: fetched.body };
        let (301 | 302 | 303 | 307 | 308, Some(to)) = (status, reply.header("location")) else {
            return Ok(reply);
        };
        let to = url::join(&at, &to.replace(' ', "%20"));
        let scheme = |text: &str| Url::parse(text).map(|url| url.scheme).unwrap_or_default();
        match (scheme(&at).as_str(), scheme(&to).as_str()) {
            (_, "https") | ("http", "http") => at = to,
            ("https", "http") => {
                return Err(Trouble::Final(
                    Error::other(format!("{} leads to {}", url::masked(asked), url::masked(&to)))
                        .note("it leads from https to http, where anybody on the way could change the image")
                        .help("name the second address itself if that is what you want"),
                ));
            }
            _ => {
                return Err(Trouble::Final(Error::other(format!(
                    "{} leads to {}, which is no address of http or https",
                    url::masked(asked),
                    url::masked(&to)
                ))));
            }
        }
    }
    Err(Trouble::Final(Error::other(format!("{} leads in a circle", url::masked(asked)))))
}

/// A reason without the words that Python puts around it.
fn plain(msg: &str) -> String {
    let msg = msg.strip_prefix("Connection failure: ").unwrap_or(msg);
    let msg =
        msg.strip_prefix("Request failed: <urlopen error ").and_then(|m| m.strip_suffix('>')).unwrap_or(msg);
    match msg.strip_prefix("[Errno ").and_then(|m| m.split_once("] ")) {
        Some((_, why)) => why.to_owned(),
        None => msg.to_owned(),
    }
}
