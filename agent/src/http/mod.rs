//! Fetching URLs as Ansible's modules do: redirects by its rules, logins, cookies, proxies, Unix sockets, TLS.

mod arguments;
mod auth;
mod connect;
mod exchange;
pub mod multipart;
mod tls;
pub mod url;

pub use arguments::ARGS;
pub use auth::basic;
pub use connect::Route;
pub use tls::Trust;

use crate::args::Args;
use crate::errno;
use crate::module::{Context, Failed};
use crate::program::variable;
use crate::value::{Map, Value};
use exchange::Answer;
use std::io::{self, ErrorKind, Read};
use std::time::Duration;
use url::Url;

/// As many redirects as urllib follows.
const REDIRECTS: usize = 10;

/// Which redirects are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follow {
    /// None.
    None,
    /// Those of GET and HEAD.
    Safe,
    /// Those that Python's urllib follows: of GET and HEAD, and of POST as GET.
    Urllib,
    /// All.
    All,
}

/// A request, with all that decides how it is made.
pub struct Request {
    /// The method, in upper case.
    pub method: String,
    /// The URL.
    pub url: String,
    /// Headers, in order.
    pub headers: Vec<(String, String)>,
    /// Those that are not sent again after a redirect.
    pub unredirected: Vec<String>,
    /// The body.
    pub body: Option<Vec<u8>>,
    /// User and password.
    pub login: Option<(String, String)>,
    /// Send them at once.
    pub force_basic_auth: bool,
    /// Look into `~/.netrc`.
    pub use_netrc: bool,
    /// Which redirects to follow.
    pub follow: Follow,
    /// Decode what is compressed.
    pub decompress: bool,
    /// How to connect.
    pub route: Route,
}

/// What came of it.
pub struct Fetched {
    /// The status; -1 where there was no answer.
    pub status: i64,
    /// What is said of it.
    pub msg: String,
    /// The URL that answered, or for a failure the one that was asked for; what is secret in it is hidden.
    pub url: String,
    /// The headers, in lower case; several of one name are joined.
    pub headers: Map,
    /// The cookies that were set.
    pub cookies: Vec<(String, String)>,
    /// Whether the answer is a failure's.
    pub failed: bool,
    /// The body; of a failure too.
    pub body: Box<dyn Read + Send>,
}

/// Why there is no answer.
pub enum Trouble {
    /// The module fails at once, with this message.
    Failed(Failed),
    /// What is said of it, with the status -1.
    Said(String),
}

impl Trouble {
    fn open(why: impl std::fmt::Display) -> Self {
        Trouble::Said(format!("Request failed: <urlopen error {why}>"))
    }

    fn io(e: &io::Error) -> Self {
        match e.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => {
                Trouble::Said("Connection failure: timed out".to_owned())
            }
            ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted => {
                Trouble::Failed(Failed::new(errno::python(e, &[])))
            }
            ErrorKind::InvalidData => Trouble::Said(format!(
                "Connection failure: connection was closed before a valid response was received: {e}"
            )),
            _ => Trouble::Said(format!("Connection failure: {e}")),
        }
    }
}

