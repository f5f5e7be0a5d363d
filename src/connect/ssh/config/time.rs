//! Times as OpenSSH writes them.

use std::time::Duration;

/// Seconds, or a sequence such as `1h30m`; `None` for anything else.
pub(super) fn parse(text: &str) -> Option<Duration> {
    let mut total: u64 = 0;
    let mut digits = String::new();
    for c in text.chars() {
        let unit = match c.to_ascii_lowercase() {
            '0'..='9' => {
                digits.push(c);
                continue;
            }
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86400,
            'w' => 604_800,
            _ => return None,
        };
        total = total.checked_add(digits.parse::<u64>().ok()?.checked_mul(unit)?)?;
        digits.clear();
    }
    match (digits.is_empty(), text.is_empty()) {
        (_, true) => None,
        (true, _) => Some(Duration::from_secs(total)),
        (false, _) => Some(Duration::from_secs(total.checked_add(digits.parse().ok()?)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_add_up() {
        let seconds = |text| parse(text).map(|d| d.as_secs());
        assert_eq!(seconds("90"), Some(90));
        assert_eq!(seconds("1h30m"), Some(5400));
        assert_eq!(seconds("2M5"), Some(125));
        assert_eq!(seconds("1w"), Some(604_800));
        assert_eq!((seconds(""), seconds("x"), seconds("h"), seconds("-1")), (None, None, None, None));
    }
}
