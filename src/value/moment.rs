//! Dates and times, as YAML and TOML have them and Python shows them.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;
use std::cmp::Ordering;
use std::fmt;

/// A date, a time of day, or both. Comparing those of different kinds gives no order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Moment {
    /// Python's `date`.
    Date(Date),
    /// Python's `time`.
    Time(Time),
    /// Python's `datetime`, with its distance from UTC where that is known.
    At(DateTime, Option<Offset>),
}

impl Moment {
    /// The name of its type as Python has it.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Moment::Date(_) => "date",
            Moment::Time(_) => "time",
            Moment::At(..) => "datetime",
        }
    }

    /// `isoformat()`.
    #[must_use]
    pub fn iso(&self) -> String {
        self.with_separator('T')
    }

    /// Its date, where it has one.
    #[must_use]
    pub fn date(&self) -> Option<Date> {
        match self {
            Moment::Date(date) => Some(*date),
            Moment::At(at, _) => Some(at.date()),
            Moment::Time(_) => None,
        }
    }

    /// Its time of day, where it has one.
    #[must_use]
    pub fn time(&self) -> Option<Time> {
        match self {
            Moment::Time(time) => Some(*time),
            Moment::At(at, _) => Some(at.time()),
            Moment::Date(_) => None,
        }
    }

    /// `repr()`.
    #[must_use]
    pub fn repr(&self) -> String {
        let date = |d: Date| format!("{}, {}, {}", d.year(), d.month(), d.day());
        let time = |t: Time| {
            let micros = t.subsec_nanosecond() / 1000;
            match (t.second(), micros) {
                (0, 0) => format!("{}, {}", t.hour(), t.minute()),
                (second, 0) => format!("{}, {}, {second}", t.hour(), t.minute()),
                (second, micros) => format!("{}, {}, {second}, {micros}", t.hour(), t.minute()),
            }
        };
        match self {
            Moment::Date(d) => format!("datetime.date({})", date(*d)),
            Moment::Time(t) => format!("datetime.time({})", time(*t)),
            Moment::At(at, None) => format!("datetime.datetime({}, {})", date(at.date()), time(at.time())),
            Moment::At(at, Some(offset)) => format!(
                "datetime.datetime({}, {}, tzinfo={})",
                date(at.date()),
                time(at.time()),
                zone_repr(*offset)
            ),
        }
    }

    /// How two of one kind order; a date with a time goes by its date beside a date. None where Python refuses.
    #[must_use]
    pub fn order(&self, other: &Moment) -> Option<Ordering> {
        match (self, other) {
            (Moment::Time(a), Moment::Time(b)) => Some(a.cmp(b)),
            (Moment::At(a, None), Moment::At(b, None)) => Some(a.cmp(b)),
            (Moment::At(a, Some(x)), Moment::At(b, Some(y))) => {
                Some(x.to_timestamp(*a).ok()?.cmp(&y.to_timestamp(*b).ok()?))
            }
            (Moment::At(..), Moment::At(..)) => None,
            (a, b) => Some(a.date()?.cmp(&b.date()?)),
        }
    }

    fn with_separator(&self, separator: char) -> String {
        let time = |t: Time| {
            let micros = t.subsec_nanosecond() / 1000;
            let whole = format!("{:02}:{:02}:{:02}", t.hour(), t.minute(), t.second());
            if micros == 0 { whole } else { format!("{whole}.{micros:06}") }
        };
        match self {
            Moment::Date(date) => date.to_string(),
            Moment::Time(t) => time(*t),
            Moment::At(at, offset) => {
                let zone = offset.map(zone_suffix).unwrap_or_default();
                format!("{}{separator}{}{zone}", at.date(), time(at.time()))
            }
        }
    }
}

/// `str()`.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.with_separator(' '))
    }
}

/// `+02:00`.
#[must_use]
pub fn zone_suffix(offset: Offset) -> String {
    let seconds = offset.seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.unsigned_abs() / 60;
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

fn zone_repr(offset: Offset) -> String {
    let seconds = offset.seconds();
    match (seconds.div_euclid(86_400), seconds.rem_euclid(86_400)) {
        (0, 0) => "datetime.timezone.utc".to_owned(),
        (0, rest) => format!("datetime.timezone(datetime.timedelta(seconds={rest}))"),
        (days, rest) => format!("datetime.timezone(datetime.timedelta(days={days}, seconds={rest}))"),
    }
}
