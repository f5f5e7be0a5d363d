//! Ansible's way of splitting argument strings: at blanks, but not inside quotes or Jinja.

/// Splits a string into words, each with the blanks and newlines that followed it inside of it, so that joining gives the
/// text back. `None` when quotes or Jinja blocks do not close.
#[must_use]
pub fn split_args(text: &str) -> Option<Vec<String>> {
    let mut words: Vec<String> = Vec::new();
    let mut quote: Option<char> = None;
    let mut depths = [0usize; 3];
    let lines: Vec<&str> = text.split('\n').collect();
    for (number, line) in lines.iter().enumerate() {
        let mut continued = false;
        for (index, token) in line.split(' ').enumerate() {
            if token.is_empty() && index != 0 {
                last(&mut words).push(' ');
                continue;
            }
            if token == "\\" && quote.is_none() {
                continued = true;
                continue;
            }
            let was_quoted = quote.is_some();
            quote = quote_after(token, quote);
            let in_jinja = depths.iter().any(|d| *d > 0);
            let mut placed = true;
            if quote.is_some() && !was_quoted && !in_jinja {
                words.push(token.to_owned());
            } else if in_jinja || quote.is_some() || was_quoted {
                let word = last(&mut words);
                if index > 0 {
                    word.push(' ');
                }
                word.push_str(token);
            } else {
                placed = false;
            }
            for (depth, (open, close)) in depths.iter_mut().zip([("{{", "}}"), ("{%", "%}"), ("{#", "#}")]) {
                let before = *depth;
                *depth = (*depth + token.matches(open).count()).saturating_sub(token.matches(close).count());
                if *depth != before && !placed {
                    words.push(token.to_owned());
                    placed = true;
                }
            }
            if !placed && !token.is_empty() {
                words.push(token.to_owned());
            }
        }
        if number + 1 != lines.len() && !continued {
            last(&mut words).push('\n');
        }
    }
    (quote.is_none() && depths.iter().all(|d| *d == 0)).then_some(words)
}

fn last(words: &mut Vec<String>) -> &mut String {
    if words.is_empty() {
        words.push(String::new());
    }
    let end = words.len() - 1;
    #[expect(clippy::indexing_slicing, reason = "the list was just made non-empty")]
    &mut words[end]
}

/// The quote that is open after a word, given the one open before it.
fn quote_after(word: &str, mut open: Option<char>) -> Option<char> {
    let mut before = None;
    for c in word.chars() {
        if matches!(c, '"' | '\'') && before != Some('\\') {
            match open {
                Some(quote) if quote == c => open = None,
                Some(_) => {}
                None => open = Some(c),
            }
        }
        before = Some(c);
    }
    open
}

