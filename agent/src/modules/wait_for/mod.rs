//! `wait_for`: until a port, a file or a text in one of them is there, or gone.

mod connections;

use crate::args::Args;
use crate::module::{Context, Failed, Module};
use crate::outcome::Outcome;
use crate::pyregex::{Flags, Pattern, Subject};
use crate::resolve;
use crate::spec::{Arg, CheckSupport, Kind, Spec};
use crate::value::{Map, Value};
use std::fs;
use std::io::{ErrorKind, Read};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

/// The module.
pub struct WaitFor;

static SPEC: Spec = Spec {
    check: CheckSupport::None,
    ..Spec::new("wait_for", "Wait until a port or a file is as it should be", ARGS)
};

const ARGS: &[Arg] = &[
    Arg::new("host", Kind::Str)
        .default("127.0.0.1")
        .help("The host whose port is meant, by name or address."),
    Arg::new("timeout", Kind::Int)
        .default("300")
        .help("Seconds to wait at most; with neither port nor path, to sleep."),
    Arg::new("connect_timeout", Kind::Int).default("5").help("Seconds that one attempt to connect may take."),
    Arg::new("delay", Kind::Int).default("0").help("Seconds before the first look."),
    Arg::new("port", Kind::Int).help("The TCP port."),
    Arg::new("active_connection_states", Kind::List)
        .elements(Kind::Str)
        .default("ESTABLISHED,FIN_WAIT1,FIN_WAIT2,SYN_RECV,SYN_SENT,TIME_WAIT")
        .help("The states in which a connection counts for drained."),
    Arg::new("path", Kind::Path).help("The file; a link is followed."),
    Arg::new("search_regex", Kind::Str)
        .help("A Python pattern to find in the file or in what the port sends."),
    Arg::new("state", Kind::Str)
        .default("started")
        .choices(&["absent", "drained", "present", "started", "stopped"])
        .help("What to wait for."),
    Arg::new("exclude_hosts", Kind::List)
        .elements(Kind::Str)
        .help("Hosts whose connections do not count for drained."),
    Arg::new("sleep", Kind::Int).default("1").help("Seconds between looks."),
    Arg::new("msg", Kind::Str).help("What to say instead when the time is over."),
];

impl Module for WaitFor {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn run(&self, args: &Args, cx: &mut Context<'_>) -> Result<Outcome, Failed> {
        let pattern = match args.str("search_regex") {
            Some(text) => {
                let flags = Flags { multiline: true, ..Flags::default() };
                let pattern = Pattern::new(text, Subject::Bytes, flags);
                Some(pattern.map_err(|e| Failed::new(format!("Invalid regular expression: {e}")))?)
            }
            None => None,
        };
        let wait = Wait {
            args,
            host: args.text("host"),
            port: args.int::<u16>("port").filter(|port| *port != 0),
            path: args.str("path").filter(|path| !path.is_empty()),
            pattern,
            start: Instant::now(),
            timeout: Duration::from_secs(args.int("timeout").unwrap_or_default()),
        };
        wait.refuse()?;
        pause(cx, Duration::from_secs(args.int("delay").unwrap_or_default()))?;
        let state = args.text("state");
        let found = match state {
            "drained" => wait.drained(cx).map(|()| Match::default()),
            _ if wait.port.is_none() && wait.path.is_none() => {
                pause(cx, wait.timeout).map(|()| Match::default())
            }
            "absent" | "stopped" => wait.gone(cx).map(|()| Match::default()),
            _ => wait.there(cx),
        }?;
        Ok(Outcome::ok()
            .with("state", state)
            .with("port", args.get("port").clone())
            .with("search_regex", args.get("search_regex").clone())
            .with("match_groups", found.groups)
            .with("match_groupdict", found.named)
            .with("path", args.get("path").clone())
            .with("elapsed", wait.start.elapsed().as_secs()))
    }
}

/// What the pattern's groups held, where it was found in a file.
#[derive(Default)]
struct Match {
    groups: Vec<Value>,
    named: Map,
}

