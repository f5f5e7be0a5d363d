//! ssh_config: what OpenSSH users have configured for a host.

mod args;
mod keywords;
mod read;
mod time;
mod tokens;

#[cfg(test)]
mod tests;

use crate::connect::SshTarget;
use crate::error::{Error, Result};
use read::Values;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokens::Tokens;

/// How a host is reached, all defaults filled in.
#[derive(Clone, Debug)]
pub(in crate::connect) struct Options {
    /// The name or address to connect to.
    pub host: String,
    pub port: u16,
    pub user: String,
    /// Private keys, in order; those that are there by default may be missing.
    pub identities: Vec<PathBuf>,
    /// Whether the keys were configured, not OpenSSH's defaults.
    pub identities_configured: bool,
    pub identities_only: bool,
    /// The ssh-agent's socket.
    pub agent: Option<PathBuf>,
    pub proxy: Proxy,
    pub known_hosts: Vec<PathBuf>,
    pub global_known_hosts: Vec<PathBuf>,
    pub hash_known_hosts: bool,
    pub strict: Strict,
    pub host_key_alias: Option<String>,
    pub connect_timeout: Duration,
    pub attempts: u32,
    pub alive_interval: Option<Duration>,
    pub alive_count: u32,
    pub tcp_keepalive: bool,
    pub compression: bool,
    pub family: Family,
    pub bind: Option<String>,
    /// Variables for the far side.
    pub environment: Vec<(String, String)>,
    /// The password, where keys do not do.
    pub password: Option<crate::connect::Password>,
    /// The configuration file given by -F, which hosts on the way are looked up in too.
    pub file: Option<String>,
}

/// By which way a connection is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::connect) enum Proxy {
    Direct,
    /// Over the pipes of a command.
    Command(String),
    /// Through another host, and those before it.
    Jump {
        last: Hop,
        before: Vec<Hop>,
    },
}

/// A host on the way: `[user@]host[:port]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::connect) struct Hop {
    pub user: Option<String>,
    pub host: String,
    pub port: Option<u16>,
}

/// What to do about host keys that are not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::connect) enum Strict {
    Yes,
    Ask,
    AcceptNew,
    No,
}

/// Which addresses to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::connect) enum Family {
    Any,
    V4,
    V6,
}

/// OpenSSH's default keys.
const DEFAULT_IDENTITIES: &[&str] = &[
    "~/.ssh/id_rsa",
    "~/.ssh/id_ecdsa",
    "~/.ssh/id_ecdsa_sk",
    "~/.ssh/id_ed25519",
    "~/.ssh/id_ed25519_sk",
    "~/.ssh/id_xmss",
    "~/.ssh/id_dsa",
];

/// Ansible's default, which is also long enough for most: OpenSSH itself leaves it to TCP.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// Who runs warp, for tokens and defaults.
#[derive(Clone, Debug)]
pub(in crate::connect) struct Account {
    pub name: String,
    pub uid: u32,
    pub home: PathBuf,
}

impl Account {
    /// From the password database, as ssh does; `$HOME` has no say in it.
    pub fn current() -> Result<Account> {
        let uid = nix::unistd::getuid();
        match nix::unistd::User::from_uid(uid) {
            Ok(Some(user)) => Ok(Account { name: user.name, uid: uid.as_raw(), home: user.dir }),
            _ => Err(Error::other(format!(
                "the account with user id {uid} has no entry in the password database"
            ))),
        }
    }
}

impl Options {
    /// Everything known of how to reach a target: its variables first, then its ssh arguments, then the user's
    /// configuration or the file named by -F, then the machine's.
    ///
    /// # Errors
    /// What cannot be understood or is not supported, with its place.
    pub fn resolve(target: &SshTarget, account: &Account) -> Result<Options> {
        Self::resolve_in(target, account, Path::new("/etc/ssh/ssh_config"))
    }

    fn resolve_in(target: &SshTarget, account: &Account, system: &Path) -> Result<Options> {
        let (values, file) = gather(target, account, system)?;
        finish(target, account, &values, file)
    }
}

