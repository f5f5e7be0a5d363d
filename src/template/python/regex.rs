//! Python's regular expressions, by fancy-regex.

use crate::template::fail::{Fail, R};
use fancy_regex::{Regex, RegexBuilder};

/// The groups of a match.
pub(crate) type Captures<'t> = fancy_regex::Captures<'t, str>;

/// Compiles a pattern of Python's `re`.
pub(crate) fn compile(pattern: &str, ignore_case: bool, multiline: bool) -> R<Regex> {
    let flags = match (ignore_case, multiline) {
        (true, true) => "(?im)",
        (true, false) => "(?i)",
        (false, true) => "(?m)",
        (false, false) => "",
    };
    let translated = format!("{flags}{}", translate(pattern, multiline));
    RegexBuilder::new(&translated).backtrack_limit(5_000_000).build().map_err(|e| {
        let told = e.to_string();
        // Python's words for the slip that is made most.
        match told.strip_prefix("Parsing error at position ").and_then(|t| t.split_once(": ")) {
            Some((at, "Target of repeat operator is invalid")) => {
                let at = at.parse::<usize>().unwrap_or(0).saturating_sub(flags.len());
                Fail::new(format!("nothing to repeat at position {at}"))
            }
            _ => Fail::new(format!("invalid regular expression '{pattern}': {told}")),
        }
    })
}

/// The places where Python reads a pattern otherwise than fancy-regex: `$` also before a final newline, `\Z`, brackets
/// inside classes, braces that count nothing, escapes of punctuation.
fn translate(pattern: &str, multiline: bool) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut chars = pattern.chars().peekable();
    let mut class = None;
    let mut rest = pattern;
    while let Some(c) = chars.next() {
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        match (c, class) {
            ('\\', _) => {
                let Some(next) = chars.next() else {
                    out.push('\\');
                    break;
                };
                rest = rest.get(next.len_utf8()..).unwrap_or_default();
                match next {
                    'Z' if class.is_none() => out.push_str("\\z"),
                    '<' | '>' | '"' | '\'' | '`' | '@' | '!' | '%' | ':' | ';' | ',' | '=' | '_' | '/'
                    | ' ' => {
                        if next == ' ' || next == '_' || next == '\'' || next == '"' {
                            out.push(next)
                        } else {
                            out.push_str(&format!("\\x{:02x}", next as u32));
                        }
                    }
                    _ => {
                        out.push('\\');
                        out.push(next);
                    }
                }
                class = class.map(|n: usize| n + 1);
            }
            ('[', None) => {
                out.push('[');
                if chars.next_if_eq(&'^').is_some() {
                    rest = rest.get(1..).unwrap_or_default();
                    out.push('^');
                }
                class = Some(0);
            }
            // A bracket that opens a class's content is a member.
            (']', Some(0)) => {
                out.push_str("\\]");
                class = Some(1);
            }
            (']', Some(_)) => {
                out.push(']');
                class = None;
            }
            ('[', Some(n)) => {
                out.push_str("\\[");
                class = Some(n + 1);
            }
            ('&' | '~', Some(n)) => {
                out.push('\\');
                out.push(c);
                class = Some(n + 1);
            }
            (c, Some(n)) => {
                out.push(c);
                class = Some(n + 1);
            }
            ('$', None) if !multiline => out.push_str("(?=\\n?\\z)"),
            ('{', None) if !counts(rest) => out.push_str("\\{"),
            ('}', None) if !closes_count(&out) => out.push_str("\\}"),
            (c, None) => out.push(c),
        }
    }
    out
}

/// Whether `2}`, `2,}`, `,3}` or `2,3}` follows.
fn counts(rest: &str) -> bool {
    let Some((inside, _)) = rest.split_once('}') else { return false };
    let parts: Vec<&str> = inside.split(',').collect();
    parts.len() <= 2
        && parts.iter().all(|p| p.bytes().all(|b| b.is_ascii_digit()))
        && parts.iter().any(|p| !p.is_empty())
}

