//! Host ranges: `db[01:10:2]-[a:c]`.

use std::fmt;

/// What is wrong with a range.
#[derive(Debug)]
pub(super) enum Wrong {
    /// It breaks a rule: lists of hosts take it for a plain name then.
    Rule(&'static str),
    /// It is made of something else than numbers or letters.
    Text(String),
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wrong::Rule(text) => f.write_str(text),
            Wrong::Text(text) => f.write_str(text),
        }
    }
}

/// The names that a pattern of ranges stands for.
pub(super) fn expand(pattern: &str) -> Result<Vec<String>, Wrong> {
    let Some((head, rest)) = pattern.split_once('[') else { return Ok(vec![pattern.to_owned()]) };
    let Some((range, tail)) = rest.split_once(']') else {
        return Err(Wrong::Text(format!("the host range in `{pattern}` has no closing bracket")));
    };
    let mut names = Vec::new();
    for item in items(range)? {
        names.extend(expand(&format!("{head}{item}{tail}"))?);
        if names.len() > MOST as usize {
            return Err(Wrong::Text(format!("`{pattern}` stands for more than {MOST} hosts")));
        }
    }
    Ok(names)
}

fn items(range: &str) -> Result<Vec<String>, Wrong> {
    let parts: Vec<&str> = range.split(':').collect();
    let (begin, end, step) = match parts.as_slice() {
        [begin, end] => (*begin, *end, "1"),
        [begin, end, step] => (*begin, *end, *step),
        _ => return Err(Wrong::Rule("host range must be begin:end or begin:end:step")),
    };
    let begin = if begin.is_empty() { "0" } else { begin };
    if end.is_empty() {
        return Err(Wrong::Rule("host range must specify end value"));
    }
    let width = if begin.len() > 1 && begin.starts_with('0') { begin.len() } else { 0 };
    if width > 0 && width != end.len() {
        return Err(Wrong::Rule("host range must specify equal-length begin and end formats"));
    }
    let step: u32 = step.parse().ok().filter(|s| *s > 0).ok_or_else(|| {
        Wrong::Text(format!("the step of the host range [{range}] is not a positive number"))
    })?;
    if let (Some(first), Some(last)) = (letter(begin), letter(end)) {
        if first > last {
            return Err(Wrong::Rule("host range must have begin <= end"));
        }
        let letters = LETTERS.chars().skip(first).take(last - first + 1);
        return Ok(letters.step_by(step as usize).map(String::from).collect());
    }
    let number = |text: &str| {
        text.parse::<u32>().map_err(|_| {
            Wrong::Text(format!("the host range [{range}] is neither of numbers nor of letters"))
        })
    };
    let (begin, end) = (number(begin)?, number(end)?);
    if end.saturating_sub(begin) / step > MOST {
        return Err(Wrong::Text(format!("the host range [{range}] stands for more than {MOST} hosts")));
    }
    Ok((begin..=end).step_by(step as usize).map(|n| format!("{n:0width$}")).collect())
}

/// How many hosts one range may stand for, against slips that would fill the memory.
const MOST: u32 = 100_000;

/// The letters in Python's order.
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

fn letter(text: &str) -> Option<usize> {
    (text.len() == 1).then(|| LETTERS.find(text)).flatten()
}

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn ranges_expand_in_order() {
        let table: [(&str, &[&str]); 6] = [
            ("a", &["a"]),
            ("w[08:10]", &["w08", "w09", "w10"]),
            ("w[1:7:3]x", &["w1x", "w4x", "w7x"]),
            ("[a:c]", &["a", "b", "c"]),
            ("[y:B]", &["y", "z", "A", "B"]),
            ("r[1:2]n[:1]", &["r1n0", "r1n1", "r2n0", "r2n1"]),
        ];
        for (pattern, names) in table {
            assert_eq!(expand(pattern).unwrap(), names, "{pattern}");
        }
        for wrong in ["w[1]", "w[1:]", "w[01:9]", "w[c:a]", "w[1:x]", "w[1:5:0]", "w[1:2"] {
            assert!(expand(wrong).is_err(), "{wrong}");
        }
    }
}
