//! The date and time, in local time and UTC.

use super::Gather;
use super::platform::one;
use crate::module::Failed;
use crate::value::Map;
use std::ffi::{CStr, CString};
use std::time::{SystemTime, UNIX_EPOCH};

/// Broken-down time.
#[derive(Clone, Copy)]
struct Clock(libc::tm);

impl Clock {
    fn local(epoch: i64) -> Self {
        // SAFETY: tm is plain data, for which all zeroes is valid; localtime_r writes to it and nowhere else.
        unsafe {
            let mut tm: libc::tm = std::mem::zeroed();
            libc::localtime_r(&epoch, &mut tm);
            Clock(tm)
        }
    }

    fn utc(epoch: i64) -> Self {
        // SAFETY: as for `local`.
        unsafe {
            let mut tm: libc::tm = std::mem::zeroed();
            libc::gmtime_r(&epoch, &mut tm);
            Clock(tm)
        }
    }

    fn format(&self, format: &str) -> String {
        let Ok(format) = CString::new(format) else {
            return String::new();
        };
        let mut buffer = [0_u8; 128];
        // SAFETY: strftime writes at most the buffer's length, a NUL included; the format ends with one.
        let length =
            unsafe { libc::strftime(buffer.as_mut_ptr().cast(), buffer.len(), format.as_ptr(), &self.0) };
        String::from_utf8_lossy(buffer.get(..length).unwrap_or_default()).into_owned()
    }

    fn zone(&self) -> String {
        if self.0.tm_zone.is_null() {
            return String::new();
        }
        // SAFETY: tm_zone, where set, points to NUL-terminated text that lives as long as the process.
        unsafe { CStr::from_ptr(self.0.tm_zone) }.to_string_lossy().into_owned()
    }
}

pub fn collect(_: &mut Gather<'_, '_>) -> Result<Map, Failed> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let epoch = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let micros = format!("{:06}", now.subsec_micros());
    let (local, utc) = (Clock::local(epoch), Clock::utc(epoch));
    let mut facts = Map::new();
    let mut put = |name: &str, value: String| facts.insert(name.to_owned(), value.into());
    for (name, format) in [
        ("year", "%Y"),
        ("month", "%m"),
        ("weekday", "%A"),
        ("weekday_number", "%w"),
        ("weeknumber", "%W"),
        ("day", "%d"),
        ("hour", "%H"),
        ("minute", "%M"),
        ("second", "%S"),
        ("date", "%Y-%m-%d"),
        ("time", "%H:%M:%S"),
        ("iso8601_basic_short", "%Y%m%dT%H%M%S"),
        ("tz", "%Z"),
        ("tz_offset", "%z"),
    ] {
        put(name, local.format(format));
    }
    put("epoch", epoch.to_string());
    put("epoch_int", epoch.to_string());
    put("iso8601", utc.format("%Y-%m-%dT%H:%M:%SZ"));
    put("iso8601_micro", format!("{}.{micros}Z", utc.format("%Y-%m-%dT%H:%M:%S")));
    put("iso8601_basic", local.format("%Y%m%dT%H%M%S") + &micros);
    put("tz_dst", summer_zone(epoch));
    Ok(one("date_time", facts))
}

/// The name of the zone's other half of the year: in January or in July, whichever is further east.
fn summer_zone(epoch: i64) -> String {
    const YEAR: i64 = (365 * 24 + 6) * 3600;
    let start = epoch / YEAR * YEAR;
    let (january, july) = (Clock::local(start), Clock::local(start + YEAR / 2));
    let southern = january.0.tm_gmtoff > july.0.tm_gmtoff;
    if southern { january.zone() } else { july.zone() }
}