impl Request {
    /// A request for a URL with what the shared arguments ask for.
    ///
    /// # Errors
    /// An argument asks for what is not supported.
    pub fn from_args(args: &Args, cx: &Context<'_>, method: &str, url: &str) -> Result<Self, Failed> {
        if args.flag("use_gssapi") {
            return Err(Failed::new("use_gssapi is not supported: warp does not log in by Kerberos"));
        }
        if args.has("ciphers") {
            return Err(Failed::new("ciphers is not supported: TLS here has only ciphers that are safe"));
        }
        let path = |name: &str| args.path(name).map(std::path::Path::to_owned);
        let trust = Trust {
            anybody: !args.flag("validate_certs"),
            roots: path("ca_path"),
            certificate: path("client_cert"),
            key: path("client_key"),
            bundle: variable(cx, "SSL_CERT_FILE").map(Into::into),
        };
        let timeout = Duration::from_secs(args.int("timeout").unwrap_or(10)).max(Duration::from_millis(1));
        let mut headers = vec![("User-Agent".to_owned(), args.text("http_agent").to_owned())];
        if let Value::Map(given) = args.get("headers") {
            for (name, value) in given {
                set(&mut headers, name, crate::python::str(value));
            }
        }
        let follow = match args.str("follow_redirects") {
            Some("none" | "no") => Follow::None,
            Some("safe") => Follow::Safe,
            Some("all" | "yes") => Follow::All,
            _ => Follow::Urllib,
        };
        let user = args.str("url_username").filter(|u| !u.is_empty());
        Ok(Request {
            method: method.to_owned(),
            url: url.to_owned(),
            headers,
            unredirected: args.strings("unredirected_headers").map(str::to_lowercase).collect(),
            body: None,
            login: user.map(|u| (u.to_owned(), args.text("url_password").to_owned())),
            force_basic_auth: args.flag("force_basic_auth"),
            use_netrc: args.flag("use_netrc"),
            follow,
            decompress: args.flag("decompress"),
            route: Route {
                timeout,
                use_proxy: args.flag("use_proxy"),
                unix_socket: path("unix_socket"),
                trust,
            },
        })
    }

    /// A plain request for what is at a URL, as urllib makes it.
    #[must_use]
    pub fn get(cx: &Context<'_>, url: &str) -> Self {
        let bundle = variable(cx, "SSL_CERT_FILE").map(Into::into);
        Request {
            method: "GET".to_owned(),
            url: url.to_owned(),
            headers: vec![("User-Agent".to_owned(), "ansible-httpget".to_owned())],
            unredirected: Vec::new(),
            body: None,
            login: None,
            force_basic_auth: false,
            use_netrc: true,
            follow: Follow::Urllib,
            decompress: true,
            route: Route {
                timeout: Duration::from_secs(10),
                use_proxy: true,
                unix_socket: None,
                trust: Trust { bundle, ..Trust::default() },
            },
        }
    }

    /// Asks for a fresh answer, or for one only if there is a newer.
    pub fn freshness(&mut self, force: bool, modified: Option<std::time::SystemTime>) {
        match modified {
            _ if force => set(&mut self.headers, "Cache-Control", "no-cache".to_owned()),
            Some(time) => set(&mut self.headers, "If-Modified-Since", crate::clock::http_date(time)),
            None => {}
        }
    }

    /// Makes the request.
    ///
    /// # Errors
    /// There is no answer, and the module is to fail with this.
    pub fn fetch(mut self, cx: &mut Context<'_>) -> Result<Fetched, Failed> {
        let asked = url::masked(&self.url);
        match self.follow_to_the_end(cx) {
            Ok(fetched) => Ok(fetched),
            Err(Trouble::Failed(failed)) => Err(failed.with("url", asked).with("status", -1)),
            Err(Trouble::Said(msg)) => Ok(Fetched {
                status: -1,
                msg,
                url: asked,
                headers: Map::new(),
                cookies: Vec::new(),
                failed: true,
                body: Box::new(io::empty()),
            }),
        }
    }

