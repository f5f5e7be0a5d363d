//! Python's pattern syntax, written out in the syntax of the regex crates.
//!
//! The two look alike and differ where it hurts: `$` before a final newline, `\Z`, `\<`, literal braces, nested sets
//! in classes. Every token is parsed here and written in a form that means the same on the other side.

use super::PatternError;

/// What a pattern matches against, as the type of Python's pattern says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A `bytes` pattern: one dot is one byte, classes are ASCII.
    Bytes,
    /// A `str` pattern: one dot is one code point, classes are Unicode.
    Text,
}

/// Python's flags that change a pattern's meaning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `re.IGNORECASE`.
    pub ignorecase: bool,
    /// `re.MULTILINE`.
    pub multiline: bool,
    /// `re.DOTALL`.
    pub dotall: bool,
    /// `re.VERBOSE`.
    pub verbose: bool,
}

/// What the token just written can be repeated as.
#[derive(Clone, Copy, PartialEq)]
enum Last {
    Nothing,
    Atom,
    Repeat,
}

struct Translator {
    chars: Vec<char>,
    pos: usize,
    out: String,
    subject: Subject,
    flags: Flags,
    /// Each open group: the flags to return to at its end, and where it starts.
    groups: Vec<(Flags, usize)>,
    last: Last,
}

/// The pattern in the regex crates' syntax, with its global flags written at its start, and those flags.
pub fn translate(pattern: &str, subject: Subject, flags: Flags) -> Result<(String, Flags), PatternError> {
    let mut t = Translator {
        chars: pattern.chars().collect(),
        pos: 0,
        out: String::new(),
        subject,
        flags,
        groups: Vec::new(),
        last: Last::Nothing,
    };
    t.global_flags()?;
    let flags = t.flags;
    t.run()?;
    Ok((format!("{}{}", inline_flags(flags), t.out), flags))
}

fn inline_flags(flags: Flags) -> String {
    let on: String = [(flags.ignorecase, 'i'), (flags.multiline, 'm'), (flags.dotall, 's')]
        .into_iter()
        .filter_map(|(set, letter)| set.then_some(letter))
        .collect();
    if on.is_empty() { on } else { format!("(?{on})") }
}

