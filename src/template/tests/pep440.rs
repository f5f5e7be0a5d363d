//! Versions of Python packages, in the order of PEP 440.

use crate::template::fail::R;
use crate::template::python::regex;
use std::cmp::Ordering;

/// A version in the form in which it is compared: earlier fields decide first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version {
    epoch: u64,
    /// Without zeros at the end.
    release: Vec<u64>,
    pre: Pre,
    post: Option<u64>,
    dev: Dev,
    local: Local,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Pre {
    /// `1.0.dev1` comes before `1.0a1`.
    DevelopmentOnly,
    Some(char, u64),
    None,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Dev {
    Some(u64),
    None,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Local {
    None,
    Some(Vec<Segment>),
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Word(String),
    Number(u64),
}

const PATTERN: &str = concat!(
    r"^\s*v?(?:(?P<epoch>[0-9]+)!)?(?P<release>[0-9]+(?:\.[0-9]+)*)",
    r"(?P<pre>[-_.]?(?P<pre_l>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?P<pre_n>[0-9]+)?)?",
    r"(?P<post>(?:-(?P<post_n1>[0-9]+))|(?:[-_.]?(?:post|rev|r)[-_.]?(?P<post_n2>[0-9]+)?))?",
    r"(?P<dev>[-_.]?dev[-_.]?(?P<dev_n>[0-9]+)?)?",
    r"(?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?\s*$"
);

/// Compares two versions.
pub(super) fn order(a: &str, b: &str) -> Result<Ordering, String> {
    Ok(parse(a)?.cmp(&parse(b)?))
}

fn parse(text: &str) -> Result<Version, String> {
    let invalid = || format!("Invalid version: '{text}'");
    let found: R<_> = regex::compile(PATTERN, true, false);
    let found = found.map_err(|_| invalid())?;
    let found = regex::search(&found, text).map_err(|_| invalid())?.ok_or_else(invalid)?;
    let part = |name: &str| found.name(name).map(|m| m.as_str().to_lowercase());
    let number = |text: Option<String>| text.map_or(Ok(0), |t| t.parse::<u64>().map_err(|_| invalid()));
    let release = part("release").unwrap_or_default();
    let mut release =
        release.split('.').map(|n| number(Some(n.to_owned()))).collect::<Result<Vec<_>, _>>()?;
    while release.last() == Some(&0) {
        release.pop();
    }
    let post = match (part("post"), part("post_n1").or(part("post_n2"))) {
        (Some(_), n) => Some(number(n)?),
        (None, _) => None,
    };
    let dev = match part("dev") {
        Some(_) => Dev::Some(number(part("dev_n"))?),
        None => Dev::None,
    };
    let pre = match part("pre_l") {
        Some(letters) => {
            let letter = match letters.as_str() {
                "a" | "alpha" => 'a',
                "b" | "beta" => 'b',
                _ => 'r',
            };
            Pre::Some(letter, number(part("pre_n"))?)
        }
        None if post.is_none() && dev != Dev::None => Pre::DevelopmentOnly,
        None => Pre::None,
    };
    let segment = |s: &str| s.parse().map_or_else(|_| Segment::Word(s.to_owned()), Segment::Number);
    let local =
        part("local").map_or(Local::None, |l| Local::Some(l.split(['-', '_', '.']).map(segment).collect()));
    Ok(Version { epoch: number(part("epoch"))?, release, pre, post, dev, local })
}