    fn follow_to_the_end(&mut self, cx: &mut Context<'_>) -> Result<Fetched, Trouble> {
        let asked = self.url.clone();
        let mut cookies: Vec<(String, String)> = Vec::new();
        let (mut first, mut status, mut reason) = (true, 302, String::new());
        self.log_in(cx)?;
        for _ in 0..=REDIRECTS {
            let mut answer = self.exchange(cx, first, &cookies, None)?;
            if let (401, Some(login)) = (answer.status, self.login.clone())
                && !self.force_basic_auth
                && let Some(value) = self.challenged(&answer, &login)
            {
                answer = self.exchange(cx, first, &cookies, Some(value))?;
            }
            for (name, value) in &answer.headers {
                if let (true, Some((key, value))) = (name == "set-cookie", cookie(value)) {
                    cookies.retain(|(k, _)| *k != key);
                    cookies.push((key, value));
                }
            }
            let location = answer.header("location").or_else(|| answer.header("uri"));
            let next = match (answer.status, location) {
                (301 | 302 | 303 | 307 | 308, Some(to)) => {
                    self.redirected(answer.status).map(|m| (m, to.to_owned()))
                }
                _ => None,
            };
            let Some((method, to)) = next else {
                return Ok(self.fetched(answer, cookies, &asked));
            };
            let to = url::join(&self.url, &to.replace(' ', "%20"));
            if !matches!(Url::parse(&to).map(|u| u.scheme).as_deref(), Some("http" | "https")) {
                let msg = format!(
                    "HTTP Error {}: {} - Redirection to url '{to}' is not allowed",
                    answer.status, answer.reason
                );
                return Ok(Fetched { msg, ..self.fetched(answer, cookies, &asked) });
            }
            if !matches!(answer.status, 307 | 308) || self.follow == Follow::Urllib {
                self.body = None;
                let about_body = ["content-length", "content-type", "transfer-encoding"];
                self.headers.retain(|(n, _)| !about_body.contains(&n.to_ascii_lowercase().as_str()));
            }
            (self.method, self.url, first) = (method, to, false);
            (status, reason) = (answer.status, answer.reason);
        }
        Err(Trouble::Said(format!(
            "HTTP Error {status}: The HTTP server returned a redirect error that would lead to an infinite loop.\nThe \
             last 30x error message was:\n{reason}"
        )))
    }

    /// Takes the login out of the URL, and sends it along where that is asked.
    fn log_in(&mut self, cx: &Context<'_>) -> Result<(), Trouble> {
        let Some(parsed) = Url::parse(&self.url) else {
            let shown = crate::python::repr(&Value::from(self.url.as_str()));
            return Err(Trouble::Failed(Failed::new(format!("unknown url type: {shown}"))));
        };
        if let (None, Some(login)) = (&self.login, parsed.login()) {
            let given = parsed.credentials.as_deref().unwrap_or_default();
            self.url = self.url.replacen(&format!("{given}@"), "", 1);
            self.login = Some(login);
        }
        let login = match (&self.login, self.use_netrc) {
            (Some(login), _) => Some(login.clone()).filter(|_| self.force_basic_auth),
            (None, true) => auth::netrc(cx, &parsed),
            (None, false) => None,
        };
        if let Some((user, password)) = login {
            set(&mut self.headers, "Authorization", basic(&user, &password));
        }
        Ok(())
    }

    fn challenged(&self, answer: &Answer, login: &(String, String)) -> Option<String> {
        let target = Url::parse(&self.url)?.target;
        let mut challenges: Vec<&str> =
            answer.headers.iter().filter(|(n, _)| n == "www-authenticate").map(|(_, v)| v.as_str()).collect();
        challenges.sort_by_key(|c| !c.trim().to_ascii_lowercase().starts_with("digest"));
        challenges.into_iter().find_map(|c| auth::answer(c, login, &self.method, &target))
    }

    /// The method of the request that a redirect leads to, if it is followed.
    fn redirected(&self, status: u16) -> Option<String> {
        let method = self.method.as_str();
        let reading = matches!(method, "GET" | "HEAD");
        match self.follow {
            Follow::None => None,
            Follow::Safe if !reading => None,
            Follow::Urllib if reading => Some(method.to_owned()),
            Follow::Urllib => (method == "POST" && status < 304).then(|| "GET".to_owned()),
            Follow::Safe | Follow::All => Some(match status {
                302 | 303 if method != "HEAD" => "GET".to_owned(),
                301 if method == "POST" => "GET".to_owned(),
                _ => method.to_owned(),
            }),
        }
    }

