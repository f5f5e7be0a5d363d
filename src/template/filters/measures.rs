//! Sizes, dates and addresses of the web.

use super::Filter;
use crate::template::bind::Bound;
use crate::template::clock;
use crate::template::env::Env;
use crate::template::fail::{Fail, R};
use crate::template::python;
use crate::template::val::Val;
use jiff::Timestamp;
use jiff::tz::TimeZone;

pub(super) const TABLE: &[Filter] = &[
    Filter::new("human_readable", &["isbits", "unit"], human_readable),
    Filter::new("human_to_bytes", &["default_unit", "isbits"], human_to_bytes),
    Filter::new("strftime", &["second", "utc"], strftime),
    Filter::new("to_datetime", &["format"], |_, v, b| {
        clock::parse(&python::to_str(&v)?, &b.text("format", "%Y-%m-%d %H:%M:%S")?)
    }),
    Filter::new("urlsplit", &["query", "alias"], urlsplit),
];

const UNITS: [(char, u32, &str); 9] = [
    ('Y', 80, "yotta"),
    ('Z', 70, "zetta"),
    ('E', 60, "exa"),
    ('P', 50, "peta"),
    ('T', 40, "tera"),
    ('G', 30, "giga"),
    ('M', 20, "mega"),
    ('K', 10, "kilo"),
    ('B', 0, ""),
];

fn human_readable(_: &Env, v: Val, b: Bound) -> R {
    let bits = b.flag("isbits", false)?;
    let size = match &v {
        Val::Int(i) => *i as f64,
        Val::Float(f) => *f,
        Val::Bool(x) => f64::from(u8::from(*x)),
        other => {
            let why = format!("'>=' not supported between instances of '{}' and 'int'", other.type_name());
            return Err(Fail::new(format!("human_readable() failed on bad input: {why}")));
        }
    };
    let wanted = b.some("unit").map(python::to_str).transpose()?.map(|u| u.to_uppercase());
    let fits = |(letter, power, _): &&(char, u32, &str)| match &wanted {
        Some(unit) => *unit == letter.to_string(),
        None => size >= 2f64.powi(*power as i32),
    };
    let (letter, power, _) = UNITS.iter().find(fits).unwrap_or(&('B', 0, ""));
    let base = if bits { "bits" } else { "Bytes" };
    let suffix =
        if *power == 0 { base.to_owned() } else { format!("{letter}{}", if bits { 'b' } else { 'B' }) };
    Ok(format!("{:.2} {suffix}", size / 2f64.powi(*power as i32)).into())
}

fn human_to_bytes(_: &Env, v: Val, b: Bound) -> R {
    let bits = b.flag("isbits", false)?;
    let text = python::to_str(&v)?;
    let bad = |why: String| Fail::new(format!("human_to_bytes() can't interpret the input: {why}"));
    let unreadable = || bad(format!("human_to_bytes() can't interpret following string: {text}"));
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    if !number.ends_with(|c: char| c.is_ascii_digit()) {
        return Err(unreadable());
    }
    let number: f64 = number.parse().map_err(|_| unreadable())?;
    let unit = unit.trim();
    let unit = if unit.is_empty() { b.text("default_unit", "")? } else { unit.to_owned() };
    let Some(letter) = unit.chars().next() else { return Ok(Val::Int(number.round_ties_even() as i128)) };
    let unknown = || {
        let letters = UNITS.map(|(letter, _, _)| letter.to_string()).join(", ");
        bad(format!(
            "human_to_bytes() failed to convert {text} (unit = {unit}). The suffix must be one of {letters}"
        ))
    };
    let (letter, power, long) =
        UNITS.iter().find(|(l, _, _)| *l == letter.to_ascii_uppercase()).ok_or_else(unknown)?;
    if unit.chars().count() > 1 {
        let (word, end) = if bits { ("bit", 'b') } else { ("byte", 'B') };
        let (short, expected) = match letter {
            'B' => (end.to_string(), format!("expect {end} or {word}")),
            _ => (format!("{letter}{end}"), format!("expect {letter}{end} or {letter}")),
        };
        if unit.to_lowercase() != format!("{long}{word}") && unit != short {
            return Err(bad(format!(
                "human_to_bytes() failed to convert {text}. Value is not a valid string ({expected})"
            )));
        }
    }
    Ok(Val::Int((number * 2f64.powi(*power as i32)).round_ties_even() as i128))
}