fn gather(target: &SshTarget, account: &Account, system: &Path) -> Result<(Values, Option<String>)> {
    let mut values = Values::default();
    let mut set = |keyword, value: String| values.set(keyword, vec![value], None);
    if let Some(port) = target.port {
        set("port", port.to_string());
    }
    if let Some(user) = &target.user {
        set("user", user.clone());
    }
    if let Some(key) = &target.key_file {
        set("identityfile", key.display().to_string());
    }
    if let Some(timeout) = target.timeout {
        set("connecttimeout", timeout.as_secs().max(1).to_string());
    }
    if target.host_key_checking == Some(false) {
        set("stricthostkeychecking", "no".to_owned());
    }
    let file = args::apply(&target.args, &target.address, &mut values)?;
    match file.as_deref() {
        Some("none") => {}
        Some(path) => {
            let path = tokens::home(path, account);
            values.file(&path, &target.address, Some(&account.home))?;
        }
        None => {
            let user = account.home.join(".ssh/config");
            if user.exists() {
                refuse_foreign(&user, account)?;
                values.file(&user, &target.address, Some(&account.home))?;
            }
            if system.exists() {
                values.file(system, &target.address, None)?;
            }
        }
    }
    Ok((values, file))
}

/// A configuration that another account can write could run commands as us.
fn refuse_foreign(path: &Path, account: &Account) -> Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    let meta = std::fs::metadata(path)
        .map_err(|e| Error::input(format!("cannot read the ssh configuration {}: {e}", path.display())))?;
    if (meta.uid() != 0 && meta.uid() != account.uid) || meta.mode() & 0o022 != 0 {
        return Err(Error::input(format!(
            "the ssh configuration {} can be written by others",
            path.display()
        ))
        .help(format!("chmod go-w {0}, and see that you own it", path.display())));
    }
    Ok(())
}

fn finish(target: &SshTarget, account: &Account, values: &Values, file: Option<String>) -> Result<Options> {
    let alias = target.address.clone();
    let number = |name: &str, default: u32| values.word(name).and_then(|w| w.parse().ok()).unwrap_or(default);
    let flag = |name: &str, default: bool| values.word(name).map_or(default, |w| w == "yes" || w == "true");
    let time = |name: &str| values.word(name).and_then(time::parse).filter(|t| !t.is_zero());

    let port = values.word("port").and_then(|p| p.parse().ok()).unwrap_or(22);
    let user = values.word("user").unwrap_or(&account.name).to_owned();
    let mut tokens = Tokens::new(&alias, port, &user, account);
    let host = match values.word("hostname") {
        Some(pattern) => tokens.host_name(pattern)?,
        None => alias.clone(),
    };
    tokens.set_host(&host);
    let host_key_alias = values.word("hostkeyalias").map(str::to_owned);
    tokens.set_key_alias(host_key_alias.as_deref());

    let none = |words: &[String]| matches!(words, [only] if only.eq_ignore_ascii_case("none"));
    let configured: Vec<&str> =
        values.all("identityfile").iter().filter_map(|g| g.words.first().map(String::as_str)).collect();
    let identities = if configured.is_empty() { DEFAULT_IDENTITIES } else { &configured };
    let identities = identities
        .iter()
        .filter(|f| !f.eq_ignore_ascii_case("none"))
        .map(|f| tokens.path(f))
        .collect::<Result<_>>()?;
    let files = |name: &str, default: &[&str]| -> Result<Vec<PathBuf>> {
        match values.words(name) {
            Some(words) if none(words) => Ok(Vec::new()),
            Some(words) => words.iter().map(|w| tokens.path(w)).collect(),
            None => default.iter().map(|w| tokens.path(w)).collect(),
        }
    };
    let agent = match values.word("identityagent") {
        Some(word) if word.eq_ignore_ascii_case("none") => None,
        Some("SSH_AUTH_SOCK") | None => std::env::var_os("SSH_AUTH_SOCK").map(PathBuf::from),
        Some(word) => match word.strip_prefix('$') {
            Some(name) if !name.starts_with('{') => std::env::var_os(name).map(PathBuf::from),
            _ => Some(tokens.path(word)?),
        },
    };
    Ok(Options {
        password: target.password.clone(),
        identities_configured: !configured.is_empty(),
        identities,
        identities_only: flag("identitiesonly", false),
        agent: agent.filter(|a| !a.as_os_str().is_empty()),
        proxy: proxy(values, &tokens, &host)?,
        known_hosts: files("userknownhostsfile", &["~/.ssh/known_hosts", "~/.ssh/known_hosts2"])?,
        global_known_hosts: files(
            "globalknownhostsfile",
            &["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"],
        )?,
        hash_known_hosts: flag("hashknownhosts", false),
        strict: match values.word("stricthostkeychecking") {
            Some("yes" | "true") => Strict::Yes,
            Some("accept-new") => Strict::AcceptNew,
            Some("no" | "false" | "off") => Strict::No,
            _ => Strict::Ask,
        },
        connect_timeout: time("connecttimeout").unwrap_or(DEFAULT_TIMEOUT),
        attempts: number("connectionattempts", 1).max(1),
        alive_interval: time("serveraliveinterval"),
        alive_count: number("serveralivecountmax", 3),
        tcp_keepalive: flag("tcpkeepalive", true),
        compression: flag("compression", false),
        family: match values.word("addressfamily") {
            Some("inet") => Family::V4,
            Some("inet6") => Family::V6,
            _ => Family::Any,
        },
        bind: values.word("bindaddress").map(str::to_owned),
        environment: environment(values),
        host,
        port,
        user,
        host_key_alias,
        file,
    })
}

