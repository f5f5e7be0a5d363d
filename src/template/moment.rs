//! Dates and times as templates see them: Python's `date`, `time` and `datetime`.

use super::bind::Bound;
use super::clock::{self, Length, Time, told};
use super::fail::{Fail, R};
use super::val::{Args, Object, Val};
use crate::value::{Moment, zone_suffix};
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};

impl Object for Moment {
    fn type_name(&self) -> &'static str {
        Moment::type_name(self)
    }

    fn show(&self) -> String {
        self.to_string()
    }

    fn moment(&self) -> Option<Moment> {
        Some(*self)
    }

    fn attr(&self, name: &str) -> Option<Val> {
        if let ("tzinfo", Moment::At(_, offset)) = (name, self) {
            return Some(offset.map_or(Val::None, |offset| Val::object(Zone(offset))));
        }
        let date = |part: &dyn Fn(jiff::civil::Date) -> i128| self.date().map(part);
        let time = |part: &dyn Fn(jiff::civil::Time) -> i128| self.time().map(part);
        let found = match name {
            "year" => date(&|d| d.year().into()),
            "month" => date(&|d| d.month().into()),
            "day" => date(&|d| d.day().into()),
            "hour" => time(&|t| t.hour().into()),
            "minute" => time(&|t| t.minute().into()),
            "second" => time(&|t| t.second().into()),
            "microsecond" => time(&|t| (t.subsec_nanosecond() / 1000).into()),
            _ => None,
        };
        found.map(Val::Int)
    }

    fn time(&self) -> Option<Time> {
        let micros = |t: Timestamp| i128::from(t.as_microsecond());
        let at = |at: &DateTime, offset: Offset| offset.to_timestamp(*at).ok().map(micros);
        Some(match self {
            Moment::Date(date) => {
                Time::Day(at(&date.to_datetime(jiff::civil::Time::midnight()), Offset::UTC)?)
            }
            Moment::Time(_) => return None,
            Moment::At(naive, None) => Time::At(at(naive, Offset::UTC)?),
            Moment::At(aware, Some(offset)) => Time::Aware(at(aware, *offset)?, *offset),
        })
    }

    fn method(&self, name: &str, args: &Args) -> Option<R> {
        let moment = |m: Moment| Ok(Val::object(m));
        let offset = || match self {
            Moment::At(_, offset) => *offset,
            _ => None,
        };
        Some(match name {
            "strftime" => Bound::new("strftime", &["format"], args.clone())
                .and_then(|b| clock::format(&b.need_text("format")?, &self.zoned()?)),
            "isoformat" => Ok(self.iso().into()),
            "date" => moment(Moment::Date(self.at()?.date())),
            "time" => moment(Moment::Time(self.at()?.time())),
            "timestamp" => {
                self.at()?;
                let zone = offset().map_or_else(TimeZone::system, TimeZone::fixed);
                let zoned = self.naive().to_zoned(zone);
                zoned.map(|z| Val::Float(z.timestamp().as_microsecond() as f64 / 1e6)).map_err(told)
            }
            "utcoffset" => {
                self.at()?;
                Ok(offset().map_or(Val::None, |o| Val::object(Length::of_seconds(o.seconds()))))
            }
            "weekday" => Ok(Val::Int(self.date()?.weekday().to_monday_zero_offset().into())),
            "isoweekday" => Ok(Val::Int(self.date()?.weekday().to_monday_one_offset().into())),
            "replace" => self.replaced(args),
            _ => return None,
        })
    }
}

/// What a time's `tzinfo` is.
struct Zone(Offset);

impl Object for Zone {
    fn type_name(&self) -> &'static str {
        "timezone"
    }

    fn show(&self) -> String {
        if self.0 == Offset::UTC { "UTC".to_owned() } else { format!("UTC{}", zone_suffix(self.0)) }
    }
}

/// The parts that `replace` takes.
const PARTS: &[&str] = &["year", "month", "day", "hour", "minute", "second", "microsecond"];

/// The methods of Python's objects that need a date with a time, or fill in what is not there.
trait Parts {
    fn at(&self) -> Option<DateTime>;
    fn naive(&self) -> DateTime;
    fn zoned(&self) -> R<Zoned>;
    fn replaced(&self, args: &Args) -> R;
}

impl Parts for Moment {
    /// The date with its time, where there are both.
    fn at(&self) -> Option<DateTime> {
        match self {
            Moment::At(at, _) => Some(*at),
            _ => None,
        }
    }

    /// With midnight or the first day of 1900 for what is not there, as `strftime` has it.
    fn naive(&self) -> DateTime {
        let date = self.date().unwrap_or(jiff::civil::date(1900, 1, 1));
        date.to_datetime(self.time().unwrap_or(jiff::civil::Time::midnight()))
    }

    fn zoned(&self) -> R<Zoned> {
        let zone = match self {
            Moment::At(_, Some(offset)) => TimeZone::fixed(*offset),
            _ => TimeZone::UTC,
        };
        self.naive().to_zoned(zone).map_err(told)
    }

    fn replaced(&self, args: &Args) -> R {
        let bound = Bound::new("replace", PARTS, args.clone())?;
        let range = |name: &str| Fail::new(format!("{name} is out of range"));
        let part = |name: &'static str, old: i32| -> R<i32> {
            i32::try_from(bound.int(name, old.into())?).map_err(|_| range(name))
        };
        let small = |name: &'static str, old: i8| -> R<i8> {
            i8::try_from(part(name, old.into())?).map_err(|_| range(name))
        };
        let old = self.naive();
        let year = i16::try_from(part("year", old.year().into())?).map_err(|_| range("year"))?;
        let micros = part("microsecond", old.subsec_nanosecond() / 1000)?;
        let new = DateTime::new(
            year,
            small("month", old.month())?,
            small("day", old.day())?,
            small("hour", old.hour())?,
            small("minute", old.minute())?,
            small("second", old.second())?,
            micros.checked_mul(1000).ok_or_else(|| range("microsecond"))?,
        )
        .map_err(told)?;
        Ok(Val::object(match self {
            Moment::Date(_) => Moment::Date(new.date()),
            Moment::Time(_) => Moment::Time(new.time()),
            Moment::At(_, offset) => Moment::At(new, *offset),
        }))
    }
}
