//! What a host's name may look like, with an optional port.

use fancy_regex::Regex;
use std::sync::LazyLock;

struct Patterns {
    bracketed_port: Regex,
    port: Regex,
    ipv4: Regex,
    ipv6: Regex,
    name: Regex,
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let four = r"(?:[01]?[0-9]{1,2}|2[0-4][0-9]|25[0-5]|\[(?:[0-9]+:[0-9]+)(?::[0-9]+)?\])";
    let six = r"(?:[0-9a-f]{1,4}|\[(?:[0-9a-f]+:[0-9a-f]+)(?::[0-9]+)?\])";
    let range = r"\[(?:[a-z]:[a-z]|[0-9]+:[0-9]+)(?::[0-9]+)?\]";
    let label = format!(r"(?:\w|{range})(?:[\w_-]|{range})*(?<![_-])");
    let in_four = format!(r"(?:{six}\.){{3}}{six}");
    let forms = [
        format!("(?:{six}:){{7}}{six}"),
        format!("(?:{six}:){{1,6}}:"),
        format!("(?:{six}:)(?::{six}){{1,6}}"),
        format!("(?:{six}:){{2}}(?::{six}){{1,5}}"),
        format!("(?:{six}:){{3}}(?::{six}){{1,4}}"),
        format!("(?:{six}:){{4}}(?::{six}){{1,3}}"),
        format!("(?:{six}:){{5}}(?::{six}){{1,2}}"),
        format!("(?:{six}:){{6}}(?::{six})"),
        format!(":(?::{six}){{1,6}}"),
        format!("{six}?::"),
        format!("(?:0:){{6}}{in_four}"),
        format!("::(?:ffff:)?{in_four}"),
        format!("(?:0:){{5}}ffff:{in_four}"),
    ];
    Patterns {
        bracketed_port: pattern(r"\A\[(.+)\]:([0-9]+)\z"),
        port: pattern(r"\A((?:[^:\[\]]|\[[^\]]*\])*):([0-9]+)\z"),
        ipv4: pattern(&format!(r"(?i)\A(?:{four}\.){{3}}{four}\z")),
        ipv6: pattern(&format!(r"(?i)\A(?:{})\z", forms.join("|"))),
        name: pattern(&format!(r"(?i)\A{label}(?:\.{label})*\z")),
    }
});

#[expect(clippy::expect_used, reason = "the patterns are constant, and every test compiles them")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant pattern")
}

/// The host and port of an address, where it is one: a name, an IPv4 or IPv6 address, each perhaps with ranges.
pub(super) fn parse(address: &str) -> Option<(&str, Option<u16>)> {
    let patterns = &*PATTERNS;
    let mut host = address;
    let mut port = None;
    for with_port in [&patterns.bracketed_port, &patterns.port] {
        if let Ok(Some(found)) = with_port.captures(host) {
            let digits = found.get(2)?.as_str();
            host = found.get(1)?.as_str();
            port = Some(digits.parse().ok()?);
        }
    }
    let known = [&patterns.ipv4, &patterns.ipv6, &patterns.name];
    known.iter().any(|p| p.is_match(host).unwrap_or(false)).then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn addresses_are_told_from_patterns() {
        let table = [
            ("web1", Some(("web1", None))),
            ("web1:2222", Some(("web1", Some(2222)))),
            ("a.b-c_d", Some(("a.b-c_d", None))),
            ("[fe80::1]:22", Some(("fe80::1", Some(22)))),
            ("fe80::1", Some(("fe80::1", None))),
            ("::1", Some(("::1", None))),
            ("10.0.0.[1:9]:22", Some(("10.0.0.[1:9]", Some(22)))),
            ("web[01:10]x", Some(("web[01:10]x", None))),
            ("a:b", None),
            ("web*", None),
            ("-a", None),
            ("web[0]", None),
        ];
        for (text, meaning) in table {
            assert_eq!(parse(text), meaning, "{text}");
        }
    }
}
