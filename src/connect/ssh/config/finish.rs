//! From what was given to the options of a connection.

use super::super::pattern;
use super::algorithms::{CIPHERS, Family as Algorithms, KEX, KEYS, MACS};
use super::jump::Hop;
use super::read::Values;
use super::tokens::Tokens;
use super::{Account, Family, Method, Offered, Options, Proxy, Strict, time};
use crate::connect::SshTarget;
use crate::error::{Error, Result};
use std::path::PathBuf;
use std::time::Duration;

/// OpenSSH's default keys.
pub(super) const DEFAULT_IDENTITIES: &[&str] = &[
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

/// Fills in defaults, tokens and the environment.
pub(super) fn finish(
    target: &SshTarget,
    account: &Account,
    values: &Values,
    file: Option<String>,
) -> Result<Options> {
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
    let one = |name: &str| -> Result<Option<PathBuf>> {
        let given = values.word(name).filter(|w| !w.eq_ignore_ascii_case("none"));
        given.map(|word| tokens.path(word)).transpose()
    };
    let certificates = values.all("certificatefile").iter().filter_map(|given| given.words.first());
    let agent = match values.word("identityagent") {
        Some(word) if word.eq_ignore_ascii_case("none") => None,
        Some("SSH_AUTH_SOCK") | None => usual_agent(),
        Some(word) => socket(word, &tokens)?,
    };
    let forward_agent = match values.word("forwardagent") {
        None | Some("no" | "false") => None,
        Some("yes" | "true") => usual_agent(),
        Some(word) => socket(word, &tokens)?,
    };
    Ok(Options {
        certificates: certificates
            .filter(|f| !f.eq_ignore_ascii_case("none"))
            .map(|f| tokens.path(f))
            .collect::<Result<_>>()?,
        forward_agent: forward_agent.filter(|a| !a.as_os_str().is_empty()),
        methods: methods(values),
        algorithms: offered(values),
        check_host_ip: flag("checkhostip", false),
        trust_localhost: flag("nohostauthenticationforlocalhost", false),
        revoked_host_keys: one("revokedhostkeys")?,
        required_rsa_size: number("requiredrsasize", 1024),
        interface: values.word("bindinterface").map(str::to_owned),
        key_passphrase: target.key_passphrase.clone(),
        password: target.password.clone(),
        identities_configured: !configured.is_empty(),
        identities,
        identities_only: flag("identitiesonly", false),
        agent: agent.filter(|a| !a.as_os_str().is_empty()),
        proxy: proxy(values, &tokens, (&host, port, &user))?,
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

/// The socket that the session's environment names.
fn usual_agent() -> Option<PathBuf> {
    std::env::var_os("SSH_AUTH_SOCK").map(PathBuf::from)
}

/// A socket's path, or the variable that holds it.
fn socket(word: &str, tokens: &Tokens) -> Result<Option<PathBuf>> {
    match word.strip_prefix('$') {
        Some(name) if !name.starts_with('{') => Ok(std::env::var_os(name).map(PathBuf::from)),
        _ => tokens.path(word).map(Some),
    }
}

/// OpenSSH would ask interactively before it offers a password; a password that is there already goes first here.
fn methods(values: &Values) -> Vec<Method> {
    let preferred = values.word("preferredauthentications");
    let is_on = |keyword: &str| !values.word(keyword).is_some_and(|w| w == "no" || w == "false");
    preferred
        .unwrap_or("publickey,password,keyboard-interactive")
        .split(',')
        .filter_map(|name| match name {
            "publickey" if is_on("pubkeyauthentication") => Some(Method::PublicKey),
            "password" if is_on("passwordauthentication") => Some(Method::Password),
            "keyboard-interactive" if is_on("kbdinteractiveauthentication") => {
                Some(Method::KeyboardInteractive)
            }
            // hostbased and gssapi-with-mic are not built.
            _ => None,
        })
        .collect()
}

fn offered(values: &Values) -> Offered {
    let list = |name: &str, family: &Algorithms| family.assemble(values.word(name), family.preferred);
    Offered {
        kex: list("kexalgorithms", &KEX),
        ciphers: list("ciphers", &CIPHERS),
        macs: list("macs", &MACS),
        host_keys: list("hostkeyalgorithms", &KEYS),
        host_keys_configured: values.word("hostkeyalgorithms").is_some(),
        keys: list("pubkeyacceptedalgorithms", &KEYS),
        authorities: list("casignaturealgorithms", &KEYS),
    }
}

fn proxy(values: &Values, tokens: &Tokens, own: (&str, u16, &str)) -> Result<Proxy> {
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
            Some(last) if hops.is_empty() && last.is(own) => Proxy::Direct,
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
            Some(taken) => patterns.retain(|p| !pattern::matches(p, taken)),
            None => patterns.push(word),
        }
    }
    for (name, value) in std::env::vars() {
        let wanted = patterns.iter().any(|p| pattern::matches(&name, p));
        if wanted && all.iter().all(|(n, _)| *n != name) {
            all.push((name, value));
        }
    }
    all
}
