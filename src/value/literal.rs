//! Python literals, which INI inventories hold as values.

use super::{Key, Map, Text, Value};

/// A Python literal's value; of the strings in it is known what is known of the whole. `None` where it is none: then
/// Ansible takes the text as it is.
#[must_use]
pub fn parse(text: &Text) -> Option<Value> {
    let mut reader = Reader { rest: text.trim_start_matches([' ', '\t']), whole: text, depth: 0 };
    let value = reader.tuple_or_value()?;
    reader.blanks();
    (reader.rest.is_empty() || reader.rest.starts_with('#')).then_some(value)
}

struct Reader<'a> {
    rest: &'a str,
    whole: &'a Text,
    depth: usize,
}

/// How deep literals may nest.
const MAX_DEPTH: usize = 90;

impl<'a> Reader<'a> {
    fn blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eat(&mut self, token: char) -> bool {
        self.blanks();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// `1, 2` without parentheses is a tuple too.
    fn tuple_or_value(&mut self) -> Option<Value> {
        let first = self.value()?;
        if !self.eat(',') {
            return Some(first);
        }
        let mut items = vec![first];
        loop {
            self.blanks();
            if self.rest.is_empty() || self.rest.starts_with('#') {
                return Some(Value::list(items));
            }
            items.push(self.value()?);
            if !self.eat(',') {
                return Some(Value::list(items));
            }
        }
    }

    fn value(&mut self) -> Option<Value> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        self.blanks();
        let first = self.rest.chars().next()?;
        let value = match first {
            '[' => {
                self.eat('[');
                self.items(']').map(|(items, _)| Value::list(items))
            }
            '(' => {
                self.eat('(');
                let (items, comma) = self.items(')')?;
                match items.as_slice() {
                    [only] if !comma => Some(only.clone()),
                    _ => Some(Value::list(items)),
                }
            }
            '{' => {
                self.eat('{');
                self.braces()
            }
            '"' | '\'' => self.strings(),
            '.' if self.rest.starts_with("...") => {
                self.rest = self.rest.strip_prefix("...")?;
                Some(self.text("...".to_owned()))
            }
            '.' | '0'..='9' => self.number(false),
            '-' | '+' => {
                let negative = self.eat('-');
                if !negative {
                    self.eat('+');
                }
                self.blanks();
                self.number(negative)
            }
            _ => self.word(),
        };
        self.depth -= 1;
        value
    }

    /// Items up to `close`, and whether a comma followed the last.
    fn items(&mut self, close: char) -> Option<(Vec<Value>, bool)> {
        let mut items = Vec::new();
        loop {
            if self.eat(close) {
                let comma = !items.is_empty();
                return Some((items, comma));
            }
            items.push(self.value()?);
            if !self.eat(',') {
                return self.eat(close).then_some((items, false));
            }
        }
    }

    /// A dictionary, or a set as a list.
    fn braces(&mut self) -> Option<Value> {
        if self.eat('}') {
            return Some(Value::map(Map::new()));
        }
        let first = self.value()?;
        if !self.eat(':') {
            let mut items = vec![first];
            if self.eat(',') {
                items.extend(self.items('}')?.0);
            } else if !self.eat('}') {
                return None;
            }
            return Some(Value::list(items));
        }
        let mut map = Map::new();
        map.insert(key(first)?, self.value()?);
        loop {
            let comma = self.eat(',');
            if self.eat('}') {
                return Some(Value::map(map));
            }
            if !comma {
                return None;
            }
            let name = key(self.value()?)?;
            if !self.eat(':') {
                return None;
            }
            map.insert(name, self.value()?);
        }
    }

    /// Strings side by side are one.
    fn strings(&mut self) -> Option<Value> {
        let mut out = self.string(false)?;
        loop {
            self.blanks();
            if !self.rest.starts_with(['"', '\'']) {
                return Some(self.text(out));
            }
            out.push_str(&self.string(false)?);
        }
    }

    fn text(&self, chars: String) -> Value {
        Value::Text(self.whole.with_chars(chars))
    }

    fn string(&mut self, raw: bool) -> Option<String> {
        let quote = self.rest.chars().next()?;
        let triple: String = [quote; 3].iter().collect();
        let close = if self.rest.starts_with(&triple) { triple } else { quote.to_string() };
        self.rest = self.rest.strip_prefix(&close)?;
        let mut out = String::new();
        loop {
            if let Some(rest) = self.rest.strip_prefix(&close) {
                self.rest = rest;
                return Some(out);
            }
            let c = self.next_char()?;
            match c {
                '\\' if raw => {
                    out.push('\\');
                    out.push(self.next_char()?);
                }
                '\\' => self.escape(&mut out)?,
                '\n' if close.len() == 1 => return None,
                c => out.push(c),
            }
        }
    }

    fn next_char(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next()?;
        self.rest = chars.as_str();
        Some(c)
    }

    fn escape(&mut self, out: &mut String) -> Option<()> {
        let c = self.next_char()?;
        let coded = |reader: &mut Self, digits: usize| {
            let hex = reader.rest.get(..digits)?;
            reader.rest = reader.rest.get(digits..)?;
            char::from_u32(u32::from_str_radix(hex, 16).ok()?)
        };
        let decoded = match c {
            '\n' => return Some(()),
            '\\' | '\'' | '"' => c,
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            'x' => coded(self, 2)?,
            'u' => coded(self, 4)?,
            'U' => coded(self, 8)?,
            '0'..='7' => {
                let mut code = c.to_digit(8)?;
                for _ in 0..2 {
                    let Some(digit) = self.rest.chars().next().and_then(|c| c.to_digit(8)) else { break };
                    self.next_char();
                    code = code * 8 + digit;
                }
                char::from_u32(code)?
            }
            other => {
                out.push('\\');
                other
            }
        };
        out.push(decoded);
        Some(())
    }