struct Wait<'a> {
    args: &'a Args,
    host: &'a str,
    port: Option<u16>,
    path: Option<&'a str>,
    pattern: Option<Pattern>,
    start: Instant,
    timeout: Duration,
}

/// Sleeps; a cancelled step wakes up.
fn pause(cx: &Context<'_>, time: Duration) -> Result<(), Failed> {
    const STEP: Duration = Duration::from_millis(100);
    let end = Instant::now() + time;
    loop {
        if cx.cancel.is_cancelled() {
            return Err(Failed::new("the step was cancelled"));
        }
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        std::thread::sleep(left.min(STEP));
    }
}

impl Wait<'_> {
    /// Combinations that say nothing.
    fn refuse(&self) -> Result<(), Failed> {
        let state = self.args.text("state");
        let fail = |msg: String| Err(Failed::new(msg).with("elapsed", 0));
        if self.port.is_some() && self.path.is_some() {
            return fail("port and path parameter can not both be passed to wait_for".to_owned());
        }
        if self.path.is_some() && matches!(state, "stopped" | "drained") {
            return fail(format!(
                "state={state} should only be used for checking a port in the wait_for module"
            ));
        }
        if self.args.has("exclude_hosts") && state != "drained" {
            return fail("exclude_hosts should only be with state=drained".to_owned());
        }
        match self.args.strings("active_connection_states").find(|s| connections::state_id(s).is_none()) {
            Some(unknown) => fail(format!("unknown active_connection_state ({unknown}) defined")),
            None => Ok(()),
        }
    }

    fn left(&self) -> Duration {
        self.timeout.saturating_sub(self.start.elapsed())
    }

    /// Looks until `done` or the time is over, which fails with this message.
    fn until(
        &self,
        cx: &mut Context<'_>,
        late: impl Fn(&Self) -> String,
        mut done: impl FnMut(&mut Context<'_>) -> Result<bool, Failed>,
    ) -> Result<(), Failed> {
        while !self.left().is_zero() {
            if done(cx)? {
                return Ok(());
            }
            pause(cx, Duration::from_secs(self.args.int("sleep").unwrap_or(1)))?;
        }
        Err(self.fail(late(self)))
    }

    fn fail(&self, msg: String) -> Failed {
        let msg = self.args.str("msg").filter(|m| !m.is_empty()).map_or(msg, str::to_owned);
        Failed::new(msg).with("elapsed", self.start.elapsed().as_secs())
    }

    /// The port as messages name it.
    fn place(&self) -> String {
        format!("{}:{}", self.host, self.port.map_or("None".to_owned(), |p| p.to_string()))
    }

    fn gone(&self, cx: &mut Context<'_>) -> Result<(), Failed> {
        let late = |wait: &Self| match wait.path {
            Some(path) => format!("Timeout when waiting for {path} to be absent."),
            None => format!("Timeout when waiting for {} to stop.", wait.place()),
        };
        self.until(cx, late, |cx| match self.path {
            Some(path) => Ok(!Path::new(path).exists()),
            None => Ok(self.connect(cx)?.is_none()),
        })
    }

    fn there(&self, cx: &mut Context<'_>) -> Result<Match, Failed> {
        let late = |wait: &Self| {
            let text = wait.args.text("search_regex");
            match (wait.path, &wait.pattern) {
                (Some(path), Some(_)) => format!("Timeout when waiting for search string {text} in {path}"),
                (Some(path), None) => format!("Timeout when waiting for file {path}"),
                (None, Some(_)) => {
                    format!("Timeout when waiting for search string {text} in {}", wait.place())
                }
                (None, None) => format!("Timeout when waiting for {}", wait.place()),
            }
        };
        let mut found = Match::default();
        self.until(cx, late, |cx| match self.path {
            Some(path) => self.in_file(path, &mut found),
            None => match self.connect(cx)? {
                Some(stream) => self.in_stream(cx, stream),
                None => Ok(false),
            },
        })?;
        Ok(found)
    }

    fn in_file(&self, path: &str, found: &mut Match) -> Result<bool, Failed> {
        match fs::metadata(path) {
            Ok(_) => {}
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(false),
            Err(e) => return Err(self.fail(format!("Failed to stat {path}, {}", strerror(&e)))),
        }
        let Some(pattern) = &self.pattern else { return Ok(true) };
        let Ok(bytes) = fs::read(path) else { return Ok(false) };
        let Some(hit) = pattern.search(&bytes).map_err(|e| Failed::new(e.to_string()))? else {
            return Ok(false);
        };
        let group = |index| {
            let range = hit.group(index)?;
            Some(String::from_utf8_lossy(bytes.get(range)?).into_owned())
        };
        found.groups = (1..=pattern.group_count()).map(|i| group(i).into()).collect();
        found.named = pattern.group_names().into_iter().map(|(name, i)| (name, group(i).into())).collect();
        Ok(true)
    }

    /// A connection to the port, if it takes one.
    fn connect(&self, cx: &mut Context<'_>) -> Result<Option<TcpStream>, Failed> {
        let most = Duration::from_secs(self.args.int("connect_timeout").unwrap_or(5));
        for address in resolve::addresses(cx, self.host)? {
            let socket = SocketAddr::new(address, self.port.unwrap_or_default());
            // A timeout of zero is an error of its own.
            let timeout = most.min(self.left()).max(Duration::from_millis(1));
            if let Ok(stream) = TcpStream::connect_timeout(&socket, timeout) {
                return Ok(Some(stream));
            }
        }
        Ok(None)
    }

    /// Whether the port sends what is looked for.
    fn in_stream(&self, cx: &Context<'_>, mut stream: TcpStream) -> Result<bool, Failed> {
        let Some(pattern) = &self.pattern else {
            return Ok(closed(&stream));
        };
        let (mut data, mut buffer) = (Vec::new(), [0; 1024]);
        let mut matched = false;
        while !self.left().is_zero() && !matched && !cx.cancel.is_cancelled() {
            let wait = self.left().clamp(Duration::from_millis(1), Duration::from_millis(500));
            if stream.set_read_timeout(Some(wait)).is_err() {
                break;
            }
            match stream.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => {
                    data.extend_from_slice(buffer.get(..n).unwrap_or_default());
                    matched = pattern.is_match(&data).map_err(|e| Failed::new(e.to_string()))?;
                }
                Err(e)
                    if matches!(
                        e.kind(),
                        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
                    ) => {}
                Err(_) => break,
            }
        }
        closed(&stream);
        Ok(matched)
    }

    fn drained(&self, cx: &mut Context<'_>) -> Result<(), Failed> {
        let port = self.port.unwrap_or_default();
        let states =
            self.args.strings("active_connection_states").filter_map(connections::state_id).collect();
        let mut excluded = Vec::new();
        for host in self.args.strings("exclude_hosts") {
            excluded.extend(self.known(cx, host)?);
        }
        let counted = connections::Counted { hosts: self.known(cx, self.host)?, excluded, port, states };
        let late = |wait: &Self| format!("Timeout when waiting for {} to drain", wait.place());
        self.until(cx, late, |_| Ok(counted.now() == 0))
    }

    fn known(&self, cx: &mut Context<'_>, host: &str) -> Result<Vec<std::net::IpAddr>, Failed> {
        let addresses = resolve::addresses(cx, host)?;
        if addresses.is_empty() {
            return Err(self.fail(format!("cannot resolve host {host}: Name or service not known")));
        }
        Ok(addresses)
    }
}

/// Closes a connection; false where the other side had broken it off already.
fn closed(stream: &TcpStream) -> bool {
    !matches!(stream.shutdown(Shutdown::Both), Err(e) if e.kind() == ErrorKind::NotConnected)
}

/// The system's words for an error, without its number.
fn strerror(e: &std::io::Error) -> String {
    let text = e.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}
