//! Small readings of text: shell patterns, shell words, sizes.

/// Python's `fnmatch`: `*`, `?`, `[...]` and `[!...]`.
pub fn fnmatch(name: &str, pattern: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    let pattern: Vec<char> = pattern.chars().collect();
    matches(&name, &pattern)
}

fn matches(name: &[char], pattern: &[char]) -> bool {
    let Some((first, rest)) = pattern.split_first() else {
        return name.is_empty();
    };
    match first {
        '*' => (0..=name.len()).any(|skip| matches(name.get(skip..).unwrap_or_default(), rest)),
        '[' => {
            let negated = rest.first() == Some(&'!');
            let body = rest.get(usize::from(negated)..).unwrap_or_default();
            // A ] at the start of a set is one of its characters.
            let Some(end) = body.iter().skip(1).position(|c| *c == ']').map(|i| i + 1) else {
                return name.first() == Some(&'[') && matches(name.get(1..).unwrap_or_default(), rest);
            };
            let Some((c, others)) = name.split_first() else { return false };
            let set = body.get(..end).unwrap_or_default();
            in_set(*c, set) != negated && matches(others, body.get(end + 1..).unwrap_or_default())
        }
        c => name.split_first().is_some_and(|(n, others)| (*c == '?' || n == c) && matches(others, rest)),
    }
}

fn in_set(c: char, set: &[char]) -> bool {
    let mut rest = set;
    while let Some((low, after)) = rest.split_first() {
        match after {
            ['-', high, tail @ ..] => {
                if (*low..=*high).contains(&c) {
                    return true;
                }
                rest = tail;
            }
            _ => {
                if *low == c {
                    return true;
                }
                rest = after;
            }
        }
    }
    false
}

/// Words of a kernel command line: blanks inside quotes do not part them, quotes stay. Nothing when a quote is open.
pub fn words(line: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for c in line.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                continue;
            }
            None if c == '"' || c == '\'' => quote = Some(c),
            None => {}
        }
        word.push(c);
    }
    if !word.is_empty() {
        words.push(word);
    }
    quote.is_none().then_some(words)
}

/// Bytes for people: `1.50 GB`.
pub fn human(bytes: f64) -> String {
    const UNITS: [(&str, i32); 8] =
        [("YB", 8), ("ZB", 7), ("EB", 6), ("PB", 5), ("TB", 4), ("GB", 3), ("MB", 2), ("KB", 1)];
    for (unit, power) in UNITS {
        let limit = 1024_f64.powi(power);
        if bytes >= limit {
            return format!("{:.2} {unit}", bytes / limit);
        }
    }
    format!("{bytes:.2} Bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_fnmatch_says() {
        let cases = [
            ("ansible_eth0", "ansible_eth[0-2]", true),
            ("ansible_eth3", "ansible_eth[!0-2]", true),
            ("ansible_eth", "ansible_*", true),
            ("ansible_lo", "*_l?", true),
            ("a[b", "a[b", true),
            ("a]", "a[]]", true),
            ("ansible", "ansible_*", false),
        ];
        for (name, pattern, expected) in cases {
            assert_eq!(fnmatch(name, pattern), expected, "{name} {pattern}");
        }
    }
}
