//! The keywords of ssh_config, and what warp does with each.

use super::algorithms::{self, CIPHERS, KEX, KEYS, MACS};
use Effect::{Honoured, Later, None as Nothing};
use Kind::{Algorithms, Flag, Integer, Jump, List, Path, Port, Rest, Strict, Text, Time};

/// How a keyword's arguments are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// One word.
    Text,
    /// yes or no.
    Flag,
    /// yes, no, ask, accept-new or off.
    Strict,
    /// A whole number from 0.
    Integer,
    /// A port.
    Port,
    /// Seconds, or `1h30m`.
    Time,
    /// One file name.
    Path,
    /// Several words.
    List,
    /// Hosts on the way, separated by commas.
    Jump,
    /// The rest of the line as it stands.
    Rest,
    /// Names of algorithms, separated by commas.
    Algorithms(&'static algorithms::Family),
}

/// What comes of a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// It is honoured.
    Honoured,
    /// It concerns terminals, prompts, forwarding for people, or methods that warp does not use.
    None,
    /// It would change how a host is reached, and is refused but for these values, which say that it does not.
    Later(&'static [&'static str]),
}

/// A keyword.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keyword {
    /// In small letters, as it is looked up.
    pub name: &'static str,
    pub kind: Kind,
    pub effect: Effect,
}

const fn word(name: &'static str, kind: Kind, effect: Effect) -> Keyword {
    Keyword { name, kind, effect }
}

/// The keyword of this name in any letters.
pub(super) fn find(name: &str) -> Option<&'static Keyword> {
    let name = name.to_ascii_lowercase();
    let name = ALIASES.iter().find(|(old, _)| *old == name).map_or(name.as_str(), |(_, new)| new);
    TABLE.iter().find(|k| k.name == name)
}

const ALIASES: &[(&str, &str)] = &[
    ("challengeresponseauthentication", "kbdinteractiveauthentication"),
    ("skeyauthentication", "kbdinteractiveauthentication"),
    ("tisauthentication", "kbdinteractiveauthentication"),
    ("dsaauthentication", "pubkeyauthentication"),
    ("hostbasedkeytypes", "hostbasedacceptedalgorithms"),
    ("pubkeyacceptedkeytypes", "pubkeyacceptedalgorithms"),
    ("keepalive", "tcpkeepalive"),
    ("identityfile2", "identityfile"),
    ("smartcarddevice", "pkcs11provider"),
];

