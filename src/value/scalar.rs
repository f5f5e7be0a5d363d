//! What a plain YAML 1.1 scalar means: PyYAML's resolver, which Ansible's files are written for.

use super::Moment;
use fancy_regex::Regex;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;
use std::sync::LazyLock;

/// A scalar's meaning.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    Str(String),
    /// A date or a date with a time.
    Moment(Moment),
    /// `<<`.
    Merge,
    /// `=`, or a number that Python cannot convert either.
    Invalid(&'static str),
}

/// Resolves a plain scalar.
pub(super) fn resolve(text: &str) -> Scalar {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        "<<" => return Scalar::Merge,
        "=" => return Scalar::Invalid("`=` alone has a special meaning in YAML 1.1; quote it"),
        _ => {}
    }
    if let Some(b) = boolean(text) {
        return Scalar::Bool(b);
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return Scalar::Str(text.to_owned());
    }
    if FLOAT.is_match(text).unwrap_or(false) {
        return float(text).map_or(Scalar::Invalid("is not a number"), Scalar::Float);
    }
    if INT.is_match(text).unwrap_or(false) {
        return int(text).unwrap_or(Scalar::Invalid("is not a number"));
    }
    timestamp(text).unwrap_or_else(|| Scalar::Str(text.to_owned()))
}

/// Whether a text written plainly, without quotes, would be read as a string: what a writer of YAML must know.
#[must_use]
pub fn is_plain_string(text: &str) -> bool {
    matches!(resolve(text), Scalar::Str(_))
}

/// Resolves a plain scalar of a JSON file: numbers have no leading zeros there, and exponents need no dot.
pub(super) fn resolve_json(text: &str) -> Scalar {
    match text {
        "null" => Scalar::Null,
        "true" => Scalar::Bool(true),
        "false" => Scalar::Bool(false),
        _ => match (text.parse::<i128>(), text.parse::<f64>()) {
            (Ok(i), _) => Scalar::Int(i),
            (_, Ok(f)) => Scalar::Float(f),
            _ => Scalar::Str(text.to_owned()),
        },
    }
}

/// The words for true and false.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text {
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

/// An integer in one of YAML 1.1's notations; beyond 128 bits a float.
pub(super) fn int(text: &str) -> Option<Scalar> {
    let plain = text.replace('_', "");
    let (sign, digits) = signed(&plain);
    let radix = |digits: &str, radix| i128::from_str_radix(digits, radix).ok();
    let magnitude = if let Some(binary) = digits.strip_prefix("0b") {
        radix(binary, 2)
    } else if let Some(hexadecimal) = digits.strip_prefix("0x") {
        radix(hexadecimal, 16)
    } else if digits.len() > 1 && digits.starts_with('0') {
        radix(digits, 8)
    } else if digits.contains(':') {
        digits
            .split(':')
            .try_fold(0i128, |sum, part| sum.checked_mul(60)?.checked_add(part.parse::<i128>().ok()?))
    } else if digits.starts_with(|c: char| c.is_ascii_digit()) {
        match digits.parse::<i128>() {
            Ok(i) => Some(i),
            Err(_) => return digits.parse::<f64>().ok().map(|f| Scalar::Float(f * sign as f64)),
        }
    } else {
        None
    };
    magnitude.map(|m| Scalar::Int(m * sign))
}

/// A float in one of YAML 1.1's notations.
pub(super) fn float(text: &str) -> Option<f64> {
    let plain = text.replace('_', "").to_lowercase();
    let (sign, digits) = signed(&plain);
    let magnitude = match digits {
        ".inf" => f64::INFINITY,
        ".nan" => f64::NAN,
        _ if digits.contains(':') => {
            digits.split(':').try_fold(0.0, |sum, part| part.parse::<f64>().ok().map(|p| sum * 60.0 + p))?
        }
        _ => digits.parse::<f64>().ok()?,
    };
    Some(magnitude * sign as f64)
}

fn signed(text: &str) -> (i128, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    }
}

#[expect(clippy::expect_used, reason = "the patterns are constant, and every test compiles them")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant pattern")
}

static FLOAT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x)\A(?: [-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)? | \.[0-9][0-9_]*(?:[eE][-+][0-9]+)?
        | [-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]* | [-+]?\.(?:inf|Inf|INF) | \.(?:nan|NaN|NAN) )\z",
    )
});

static INT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x)\A(?: [-+]?0b[0-1_]+ | [-+]?0[0-7_]+ | [-+]?(?:0|[1-9][0-9_]*) | [-+]?0x[0-9a-fA-F_]+
        | [-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+ )\z",
    )
});

