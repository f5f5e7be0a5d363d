//! The lines that `zipinfo -T -s` prints of the files in an archive, and the sums that `unzip -v` does.

use std::collections::HashMap;

/// A file in an archive.
pub(super) struct Entry {
    /// `d`, `l`, `-` or `?`.
    pub kind: char,
    /// The permissions in letters, nine of them.
    pub permissions: String,
    /// Whether the letters come from a file system with Unix permissions, which no mask has taken from.
    pub exact: bool,
    /// Its size.
    pub size: u64,
    /// `20261130.235901`.
    pub time: String,
    /// Its path.
    pub path: String,
}

impl Entry {
    /// Reads a line; nothing where it is of no file.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let mut rest = line;
        let mut fields = Vec::new();
        for _ in 0..7 {
            let (field, after) = rest.trim_start().split_once(char::is_whitespace)?;
            fields.push(field);
            rest = after;
        }
        let path = rest.trim_start();
        let [mode, _, _, size, _, _, time] = fields.as_slice() else { return None };
        let mut letters = mode.chars();
        let kind = letters.next()?;
        let permissions = letters.as_str();
        let legal = matches!(mode.len(), 7 | 8 | 10)
            && time.len() == 15
            && "dl-?".contains(kind)
            && permissions.chars().all(|c| "rwxstah-".contains(c));
        if !legal || path.is_empty() {
            return None;
        }
        let (permissions, exact) = match permissions.len() {
            6 if path.ends_with('/') || permissions == "rwx---" => ("rwxrwxrwx", false),
            7 if permissions == "rwxa---" => ("rwxrwxrwx", false),
            6 | 7 => ("rw-rw-rw-", false),
            _ => (permissions, true),
        };
        Some(Entry {
            kind,
            permissions: permissions.to_owned(),
            exact,
            size: size.parse().ok()?,
            time: (*time).to_owned(),
            path: path.to_owned(),
        })
    }

    /// What a difference calls its kind.
    pub(super) fn letter(&self) -> char {
        match self.kind {
            _ if self.path.ends_with('/') => 'd',
            'l' => 'L',
            _ => 'f',
        }
    }

    /// The permission bits, less those of `umask` where the archive has none of its own.
    pub(super) fn mode(&self, umask: u32) -> u32 {
        let set = |c: char| matches!(c, 'r' | 'w' | 'x' | 's' | 't');
        let bits = self.permissions.chars().rev().enumerate().filter(|(_, c)| set(*c));
        let mode = bits.fold(0, |mode, (at, _)| mode | 1 << at);
        if self.exact || self.kind == '?' { mode } else { mode & !umask }
    }

    /// Its time in seconds since the epoch, read in this machine's time zone.
    pub(super) fn timestamp(&self) -> i64 {
        let digits = self.time.replace('.', "");
        let number = |from: usize, to: usize| digits.get(from..to).and_then(|d| d.parse::<i32>().ok());
        let part = |from, to| number(from, to).unwrap_or_default();
        let year = part(0, 4);
        let fields = match year {
            ..1980 => (1980, 1, 1, 0, 0, 0),
            2108.. => (2107, 12, 31, 23, 59, 59),
            _ => (year, part(4, 6), part(6, 8), part(8, 10), part(10, 12), part(12, 14)),
        };
        // SAFETY: tm is plain data for which zeroes are valid, and lives through the call.
        unsafe {
            let mut tm: libc::tm = std::mem::zeroed();
            tm.tm_year = fields.0 - 1900;
            tm.tm_mon = fields.1 - 1;
            tm.tm_mday = fields.2;
            (tm.tm_hour, tm.tm_min, tm.tm_sec) = (fields.3, fields.4, fields.5);
            libc::mktime(&mut tm)
        }
    }
}

/// CRC-32 sums by path, from the table that `unzip -v` prints.
pub(super) fn sums(text: &str) -> HashMap<String, u32> {
    let mut sums = HashMap::new();
    for line in text.lines() {
        let mut rest = line;
        let mut sum = None;
        for _ in 0..7 {
            let Some((field, after)) = rest.trim_start().split_once(char::is_whitespace) else { break };
            (sum, rest) = (Some(field), after);
        }
        let sum = sum.filter(|s| s.len() == 8).and_then(|s| u32::from_str_radix(s, 16).ok());
        if let Some(sum) = sum {
            sums.insert(rest.trim_start().to_owned(), sum);
        }
    }
    sums
}