impl Translator {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.pos).copied()
    }

    fn at(&self, offset: usize) -> Option<char> {
        self.chars.get(self.pos + offset).copied()
    }

    fn starts_with(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(i, c)| self.at(i) == Some(c))
    }

    fn error<T>(&self, what: impl Into<String>, pos: usize) -> Result<T, PatternError> {
        Err(PatternError(format!("{} at position {pos}", what.into())))
    }

    /// Text up to `end`, which is consumed.
    fn until(&mut self, end: char, start: usize, missing: &str) -> Result<String, PatternError> {
        let mut text = String::new();
        while let Some(c) = self.peek() {
            self.pos += 1;
            if c == end {
                return Ok(text);
            }
            text.push(c);
        }
        self.error(missing, start)
    }

    /// `(?aiLmsux)` at the pattern's start, the one place where Python allows it.
    fn global_flags(&mut self) -> Result<(), PatternError> {
        while self.starts_with("(?") {
            let mut end = 2;
            while self.at(end).is_some_and(|c| "aiLmsux".contains(c)) {
                end += 1;
            }
            if end == 2 || self.at(end) != Some(')') {
                return Ok(());
            }
            for offset in 2..end {
                if let Some(letter) = self.at(offset) {
                    self.flags.set(letter, true);
                }
            }
            self.pos += end + 1;
        }
        Ok(())
    }

    fn run(&mut self) -> Result<(), PatternError> {
        while let Some(c) = self.peek() {
            let start = self.pos;
            self.pos += 1;
            match c {
                ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c' if self.flags.verbose => {}
                '#' if self.flags.verbose => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.pos += 1;
                    }
                }
                '\\' => self.escape(start)?,
                '[' => self.class(start)?,
                '(' => self.open_group(start)?,
                ')' => {
                    let Some((outer, _)) = self.groups.pop() else {
                        return self.error("unbalanced parenthesis", start);
                    };
                    self.flags = outer;
                    self.out.push(')');
                    self.last = Last::Atom;
                }
                '|' => {
                    self.out.push('|');
                    self.last = Last::Nothing;
                }
                '^' => self.assertion("^"),
                '$' if self.flags.multiline => self.assertion("$"),
                '$' => self.assertion(r"(?=\n?\z)"),
                '.' => {
                    self.out.push('.');
                    self.last = Last::Atom;
                }
                '*' | '+' | '?' => self.repeat(&c.to_string(), start)?,
                '{' => match self.bounds() {
                    Some(bounds) => self.repeat(&bounds, start)?,
                    None => self.literal('{'),
                },
                other => self.literal(other),
            }
        }
        match self.groups.last() {
            None => Ok(()),
            Some((_, start)) => self.error("missing ), unterminated subpattern", *start),
        }
    }

    /// Python lets an assertion be repeated no more than the crates do, except inside a group.
    fn assertion(&mut self, text: &str) {
        self.out.push_str(text);
        self.last = Last::Atom;
    }

    fn literal(&mut self, c: char) {
        self.push_source_char(c);
        self.last = Last::Atom;
    }

    fn repeat(&mut self, operator: &str, start: usize) -> Result<(), PatternError> {
        match self.last {
            Last::Nothing => return self.error("nothing to repeat", start),
            Last::Repeat => return self.error("multiple repeat", start),
            Last::Atom => {}
        }
        self.out.push_str(operator);
        if let Some(c @ ('?' | '+')) = self.peek() {
            self.pos += 1;
            self.out.push(c);
        }
        self.last = Last::Repeat;
        Ok(())
    }

    /// `{m}`, `{m,}`, `{,n}` or `{m,n}` after its brace; anything else is a literal brace in Python.
    fn bounds(&mut self) -> Option<String> {
        let digits = |from: usize| {
            let mut text = String::new();
            while let Some(c) = self.at(from + text.len()).filter(char::is_ascii_digit) {
                text.push(c);
            }
            text
        };
        let low = digits(0);
        let mut used = low.len();
        let comma = self.at(used) == Some(',');
        let high = if comma { digits(used + 1) } else { String::new() };
        used += usize::from(comma) + high.len();
        if self.at(used) != Some('}') || (low.is_empty() && !comma) {
            return None;
        }
        self.pos += used + 1;
        let low = if low.is_empty() { "0" } else { &low };
        Some(if comma { format!("{{{low},{high}}}") } else { format!("{{{low}}}") })
    }

    fn open_group(&mut self, start: usize) -> Result<(), PatternError> {
        let outer = self.flags;
        if self.peek() != Some('?') {
            self.out.push('(');
            return self.enter(outer, start);
        }
        self.pos += 1;
        for opening in [":", ">", "=", "!", "<=", "<!"] {
            if self.starts_with(opening) {
                self.pos += opening.len();
                self.out.push_str("(?");
                self.out.push_str(opening);
                return self.enter(outer, start);
            }
        }
        if self.starts_with("#") {
            self.until(')', start, "missing ), unterminated comment")?;
            return Ok(());
        }
        if self.starts_with("P<") {
            self.pos += 2;
            let name = self.until('>', start, "missing >, unterminated name")?;
            self.out.push_str(&format!("(?P<{name}>"));
            return self.enter(outer, start);
        }
        if self.starts_with("P=") {
            self.pos += 2;
            let name = self.until(')', start, "missing ), unterminated name")?;
            self.out.push_str(&format!("(?P={name})"));
            self.last = Last::Atom;
            return Ok(());
        }
        if self.starts_with("(") {
            self.pos += 1;
            let name = self.until(')', start, "missing ), unterminated name")?;
            match name.chars().all(|c| c.is_ascii_digit()) {
                true => self.out.push_str(&format!("(?({name})")),
                false => self.out.push_str(&format!("(?(<{name}>)")),
            }
            return self.enter(outer, start);
        }
        self.scoped_flags(start, outer)
    }

    /// `(?i-s:` and the like.
    fn scoped_flags(&mut self, start: usize, outer: Flags) -> Result<(), PatternError> {
        let (mut on, mut written) = (true, String::new());
        while let Some(c) = self.peek() {
            self.pos += 1;
            match c {
                'a' | 'u' | 'L' | 'x' => self.flags.set(c, on),
                'i' | 'm' | 's' => {
                    self.flags.set(c, on);
                    written.push(c);
                }
                '-' if on => {
                    on = false;
                    written.push('-');
                }
                ':' => {
                    let written = written.trim_end_matches('-');
                    self.out.push_str(&format!("(?{written}:"));
                    return self.enter(outer, start);
                }
                ')' => return self.error("global flags not at the start of the expression", start),
                other => return self.error(format!("unknown extension ?{other}"), start + 1),
            }
        }
        self.error("missing -, : or )", self.pos)
    }

    fn enter(&mut self, outer: Flags, start: usize) -> Result<(), PatternError> {
        self.groups.push((outer, start));
        self.last = Last::Nothing;
        Ok(())
    }

    fn escape(&mut self, start: usize) -> Result<(), PatternError> {
        let Some(c) = self.peek() else {
            return self.error("bad escape (end of pattern)", start);
        };
        self.last = Last::Atom;
        match c {
            'A' | 'b' | 'B' | 'd' | 'D' | 's' | 'S' | 'w' | 'W' => {
                self.pos += 1;
                self.out.push('\\');
                self.out.push(c);
            }
            'Z' => {
                self.pos += 1;
                self.out.push_str(r"\z");
            }
            '1'..='9' if !self.three_octal_digits() => {
                let digits: String = [self.at(0), self.at(1)]
                    .into_iter()
                    .map_while(|c| c.filter(char::is_ascii_digit))
                    .collect();
                self.pos += digits.len();
                self.out.push_str(&format!(r"(?:\{digits})"));
            }
            _ => {
                let code = self.char_escape(start)?;
                self.push_code(code);
            }
        }
        Ok(())
    }

    fn three_octal_digits(&self) -> bool {
        self.at(0).is_some_and(|c| ('0'..='3').contains(&c))
            && (1..3).all(|i| self.at(i).is_some_and(|c| ('0'..='7').contains(&c)))
    }

    /// An escape that stands for one character or byte; the position is at the character after the backslash.
    fn char_escape(&mut self, start: usize) -> Result<char, PatternError> {
        let Some(c) = self.peek() else {
            return self.error("bad escape (end of pattern)", start);
        };
        self.pos += 1;
        let code = match c {
            'a' => '\x07',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\x0b',
            'x' => self.hex(2, start)?,
            'u' if self.subject == Subject::Text => self.hex(4, start)?,
            'U' if self.subject == Subject::Text => self.hex(8, start)?,
            '0'..='7' => {
                self.pos -= 1;
                let digits: String =
                    (0..3).map_while(|i| self.at(i).filter(|c| ('0'..='7').contains(c))).collect();
                self.pos += digits.len();
                match u8::from_str_radix(&digits, 8) {
                    Ok(code) => char::from(code),
                    Err(_) => {
                        return self
                            .error(format!(r"octal escape value \{digits} outside of range 0-0o377"), start);
                    }
                }
            }
            c if c.is_ascii_alphanumeric() => {
                return self.error(format!(r"bad escape \{c}"), start);
            }
            c => c,
        };
        Ok(code)
    }

    fn hex(&mut self, digits: usize, start: usize) -> Result<char, PatternError> {
        let text: String = (0..digits).map_while(|i| self.at(i).filter(char::is_ascii_hexdigit)).collect();
        self.pos += text.len();
        let code = u32::from_str_radix(&text, 16).ok().filter(|_| text.len() == digits);
        match code.and_then(char::from_u32) {
            Some(c) => Ok(c),
            None => self.error("incomplete or invalid escape", start),
        }
    }

    /// A character that an escape named: in a bytes pattern, one byte.
    fn push_code(&mut self, c: char) {
        match self.subject {
            Subject::Bytes if ('\u{80}'..='\u{ff}').contains(&c) => {
                self.out.push_str(&format!(r"\x{:02X}", u32::from(c)));
            }
            _ => push_literal(&mut self.out, c),
        }
    }

    fn class(&mut self, start: usize) -> Result<(), PatternError> {
        self.last = Last::Atom;
        self.out.push('[');
        if self.peek() == Some('^') {
            self.pos += 1;
            self.out.push('^');
        }
        let first = self.pos;
        while let Some(c) = self.peek() {
            if c == ']' && self.pos != first {
                self.pos += 1;
                self.out.push(']');
                return Ok(());
            }
            let from = self.pos;
            let Some(low) = self.class_member()? else {
                continue;
            };
            if self.peek() != Some('-') || matches!(self.at(1), None | Some(']')) {
                self.push_source_char(low);
                continue;
            }
            self.pos += 1;
            let Some(high) = self.class_member()? else {
                return self.error("bad character range", from);
            };
            if high < low {
                return self.error(format!("bad character range {low}-{high}"), from);
            }
            self.push_source_char(low);
            self.out.push('-');
            self.push_source_char(high);
        }
        self.error("unterminated character set", start)
    }

    /// One character of a class; a class escape such as `\d` is written at once and gives `None`.
    fn class_member(&mut self) -> Result<Option<char>, PatternError> {
        let start = self.pos;
        let Some(c) = self.peek() else {
            return self.error("unterminated character set", start);
        };
        self.pos += 1;
        if c != '\\' {
            return Ok(Some(c));
        }
        match self.peek() {
            Some(c @ ('d' | 'D' | 's' | 'S' | 'w' | 'W')) => {
                self.pos += 1;
                self.out.push('\\');
                self.out.push(c);
                Ok(None)
            }
            Some('b') => {
                self.pos += 1;
                Ok(Some('\x08'))
            }
            _ => self.char_escape(start).map(Some),
        }
    }

    /// A character as the pattern holds it: in a bytes pattern, each of its bytes stands for itself.
    fn push_source_char(&mut self, c: char) {
        match self.subject {
            Subject::Bytes if !c.is_ascii() => {
                let mut buffer = [0; 4];
                for byte in c.encode_utf8(&mut buffer).bytes() {
                    self.out.push_str(&format!(r"\x{byte:02X}"));
                }
            }
            _ => push_literal(&mut self.out, c),
        }
    }
}

impl Flags {
    fn set(&mut self, letter: char, on: bool) {
        match letter {
            'i' => self.ignorecase = on,
            'm' => self.multiline = on,
            's' => self.dotall = on,
            'x' => self.verbose = on,
            // a, L and u choose tables that the subject has chosen already.
            _ => {}
        }
    }
}

/// Writes a character that stands for itself, inside or outside a class.
fn push_literal(out: &mut String, c: char) {
    if c.is_ascii_control() {
        out.push_str(&format!(r"\x{:02X}", u32::from(c)));
        return;
    }
    if r"\.+*?()|[]{}^$#&-~".contains(c) {
        out.push('\\');
    }
    out.push(c);
}