static TIMESTAMP: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x)\A(?<year>[0-9]{4})-(?<month>[0-9]{1,2})-(?<day>[0-9]{1,2})
        (?<time>(?:[Tt]|[\ \t]+)(?<hour>[0-9]{1,2}):(?<minute>[0-9]{2}):(?<second>[0-9]{2})(?:\.(?<fraction>[0-9]*))?
        (?:[\ \t]*(?<zone>Z|(?<sign>[-+])(?<zh>[0-9]{1,2})(?::?(?<zm>[0-9]{2}))?))?)?\z",
    )
});

/// A date or a date with time; what looks like one and is none, Python refuses too.
fn timestamp(text: &str) -> Option<Scalar> {
    let found = TIMESTAMP.captures(text).ok()??;
    let part = |name: &str| found.name(name).map_or("", |m| m.as_str());
    let number = |name: &str| part(name).parse::<i8>().unwrap_or_default();
    // Without a time PyYAML wants two digits each.
    if found.name("time").is_none() && (part("month").len() != 2 || part("day").len() != 2) {
        return None;
    }
    let moment = || {
        let date = Date::new(part("year").parse().ok()?, number("month"), number("day")).ok()?;
        if found.name("time").is_none() {
            return Some(Moment::Date(date));
        }
        let micros: String = part("fraction").chars().chain("000000".chars()).take(6).collect();
        let nanos = micros.parse::<i32>().ok()? * 1000;
        let time = Time::new(number("hour"), number("minute"), number("second"), nanos).ok()?;
        let offset = match part("zone") {
            "" => None,
            _ => {
                let minutes = i32::from(number("zh")) * 60 + i32::from(number("zm"));
                let minutes = if part("sign") == "-" { -minutes } else { minutes };
                Some(Offset::from_seconds(minutes * 60).ok()?)
            }
        };
        Some(Moment::At(date.to_datetime(time), offset))
    };
    Some(moment().map_or(Scalar::Invalid("is not a date"), Scalar::Moment))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_mean_what_pyyaml_makes_of_them() {
        let string = |s: &str| Scalar::Str(s.to_owned());
        let table = [
            ("yes", Scalar::Bool(true)),
            ("Off", Scalar::Bool(false)),
            ("y", string("y")),
            ("yEs", string("yEs")),
            ("~", Scalar::Null),
            ("", Scalar::Null),
            ("nULL", string("nULL")),
            ("0644", Scalar::Int(0o644)),
            ("0o17", string("0o17")),
            ("08", string("08")),
            ("0_7", Scalar::Int(7)),
            ("0", Scalar::Int(0)),
            ("0x1F", Scalar::Int(31)),
            ("-0b11", Scalar::Int(-3)),
            ("0b_", Scalar::Invalid("is not a number")),
            ("0x", string("0x")),
            ("1_000", Scalar::Int(1000)),
            ("+12", Scalar::Int(12)),
            ("190:20:30", Scalar::Int(685_230)),
            ("1:60", string("1:60")),
            ("1:30.5", Scalar::Float(90.5)),
            ("1_000.5", Scalar::Float(1000.5)),
            ("1.", Scalar::Float(1.0)),
            ("1._", Scalar::Float(1.0)),
            (".5", Scalar::Float(0.5)),
            ("-.5", string("-.5")),
            ("._1", string("._1")),
            ("1e3", string("1e3")),
            ("1.0e3", string("1.0e3")),
            ("1.0e+3", Scalar::Float(1000.0)),
            ("-.INF", Scalar::Float(f64::NEG_INFINITY)),
            ("1.2.3", string("1.2.3")),
            ("<<", Scalar::Merge),
            ("-", string("-")),
            ("2020-13-01", Scalar::Invalid("is not a date")),
            ("2020-1-1", string("2020-1-1")),
        ];
        for (text, meaning) in table {
            assert_eq!(resolve(text), meaning, "{text:?}");
        }
        let dates = [
            ("2020-01-01", "2020-01-01"),
            ("2001-12-14t21:59:43.10-5", "2001-12-14 21:59:43.100000-05:00"),
            ("2001-12-14 21:59:43 Z", "2001-12-14 21:59:43+00:00"),
        ];
        for (text, shown) in dates {
            assert!(matches!(resolve(text), Scalar::Moment(m) if m.to_string() == shown), "{text:?}");
        }
        assert_eq!(resolve(&"9".repeat(40)), Scalar::Float(1e40));
    }
}
