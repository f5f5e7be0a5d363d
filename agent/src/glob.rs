//! Shell patterns over names and paths, as Python's `fnmatch` and `glob` (without `recursive`) read them.

use std::fs;
use std::path::{Path, PathBuf};

/// Whether anything at all matches a path pattern; a relative one is looked up from `base`.
#[must_use]
pub fn any(base: &Path, pattern: &str) -> bool {
    !paths(base, pattern).is_empty()
}

/// What matches a path pattern, in no particular order; a relative one is looked up from `base`.
#[must_use]
pub fn paths(base: &Path, pattern: &str) -> Vec<PathBuf> {
    let mut found = vec![if pattern.starts_with('/') { PathBuf::from("/") } else { base.to_owned() }];
    let parts: Vec<&str> = pattern.split('/').filter(|p| !p.is_empty()).collect();
    for (i, part) in parts.iter().enumerate() {
        // What has something after it must be a directory; a pattern that ends in a slash says so too.
        let inner = i + 1 < parts.len() || pattern.ends_with('/');
        found = found.iter().flat_map(|dir| step(dir, part)).filter(|p| !inner || p.is_dir()).collect();
    }
    found
}

/// What one part of a pattern matches in a directory. A name without wildcards is only looked up: its directory need
/// not be readable.
fn step(dir: &Path, part: &str) -> Vec<PathBuf> {
    if !part.contains(['*', '?', '[']) {
        let path = dir.join(part);
        return if fs::symlink_metadata(&path).is_ok() { vec![path] } else { Vec::new() };
    }
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    entries
        .flatten()
        .map(|entry| entry.file_name())
        .filter(|name| {
            let name = name.to_string_lossy();
            (!name.starts_with('.') || part.starts_with('.')) && matches(part, &name)
        })
        .map(|name| dir.join(name))
        .collect()
}

/// Whether a name matches a pattern of `*`, `?`, `[a-z]` and `[!a-z]`.
#[must_use]
pub fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    match_from(&pattern, &name)
}

/// Walks both at once; after a star that fails it goes back to it, with one more character taken.
fn match_from(pattern: &[char], name: &[char]) -> bool {
    let (mut p, mut n) = (pattern, name);
    let mut star: Option<(&[char], &[char])> = None;
    loop {
        let step = match p.split_first() {
            None if n.is_empty() => return true,
            None => None,
            Some(('*', rest)) => {
                star = Some((rest, n));
                p = rest;
                continue;
            }
            Some((token, rest)) => n.split_first().and_then(|(c, left)| match token {
                '?' => Some((rest, left)),
                '[' => match class(rest, *c) {
                    Some((true, after)) => Some((after, left)),
                    Some((false, _)) => None,
                    // Never closed: an ordinary character.
                    None => (*c == '[').then_some((rest, left)),
                },
                literal => (literal == c).then_some((rest, left)),
            }),
        };
        match (step, star) {
            (Some((rest, left)), _) => (p, n) = (rest, left),
            (None, Some((rest, [_, left @ ..]))) => {
                star = Some((rest, left));
                (p, n) = (rest, left);
            }
            (None, _) => return false,
        }
    }
}

/// Whether `c` is in the class that begins here, and what follows the class; nothing where it has no end.
fn class(pattern: &[char], c: char) -> Option<(bool, &[char])> {
    let (negated, body) = match pattern {
        ['!', rest @ ..] => (true, rest),
        other => (false, other),
    };
    // A bracket that comes first is a member.
    let end = body.iter().skip(1).position(|c| *c == ']')? + 1;
    let (mut members, after) = body.split_at_checked(end)?;
    let mut inside = false;
    while let Some((first, rest)) = members.split_first() {
        if let ['-', last, rest @ ..] = rest {
            inside |= (*first..=*last).contains(&c);
            members = rest;
        } else {
            inside |= *first == c;
            members = rest;
        }
    }
    Some((inside != negated, after.get(1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_python() {
        for (pattern, name, expected) in [
            ("*.rs", "main.rs", true),
            ("*a*b", "xaxxab", true),
            ("a?c", "abc", true),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[]]", "]", true),
            ("[x", "[x", true),
            ("a*", "b", false),
            ("", "", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
        assert!(any(Path::new("/"), "/et[c]/pass*"));
        assert!(any(Path::new("/etc"), "passwd"));
        assert!(!any(Path::new("/"), "/etc/passwd/*"));
        assert!(!any(Path::new("/"), "/etc/passwd/"));
    }
}
