//! Times as Ansible prints them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A moment in this machine's time zone.
struct Local {
    tm: libc::tm,
    micros: u32,
}

impl Local {
    fn at(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        let seconds = libc::time_t::try_from(since.as_secs()).unwrap_or_default();
        // SAFETY: tm is plain data for which zeroes are valid; localtime_r fills it from a time that lives through
        // the call, and tells of failure by null, leaving zeroes.
        let tm = unsafe {
            let mut tm: libc::tm = std::mem::zeroed();
            libc::localtime_r(&seconds, &mut tm);
            tm
        };
        Local { tm, micros: since.subsec_micros() }
    }

    fn date(&self) -> String {
        format!("{:04}-{:02}-{:02}", self.tm.tm_year + 1900, self.tm.tm_mon + 1, self.tm.tm_mday)
    }

    fn time(&self) -> String {
        format!("{:02}:{:02}:{:02}", self.tm.tm_hour, self.tm.tm_min, self.tm.tm_sec)
    }
}

/// Now, as in the names of backups: `2026-11-30@23:59:01`.
#[must_use]
pub fn local_stamp() -> String {
    let now = Local::at(SystemTime::now());
    format!("{}@{}", now.date(), now.time())
}

/// As `str(datetime)`: `2026-11-30 23:59:01.000123`, without the fraction where it is zero.
#[must_use]
pub fn datetime(time: SystemTime) -> String {
    let local = Local::at(time);
    format!("{} {}{}", local.date(), local.time(), fraction(local.micros))
}

/// As `str(timedelta)`: `0:00:01.002345`, with days in front where there are any.
#[must_use]
pub fn timedelta(span: Duration) -> String {
    let seconds = span.as_secs();
    let days = match seconds / 86_400 {
        0 => String::new(),
        1 => "1 day, ".to_owned(),
        n => format!("{n} days, "),
    };
    let (hours, minutes, rest) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{days}{hours}:{minutes:02}:{rest:02}{}", fraction(span.subsec_micros()))
}

/// As HTTP has it: `Mon, 30 Nov 2026 23:59:01 GMT`.
#[must_use]
pub fn http_date(time: SystemTime) -> String {
    const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = libc::time_t::try_from(since.as_secs()).unwrap_or_default();
    // SAFETY: as in `Local::at`; gmtime_r fills it in the same way.
    let tm = unsafe {
        let mut tm: libc::tm = std::mem::zeroed();
        libc::gmtime_r(&seconds, &mut tm);
        tm
    };
    let word = |words: &[&'static str], at: libc::c_int| {
        usize::try_from(at).ok().and_then(|at| words.get(at)).copied().unwrap_or_default()
    };
    format!(
        "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
        word(&DAYS, tm.tm_wday),
        tm.tm_mday,
        word(&MONTHS, tm.tm_mon),
        tm.tm_year + 1900,
        tm.tm_hour,
        tm.tm_min,
        tm.tm_sec
    )
}

fn fraction(micros: u32) -> String {
    if micros == 0 { String::new() } else { format!(".{micros:06}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_print_as_python_prints_them() {
        assert_eq!(timedelta(Duration::from_micros(1_002_345)), "0:00:01.002345");
        assert_eq!(timedelta(Duration::from_secs(86_400 + 3_661)), "1 day, 1:01:01");
        assert_eq!(timedelta(Duration::ZERO), "0:00:00");
        assert_eq!(http_date(UNIX_EPOCH + Duration::from_secs(784_111_777)), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
