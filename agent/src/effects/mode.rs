//! Permissions as `mode` takes them: octal, a number, or chmod's symbolic form.

use crate::module::Failed;
use crate::python;
use crate::value::Value;
use std::fs;

/// The permissions asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModeArg {
    /// These bits.
    Bits(u32),
    /// chmod's symbolic form, relative to the bits that are there.
    Symbolic(String),
}

impl ModeArg {
    /// Reads the argument; `None` where it is absent.
    #[must_use]
    pub fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Null => None,
            Value::Int(bits) => Some(ModeArg::Bits(u32::try_from(*bits).unwrap_or(u32::MAX))),
            other => Some(Self::from_text(&python::str(other))),
        }
    }

    /// Reads octal digits, else takes the text for symbolic.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        let digits = text.trim();
        let digits = digits.strip_prefix("0o").or_else(|| digits.strip_prefix("0O")).unwrap_or(digits);
        match u32::from_str_radix(digits, 8) {
            Ok(bits) => ModeArg::Bits(bits),
            Err(_) => ModeArg::Symbolic(text.to_owned()),
        }
    }

    /// The bits, for a file that has `current` now.
    ///
    /// # Errors
    /// The text is neither octal nor symbolic, or has more than permissions in it.
    pub fn resolve(&self, current: u32, is_dir: bool) -> Result<u32, Failed> {
        match self {
            ModeArg::Bits(bits) => Ok(*bits),
            ModeArg::Symbolic(text) => symbolic(text, current & 0o7777, is_dir).map_err(|details| {
                Failed::new("mode must be in octal or symbolic form").with("details", details)
            }),
        }
    }
}

/// The file mode creation mask of this process, read without changing it, which other threads would notice.
#[must_use]
pub fn umask() -> u32 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("Umask:"))
        .and_then(|mask| u32::from_str_radix(mask.trim(), 8).ok())
        .unwrap_or(0o022)
}

/// Applies `u=rwX,g-w` and the like to the bits that are there.
fn symbolic(text: &str, current: u32, is_dir: bool) -> Result<u32, String> {
    let mut mode = current;
    for clause in text.split(',') {
        let bad = || format!("bad symbolic permission for mode: {clause}");
        let at = clause.find(['=', '+', '-']).ok_or_else(bad)?;
        let (who, mut rest) = clause.split_at_checked(at).ok_or_else(bad)?;
        let users = if matches!(who, "" | "a") { "ugo" } else { who };
        if !users.chars().all(|c| "ugo".contains(c)) {
            return Err(bad());
        }
        // As chmod: where nobody is named, the umask's bits are left alone.
        let allowed = if who.is_empty() { !umask() & 0o777 } else { 0o777 };
        while let Some(operator) = rest.chars().next() {
            let after = rest.get(1..).unwrap_or_default();
            let end = after.find(['=', '+', '-']).unwrap_or(after.len());
            let (perms, next) = after.split_at_checked(end).ok_or_else(bad)?;
            if !perms.chars().all(|c| "rwxXstugo".contains(c)) {
                return Err(bad());
            }
            for user in users.chars() {
                mode = apply(mode, user, operator, perms, allowed, is_dir);
            }
            rest = next;
        }
    }
    Ok(mode)
}

/// Applies one operator for one of `u`, `g` and `o`.
fn apply(mode: u32, user: char, operator: char, perms: &str, allowed: u32, is_dir: bool) -> u32 {
    let (shift, special, sticky) = match user {
        'u' => (6, 0o4000, 0),
        'g' => (3, 0o2000, 0),
        _ => (0, 0, 0o1000),
    };
    let mut bits = 0;
    for perm in perms.chars() {
        bits |= match perm {
            'r' => (0o4 << shift) & allowed,
            'w' => (0o2 << shift) & allowed,
            'x' => (0o1 << shift) & allowed,
            'X' if is_dir || mode & 0o111 != 0 => 0o1 << shift,
            's' => special,
            't' => sticky,
            'u' => (mode >> 6 & 0o7) << shift,
            'g' => (mode >> 3 & 0o7) << shift,
            'o' => (mode & 0o7) << shift,
            _ => 0,
        };
    }
    match operator {
        '+' => mode | bits,
        '-' => mode & !bits,
        _ => mode & !(0o7 << shift | special | sticky) | bits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbolic_modes_follow_chmod() {
        let file = |text, mode| symbolic(text, mode, false);
        assert_eq!(file("u=rw,g=r,o=", 0o777), Ok(0o640));
        assert_eq!(file("a+X", 0o644), Ok(0o644));
        assert_eq!(file("a+X", 0o744), Ok(0o755));
        assert_eq!(symbolic("u=rwX,go=rX", 0o600, true), Ok(0o755));
        assert_eq!(file("g=u,o-rwx", 0o754), Ok(0o770));
        assert_eq!(file("u+s,g+s,o+t", 0o755), Ok(0o7755));
        assert_eq!(file("u=rw-x+X,g=r-x+X", 0o777), Ok(0o757));
        assert_eq!(file("ua+x", 0o644), Err("bad symbolic permission for mode: ua+x".to_owned()));
        assert_eq!(file("wrong", 0o644), Err("bad symbolic permission for mode: wrong".to_owned()));
    }
}