fn proxy(values: &Values, tokens: &Tokens, host: &str) -> Result<Proxy> {
    if let Some(given) = values.all("proxyjump").first() {
        let text = given.words.first().map(String::as_str).unwrap_or_default();
        if text.eq_ignore_ascii_case("none") {
            return Ok(Proxy::Direct);
        }
        let mut hops = Hop::parse_list(text).ok_or_else(|| {
            Error::input(format!("ProxyJump {text} is not a list of hosts")).at(given.span.clone())
        })?;
        return Ok(match hops.pop() {
            // `Host *` with a ProxyJump covers the host that it names too.
            Some(last) if last.host.eq_ignore_ascii_case(host) && hops.is_empty() => Proxy::Direct,
            Some(last) => Proxy::Jump { last, before: hops },
            None => Proxy::Direct,
        });
    }
    match values.all("proxycommand").first() {
        Some(given) => match given.words.first().map(String::as_str).unwrap_or_default() {
            word if word.eq_ignore_ascii_case("none") => Ok(Proxy::Direct),
            command => Ok(Proxy::Command(tokens.command(command).map_err(|e| e.at(given.span.clone()))?)),
        },
        None => Ok(Proxy::Direct),
    }
}

fn environment(values: &Values) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for word in values.words("setenv").unwrap_or_default() {
        if let Some((name, value)) = word.split_once('=') {
            all.push((name.to_owned(), value.to_owned()));
        }
    }
    let mut patterns: Vec<&str> = Vec::new();
    for word in values.all("sendenv").iter().flat_map(|g| &g.words) {
        match word.strip_prefix('-') {
            // `-PATTERN` takes back what was asked for before.
            Some(taken) => patterns.retain(|p| !super::pattern::matches(p, taken)),
            None => patterns.push(word),
        }
    }
    for (name, value) in std::env::vars() {
        let wanted = patterns.iter().any(|p| super::pattern::matches(&name, p));
        if wanted && all.iter().all(|(n, _)| *n != name) {
            all.push((name, value));
        }
    }
    all
}

impl Hop {
    /// Hosts on the way, the first one first.
    fn parse_list(text: &str) -> Option<Vec<Hop>> {
        text.split(',').map(|hop| Hop::parse(hop.trim())).collect()
    }

    /// `[user@]host[:port]` or `ssh://[user@]host[:port]`; an IPv6 address stands in brackets before a port.
    fn parse(text: &str) -> Option<Hop> {
        let text = text.strip_prefix("ssh://").map_or(text, |uri| uri.trim_end_matches('/'));
        let (user, place) = match text.rsplit_once('@') {
            Some((user, place)) => (Some(user.to_owned()).filter(|u| !u.is_empty()), place),
            None => (None, text),
        };
        let (host, port) = match place.strip_prefix('[') {
            Some(rest) => match rest.split_once(']')? {
                (host, "") => (host, None),
                (host, port) => (host, Some(port.strip_prefix(':')?)),
            },
            None => match place.rsplit_once(':') {
                Some((host, port)) if !host.contains(':') => (host, Some(port)),
                _ => (place, None),
            },
        };
        let port = match port {
            Some(port) => Some(port.parse().ok().filter(|p: &u16| *p > 0)?),
            None => None,
        };
        (!host.is_empty()).then(|| Hop { user, host: host.to_owned(), port })
    }
}

impl std::fmt::Display for Hop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        match self.port {
            Some(port) => write!(f, "[{}]:{port}", self.host),
            None => f.write_str(&self.host),
        }
    }
}
