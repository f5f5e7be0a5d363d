//! Patterns of hosts, as ssh_config and known_hosts have them.

/// Whether `text` matches a pattern of `*`, `?` and literal characters.
pub(super) fn matches(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let pattern: Vec<char> = pattern.chars().collect();
    let (mut t, mut p) = (0, 0);
    // Where to take up again: the last star, and the first character it has not swallowed yet.
    let mut again = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                again = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || text.get(t) == Some(c) => {
                t += 1;
                p += 1;
            }
            _ => {
                let Some((star, from)) = again else { return false };
                again = Some((star, from + 1));
                p = star + 1;
                t = from + 1;
            }
        }
    }
    pattern.iter().skip(p).all(|c| *c == '*')
}

/// Whether one of the patterns matches and no negated one (`!pattern`) does.
pub(super) fn matches_list<'a>(text: &str, patterns: impl IntoIterator<Item = &'a str>) -> bool {
    let mut found = false;
    for pattern in patterns {
        match pattern.strip_prefix('!') {
            Some(negated) if matches(text, negated) => return false,
            Some(_) => {}
            None => found |= matches(text, pattern),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_question_marks_and_negation() {
        for (text, pattern, expected) in [
            ("web1", "web?", true),
            ("web12", "web?", false),
            ("web12.example.com", "web*.example.*", true),
            ("example", "*", true),
            ("", "*", true),
            ("", "?", false),
            ("aaab", "*ab", true),
            ("abcabd", "*abd", true),
            ("abcabe", "*abd", false),
            ("a*b", "a\\*b", false),
        ] {
            assert_eq!(matches(text, pattern), expected, "{text} {pattern}");
        }
        assert!(matches_list("web1", ["*", "!db*"]));
        assert!(!matches_list("db1", ["*", "!db*"]));
        assert!(!matches_list("web1", ["!db*"]));
    }
}