    fn exchange(
        &self,
        cx: &mut Context<'_>,
        first: bool,
        cookies: &[(String, String)],
        authorization: Option<String>,
    ) -> Result<Answer, Trouble> {
        let unknown = |scheme: &str| Trouble::open(format!("unknown url type: {scheme}"));
        let url = Url::parse(&self.url).ok_or_else(|| unknown(&self.url))?;
        if !matches!(url.scheme.as_str(), "http" | "https") {
            return Err(unknown(&url.scheme));
        }
        if url.host.is_empty() {
            return Err(Trouble::open("no host given"));
        }
        let mut connection = connect::open(cx, &self.route, &url)?;
        let mut headers = vec![("Accept-Encoding".to_owned(), "identity".to_owned())];
        if let Some(body) = &self.body {
            headers.push(("Content-Type".to_owned(), "application/x-www-form-urlencoded".to_owned()));
            headers.push(("Content-Length".to_owned(), body.len().to_string()));
        }
        headers.push(("Host".to_owned(), url.place()));
        for (name, value) in &self.headers {
            if first || !self.unredirected.contains(&name.to_ascii_lowercase()) {
                set(&mut headers, name, value.clone());
            }
        }
        if !cookies.is_empty() {
            let all: Vec<String> = cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
            set(&mut headers, "Cookie", all.join("; "));
        }
        if let Some(value) = authorization {
            set(&mut headers, "Authorization", value);
        }
        let mut target = url.target.replace(' ', "%20");
        if let Some(login) = connection.proxy {
            target = format!("{}://{}{target}", url.scheme, url.place());
            headers.extend(login.map(|l| ("Proxy-Authorization".to_owned(), l)));
        }
        set(&mut headers, "Connection", "close".to_owned());
        exchange::send(&mut *connection.stream, &self.method, &target, &headers, self.body.as_deref())
            .map_err(|e| Trouble::open(errno::python(&e, &[])))?;
        exchange::receive(connection.stream, &self.method).map_err(|e| Trouble::io(&e))
    }

    /// The end of it: success with the URL that answered, or a failure.
    fn fetched(&self, answer: Answer, cookies: Vec<(String, String)>, asked: &str) -> Fetched {
        let failed = !(200..300).contains(&answer.status);
        let mut headers = Map::new();
        for (name, value) in &answer.headers {
            match headers.get_mut(name) {
                Some(Value::Str(known)) => {
                    known.push_str(", ");
                    known.push_str(value);
                }
                _ => drop(headers.insert(name.clone(), value.as_str().into())),
            }
        }
        let msg = if failed {
            format!("HTTP Error {}: {}", answer.status, answer.reason)
        } else {
            format!("OK ({} bytes)", answer.header("content-length").unwrap_or("unknown"))
        };
        let url = url::masked(if failed { asked } else { &self.url });
        let status = answer.status.into();
        let body = if self.decompress && !failed && self.method != "HEAD" {
            answer.decompressed().body
        } else {
            answer.body
        };
        Fetched { status, msg, url, headers, cookies, failed, body }
    }
}

/// Sets a header, in the place of any of the same name.
pub fn set(headers: &mut Vec<(String, String)>, name: &str, value: String) {
    let name: Vec<String> = name.split('-').map(titled).collect();
    let name = name.join("-");
    headers.retain(|(known, _)| !known.eq_ignore_ascii_case(&name));
    headers.push((name, value));
}

fn titled(word: &str) -> String {
    let mut chars = word.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars.map(|c| c.to_ascii_lowercase())).collect()
}

/// Name and value of a `Set-Cookie` header.
fn cookie(header: &str) -> Option<(String, String)> {
    let (name, value) = header.split(';').next()?.split_once('=')?;
    Some((name.trim().to_owned(), value.trim().trim_matches('"').to_owned()))
}

impl Fetched {
    /// The file name that `Content-Disposition` gives.
    #[must_use]
    pub fn named(&self) -> Option<String> {
        let header = self.headers.get("content-disposition").and_then(Value::as_str)?;
        let value = parameter(header, "filename")?;
        Some(crate::paths::basename(&value).to_owned()).filter(|n| !n.is_empty())
    }
}

/// A parameter of a header such as `text/html; charset=utf-8`.
#[must_use]
pub fn parameter(header: &str, name: &str) -> Option<String> {
    header.split(';').skip(1).find_map(|part| {
        let (key, value) = part.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
    })
}