    fn number(&mut self, negative: bool) -> Option<Value> {
        let mut end = 0;
        let mut before = ' ';
        for (i, c) in self.rest.char_indices() {
            let exponent_sign =
                matches!(c, '+' | '-') && matches!(before, 'e' | 'E') && !self.rest.starts_with("0x");
            if !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_') || exponent_sign) {
                break;
            }
            before = c;
            end = i + 1;
        }
        let (text, rest) = self.rest.split_at_checked(end)?;
        if text.is_empty() || text.starts_with('_') || text.ends_with('_') || text.contains("__") {
            return None;
        }
        self.rest = rest;
        let lower = text.replace('_', "").to_ascii_lowercase();
        let radix = |digits: &str, radix| i128::from_str_radix(digits, radix).ok();
        let int = if let Some(digits) = lower.strip_prefix("0x") {
            Some(radix(digits, 16)?)
        } else if let Some(digits) = lower.strip_prefix("0o") {
            Some(radix(digits, 8)?)
        } else if let Some(digits) = lower.strip_prefix("0b") {
            Some(radix(digits, 2)?)
        } else if lower.bytes().all(|b| b.is_ascii_digit()) {
            // Python refuses leading zeros, except for zero itself.
            if lower.len() > 1 && lower.starts_with('0') && lower.bytes().any(|b| b != b'0') {
                return None;
            }
            lower.parse::<i128>().ok()
        } else {
            None
        };
        if let Some(imaginary) = lower.strip_suffix('j') {
            // Ansible takes complex numbers as Python prints them.
            let number: f64 = imaginary.parse().ok()?;
            return Some(self.text(format!("{}{number}j", if negative { "-" } else { "" })));
        }
        if let Some(int) = int {
            return Some(Value::Int(if negative { -int } else { int }));
        }
        if !lower.starts_with(|c: char| c.is_ascii_digit() || c == '.') || lower.contains(['n', 'i']) {
            return None;
        }
        let float: f64 = lower.parse().ok()?;
        Some(Value::Float(if negative { -float } else { float }))
    }

    fn word(&mut self) -> Option<Value> {
        let end = self.rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(end)?;
        if rest.starts_with(['"', '\'']) && end > 0 {
            // A prefixed string: bytes come out as text too, which Ansible does not take for the author's.
            let lower = word.to_ascii_lowercase();
            if !matches!(lower.as_str(), "u" | "r" | "b" | "br" | "rb") {
                return None;
            }
            self.rest = rest;
            let out = self.string(lower.contains('r'))?;
            return Some(match lower.contains('b') {
                true => Value::data(out),
                false => self.text(out),
            });
        }
        let value = match word {
            "True" => Value::Bool(true),
            "False" => Value::Bool(false),
            "None" => Value::Null,
            "set" => {
                self.rest = rest;
                return (self.eat('(') && self.eat(')')).then(|| Value::list(Vec::new()));
            }
            _ => return None,
        };
        self.rest = rest;
        Some(value)
    }
}

fn key(value: Value) -> Option<Key> {
    match value {
        Value::Null => Some(Key::Null),
        Value::Bool(b) => Some(Key::Bool(b)),
        Value::Int(i) => Some(Key::Int(i)),
        Value::Float(f) => Some(Key::Float(f.to_bits())),
        Value::Text(t) => Some(Key::Str(t.shared())),
        Value::Moment(_) | Value::List(_) | Value::Map(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_those_of_literal_eval() {
        let table = [
            ("5", Some("5")),
            ("5 # five", Some("5")),
            ("-1_000", Some("-1000")),
            ("0644", None),
            ("00", Some("0")),
            ("0o17", Some("15")),
            ("1e3", Some("1000.0")),
            ("1.", Some("1.0")),
            ("True", Some("true")),
            ("true", None),
            ("None", Some("null")),
            ("'a' \"b\"", Some("\"ab\"")),
            ("'a' # c", Some("\"a\"")),
            ("abc # c", None),
            ("[1, 'x', {'k': (1, 2)}]", Some("[1,\"x\",{\"k\":[1,2]}]")),
            ("(1)", Some("1")),
            ("(1,)", Some("[1]")),
            ("1, 2", Some("[1,2]")),
            ("{1, 2}", Some("[1,2]")),
            ("{'a': 1,}", Some("{\"a\":1}")),
            ("r'\\d'", Some("\"\\\\d\"")),
            ("b'x'", Some("\"x\"")),
            ("'\\x41\\n'", Some("\"A\\n\"")),
            ("[..., 1.5j, set()]", Some("[\"...\",\"1.5j\",[]]")),
            ("1.2.3", None),
            ("inf", None),
            ("", None),
            ("[1", None),
            ("12ab", None),
        ];
        for (text, json) in table {
            let value = parse(&Text::data(text)).map(|v| serde_json::Value::from(&v).to_string());
            assert_eq!(value.as_deref(), json, "{text:?}");
        }
    }
}
