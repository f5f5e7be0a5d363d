//! `~`, `~name` and `$VAR` in paths, as Python's `os.path` expands them.

use crate::accounts;

/// The text with variables and then the home directory expanded; what is unknown stays as it is.
#[must_use]
pub fn path(text: &str, environment: &[(String, String)]) -> String {
    user(&variables(text, environment), environment)
}

/// The text with `$VAR` and `${VAR}` replaced by their values.
#[must_use]
pub fn variables(text: &str, environment: &[(String, String)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let (name, whole, tail) = name_at(after);
        match lookup(name, environment) {
            Some(value) if !name.is_empty() => out.push_str(&value),
            _ => {
                out.push('$');
                out.push_str(whole);
            }
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// The variable's name after a `$`, the name as it was written, and what follows.
fn name_at(after: &str) -> (&str, &str, &str) {
    if let Some(braced) = after.strip_prefix('{') {
        return match braced.split_once('}') {
            Some((name, tail)) => {
                let (whole, _) = after.split_at_checked(name.len() + 2).unwrap_or((after, ""));
                (name, whole, tail)
            }
            None => ("", "", after),
        };
    }
    let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(after.len());
    let (name, tail) = after.split_at_checked(end).unwrap_or((after, ""));
    (name, name, tail)
}

/// The text with `~` or `~name` at its beginning replaced by the home directory.
#[must_use]
pub fn user(text: &str, environment: &[(String, String)]) -> String {
    let Some(rest) = text.strip_prefix('~') else { return text.to_owned() };
    let (name, tail) = match rest.find('/') {
        Some(at) => rest.split_at_checked(at).unwrap_or((rest, "")),
        None => (rest, ""),
    };
    let home = if name.is_empty() {
        lookup("HOME", environment)
            .or_else(|| accounts::user_by_id(accounts::effective_uid()).map(|u| u.home))
    } else {
        accounts::user_by_name(name).map(|u| u.home)
    };
    let Some(home) = home else { return text.to_owned() };
    let joined = format!("{}{tail}", home.trim_end_matches('/'));
    if joined.is_empty() { "/".to_owned() } else { joined }
}

/// A variable of the call's environment, else of the process's.
fn lookup(name: &str, environment: &[(String, String)]) -> Option<String> {
    environment
        .iter()
        .rev()
        .find(|(k, _)| k == name)
        .map(|(_, v)| v.clone())
        .or_else(|| std::env::var(name).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_and_homes_are_expanded_and_the_unknown_is_left() {
        let env = [("A".to_owned(), "x".to_owned()), ("HOME".to_owned(), "/h/".to_owned())];
        assert_eq!(path("$A/${A}y/$NOPE_/${NOPE_}/$", &env), "x/xy/$NOPE_/${NOPE_}/$");
        assert_eq!(path("~/f", &env), "/h/f");
        assert_eq!(path("~", &env), "/h");
        assert_eq!(path("~no-such-user/f", &env), "~no-such-user/f");
        assert_eq!(path("~root/f", &env), "/root/f");
        assert_eq!(path("a~", &env), "a~");
    }
}
