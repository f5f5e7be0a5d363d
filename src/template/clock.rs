//! Dates and times: `now()`, and what `strftime` patterns mean.

use super::bind::Bound;
use super::fail::{Fail, R};
use super::python;
use super::val::{Args, Object, Val};
use crate::value::Moment;
use jiff::civil::{Date, DateTime};
use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};

/// A length of time in microseconds, as Python's `timedelta`.
pub(crate) struct Length(i128);

impl Length {
    pub(crate) fn of_seconds(seconds: i32) -> Self {
        Length(i128::from(seconds) * SECOND)
    }
}

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

/// What arithmetic with times is done on, in microseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Time {
    /// A date.
    Day(i128),
    /// Without a zone.
    At(i128),
    /// At this distance from UTC.
    Aware(i128, Offset),
    Length(i128),
}

impl Time {
    /// `a - b` or `a + b`, where Python has it.
    pub(crate) fn plus(self, other: Time, sign: i128) -> Option<R> {
        let naive = |micros: i128, offset: Offset| {
            let at = i64::try_from(micros).ok().and_then(|m| Timestamp::from_microsecond(m).ok());
            at.map(|at| offset.to_datetime(at)).ok_or_else(|| Fail::new("date value out of range"))
        };
        let moved = |time: Time, by: i128| match time {
            Time::Day(at) => {
                naive(at + by.div_euclid(DAY) * DAY, Offset::UTC).map(|at| Moment::Date(at.date()))
            }
            Time::Aware(at, offset) => naive(at + by, offset).map(|at| Moment::At(at, Some(offset))),
            Time::At(at) | Time::Length(at) => naive(at + by, Offset::UTC).map(|at| Moment::At(at, None)),
        };
        Some(match (self, other) {
            (Time::Length(a), Time::Length(b)) => Ok(Val::object(Length(a + sign * b))),
            (time, Time::Length(by)) => moved(time, sign * by).map(Val::object),
            (Time::Length(by), time) if sign > 0 => moved(time, by).map(Val::object),
            (Time::Day(a), Time::Day(b))
            | (Time::At(a), Time::At(b))
            | (Time::Aware(a, _), Time::Aware(b, _))
                if sign < 0 =>
            {
                Ok(Val::object(Length(a - b)))
            }
            (Time::At(_), Time::Aware(..)) | (Time::Aware(..), Time::At(_)) if sign < 0 => {
                Err(Fail::new("can't subtract offset-naive and offset-aware datetimes"))
            }
            _ => return None,
        })
    }

    /// How two lengths order.
    pub(crate) fn order(self, other: Time) -> Option<std::cmp::Ordering> {
        match (self, other) {
            (Time::Length(a), Time::Length(b)) => Some(a.cmp(&b)),
            _ => None,
        }
    }
}

pub(crate) fn told(e: jiff::Error) -> Fail {
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
        None => Ok(Val::object(Moment::At(now.datetime(), None))),
    }
}

/// What was read, with what Python takes where the pattern says nothing.
fn whole(read: &BrokenDownTime) -> Result<DateTime, jiff::Error> {
    if let Ok(all) = read.to_datetime() {
        return Ok(all);
    }
    let date = read.to_date().or_else(|_| {
        Date::new(read.year().unwrap_or(1900), read.month().unwrap_or(1), read.day().unwrap_or(1))
    })?;
    Ok(date.to_datetime(read.to_time().unwrap_or(jiff::civil::Time::midnight())))
}

/// `strptime`.
pub(crate) fn parse(text: &str, pattern: &str) -> R {
    let parsed = strtime::parse(pattern, text).and_then(|t| Ok((whole(&t)?, t.offset())));
    parsed.map(|(at, offset)| Val::object(Moment::At(at, offset))).map_err(|_| {
        Fail::new(format!(
            "time data {} does not match format {}",
            python::repr_str(text),
            python::repr_str(pattern)
        ))
    })
}