/// All keywords of OpenSSH 9, of Debian's patches, and those it still tolerates.
pub(super) const TABLE: &[Keyword] = &[
    word("addkeystoagent", List, Nothing),
    word("addressfamily", Text, Honoured),
    word("afstokenpassing", Text, Nothing),
    word("batchmode", Flag, Nothing),
    word("bindaddress", Text, Honoured),
    word("bindinterface", Text, Honoured),
    word("canonicaldomains", List, Nothing),
    word("canonicalizefallbacklocal", Flag, Nothing),
    word("canonicalizehostname", Text, Later(&["no", "false", "none"])),
    word("canonicalizemaxdots", Integer, Nothing),
    word("canonicalizepermittedcnames", List, Nothing),
    word("casignaturealgorithms", Algorithms(&KEYS), Honoured),
    word("certificatefile", Path, Honoured),
    word("channeltimeout", List, Nothing),
    word("checkhostip", Flag, Honoured),
    word("cipher", Text, Nothing),
    word("ciphers", Algorithms(&CIPHERS), Honoured),
    word("clearallforwardings", Flag, Nothing),
    word("compression", Flag, Honoured),
    word("compressionlevel", Text, Nothing),
    word("connectionattempts", Integer, Honoured),
    word("connecttimeout", Time, Honoured),
    word("controlmaster", Text, Nothing),
    word("controlpath", Path, Nothing),
    word("controlpersist", Text, Nothing),
    word("dynamicforward", List, Nothing),
    word("enableescapecommandline", Flag, Nothing),
    word("enablesshkeysign", Flag, Nothing),
    word("escapechar", Text, Nothing),
    word("exitonforwardfailure", Flag, Nothing),
    word("fallbacktorsh", Text, Nothing),
    word("fingerprinthash", Text, Nothing),
    word("forkafterauthentication", Flag, Nothing),
    word("forwardagent", Text, Honoured),
    word("forwardx11", Flag, Nothing),
    word("forwardx11timeout", Text, Nothing),
    word("forwardx11trusted", Flag, Nothing),
    word("gatewayports", Flag, Nothing),
    word("globalknownhostsfile", List, Honoured),
    word("globalknownhostsfile2", Text, Nothing),
    word("gssapiauthentication", Flag, Nothing),
    word("gssapiclientidentity", Text, Nothing),
    word("gssapidelegatecredentials", Flag, Nothing),
    word("gssapikexalgorithms", Text, Nothing),
    word("gssapikeyexchange", Flag, Nothing),
    word("gssapirenewalforcesrekey", Flag, Nothing),
    word("gssapiserveridentity", Text, Nothing),
    word("gssapitrustdns", Flag, Nothing),
    word("hashknownhosts", Flag, Honoured),
    word("hostbasedacceptedalgorithms", Text, Nothing),
    word("hostbasedauthentication", Flag, Nothing),
    word("hostkeyalgorithms", Algorithms(&KEYS), Honoured),
    word("hostkeyalias", Text, Honoured),
    word("hostname", Text, Honoured),
    word("identitiesonly", Flag, Honoured),
    word("identityagent", Path, Honoured),
    word("identityfile", Path, Honoured),
    word("ignoreunknown", Text, Honoured),
    word("include", List, Honoured),
    word("ipqos", List, Nothing),
    word("kbdinteractiveauthentication", Flag, Honoured),
    word("kbdinteractivedevices", Text, Nothing),
    word("kerberosauthentication", Text, Nothing),
    word("kerberostgtpassing", Text, Nothing),
    word("kexalgorithms", Algorithms(&KEX), Honoured),
    word("knownhostscommand", Rest, Later(&["none"])),
    word("localcommand", Rest, Nothing),
    word("localforward", List, Nothing),
    word("loglevel", Text, Nothing),
    word("logverbose", List, Nothing),
    word("macs", Algorithms(&MACS), Honoured),
    word("nohostauthenticationforlocalhost", Flag, Honoured),
    word("numberofpasswordprompts", Integer, Nothing),
    word("obscurekeystroketiming", List, Nothing),
    word("passwordauthentication", Flag, Honoured),
    word("permitlocalcommand", Flag, Later(&["no", "false"])),
    word("permitremoteopen", List, Nothing),
    word("pkcs11provider", Path, Later(&["none"])),
    word("port", Port, Honoured),
    word("preferredauthentications", Text, Honoured),
    word("protocol", Text, Nothing),
    word("proxycommand", Rest, Honoured),
    word("proxyjump", Jump, Honoured),
    word("proxyusefdpass", Flag, Later(&["no", "false"])),
    word("pubkeyacceptedalgorithms", Algorithms(&KEYS), Honoured),
    word("pubkeyauthentication", Text, Honoured),
    word("rekeylimit", List, Nothing),
    word("remotecommand", Rest, Later(&["none"])),
    word("remoteforward", List, Nothing),
    word("requesttty", Text, Nothing),
    word("requiredrsasize", Integer, Honoured),
    word("revokedhostkeys", Path, Honoured),
    word("rhostsauthentication", Text, Nothing),
    word("rhostsrsaauthentication", Text, Nothing),
    word("rsaauthentication", Text, Nothing),
    word("securitykeyprovider", Path, Nothing),
    word("sendenv", List, Honoured),
    word("serveralivecountmax", Integer, Honoured),
    word("serveraliveinterval", Time, Honoured),
    word("sessiontype", Text, Nothing),
    word("setenv", List, Honoured),
    word("stdinnull", Flag, Nothing),
    word("streamlocalbindmask", Text, Nothing),
    word("streamlocalbindunlink", Flag, Nothing),
    word("stricthostkeychecking", Strict, Honoured),
    word("syslogfacility", Text, Nothing),
    word("tag", Text, Honoured),
    word("tcpkeepalive", Flag, Honoured),
    word("tunnel", Text, Later(&["no", "false"])),
    word("tunneldevice", Text, Nothing),
    word("updatehostkeys", Text, Nothing),
    word("useprivilegedport", Text, Nothing),
    word("user", Text, Honoured),
    word("userknownhostsfile", List, Honoured),
    word("userknownhostsfile2", Text, Nothing),
    word("useroaming", Text, Nothing),
    word("usersh", Text, Nothing),
    word("verifyhostkeydns", Text, Later(&["no", "false", "ask"])),
    word("visualhostkey", Flag, Nothing),
    word("warnweakcrypto", Text, Nothing),
    word("xauthlocation", Path, Nothing),
];
