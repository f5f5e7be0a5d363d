//! Dates and times: `now()`, and what `strftime` patterns mean.

use super::bind::Bound;
use super::fail::{Fail, R};
use super::python;
use super::val::{Args, Object, Val};
use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// A time without a zone, as Python's naive `datetime`.
pub(crate) struct Moment(pub(crate) DateTime);

impl Object for Moment {
    fn type_name(&self) -> &'static str {
        "datetime"
    }

    fn show(&self) -> String {
        let micros = self.0.subsec_nanosecond() / 1000;
        let base = self.0.strftime("%Y-%m-%d %H:%M:%S").to_string();
        if micros == 0 { base } else { format!("{base}.{micros:06}") }
    }

    fn attr(&self, name: &str) -> Option<Val> {
        let t = self.0;
        Some(Val::Int(match name {
            "year" => t.year().into(),
            "month" => t.month().into(),
            "day" => t.day().into(),
            "hour" => t.hour().into(),
            "minute" => t.minute().into(),
            "second" => t.second().into(),
            "microsecond" => (t.subsec_nanosecond() / 1000).into(),
            _ => return None,
        }))
    }

    fn time(&self) -> Option<Time> {
        let zoned = self.0.to_zoned(TimeZone::UTC).ok()?;
        Some(Time::At(zoned.timestamp().as_microsecond().into()))
    }

    fn method(&self, name: &str, args: &Args) -> Option<R> {
        let t = self.0;
        Some(match name {
            "strftime" => Bound::new("strftime", &["format"], args.clone())
                .and_then(|b| format(&b.need_text("format")?, &t.to_zoned(TimeZone::UTC).map_err(told)?)),
            "isoformat" => Ok(self.show().replacen(' ', "T", 1).into()),
            "timestamp" => t
                .to_zoned(TimeZone::system())
                .map(|z| Val::Float(z.timestamp().as_microsecond() as f64 / 1e6))
                .map_err(told),
            "weekday" => Ok(Val::Int(t.weekday().to_monday_zero_offset().into())),
            "isoweekday" => Ok(Val::Int(t.weekday().to_monday_one_offset().into())),
            _ => return None,
        })
    }
}

/// A length of time in microseconds, as Python's `timedelta`.
struct Length(i128);

const SECOND: i128 = 1_000_000;
const DAY: i128 = 86_400 * SECOND;

impl Object for Length {
    fn type_name(&self) -> &'static str {
        "timedelta"
    }

    fn show(&self) -> String {
        let (days, rest) = (self.0.div_euclid(DAY), self.0.rem_euclid(DAY));
        let (seconds, micros) = (rest / SECOND, rest % SECOND);
        let mut shown = match days {
            0 => String::new(),
            1 | -1 => format!("{days} day, "),
            _ => format!("{days} days, "),
        };
        shown.push_str(&format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60));
        if micros != 0 {
            shown.push_str(&format!(".{micros:06}"));
        }
        shown
    }

    fn attr(&self, name: &str) -> Option<Val> {
        Some(Val::Int(match name {
            "days" => self.0.div_euclid(DAY),
            "seconds" => self.0.rem_euclid(DAY) / SECOND,
            "microseconds" => self.0.rem_euclid(SECOND),
            _ => return None,
        }))
    }

    fn method(&self, name: &str, _: &Args) -> Option<R> {
        (name == "total_seconds").then(|| Ok(Val::Float(self.0 as f64 / SECOND as f64)))
    }

    fn time(&self) -> Option<Time> {
        Some(Time::Length(self.0))
    }
}

/// What arithmetic with times is done on, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(crate) enum Time {
    /// Since 1970, without a zone.
    At(i128),
    Length(i128),
}

impl Time {
    /// `a - b` or `a + b`, where Python has it.
    pub(crate) fn plus(self, other: Time, sign: i128) -> Option<R> {
        let at = |micros: i128| {
            let moment = i64::try_from(micros).ok().and_then(|m| Timestamp::from_microsecond(m).ok());
            let moment = moment.ok_or_else(|| Fail::new("date value out of range"))?;
            Ok(Val::object(Moment(moment.to_zoned(TimeZone::UTC).datetime())))
        };
        Some(match (self, other) {
            (Time::At(a), Time::At(b)) if sign < 0 => Ok(Val::object(Length(a - b))),
            (Time::At(a), Time::Length(b)) => at(a + sign * b),
            (Time::Length(a), Time::At(b)) if sign > 0 => at(a + b),
            (Time::Length(a), Time::Length(b)) => Ok(Val::object(Length(a + sign * b))),
            _ => return None,
        })
    }

    /// How two times of one kind order.
    pub(crate) fn order(self, other: Time) -> Option<std::cmp::Ordering> {
        match (self, other) {
            (Time::At(a), Time::At(b)) | (Time::Length(a), Time::Length(b)) => Some(a.cmp(&b)),
            _ => None,
        }
    }
}

fn told(e: jiff::Error) -> Fail {
    Fail::new(e.to_string())
}

/// `strftime`.
pub(crate) fn format(pattern: &str, at: &Zoned) -> R {
    strtime::format(pattern, at).map(Val::from).map_err(told)
}

/// `now(utc=False, fmt=None)`.
pub(crate) fn now(args: Args) -> R {
    let bound = Bound::new("now", &["utc", "fmt"], args)?;
    let zone = if bound.flag("utc", false)? { TimeZone::UTC } else { TimeZone::system() };
    let now = Timestamp::now().to_zoned(zone);
    match bound.some("fmt") {
        Some(pattern) => format(&python::to_str(pattern)?, &now),
        None => Ok(Val::object(Moment(now.datetime()))),
    }
}

/// `strptime`.
pub(crate) fn parse(text: &str, pattern: &str) -> R {
    let parsed = strtime::parse(pattern, text).and_then(|t| t.to_datetime());
    parsed.map(|t| Val::object(Moment(t))).map_err(|_| {
        Fail::new(format!(
            "time data {} does not match format {}",
            python::repr_str(text),
            python::repr_str(pattern)
        ))
    })
}
