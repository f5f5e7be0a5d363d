//! URLs, as Python's `urllib.parse` takes them apart.

use std::fmt::Write;

/// A URL in its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Url {
    /// `https`, in lower case.
    pub scheme: String,
    /// What stands before the host's `@`.
    pub credentials: Option<String>,
    /// The host without brackets, in lower case.
    pub host: String,
    /// The port, where it is given.
    pub port: Option<u16>,
    /// From the slash on, with the query and without the fragment.
    pub target: String,
}

impl Url {
    /// Takes a URL apart; nothing where it has no scheme or a port that is no number.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (scheme, rest) = text.split_once(':')?;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        if scheme.is_empty() || !scheme.chars().all(plain) {
            return None;
        }
        let mut url = Url { scheme: scheme.to_ascii_lowercase(), ..Url::default() };
        let rest = rest.split('#').next().unwrap_or_default();
        let Some(rest) = rest.strip_prefix("//") else {
            rest.clone_into(&mut url.target);
            return Some(url);
        };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at_checked(end)?;
        let (credentials, place) = match authority.rsplit_once('@') {
            Some((credentials, place)) => (Some(credentials.to_owned()), place),
            None => (None, authority),
        };
        url.credentials = credentials;
        let (host, port) = match place.strip_prefix('[').and_then(|p| p.split_once(']')) {
            Some((host, rest)) => (host, rest.strip_prefix(':')),
            None => match place.rsplit_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (place, None),
            },
        };
        url.host = host.to_ascii_lowercase();
        url.port = match port.filter(|p| !p.is_empty()) {
            Some(port) => Some(port.parse().ok()?),
            None => None,
        };
        url.target = match target {
            "" => "/".to_owned(),
            query if query.starts_with('?') => format!("/{query}"),
            path => path.to_owned(),
        };
        Some(url)
    }

    /// The port that is connected to.
    #[must_use]
    pub fn port_or_default(&self) -> u16 {
        self.port.unwrap_or(if self.scheme == "https" { 443 } else { 80 })
    }

    /// Host and port as the `Host` header has them.
    #[must_use]
    pub fn place(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        self.port.map_or(host.clone(), |port| format!("{host}:{port}"))
    }

    /// The path, without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// User and password as they are written in it, decoded.
    #[must_use]
    pub fn login(&self) -> Option<(String, String)> {
        let given = self.credentials.as_deref()?;
        let (user, password) = given.split_once(':').unwrap_or((given, ""));
        Some((unquote(user), unquote(password)))
    }
}

/// The URL with what is secret in it hidden, as reports show it.
#[must_use]
pub fn masked(text: &str) -> String {
    let Some(credentials) = Url::parse(text).and_then(|u| u.credentials) else { return text.to_owned() };
    let mask = if credentials.contains(':') { "****:****" } else { "****" };
    text.replacen(&format!("//{credentials}@"), &format!("//{mask}@"), 1)
}

/// Where a reference leads from a URL: Python's `urljoin`.
#[must_use]
pub fn join(base: &str, reference: &str) -> String {
    if Url::parse(reference).is_some_and(|u| !u.host.is_empty() || !reference.contains(":/")) {
        return reference.to_owned();
    }
    let Some((scheme, rest)) = base.split_once("://") else { return reference.to_owned() };
    if let Some(rest) = reference.strip_prefix("//") {
        return format!("{scheme}://{rest}");
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let path = path.split(['?', '#']).next().unwrap_or_default();
    if reference.is_empty() {
        return base.to_owned();
    }
    if reference.starts_with(['?', '#']) {
        return format!("{scheme}://{authority}{path}{reference}");
    }
    let split = reference.find(['?', '#']).unwrap_or(reference.len());
    let (named, tail) = reference.split_at_checked(split).unwrap_or((reference, ""));
    let merged = if named.starts_with('/') {
        named.to_owned()
    } else {
        format!("{}/{named}", path.rsplit_once('/').map_or("", |(dir, _)| dir))
    };
    format!("{scheme}://{authority}{}{tail}", without_dots(&merged))
}

fn without_dots(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let mut last = "";
    for part in path.split('/') {
        last = part;
        match part {
            "." => {}
            ".." if parts.len() > 1 => drop(parts.pop()),
            ".." => {}
            other => parts.push(other),
        }
    }
    if matches!(last, "." | "..") {
        parts.push("");
    }
    parts.join("/")
}

/// Replaces `%41` and the like.
#[must_use]
pub fn unquote(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let digits = tail.get(..2).and_then(|d| std::str::from_utf8(d).ok());
        match digits.filter(|_| *first == b'%').and_then(|d| u8::from_str_radix(d, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// As a value of a form: blanks become `+`, all but letters, digits and `_.-~` escapes.
#[must_use]
pub fn quote_plus(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('+'),
            b'_' | b'.' | b'-' | b'~' => out.push(char::from(byte)),
            b if b.is_ascii_alphanumeric() => out.push(char::from(b)),
            // Writing to a string cannot fail.
            b => drop(write!(out, "%{b:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_come_apart_and_join_as_in_python() {
        let url = Url::parse("HTTP://u:p%41@[::1]:8080/a?b#c").unwrap();
        assert_eq!(url.place(), "[::1]:8080");
        assert_eq!(url.login(), Some(("u".to_owned(), "pA".to_owned())));
        assert_eq!(url.target, "/a?b");
        assert_eq!(masked("https://u:p@h/x"), "https://****:****@h/x");
        for (reference, expected) in [
            ("/x", "http://h:1/x"),
            ("x?y", "http://h:1/a/x?y"),
            ("../x", "http://h:1/x"),
            ("//o/x", "http://o/x"),
            ("https://o/x", "https://o/x"),
            ("?q", "http://h:1/a/b?q"),
        ] {
            assert_eq!(join("http://h:1/a/b?c", reference), expected, "{reference}");
        }
        assert_eq!(quote_plus("a b&é"), "a+b%26%C3%A9");
    }
}