/// Whether a closing brace ends a count (or a `\x{..}`, `\p{..}`) that was let through.
fn closes_count(out: &str) -> bool {
    out.rfind('{').is_some_and(|i| {
        let escaped = out.get(..i).is_some_and(|head| head.ends_with('\\'));
        !escaped && !out.get(i..).unwrap_or_default().contains('}')
    })
}

fn failed(e: &fancy_regex::Error) -> Fail {
    Fail::new(format!("the regular expression gave up: {e}"))
}

/// All matches, as `re.finditer` walks: an empty match right after another match counts.
pub(crate) fn matches<'t>(regex: &Regex, text: &'t str) -> R<Vec<Captures<'t>>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at <= text.len() {
        let Some(captures) = regex.captures_from_pos(text, at).map_err(|e| failed(&e))? else { break };
        let Some(whole) = captures.get(0) else { break };
        let next = if whole.end() == whole.start() {
            whole.end() + text.get(whole.end()..).and_then(|t| t.chars().next()).map_or(1, char::len_utf8)
        } else {
            whole.end()
        };
        found.push(captures);
        at = next;
    }
    Ok(found)
}

/// The first match.
pub(crate) fn search<'t>(regex: &Regex, text: &'t str) -> R<Option<Captures<'t>>> {
    regex.captures(text).map_err(|e| failed(&e))
}

/// `re.subn`: the text with up to `limit` matches replaced (0: all), and how many were.
pub(crate) fn replace(regex: &Regex, text: &str, replacement: &str, limit: usize) -> R<(String, usize)> {
    let mut out = String::new();
    let mut last = 0;
    let mut count = 0;
    for captures in matches(regex, text)? {
        if limit > 0 && count >= limit {
            break;
        }
        let Some(whole) = captures.get(0) else { continue };
        out.push_str(text.get(last..whole.start()).unwrap_or_default());
        expand(replacement, &captures, &mut out)?;
        last = whole.end();
        count += 1;
    }
    out.push_str(text.get(last..).unwrap_or_default());
    Ok((out, count))
}

/// A replacement's `\1`, `\g<1>`, `\g<name>` and escapes.
fn expand(replacement: &str, captures: &Captures<'_>, out: &mut String) -> R<()> {
    let mut chars = replacement.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('g') if chars.next_if_eq(&'<').is_some() => {
                let name: String = chars.by_ref().take_while(|c| *c != '>').collect();
                out.push_str(group(captures, &name)?);
            }
            Some(d) if d.is_ascii_digit() && d != '0' => {
                let mut number = d.to_string();
                number.extend(chars.next_if(char::is_ascii_digit));
                out.push_str(group(captures, &number)?);
            }
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('0') => out.push('\0'),
            Some('\\') => out.push('\\'),
            Some(c) if c.is_ascii_alphabetic() => return Err(Fail::new(format!("bad escape \\{c}"))),
            Some(c) => {
                out.push('\\');
                out.push(c);
            }
            None => return Err(Fail::new("bad escape (end of pattern)")),
        }
    }
    Ok(())
}

/// A group by number or name; an unmatched one is empty.
fn group<'t>(captures: &Captures<'t>, name: &str) -> R<&'t str> {
    let found = match name.parse::<usize>() {
        Ok(n) if n < captures.len() => captures.get(n),
        Ok(_) => return Err(Fail::new(format!("invalid group reference {name}"))),
        Err(_) => captures.name(name),
    };
    Ok(found.map_or("", |m| m.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_python_means() {
        let sub = |pattern: &str, with: &str, text: &str| {
            replace(&compile(pattern, false, false).unwrap(), text, with, 0).unwrap().0
        };
        assert_eq!(sub("x*", "-", "abxd"), "-a-b--d-");
        assert_eq!(sub("b$", "!", "ab\n"), "a!\n");
        assert_eq!(sub("[[]x[]]", "!", "[x]"), "!");
        assert_eq!(sub("{a}", "!", "{a}"), "!");
        assert_eq!(sub("a{2}", "!", "aaa"), "!a");
        assert_eq!(sub(r"(?P<n>\w+) \<(.)\>", r"\2-\g<n>", "ab <c>"), "c-ab");
        assert_eq!(sub(r"^(.*)$", r"x\1", "a"), "xa");
    }
}