fn strftime(_: &Env, v: Val, b: Bound) -> R {
    let seconds = match b.some("second") {
        None => Timestamp::now(),
        Some(v) => {
            let shown = python::to_str(v)?;
            let bad = || Fail::new(format!("Invalid value for epoch value ({shown})"));
            let seconds: f64 = shown.trim().parse().map_err(|_| bad())?;
            Timestamp::from_microsecond((seconds * 1e6) as i64).map_err(|_| bad())?
        }
    };
    let zone = if b.flag("utc", false)? { TimeZone::UTC } else { TimeZone::system() };
    clock::format(&python::to_str(&v)?, &seconds.to_zoned(zone))
}

fn urlsplit(_: &Env, v: Val, b: Bound) -> R {
    let Some(url) = v.as_str() else {
        return Err(Fail::new(format!("'{}' object has no attribute 'decode'", v.type_name())));
    };
    // As Python's `urlsplit` does.
    let url = url.trim_start_matches(|c| c <= ' ').replace(['\n', '\r', '\t'], "");
    let (rest, fragment) = url.split_once('#').unwrap_or((&url, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let scheme_end = rest.find(':').filter(|i| {
        let scheme = rest.get(..*i).unwrap_or_default();
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    });
    let (scheme, rest) = match scheme_end {
        Some(i) => (rest.get(..i).unwrap_or_default().to_lowercase(), rest.get(i + 1..).unwrap_or_default()),
        None => (String::new(), rest),
    };
    let (netloc, path) = match rest.strip_prefix("//") {
        Some(after) => after.split_at(after.find('/').unwrap_or(after.len())),
        None => ("", rest),
    };
    let (user, host) = netloc.rsplit_once('@').map_or((None, netloc), |(u, h)| (Some(u), h));
    let (username, password) = match user {
        Some(u) => u.split_once(':').map_or((Some(u), None), |(u, p)| (Some(u), Some(p))),
        None => (None, None),
    };
    let (hostname, port) = match host.strip_prefix('[') {
        Some(inner) => {
            let (host, after) = inner.split_once(']').unwrap_or((inner, ""));
            (host, after.strip_prefix(':'))
        }
        None => host.split_once(':').map_or((host, None), |(h, p)| (h, Some(p))),
    };
    let port = match port.filter(|p| !p.is_empty()) {
        Some(p) => Val::Int(p.parse().map_err(|_| {
            Fail::new(format!("Port could not be cast to integer value as {}", python::repr_str(p)))
        })?),
        None => Val::None,
    };
    let optional = |s: Option<&str>| s.map_or(Val::None, Val::from);
    let hostname = if hostname.is_empty() { Val::None } else { hostname.to_lowercase().into() };
    let parts = [
        ("fragment", Val::from(fragment)),
        ("hostname", hostname),
        ("netloc", netloc.into()),
        ("password", optional(password)),
        ("path", path.into()),
        ("port", port),
        ("query", query.into()),
        ("scheme", scheme.into()),
        ("username", optional(username)),
    ];
    let wanted = b.text("query", "")?;
    if wanted.is_empty() {
        return Ok(Val::record(parts));
    }
    parts
        .into_iter()
        .find(|(name, _)| *name == wanted)
        .map(|(_, v)| v)
        .ok_or_else(|| Fail::new(format!("urlsplit: unknown URL component: {wanted}")))
}
