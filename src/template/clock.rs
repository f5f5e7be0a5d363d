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