/// Joins words as `split_args` gave them.
#[must_use]
pub fn join_args(words: &[String]) -> String {
    let mut out = String::new();
    for word in words {
        if !out.is_empty() && !out.ends_with('\n') {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// The arguments of a string: the `k=v` pairs, and the rest joined.
#[derive(Debug, Default, PartialEq)]
pub struct Pairs {
    /// Keys with their values, in order.
    pub pairs: Vec<(String, String)>,
    /// The other words, joined.
    pub rest: Option<String>,
}

/// The options that free-form modules take out of their text; any other `k=v` there belongs to the command.
const FREE_FORM_OPTIONS: [&str; 8] =
    ["creates", "removes", "chdir", "executable", "warn", "stdin", "stdin_add_newline", "strip_empty_ends"];

/// Parses `k=v` pairs; for a command, only its own options. `None` as for `split_args`.
#[must_use]
pub fn parse_pairs(text: &str, command: bool) -> Option<Pairs> {
    let mut pairs = Vec::new();
    let mut rest = Vec::new();
    for word in split_args(text)? {
        let decoded = decode_escapes(&word);
        match split_pair(&decoded) {
            Some((key, _)) if command && !FREE_FORM_OPTIONS.contains(&key) => rest.push(word),
            Some((key, value)) => pairs.push((key.trim().to_owned(), unquote(value.trim()).to_owned())),
            None if decoded.contains("\\=") => rest.push(decoded.replace("\\=", "=")),
            None => rest.push(word),
        }
    }
    let rest = (!rest.is_empty()).then(|| join_args(&rest));
    Some(Pairs { pairs, rest })
}

/// At the first `=` that is neither first nor escaped.
fn split_pair(word: &str) -> Option<(&str, &str)> {
    let mut from = 0;
    while let Some(found) = word.get(from..)?.find('=') {
        let at = from + found;
        if at > 0 && !word.get(..at)?.ends_with('\\') {
            return Some((word.get(..at)?, word.get(at + 1..)?));
        }
        from = at + 1;
    }
    None
}

/// Without the quotes around it, if it has the same at both ends.
fn unquote(text: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|t| t.strip_suffix(quote))
            && !inner.ends_with('\\')
        {
            return inner;
        }
    }
    text
}

/// Backslash escapes as Python reads them; unknown ones stay.
fn decode_escapes(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(at) = rest.find('\\') {
        let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        let mut chars = from.chars();
        chars.next();
        let kind = chars.next();
        let simple = match kind {
            Some('\\') => Some('\\'),
            Some('\'') => Some('\''),
            Some('"') => Some('"'),
            Some('a') => Some('\u{7}'),
            Some('b') => Some('\u{8}'),
            Some('f') => Some('\u{c}'),
            Some('n') => Some('\n'),
            Some('r') => Some('\r'),
            Some('t') => Some('\t'),
            Some('v') => Some('\u{b}'),
            _ => None,
        };
        let digits = match kind {
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 8,
            _ => 0,
        };
        let coded = from
            .get(2..2 + digits)
            .filter(|_| digits > 0)
            .and_then(|hex| u32::from_str_radix(hex, 16).ok())
            .and_then(char::from_u32);
        let (decoded, used) = match (simple, coded) {
            (Some(c), _) => (c, 2),
            (None, Some(c)) => (c, 2 + digits),
            (None, None) => ('\\', 1),
        };
        out.push(decoded);
        rest = from.get(used..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_quotes_and_jinja_together() {
        let table: [(&str, &[&str]); 8] = [
            ("a=b c=\"foo bar\"", &["a=b", "c=\"foo bar\""]),
            ("src={{ a b }} x", &["src={{ a b }}", "x"]),
            ("a {% if x %} b {% endif %} c", &["a", "{% if x %}", "b", "{% endif %}", "c"]),
            ("a  b", &["a ", "b"]),
            ("a\nb", &["a\n", "b"]),
            ("a \\\nb", &["a", "b"]),
            ("'a\nb' c", &["'a\nb'", "c"]),
            ("", &[]),
        ];
        for (text, words) in table {
            assert_eq!(split_args(text).unwrap(), words, "{text:?}");
        }
        assert_eq!(split_args("a='b"), None);
        assert_eq!(split_args("{{ a"), None);
    }

    #[test]
    fn pairs_are_taken_out() {
        let parse = |text, command| {
            let pairs = parse_pairs(text, command).unwrap();
            (
                pairs.pairs.iter().map(|(k, v)| format!("{k}:{v}")).collect::<Vec<_>>().join(" "),
                pairs.rest.unwrap_or_default(),
            )
        };
        let table = [
            ("src=a dest='b c'", false, "src:a dest:b c", ""),
            ("echo a=b chdir=/tmp x", true, "chdir:/tmp", "echo a=b x"),
            ("echo a\\=b", true, "", "echo a=b"),
            ("msg=\"a\\nb\"", false, "msg:a\nb", ""),
            ("msg='{{ a | default(\"x y\") }}' =x", false, "msg:{{ a | default(\"x y\") }}", "=x"),
            ("a=b=c", false, "a:b=c", ""),
        ];
        for (text, command, pairs, rest) in table {
            assert_eq!(parse(text, command), (pairs.to_owned(), rest.to_owned()), "{text:?}");
        }
    }
}
