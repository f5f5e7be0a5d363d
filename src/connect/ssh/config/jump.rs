//! Hosts on the way to a host.

/// A host on the way: `[user@]host[:port]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::connect) struct Hop {
    pub user: Option<String>,
    pub host: String,
    pub port: Option<u16>,
}

impl Hop {
    /// Hosts on the way, the first one first.
    pub(super) fn parse_list(text: &str) -> Option<Vec<Hop>> {
        text.split(',').map(|hop| Hop::parse(hop.trim())).collect()
    }

    /// What is named as the host to go to: `[user@]host`, or a URI; nothing where it is a mere name.
    pub(super) fn destination(text: &str) -> Option<Hop> {
        if text.starts_with("ssh://") {
            return Hop::parse(text);
        }
        let (user, host) =
            text.rsplit_once('@').filter(|(user, host)| !user.is_empty() && !host.is_empty())?;
        Some(Hop { user: Some(user.to_owned()), host: host.to_owned(), port: None })
    }

    /// Whether this is the host, port and user that it is on the way to.
    pub(super) fn is(&self, (host, port, user): (&str, u16, &str)) -> bool {
        self.host.eq_ignore_ascii_case(host)
            && self.port.is_none_or(|own| own == port)
            && self.user.as_ref().is_none_or(|own| own == user)
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
